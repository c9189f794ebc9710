/**
 * Events in a tenant's file: what a stray SQL session cannot do to them, files of the format
 * before there were any, and the same bytes however the file came to be: written once, written
 * in other batches, made again from the log, restored.
 */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import {
  aggregateGrants,
  appending,
  checkpoint,
  EventClient,
  event,
} from "../harness/event-operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { viewRows } from "../harness/view-rows.ts";

let partition: TestPartition;
const never = new AbortController().signal;

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file" });
});
afterEach(() => partition[Symbol.asyncDispose]());

const acme = () => partition.tenant("acme");
const events = () => new EventClient(acme());

describe("a stray SQL session", () => {
  /** What is tried on the closed file, one statement after the other; what SQLite said to each. */
  async function attempt(statements: readonly string[]): Promise<string[]> {
    const file = join(partition.directoryOf("acme"), "canonical.db");
    const said: string[] = [];
    await partition.restart({}, () => {
      const db = new Database(file, { readwrite: true });
      for (const sql of statements) {
        try {
          db.run(sql);
          said.push("done");
        } catch (error) {
          said.push((error as Error).message);
        }
      }
      db.close();
    });
    return said;
  }
  const insert = (verb: string, global: string, aggregate: number, nonce: number, key = "NULL") =>
    `${verb} INTO events (global_nonce, aggregate, aggregate_nonce, event_id, event_type, recorded_at,
       append_size, append_key, metadata, tags, payload)
     VALUES (${global}, ${aggregate}, ${nonce}, 'stray', 't', 0, 1, ${key}, x'', NULL, x'')`;

  test("changes, removes and skips nothing", async () => {
    await events().append("A-1", { events: [event(), event()], contentKey: "k" });
    await events().append("B-1");
    const before = viewRows(partition, "acme", "SELECT * FROM events ORDER BY global_nonce");
    const kept = "events are never deleted";
    const fixed = "events are never changed";
    const global = "the global nonce is not the next one";
    const inAggregate = "the aggregate nonce is not the next one";
    const attempts: readonly (readonly [string, string])[] = [
      ["DELETE FROM events", kept],
      ["DELETE FROM events WHERE global_nonce = 3", kept],
      ["UPDATE events SET payload = x'00'", fixed],
      ["UPDATE events SET global_nonce = 9 WHERE global_nonce = 3", fixed],
      ["UPDATE OR REPLACE events SET global_nonce = 1 WHERE global_nonce = 3", fixed],
      [insert("INSERT", "5", 1, 3), global],
      [insert("INSERT", "3", 1, 3), global],
      [insert("INSERT", "NULL", 1, 3), global],
      [insert("INSERT OR REPLACE", "1", 1, 3), global],
      [insert("INSERT OR IGNORE", "9", 1, 3), global],
      [insert("INSERT", "4", 1, 4), inAggregate],
      [insert("INSERT", "4", 1, 2), inAggregate],
      [insert("INSERT OR REPLACE", "4", 1, 1), inAggregate],
      [insert("INSERT", "4", 2, 1), inAggregate],
      [insert("INSERT", "4", 3, 1), "the aggregate does not exist"],
      [insert("INSERT OR REPLACE", "4", 1, 3, "'k'"), "the key of the append is taken"],
      ["DELETE FROM aggregates", "aggregates are never deleted"],
      ["UPDATE aggregates SET aggregate_type = 'Order'", "aggregates are never changed"],
      [
        "INSERT OR REPLACE INTO aggregates VALUES (1, 'A-1', 'Order')",
        "the row of the aggregate is not the next one",
      ],
      ["INSERT OR REPLACE INTO aggregates VALUES (3, 'A-1', 'Order')", "the aggregate exists"],
      [
        "INSERT INTO aggregates VALUES (4, 'C-1', 'Order')",
        "the row of the aggregate is not the next one",
      ],
    ];
    const said = await attempt(attempts.map(([sql]) => sql));
    expect(said).toEqual(attempts.map(([, refusal]) => refusal));
    expect(viewRows(partition, "acme", "SELECT * FROM events ORDER BY global_nonce")).toEqual(
      before,
    );
    expect((await events().append("A-1")).lastGlobalNonce).toBe(4);
  });
});

