/**
 * Every limit has a row: what a client meets is taken up to the limit and refused one past
 * it, with a sentence, a hint, the limit's name and number, and nothing left behind; of what
 * nobody meets by himself the test is named that shows it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../src/base/json.ts";
import { type LimitName, limits } from "../../src/base/limits.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import {
  type FilledLimit,
  LIMIT_SCHEMA,
  type LimitBed,
  SET_ROWS,
  several,
  type TakenLimit,
  TEXT,
  THING,
} from "../harness/limit-bed.ts";
import { LIMITS_MET } from "../harness/limits-met.ts";
import { LIMITS_SHOWN } from "../harness/limits-shown.ts";
import { letter, MailboxClient } from "../harness/mailbox.ts";
import { createNode, str } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { RestApp } from "../harness/rest-app.ts";
import { Watcher } from "../harness/watcher.ts";
import { ROOT } from "../tidy/source.ts";

const NAMES = Object.keys(limits) as LimitName[];
/** Reasons that are about more than limits, whose refusals do not name one. */
const WITH_DETAILS = new Set(["LIMIT_EXCEEDED", "MESSAGE_TOO_LARGE", "INVALID_IDEMPOTENCY_KEY"]);

let usual: TestPartition;
let small: TestPartition;
let beds = 0;

beforeAll(async () => {
  usual = await TestPartition.open();
  small = await TestPartition.open({ scanRows: SET_ROWS, walkEdges: SET_ROWS });
});
afterAll(async () => {
  await usual[Symbol.asyncDispose]();
  await small[Symbol.asyncDispose]();
});

async function bedIn(partition: TestPartition): Promise<LimitBed> {
  beds += 1;
  const tenant = partition.tenant(`bed-${beds}`, "user:alice", ["admin"]);
  await tenant.register(LIMIT_SCHEMA);
  return { partition, rest: new RestApp({ behind: partition.engine }), tenant };
}

/** Everything that a tenant's view and the catalog hold, but for what remembers the refusal itself. */
function contentOf({ partition, tenant }: LimitBed): Record<string, unknown[][]> {
  const content: Record<string, unknown[][]> = {};
  for (const tenantId of [tenant.caller.tenantId, "_system"]) {
    const store = partition.partition.stores.open(tenantId);
    if (store === undefined) throw new Error(`there is no tenant ${tenantId}`);
    const db = store.readConnection;
    const tables = db.query("SELECT name FROM sqlite_schema WHERE type = 'table'").values();
    for (const [name] of tables as [string][]) {
      if (REMEMBERS.test(name)) continue;
      content[`${tenantId} ${name}`] = db.query(`SELECT * FROM "${name}"`).values();
    }
  }
  return content;
}

const REMEMBERS = /^(applied_events|view_state|audit)$/;

interface Met {
  readonly bed: LimitBed;
  readonly most: number;
  readonly past: () => Promise<unknown>;
}

/** Brings a bed to the limit. */
async function reach(name: LimitName, row: TakenLimit | FilledLimit): Promise<Met> {
  if ("take" in row) {
    const bed = await bedIn(usual);
    const most = limits[name];
    await row.take(bed, most);
    return { bed, most, past: () => row.take(bed, row.isLeast ? most - 1 : most + 1) };
  }
  const bed = await bedIn(row.set === undefined ? usual : small);
  const most = row.set ?? limits[name];
  await row.fill(bed, most);
  return { bed, most, past: () => row.oneMore(bed) };
}

test("every limit has one row, and every row a limit", () => {
  const rows = [...Object.keys(LIMITS_MET), ...Object.keys(LIMITS_SHOWN)];
  expect(rows.toSorted()).toEqual(NAMES.toSorted());
});

describe("at the limit, and one past it:", () => {
  test.each(Object.entries(LIMITS_MET) as [LimitName, TakenLimit | FilledLimit][])(
    "%s",
    async (name, row) => {
      const { bed, most, past } = await reach(name, row);
      const before = contentOf(bed);
      const refusal = await refused(past());
      const reason = row.reason ?? "LIMIT_EXCEEDED";
      expect(refusal.reason).toBe(reason);
      expect(refusal.message).toMatch(/^\S+ .+\.$/s);
      expect(refusal.hint ?? "").toMatch(/^[A-Z].+\.$/s);
      if (WITH_DETAILS.has(reason)) {
        expect(refusal.details).toMatchObject({ limit: name, max: String(most) });
      } else {
        expect(`${refusal.message} ${refusal.hint}`).toContain(String(most));
      }
      expect(contentOf(bed)).toEqual(before);
    },
    60_000,
  );
});

