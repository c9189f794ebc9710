/**
 * What a start finds and makes of it: crashes at any moment, views that lag, are missing,
 * damaged or somebody else's, a catalog that is gone, checkpoints early, late and false,
 * rebuilds. Over the log on disk; a crash is a copy of the directory taken while it runs.
 */

import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SLICE_RECORDS } from "../../src/applier/replay.ts";
import type { EntError } from "../../src/base/errors.ts";
import { turn } from "../../src/base/turn.ts";
import type { TransactionReceipt } from "../../src/engine/engine.ts";
import { EMPTY_SCHEMA } from "../../src/schema/types.ts";
import { AGE, EMAIL, GRAPH_SCHEMA, KNOWS, NAME, USER } from "../harness/graph-schema.ts";
import { Barrier } from "../harness/held-wal.ts";
import {
  createEdge,
  createNode,
  deleteNode,
  int,
  ownId,
  purgeNode,
  str,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;
const never = new AbortController().signal;

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file" });
});
afterEach(() => partition[Symbol.asyncDispose]());

/** A tenant with the schema of the graph and these users, named by their number. */
async function tenantWith(tenantId: string, users: number): Promise<TenantClient> {
  const tenant = partition.tenant(tenantId);
  await tenant.register(GRAPH_SCHEMA);
  await tenant.execute(
    Array.from({ length: users }, (_, i) =>
      createNode(USER, { [EMAIL]: str(`${tenantId}-${i}`), [AGE]: int(i) }, { id: ownId("nd", i) }),
    ),
  );
  return tenant;
}

/** Asks until the tenant is served again: a repair goes on behind the refusals. */
async function onceServed<T>(ask: () => Promise<T>): Promise<T> {
  let answer: Promise<T> = ask();
  for (let turns = 0; turns < 10_000; turns++) {
    try {
      return await answer;
    } catch (error) {
      expect((error as EntError).reason).toBe("TENANT_REBUILDING");
      expect((error as EntError).retryable).toBe(true);
      await turn();
      answer = ask();
    }
  }
  throw new Error("it was never served again");
}

/** Garbage in this part of a file. */
function overwrite(path: string, from: number, to: number): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, from, Math.min(to, bytes.length)));
}

const emails = async (tenant: TenantClient) =>
  (await tenant.queryAll({ typeId: USER })).map(({ fields }) => {
    const email = fields.get(EMAIL);
    return email?.kind === "str" ? email.value : undefined;
  });
const emailsOf = (tenantId: string, users: number) =>
  Array.from({ length: users }, (_, i) => `${tenantId}-${i}`);