test("a file of the format before gets the tables, and goes on", async () => {
  await acme().register({ node_types: [{ type_id: 1, name: "Thing" }] });
  const file = join(partition.directoryOf("acme"), "canonical.db");
  await partition.restart({}, () => {
    const db = new Database(file, { readwrite: true });
    const tables = db.query(
      "SELECT name FROM sqlite_schema WHERE name LIKE 'event%' OR name LIKE 'aggregate%' OR name = 'consumers'",
    );
    const found = tables.values().map(([name]) => String(name));
    for (const name of found) db.run(`DROP TRIGGER IF EXISTS "${name}"`);
    for (const name of found) db.run(`DROP INDEX IF EXISTS "${name}"`);
    for (const name of found) db.run(`DROP TABLE IF EXISTS "${name}"`);
    db.run("PRAGMA user_version = 2");
    db.close();
  });
  expect(partition.trouble).toEqual([]);
  expect((await acme().schema()).schema.nodeTypes).toHaveLength(1);
  await events().append("A-1");
  const [[format]] = viewRows(partition, "acme", "PRAGMA user_version") as [[bigint]];
  expect(format).toBe(5n);
  const report = await partition.engine.rebuildTenant("acme", never);
  expect(report.contentHashAfter).toBe(report.contentHashBefore);
});

/** What a file of an older format held in place of the index of event ids that it gets. */
const OLDER_IDS: Readonly<Record<string, (db: Database) => void>> = {
  "a row for each (format 3)": (db) => {
    db.run("DROP TABLE event_id_runs");
    db.run(`CREATE TABLE event_ids (hash INTEGER NOT NULL, global_nonce INTEGER NOT NULL,
      PRIMARY KEY (hash, global_nonce)) STRICT, WITHOUT ROWID`);
    db.run("INSERT INTO event_ids VALUES (1, 1)");
    db.run("DROP TRIGGER events_follow");
    for (const trigger of [
      "events_follow_in_tenant",
      "events_follow_in_aggregate",
      "events_are_of_aggregates",
      "append_keys_are_bound_once",
    ]) {
      const never = "WHEN 0 BEGIN SELECT RAISE(ABORT, 'old'); END";
      db.run(`CREATE TRIGGER ${trigger} BEFORE INSERT ON events ${never}`);
    }
    db.run("PRAGMA user_version = 3");
  },
  "runs in smaller parts (format 4)": (db) => {
    db.run("UPDATE event_id_runs SET part = part + 8");
    db.run("DELETE FROM event_id_runs WHERE part > 9");
    db.run("PRAGMA user_version = 4");
  },
};

test.each(Object.keys(OLDER_IDS))(
  "a file that holds ids of events as %s has them filed anew",
  async (older) => {
    const ids = Array.from({ length: 9_000 }, (_, i) => `e${i}`);
    await events().append("A-1", { events: ids.map((eventId) => event({ eventId })) });
    const runs = "SELECT * FROM event_id_runs ORDER BY level, part, run";
    const before = viewRows(partition, "acme", runs);
    const file = join(partition.directoryOf("acme"), "canonical.db");
    await partition.restart({}, () => {
      const db = new Database(file, { readwrite: true });
      OLDER_IDS[older]?.(db);
      db.close();
    });
    // Refused with what was written before it, the first append takes back what it has filed.
    const first = { events: [event(), event({ eventId: "e4095" })] };
    expect((await refused(events().append("B-1", first))).reason).toBe("EVENT_ALREADY_EXISTS");
    for (const eventId of ["e0", "e4095", "e4096", "e8999"]) {
      const { reason } = await refused(events().append("B-1", { events: [event({ eventId })] }));
      expect(reason).toBe("EVENT_ALREADY_EXISTS");
    }
    await events().append("B-1");
    expect(viewRows(partition, "acme", runs)).toEqual(before);
    const report = await partition.engine.rebuildTenant("acme", never);
    expect(report.contentHashAfter).toBe(report.contentHashBefore);
    expect(viewRows(partition, "acme", runs)).toEqual(before);
  },
);

