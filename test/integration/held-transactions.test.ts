/**
 * A view's SQLite transaction stays open behind what was answered: whoever reads through the
 * engine sees it all the same, a stranger sees it before long, and nothing of it is lost when it
 * is taken back. Over the log on disk.
 */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { must } from "../../src/base/assert.ts";
import { PublishedViews } from "../../src/store/published-views.ts";
import { ViewBoard } from "../../src/store/view-board.ts";
import { GRAPH_SCHEMA, USER } from "../harness/graph-schema.ts";
import { createNode, membership, ownId, updateNode } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;
let acme: TenantClient;

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file" });
  acme = await partition.freshTenant(GRAPH_SCHEMA);
});
afterEach(() => partition[Symbol.asyncDispose]());

const behind = () => partition.engine.logState().tenantsBehind;
const store = () => must(partition.partition.stores.opened(acme.caller.tenantId), "it was written");

/** As many nodes as somebody finds who opens the file by himself. */
function nodesInFile(): number {
  const file = join(partition.directoryOf(acme.caller.tenantId), "canonical.db");
  using db = new Database(file, { readonly: true });
  return db.query("SELECT 1 FROM nodes").values().length;
}

/** The `nth` of these statements on the connection that writes, counted from 1 on, fails for want of room, and `times` in all. */
function failing(statement: string, nth: number, times: number): void {
  const db = store().writeConnection;
  const { run } = db;
  let count = 0;
  db.run = (sql, ...bindings) => {
    if (sql === statement && ++count >= nth && count < nth + times) {
      throw Object.assign(new Error("there is no room"), { code: "SQLITE_FULL" });
    }
    return run.call(db, sql, ...(bindings as []));
  };
}

describe("what was answered", () => {
  test("is there for whoever reads, and in the file as soon as somebody has", async () => {
    for (let i = 0; i < 3; i++) await acme.one(createNode(USER, {}, { id: ownId("nd", i) }));
    expect(nodesInFile()).toBe(0);
    expect((await acme.node(ownId("nd", 2))).version).toBe(1);
    expect(nodesInFile()).toBe(3);
    await acme.one(createNode(USER));
    // By a worker, which has a connection of its own.
    expect(await acme.count({ typeId: USER })).toBe(4);
  });

  test("is in the file before long, though nobody looks", async () => {
    await acme.one(createNode(USER));
    expect(nodesInFile()).toBe(0);
    partition.fakeClock.advance(10);
    expect(nodesInFile()).toBe(1);
  });

  test("is in the file when there is much of it", async () => {
    for (let i = 0; i < 300; i++) await acme.one(createNode(USER));
    expect(nodesInFile()).toBeGreaterThanOrEqual(255);
  });

  test("is in the file at once where members change, and what was held before it", async () => {
    await acme.one(createNode(USER));
    const admin = partition.tenant(acme.caller.tenantId, "user:admin", ["admin"]);
    await admin.one(membership({ action: "put_group", group: "editors" }));
    expect(nodesInFile()).toBe(1);
  });

  test("is in the file before a thread is told of that, and at once from then on", async () => {
    await acme.one(createNode(USER));
    const { stores, applied } = partition.partition;
    const board = new ViewBoard(new SharedArrayBuffer(ViewBoard.bytes(1)));
    const published = new PublishedViews(board, 1, stores, applied);
    expect(nodesInFile()).toBe(0);
    expect(published.publish(acme.caller.tenantId)).toBeDefined();
    expect(nodesInFile()).toBe(1);
    await acme.one(createNode(USER));
    expect(nodesInFile()).toBe(2);
  });

  test("is made again after a crash", async () => {
    const made = await acme.one(createNode(USER, {}, { id: ownId("nd", 1) }));
    expect(nodesInFile()).toBe(0);
    await partition.crash();
    expect((await acme.node(ownId("nd", 1))).version).toBe(made.version);
  });
});

describe("a transaction that is taken back", () => {
  test("by a record that cannot be applied keeps what was answered", async () => {
    await acme.one(createNode(USER, {}, { id: ownId("nd", 1) }));
    const offset = await partition.appendRecord(acme.caller.tenantId, { rulesVersion: 99 });
    await until(() => behind().length === 1);
    expect(behind()).toMatchObject([{ trouble: "halted", offset }]);
    expect(nodesInFile()).toBe(1);
    expect((await acme.node(ownId("nd", 1))).version).toBe(1);
  });

  test("since it cannot be committed is applied again from the log; who holds its token waits for that", async () => {
    await acme.one(createNode(USER, {}, { id: ownId("nd", 1) }));
    failing("COMMIT", 1, 3);
    const offset = partition.partition.wal.end;
    const { positionToken } = await acme.execute([updateNode(ownId("nd", 1))]);
    const waiting = acme.node(ownId("nd", 1), { atLeast: positionToken });
    // Reads go on, of what somebody could have read before.
    expect((await acme.node(ownId("nd", 1))).version).toBe(1);
    expect(behind()).toMatchObject([{ trouble: "stalled", offset }]);
    expect((await refused(acme.one(createNode(USER)))).reason).toBe("TENANT_STALLED");
    await until(
      () => behind().length === 0,
      () => partition.fakeClock.advance(50),
    );
    expect((await waiting).version).toBe(2);
    await acme.one(updateNode(ownId("nd", 1)));
    expect((await acme.node(ownId("nd", 1))).version).toBe(3);
  });

  test("and cannot be applied again at once waits for room, and what follows waits for it", async () => {
    failing("BEGIN IMMEDIATE", 2, 3);
    const held = partition.partition.wal.end;
    await acme.one(createNode(USER, {}, { id: ownId("nd", 1) }));
    const offset = await partition.appendRecord(acme.caller.tenantId, { rulesVersion: 99 });
    await until(() => behind().length === 1);
    expect(behind()).toMatchObject([{ trouble: "stalled", offset: held }]);
    expect((await refused(acme.node(ownId("nd", 1)))).reason).toBe("NODE_NOT_FOUND");
    await until(
      () => behind()[0]?.trouble === "halted",
      () => partition.fakeClock.advance(50),
    );
    expect(behind()).toMatchObject([{ trouble: "halted", offset }]);
    expect((await acme.node(ownId("nd", 1))).version).toBe(1);
  });
});