describe("a crash at any moment", () => {
  /** One transaction: two nodes and the edge between them. */
  const pair = (key: string) => [
    createNode(USER, { [EMAIL]: str(`${key}-a`) }, { alias: "a" }),
    createNode(USER, { [EMAIL]: str(`${key}-b`) }, { alias: "b" }),
    createEdge(KNOWS, "$a.id", "$b.id"),
    updateNode("$a.id", { [NAME]: str("done") }),
  ];

  async function checkFork(
    fork: TestPartition,
    attempted: readonly string[],
    acked: ReadonlyMap<string, TransactionReceipt>,
  ): Promise<void> {
    for (const tenantId of ["one", "two"]) {
      const tenant = fork.tenant(tenantId);
      let nodes = 0;
      for (const key of attempted.filter((each) => each.startsWith(tenantId))) {
        const receipt = await tenant.receipt(key);
        expect(["applied", "unknown"]).toContain(receipt.state);
        if (acked.has(key)) expect(receipt.state).toBe("applied");
        if (receipt.state !== "applied") continue;
        nodes += 2;
        const [a, b] = receipt.results.map((result) => result.nodeId) as [string, string];
        expect(await tenant.nodes([a, b])).toMatchObject({
          nodes: [{ version: 1 }, { version: 1 }],
        });
        expect((await tenant.allEdges({ nodeId: a })).map((edge) => edge.toId)).toEqual([b]);
      }
      const [repeated] = [...acked.keys()].filter((key) => key.startsWith(tenantId)).slice(-1);
      if (repeated !== undefined) {
        const again = await tenant.execute(pair(repeated), { key: repeated });
        expect(again).toEqual(acked.get(repeated) as TransactionReceipt);
      }
      expect(await tenant.count({ typeId: USER })).toBe(nodes);
      const rebuilt = await fork.engine.rebuildTenant(tenantId, never);
      expect(rebuilt.contentHashAfter).toBe(rebuilt.contentHashBefore);
    }
  }

  test("leaves every acknowledged transaction whole, and nothing by halves", async () => {
    const random = new SeededRandom(7);
    const attempted: string[] = [];
    const acked = new Map<string, TransactionReceipt>();
    for (const tenantId of ["one", "two"]) await partition.tenant(tenantId).register(GRAPH_SCHEMA);
    let running = true;
    const gate = new Barrier();
    const writer = async (name: string) => {
      for (let i = 0; running; i++) {
        await gate.pass();
        const key = `${name}-${i}`;
        attempted.push(key);
        const tenant = partition.tenant(name.slice(0, 3));
        acked.set(key, await tenant.execute(pair(key), { key }));
      }
    };
    const writers = ["one-a", "one-b", "two-a", "two-b"].map(writer);
    for (let crashes = 0; crashes < 8; crashes++) {
      if (crashes === 4) await partition.checkpoint();
      gate.open();
      for (let turns = 20 + random.below(60); turns > 0; turns--) await turn();
      const before = { attempted: [...attempted], acked: new Map(acked) };
      gate.close();
      await using fork = await partition.fork();
      await checkFork(fork, before.attempted, before.acked);
    }
    running = false;
    gate.open();
    await Promise.all(writers);
    expect(acked.size).toBeGreaterThan(20);
  });

  test("replays onto views that hold a part of it, each from its own place", async () => {
    const one = await tenantWith("one", 2);
    const two = await tenantWith("two", 2);
    await one.one(updateNode(ownId("nd", 0), { [NAME]: str("early") }));
    const early = partition.copy();
    await one.one(updateNode(ownId("nd", 0), { [NAME]: str("late") }));
    await two.execute([purgeNode(ownId("nd", 1)), createNode(USER, { [EMAIL]: str("new") })]);
    const wanted = [await one.node(ownId("nd", 0)), await two.queryAll({ typeId: USER })];
    // The log as it is now under the views of before: what a power cut may do to them.
    await partition.crash({}, () => {
      rmSync(join(partition.dataDir, "tenants"), { recursive: true });
      cpSync(join(early, "tenants"), join(partition.dataDir, "tenants"), { recursive: true });
    });
    expect([await one.node(ownId("nd", 0)), await two.queryAll({ typeId: USER })]).toEqual(wanted);
    expect(partition.trouble).toEqual([]);
  });

  test("during the creation of a tenant leaves it or leaves it not, and it can be made again", async () => {
    const tenant = partition.tenant("acme");
    partition.held.batches.close();
    const registering = tenant.register(GRAPH_SCHEMA);
    registering.catch(() => undefined);
    await until(() => partition.held.batches.waiting === 1);
    await using fork = await partition.fork();
    const acme = fork.tenant("acme");
    await acme.register(GRAPH_SCHEMA);
    expect((await acme.one(createNode(USER))).created).toBe(true);
    partition.held.batches.open();
    await registering;
  });
});