test("whatever was appended, a file made again from the log holds the same bytes", async () => {
  const change = fc.record({
    aggregate: fc.nat(3),
    count: fc.integer({ min: 1, max: 5 }),
    head: fc.integer({ min: -1, max: 6 }),
    repeats: fc.boolean(),
    tags: fc.subarray(["a", "b"]),
    type: fc.constantFrom("x", "y"),
  });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
      runs += 1;
      const tenant = partition.tenant(`t${runs}`);
      for (const { aggregate, count, head, repeats, tags, type } of changes) {
        const made = Array.from({ length: count }, () => event({ tags, eventType: type }));
        const expected =
          head < 0 ? ({ kind: "any" } as const) : ({ kind: "exact", nonce: head } as const);
        const operation = appending(`A-${aggregate}`, { events: made, expected });
        const steps = repeats ? [operation, appending("B-1", { events: made })] : [operation];
        await tenant.execute(steps).catch(() => undefined);
      }
      await tenant.one(checkpoint("c", 0));
      await tenant.execute([aggregateGrants("Account", [])]).catch(() => undefined);
      const report = await partition.engine.rebuildTenant(`t${runs}`, never);
      expect(report.contentHashAfter).toBe(report.contentHashBefore);
      expect(report.outcomeDigestAfter).toBe(report.outcomeDigestBefore);
    }),
    { numRuns: 15 },
  );
}, 60_000);

/** How many ids stand in the index of the file. */
function filedIds(): number {
  const sql = "SELECT sum(length(entries)) / 8 FROM event_id_runs";
  const [[count]] = viewRows(partition, "acme", sql) as [[bigint]];
  return Number(count);
}

test("ids are known for ever: of the newest events, of those filed since, after a restart and a refusal", async () => {
  const batches = 5;
  const ids = (batch: number) => Array.from({ length: 10_000 }, (_, i) => `${batch}/${i}`);
  const append = (batch: number) =>
    events().append(`A-${batch}`, {
      events: ids(batch).map((eventId) => event({ eventId, payload: new Uint8Array(0) })),
    });
  for (let batch = 0; batch < batches; batch++) {
    await append(batch);
    // Half of a batch, taken back: its last event has the id of another.
    const half = ids(batch + 1)
      .slice(0, 5_000)
      .map((eventId) => event({ eventId, payload: new Uint8Array(0) }));
    const taken = { events: [...half, event({ eventId: `${batch}/7` })] };
    expect((await refused(events().append("B-1", taken))).reason).toBe("EVENT_ALREADY_EXISTS");
  }
  const all = Array.from({ length: batches }, (_, batch) => [`${batch}/0`, `${batch}/9999`]).flat();
  const everyIdIsTaken = async () => {
    for (const eventId of all) {
      const { details } = await refused(events().append("B-1", { events: [event({ eventId })] }));
      expect(details["event_id"]).toBe(eventId);
    }
  };
  await everyIdIsTaken();
  expect(filedIds()).toBe(12 * 4_096);
  await partition.restart();
  await everyIdIsTaken();
  await append(batches);
  const runs = "SELECT * FROM event_id_runs ORDER BY level, part, run";
  const before = viewRows(partition, "acme", runs);
  const report = await partition.engine.rebuildTenant("acme", never);
  expect(report.contentHashAfter).toBe(report.contentHashBefore);
  expect(viewRows(partition, "acme", runs)).toEqual(before);
  await everyIdIsTaken();
}, 120_000);