describe("a list in JSON that is one too long names its limit:", () => {
  const create = { op: "create_node", type_id: THING };
  const who = (count: number) => several(count, (i) => `user:u${i}`);
  const lists: [LimitName, string, (count: number) => JsonObject][] = [
    ["operationsPerTransaction", "/v1/atomic", (n) => ({ operations: several(n, () => create) })],
    [
      "principalsPerNode",
      "/v1/atomic",
      (n) => ({ operations: [{ ...create, recipients: who(n) }] }),
    ],
    ["idsPerGet", "/v1/nodes/get", (n) => ({ ids: several(n, () => "nd_x") })],
    ["mailboxItemsPerChange", "/v1/mailbox/mark_read", (n) => ({ item_ids: who(n) })],
  ];

  test.each(lists)("%s", async (name, path, body) => {
    const app = new RestApp({ behind: usual.engine });
    const past = await app.post(path, body(limits[name] + 1), { "x-tenant-id": "nobody" });
    expect(past.status).toBe(400);
    expect(past.json["error"]).toMatchObject({
      reason: "LIMIT_EXCEEDED",
      hint: expect.any(String),
      details: { limit: name, max: String(limits[name]) },
    });
    // Nothing came behind it either: the tenant that the first write would make is not there.
    expect(usual.partition.stores.findEntry("nobody")).toBeUndefined();
  });
});

test.each(Object.entries(LIMITS_SHOWN))("%s is shown elsewhere", (_name, { file, test: name }) => {
  expect([file, readFileSync(join(ROOT, file), "utf8").includes(`"${name}"`)]).toEqual([
    file,
    true,
  ]);
});

describe("what is cut, paced or counted", () => {
  test("a mailed text is found by what stands before its limit, and by nothing behind it", async () => {
    const { partition, tenant } = await bedIn(usual);
    const text = `first ${"- ".repeat(limits.mailTextChars)}`;
    const cutAt = `${text.slice(0, limits.mailTextChars - " last".length)} last behind`;
    await tenant.one(letter(["user:bob"], { [TEXT]: str(cutAt) }, { typeId: THING }));
    const bob = new MailboxClient(partition.tenant(tenant.caller.tenantId, "user:bob"));
    const found = async (word: string) => (await bob.search(word)).hits.length;
    expect([await found("first"), await found("last"), await found("behind")]).toEqual([1, 1, 0]);
  });

  test("a search gives as many hits as the default says", async () => {
    const { tenant } = await bedIn(usual);
    const same = { [TEXT]: str("word") };
    await tenant.execute(several(limits.searchRowsDefault + 1, () => createNode(THING, same)));
    const search = { query: "word", typeIds: [], fieldIds: [], prefix: false, cursor: undefined };
    const ask = (pageSize: number) =>
      tenant.engine.searchNodes(
        tenant.caller,
        { ...search, pageSize },
        { atLeast: undefined, strong: false },
        new AbortController().signal,
      );
    const page = await ask(0);
    expect([page.hits.length, page.hasMore]).toEqual([limits.searchRowsDefault, true]);
    expect((await ask(limits.searchRowsDefault + 1)).hasMore).toBe(false);
  });

  test("watchers of all tenants together are as many as the server takes", async () => {
    const tenants = limits.watchers / limits.watchersPerTenant;
    const clients = (await Promise.all(several(tenants + 1, () => bedIn(usual)))).map(
      ({ tenant }) => tenant,
    );
    const last = clients.at(-1) as (typeof clients)[0];
    const watchers = clients
      .slice(0, tenants)
      .flatMap(({ engine, caller }) =>
        several(limits.watchersPerTenant, () => new Watcher(engine, caller)),
      );
    await Promise.all([watchers.at(0)?.begun(), watchers.at(-1)?.begun()]);
    expect(usual.engine.changes.count).toBe(limits.watchers);
    const refusal = (await new Watcher(last.engine, last.caller).begun()).error;
    expect(refusal).toMatchObject({
      code: "resource_exhausted",
      reason: "LIMIT_EXCEEDED",
      details: { limit: "watchers", max: String(limits.watchers) },
    });
    await Promise.all(watchers.map((watcher) => watcher.stop()));
    expect(usual.engine.changes.count).toBe(0);
  }, 60_000);

  test("a checkpoint is taken when its time has come, and not before", async () => {
    const clock = new FakeClock();
    const checkpointIntervalMs = 5_000;
    await using partition = await TestPartition.open({ clock, checkpointIntervalMs });
    await partition.tenant("acme").register(LIMIT_SCHEMA);
    const { checkpointOffset, appliedOffset } = partition.engine.logState();
    expect(checkpointOffset).toBeLessThan(appliedOffset);
    const checkpoint = () => partition.engine.logState().checkpointOffset;
    const oneLook = async () => {
      // Upkeep sleeps a second at a time, and works in between.
      await until(() => clock.pendingTimers > 0);
      clock.advance(1_000);
      await until(() => clock.pendingTimers > 0);
    };
    for (let look = 1; look < checkpointIntervalMs / 1_000; look++) {
      await oneLook();
      expect(checkpoint()).toBe(checkpointOffset);
    }
    await oneLook();
    expect(checkpoint()).toBe(appliedOffset);
  });
});