describe("a tenant's file that cannot serve", () => {
  const USERS = 200;

  interface Damage {
    readonly name: string;
    /** Makes it, while the server is stopped. */
    readonly make: (directory: string, otherDirectory: string) => void;
  }

  const file = (directory: string) => join(directory, "canonical.db");

  const damages: Damage[] = [
    { name: "its directory is gone", make: (directory) => rmSync(directory, { recursive: true }) },
    { name: "the file is gone", make: (directory) => rmSync(file(directory)) },
    { name: "the file is empty", make: (directory) => truncateSync(file(directory), 0) },
    {
      name: "it is no database",
      make: (directory) => writeFileSync(file(directory), "x".repeat(10_000)),
    },
    {
      name: "garbage in its header",
      make: (directory) => overwrite(file(directory), 0, 100),
    },
    {
      name: "garbage in its pages",
      make: (directory) => overwrite(file(directory), 4_096 * 2, Number.POSITIVE_INFINITY),
    },
    { name: "its end is cut off", make: (directory) => truncateSync(file(directory), 4_096 * 3) },
    {
      name: "another tenant's file",
      make: (directory, other) => cpSync(file(other), file(directory)),
    },
    {
      name: "a file of another life of the tenant",
      make: (directory) => change(file(directory), "UPDATE view_state SET incarnation = 2"),
    },
    {
      name: "a view of another log",
      make: (directory) =>
        change(
          file(directory),
          "UPDATE view_state SET log_id = 'ffffffffffffffffffffffffffffffff'",
        ),
    },
    {
      name: "it does not say whose it is",
      make: (directory) => change(file(directory), "DELETE FROM view_state"),
    },
  ];

  function change(path: string, sql: string): void {
    const db = new Database(path);
    db.run(sql);
    db.close();
  }

  test.each(damages.map((damage) => [damage.name, damage] as const))(
    "%s: it is made again from the log, never served empty, and others are served",
    async (_name, damage) => {
      const acme = await tenantWith("acme", USERS);
      const other = await tenantWith("other", 3);
      const [directory, otherDirectory] = ["acme", "other"].map((id) => partition.directoryOf(id));
      await partition.restart({}, () => damage.make(directory as string, otherDirectory as string));
      expect(partition.engine.logState().checkpointOffset).toBe(partition.partition.wal.end);
      expect(await emails(other)).toEqual(emailsOf("other", 3));
      // A count and a list by id reach every page of the nodes.
      expect(await onceServed(() => acme.count({ typeId: USER }))).toBe(USERS);
      expect(await onceServed(() => emails(acme))).toEqual(emailsOf("acme", USERS));
      await until(() => partition.engine.logState().tenantsBehind.length === 0);
      expect(partition.trouble.map(({ what, tenantId }) => [what, tenantId])).toEqual([
        ["rebuilding", "acme"],
        ["resumed", "acme"],
      ]);
      expect(existsSync(`${directory}.aside`)).toBe(false);
      expect(existsSync(`${directory}.rebuild`)).toBe(false);
      await acme.one(createNode(USER, { [EMAIL]: str("after") }));
      await partition.crash();
      expect(await acme.count({ typeId: USER })).toBe(USERS + 1);
    },
  );

  test("is told with what was found, a hint, and the file", async () => {
    const acme = await tenantWith("acme", 1);
    const directory = partition.directoryOf("acme");
    await partition.restart({}, () => change(file(directory), "DELETE FROM view_state"));
    await onceServed(() => acme.count({ typeId: USER }));
    expect(partition.trouble[0]?.cause).toMatchObject({
      code: "data_loss",
      reason: "VIEW_DAMAGED",
      message: expect.stringContaining(file(directory)),
      hint: expect.any(String),
    });
  });

  test("says every few seconds how far the new file has come", async () => {
    const acme = await tenantWith("acme", 1);
    const updates = Array.from({ length: 3 * SLICE_RECORDS }, () => updateNode(ownId("nd", 0)));
    await Promise.all(updates.map((update) => acme.one(update)));
    const directory = partition.directoryOf("acme");
    await partition.restart({}, () => change(file(directory), "DELETE FROM view_state"));
    await refused(acme.count({ typeId: USER }));
    const told = () => partition.trouble.filter(({ what }) => what === "rebuilt so far");
    await until(
      () => told().length > 0,
      () => partition.fakeClock.advance(5_000),
    );
    const reached = told().at(-1)?.offset ?? 0;
    expect(reached).toBeGreaterThan(SLICE_RECORDS);
    expect(partition.engine.logState().tenantsBehind).toMatchObject([
      {
        tenantId: "acme",
        trouble: "rebuilding",
        message: expect.stringContaining(`: record ${reached} of ${partition.partition.wal.end}.`),
      },
    ]);
    const asked = await refused(acme.count({ typeId: USER }));
    expect(Number(asked.details?.["reached"])).toBeGreaterThanOrEqual(reached);
    expect(await onceServed(() => acme.count({ typeId: USER }))).toBe(1);
  });

  test("found by nobody: pages that no request asks for are looked at in the background", async () => {
    const acme = await tenantWith("acme", USERS);
    const path = file(partition.directoryOf("acme"));
    await partition.restart({}, () => {
      // The last page of the file is none of those on the way to this node.
      const { length } = readFileSync(path);
      overwrite(path, length - 4_096, length);
    });
    await acme.node(ownId("nd", 0));
    expect(partition.trouble).toEqual([]);
    const resumed = () => partition.trouble.some(({ what }) => what === "resumed");
    await until(resumed, () => partition.fakeClock.advance(1_000));
    const told = partition.trouble.filter(({ what }) => what !== "rebuilt so far");
    expect(told.map(({ what, tenantId }) => [what, tenantId])).toEqual([
      ["rebuilding", "acme"],
      ["resumed", "acme"],
    ]);
    expect(await emails(acme)).toEqual(emailsOf("acme", USERS));
  });

  test("found by a write: the write waits for the repair", async () => {
    const acme = await tenantWith("acme", 3);
    const directory = partition.directoryOf("acme");
    await partition.restart({}, () => rmSync(directory, { recursive: true }));
    await acme.one(createNode(USER, { [EMAIL]: str("new") }));
    expect(await emails(acme)).toHaveLength(4);
    const taken = createNode(USER, { [EMAIL]: str("acme-0") });
    expect((await refused(acme.one(taken))).reason).toBe("UNIQUE_CONFLICT");
  });

  test("found by a read: at the position that was asked for, once it is whole", async () => {
    const acme = await tenantWith("acme", 3);
    const { positionToken } = await acme.execute([updateNode(ownId("nd", 0))]);
    const directory = partition.directoryOf("acme");
    await partition.restart({}, () => rmSync(directory, { recursive: true }));
    const atLeast = positionToken;
    const refusal = await refused(acme.node(ownId("nd", 0), { atLeast }));
    expect(refusal.reason).toBe("TENANT_REBUILDING");
    const read = onceServed(() => acme.node(ownId("nd", 0), { atLeast }));
    expect((await read).version).toBe(2);
  });

  test("is found whichever way it is come upon: a read by id or by key, a list, a walk, a write", async () => {
    const acme = await tenantWith("acme", USERS);
    const id = ownId("nd", USERS / 2);
    await acme.one(createEdge(KNOWS, id, id));
    const key = { by: "field", fieldId: EMAIL } as const;
    const email = str(`acme-${USERS / 2}`);
    const ways: (() => Promise<unknown>)[] = [
      () => acme.node(id),
      () => acme.nodes([id]),
      () => acme.byKey({ typeId: USER, key, values: [email] }),
      () => acme.query({ typeId: USER }),
      () => acme.edges({ nodeId: id }),
      () => acme.connected({ nodeId: id, edgeTypeId: KNOWS }),
      () => acme.receipt("no key"),
      () => acme.schema(),
      () => acme.execute([updateNode(id)], { fingerprint: "sha256:other", schema: EMPTY_SCHEMA }),
      () => acme.one(updateNode(id)),
    ];
    const directory = partition.directoryOf("acme");
    for (const way of ways) {
      await partition.restart({}, () =>
        overwrite(file(directory), 4_096, Number.POSITIVE_INFINITY),
      );
      partition.trouble.length = 0;
      await onceServed(way);
      await until(() => partition.engine.logState().tenantsBehind.length === 0);
      expect(partition.trouble.map(({ what }) => what)).toEqual(["rebuilding", "resumed"]);
    }
    expect(await acme.count({ typeId: USER })).toBe(USERS);
    expect((await acme.node(id)).version).toBe(3);
  });

  test("a repair that a crash cuts off begins anew", async () => {
    const acme = await tenantWith("acme", 3);
    const directory = partition.directoryOf("acme");
    // What lies there between the two renames: the old file aside, the new one not yet in place.
    await partition.restart({}, () => renameSync(directory, `${directory}.aside`));
    expect(await onceServed(() => emails(acme))).toEqual(emailsOf("acme", 3));
    // And before them: a half-made view.
    await partition.restart({}, () => {
      cpSync(directory, `${directory}.rebuild`, { recursive: true });
      rmSync(directory, { recursive: true });
    });
    expect(await onceServed(() => emails(acme))).toEqual(emailsOf("acme", 3));
  });

  test("of a later format is left alone: it is no damage", async () => {
    const acme = await tenantWith("acme", 3);
    const other = await tenantWith("other", 1);
    const directory = partition.directoryOf("acme");
    await partition.restart({}, () => change(file(directory), "PRAGMA user_version = 99"));
    expect((await refused(acme.count({ typeId: USER }))).reason).toBe("FORMAT_TOO_NEW");
    expect(await other.count({ typeId: USER })).toBe(1);
    expect(existsSync(file(directory))).toBe(true);
    await partition.restart({}, () => change(file(directory), "PRAGMA user_version = 4"));
    expect(await acme.count({ typeId: USER })).toBe(3);
  });

  test("of the first format is made again from the log: it lacks what came with access", async () => {
    const acme = await tenantWith("acme", 3);
    const directory = partition.directoryOf("acme");
    await partition.restart({}, () => change(file(directory), "PRAGMA user_version = 1"));
    expect(await onceServed(() => emails(acme))).toEqual(emailsOf("acme", 3));
  });
});

describe("the catalog", () => {
  const systemFile = () => join(partition.dataDir, "tenants", "_system", "canonical.db");

  const losses: [string, () => void][] = [
    [
      "directory gone",
      () => rmSync(join(partition.dataDir, "tenants", "_system"), { recursive: true }),
    ],
    ["file gone", () => rmSync(systemFile())],
    ["file empty", () => truncateSync(systemFile(), 0)],
    ["no database", () => writeFileSync(systemFile(), "x".repeat(10_000))],
    ["garbage in its pages", () => overwrite(systemFile(), 4_096, Number.POSITIVE_INFINITY)],
    [
      "garbage in the one page that nobody reads before a tenant is asked for",
      () => {
        const db = new Database(systemFile(), { readonly: true });
        const root = db.query("SELECT rootpage FROM sqlite_schema WHERE name = 'tenants'").get();
        db.close();
        const page = (root as { rootpage: number }).rootpage;
        overwrite(systemFile(), 4_096 * (page - 1), 4_096 * page);
      },
    ],
  ];

  test.each(losses)(
    "%s: it is made again from the log, with every tenant where it was",
    async (_name, lose) => {
      const acme = await tenantWith("acme", 3);
      const other = await tenantWith("other", 2);
      const before = ["acme", "other"].map((id) => partition.partition.stores.findEntry(id));
      await partition.restart({}, lose);
      expect(["acme", "other"].map((id) => partition.partition.stores.findEntry(id))).toEqual(
        before,
      );
      expect(await emails(acme)).toEqual(emailsOf("acme", 3));
      expect(await emails(other)).toEqual(emailsOf("other", 2));
      await acme.one(createNode(USER, { [EMAIL]: str("new") }));
      const third = await tenantWith("third", 1);
      await partition.restart();
      expect(await emails(third)).toEqual(["third-0"]);
      expect(await acme.count({ typeId: USER })).toBe(4);
    },
  );
});

describe("the checkpoint", () => {
  test("is where a start replays from", async () => {
    const acme = await tenantWith("acme", 2);
    await partition.checkpoint();
    const at = partition.engine.logState().checkpointOffset;
    expect(at).toBe(partition.partition.wal.end);
    await acme.one(updateNode(ownId("nd", 0)));
    await partition.crash();
    expect(partition.held.followedFrom).toBe(at);
    expect((await acme.node(ownId("nd", 0))).version).toBe(2);
    await partition.restart();
    expect(partition.held.followedFrom).toBe(partition.partition.wal.end);
  });

  test.each([
    ["nothing of it is made yet", "readStarts"],
    ["another is in its place, but not synced either", "readEnds"],
  ] as const)("does not pass a file that could not be synced: %s", async (_when, barrier) => {
    const acme = await tenantWith("acme", 2);
    const other = await tenantWith("other", 1);
    await partition.checkpoint();
    const at = partition.engine.logState().checkpointOffset;
    await acme.one(updateNode(ownId("nd", 0)));
    await other.one(createNode(USER));
    // The open files still work, but what they hold is nowhere any more.
    const directory = partition.directoryOf("acme");
    rmSync(directory, { recursive: true });
    partition.held[barrier].close();
    await partition.checkpoint();
    expect(partition.engine.logState()).toMatchObject({
      checkpointOffset: at,
      tenantsBehind: [{ tenantId: "acme", trouble: "rebuilding" }],
    });
    if (barrier === "readStarts") {
      await partition.checkpoint();
      expect(partition.engine.logState().checkpointOffset).toBe(at);
      expect((await refused(acme.count({ typeId: USER }))).reason).toBe("TENANT_REBUILDING");
    }
    expect(await other.count({ typeId: USER })).toBe(2);
    partition.held[barrier].open();
    expect(await onceServed(() => acme.count({ typeId: USER }))).toBe(2);
    await until(() => partition.engine.logState().tenantsBehind.length === 0);
    await partition.checkpoint();
    expect(partition.engine.logState().checkpointOffset).toBe(partition.partition.wal.end);
    await partition.crash();
    expect((await acme.node(ownId("nd", 0))).version).toBe(2);
  });

  test("that is gone costs a longer replay and nothing else", async () => {
    const acme = await tenantWith("acme", 2);
    await acme.one(updateNode(ownId("nd", 0)));
    const checkpoints = join(partition.dataDir, "checkpoint");
    await partition.restart({}, () => rmSync(checkpoints, { recursive: true }));
    expect(partition.held.followedFrom).toBe(0);
    expect((await acme.node(ownId("nd", 0))).version).toBe(2);
  });

  test("that is damaged, or of another log, is named", async () => {
    await tenantWith("acme", 1);
    const file = join(partition.dataDir, "checkpoint", "partition-0.json");
    await partition.stop();
    const sound = readFileSync(file, "utf8");
    const foreign = sound.replace(/"log_id":"[^"]*"/, `"log_id":"${"f".repeat(32)}"`);
    expect(foreign).not.toBe(sound);
    for (const content of ["", "{", "[]", '{"format":2}', foreign]) {
      writeFileSync(file, content);
      expect((await refused(partition.start())).reason).toBe("DATA_DIR_INVALID");
    }
    writeFileSync(file, sound);
    await partition.start();
    expect(await partition.tenant("acme").count({ typeId: USER })).toBe(1);
  });
});

describe("a log that is gone from under its views", () => {
  test("is named, and no other is begun in its place, checkpoint or not", async () => {
    await tenantWith("acme", 1);
    await partition.stop();
    const log = join(partition.dataDir, "log");
    renameSync(log, `${log}.aside`);
    const error = await refused(partition.start());
    expect(error).toMatchObject({ code: "failed_precondition", reason: "DATA_DIR_INVALID" });
    expect(error.message).toContain("The log is gone");
    rmSync(join(partition.dataDir, "checkpoint"), { recursive: true });
    expect((await refused(partition.start())).message).toContain("The log is gone");

    rmSync(log, { recursive: true });
    renameSync(`${log}.aside`, log);
    await partition.start();
    expect(await partition.tenant("acme").count({ typeId: USER })).toBe(1);
  });

  test("is damaged where its segments are there, but not what says which log they are", async () => {
    await tenantWith("acme", 1);
    await partition.stop();
    const identity = join(partition.dataDir, "log", "0", "log.json");
    renameSync(identity, `${identity}.aside`);
    const error = await refused(partition.start());
    expect(error).toMatchObject({ reason: "LOG_DAMAGED", details: { path: identity } });

    renameSync(`${identity}.aside`, identity);
    await partition.start();
    expect(await partition.tenant("acme").count({ typeId: USER })).toBe(1);
  });
});

describe("a log that is shorter than its views", () => {
  /** Puts the log of an earlier moment under the views of now. */
  function turnBackLog(earlier: string): void {
    rmSync(join(partition.dataDir, "log"), { recursive: true });
    cpSync(join(earlier, "log"), join(partition.dataDir, "log"), { recursive: true });
  }

  test("than the checkpoint: nothing is served", async () => {
    const acme = await tenantWith("acme", 1);
    const earlier = partition.copy();
    await acme.one(updateNode(ownId("nd", 0)));
    await partition.stop();
    turnBackLog(earlier);
    const error = await refused(partition.start());
    expect(error).toMatchObject({ code: "data_loss", reason: "LOG_SHORTER_THAN_VIEWS" });
  });

  test("than the catalog: nothing is served, checkpoint or not", async () => {
    await tenantWith("acme", 1);
    const earlier = partition.copy();
    await tenantWith("other", 1);
    await partition.stop();
    turnBackLog(earlier);
    rmSync(join(partition.dataDir, "checkpoint"), { recursive: true });
    expect((await refused(partition.start())).reason).toBe("LOG_SHORTER_THAN_VIEWS");
  });

  test("than a tenant's view: nothing is served from when it is found on", async () => {
    const acme = await tenantWith("acme", 1);
    const other = await tenantWith("other", 1);
    await partition.checkpoint();
    const earlier = partition.copy();
    for (let i = 0; i < 3; i++) await acme.one(updateNode(ownId("nd", 0)));
    const turnBack = () => {
      turnBackLog(earlier);
      const file = join("checkpoint", "partition-0.json");
      cpSync(join(earlier, file), join(partition.dataDir, file));
    };
    await partition.restart({}, turnBack);
    // What others write does not make up for what is missing.
    await other.one(createNode(USER));
    expect((await refused(acme.node(ownId("nd", 0)))).reason).toBe("LOG_SHORTER_THAN_VIEWS");
    expect((await refused(partition.partition.failed)).reason).toBe("LOG_SHORTER_THAN_VIEWS");

    await partition.restart({}, turnBack);
    const write = refused(acme.one(createNode(USER)));
    expect((await refused(partition.partition.failed)).reason).toBe("LOG_SHORTER_THAN_VIEWS");
    await partition.stop();
    expect((await write).reason).toBe("SERVER_STOPPING");

    turnBack();
    rmSync(join(partition.dataDir, "checkpoint"), { recursive: true });
    expect((await refused(partition.start())).reason).toBe("LOG_SHORTER_THAN_VIEWS");
  });
});

describe("a rebuild", () => {
  /** Some of everything: kept, updated, deleted and purged nodes, edges, rejections, repeated keys. */
  async function history(tenant: TenantClient): Promise<void> {
    await tenant.execute([createEdge(KNOWS, ownId("nd", 0), ownId("nd", 1))]);
    await tenant.one(updateNode(ownId("nd", 2), { [NAME]: str("n"), [AGE]: int(-5) }));
    await tenant.one(deleteNode(ownId("nd", 1)));
    await tenant.one(purgeNode(ownId("nd", 3)));
    await refused(tenant.one(createNode(USER, { [EMAIL]: str(`${tenant.caller.tenantId}-0`) })));
    for (let i = 0; i < 2; i++) {
      await tenant.execute([createNode(USER, { [EMAIL]: str("once") })], { key: "once" });
    }
    partition.fakeClock.advance(25 * 60 * 60 * 1000);
    await tenant.one(createNode(USER));
  }

  test("comes to the same hash and digest, again and again", async () => {
    const acme = await tenantWith("acme", 5);
    await tenantWith("other", 5);
    await history(acme);
    const first = await partition.engine.rebuildTenant("acme", never);
    expect(first.contentHashAfter).toBe(first.contentHashBefore);
    expect(first.outcomeDigestAfter).toBe(first.outcomeDigestBefore);
    // Schema, users, seven of the history, the repeated key, the last.
    expect(first.records).toBe(10);
    const kept = await acme.queryAll({ typeId: USER, includeDeleted: true });
    await acme.one(createNode(USER));
    const second = await partition.engine.rebuildTenant("acme", never);
    expect(second.contentHashAfter).toBe(second.contentHashBefore);
    expect(second.contentHashBefore).not.toBe(first.contentHashBefore);
    await acme.one(createNode(USER));
    const third = await partition.engine.rebuildTenant("acme", never);
    expect(third.contentHashAfter).toBe(third.contentHashBefore);
    expect(third.contentHashBefore).not.toBe(second.contentHashBefore);
    expect(await acme.queryAll({ typeId: USER, includeDeleted: true })).toEqual(
      expect.arrayContaining(kept),
    );
    expect(await acme.count({ typeId: USER, includeDeleted: true })).toBe(kept.length + 2);
  });

  test("serves reads from the old file meanwhile, and lets writes wait", async () => {
    const acme = await tenantWith("acme", 3);
    partition.held.readEnds.close();
    const rebuilding = partition.engine.rebuildTenant("acme", never);
    await until(() => partition.held.readEnds.waiting === 1);
    expect(partition.engine.logState().tenantsBehind).toMatchObject([
      { tenantId: "acme", trouble: "rebuilding" },
    ]);
    expect(await emails(acme)).toEqual(emailsOf("acme", 3));
    const written = acme.execute([createNode(USER, { [EMAIL]: str("new") })], { key: "key" });
    for (let turns = 0; turns < 50; turns++) await turn();
    expect((await acme.receipt("key")).state).toBe("pending");
    partition.held.readEnds.open();
    const { positionToken } = await written;
    expect((await rebuilding).records).toBe(2);
    const found = await acme.queryAll({ typeId: USER });
    expect(found).toHaveLength(4);
    expect(await acme.count({ typeId: USER }, { atLeast: positionToken })).toBe(4);
    expect(partition.engine.logState().tenantsBehind).toEqual([]);
  });

  test.each([
    ["a row", "UPDATE nodes SET version = version + 1"],
    ["an index row", "DELETE FROM unique_values"],
    ["the digest", "UPDATE view_state SET outcome_digest = zeroblob(32)"],
    ["a remembered outcome", "UPDATE applied_events SET request_hash = zeroblob(32)"],
  ])("refuses to replace a view in which %s was tampered with", async (_what, sql) => {
    const acme = await tenantWith("acme", 3);
    const directory = partition.directoryOf("acme");
    await partition.restart({}, () => {
      const db = new Database(join(directory, "canonical.db"));
      db.run(sql);
      db.close();
    });
    const error = await refused(partition.engine.rebuildTenant("acme", never));
    expect(error).toMatchObject({ code: "data_loss", reason: "REPLAY_DIVERGED" });
    // The old view goes on, as it was.
    expect(await emails(acme)).toEqual(emailsOf("acme", 3));
    await acme.one(createNode(USER));
    expect(existsSync(`${directory}.rebuild`)).toBe(false);
  });

  test("of a tenant that does not exist, or that is being made again", async () => {
    await tenantWith("acme", 1);
    const unknown = partition.engine.rebuildTenant("nobody", never);
    expect((await refused(unknown)).reason).toBe("TENANT_NOT_FOUND");
    const [first, second] = [1, 2].map(() => partition.engine.rebuildTenant("acme", never));
    expect((await refused(second as Promise<unknown>)).reason).toBe("TENANT_REBUILDING");
    expect((await first)?.records).toBe(2);
  });
});

describe("stopping", () => {
  test("answers whoever waits: what is in the log will be applied at the next start", async () => {
    const acme = await tenantWith("acme", 1);
    partition.held.batches.close();
    const write = acme.execute([createNode(USER, { [EMAIL]: str("last") })], { key: "last" });
    write.catch(() => undefined);
    await until(() => partition.partition.wal.end > partition.engine.logState().appliedOffset);
    const read = acme.node(ownId("nd", 0), { strong: true });
    const outcomes = Promise.all([refused(write), refused(read)]);
    for (let turns = 0; turns < 5; turns++) await turn();
    await partition.restart();
    const [written, asked] = await outcomes;
    expect(written).toMatchObject({ reason: "SERVER_STOPPING", retryable: true });
    expect(written.details["wal_position"]).toMatch(/^0:\d+$/);
    expect(asked.reason).toBe("SERVER_STOPPING");
    expect((await acme.receipt("last")).state).toBe("applied");
  });

  test("leaves nothing to replay, and no write-ahead files", async () => {
    await tenantWith("acme", 3);
    const directory = partition.directoryOf("acme");
    await partition.stop();
    const wal = join(directory, "canonical.db-wal");
    expect(existsSync(wal) ? readFileSync(wal).length : 0).toBe(0);
    await partition.start();
    expect(partition.held.followedFrom).toBe(partition.partition.wal.end);
  });
});
