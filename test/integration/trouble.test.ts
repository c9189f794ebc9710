/**
 * One tenant's trouble is its own: a record that cannot be applied halts its tenant, a
 * locked file stalls it, and all others go on; nothing is skipped, and what waits is told.
 * Over the log on disk.
 */

import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../src/base/assert.ts";
import { turn } from "../../src/base/turn.ts";
import type { TransactionRecord } from "../../src/record/transaction.ts";
import { EMAIL, GRAPH_SCHEMA, NAME, USER } from "../harness/graph-schema.ts";
import { createNode, ownId, str, updateNode } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file", busyTimeoutMs: 1 });
});
afterEach(() => partition[Symbol.asyncDispose]());

async function tenantWith(tenantId: string, users: number): Promise<TenantClient> {
  const tenant = partition.tenant(tenantId);
  await tenant.register(GRAPH_SCHEMA);
  for (let i = 0; i < users; i++) {
    const fields = { [EMAIL]: str(`${tenantId}-${i}`) };
    await tenant.one(createNode(USER, fields, { id: ownId("nd", i) }));
  }
  return tenant;
}

/** A tenant's file in a write transaction of somebody else, once nothing is held open by ours. */
function lockedFile(directory: string): Database {
  partition.fakeClock.advance(10);
  const db = new Database(join(directory, "canonical.db"));
  db.run("BEGIN IMMEDIATE");
  return db;
}

const behind = () => partition.engine.logState().tenantsBehind;
const end = () => partition.partition.wal.end;

describe("a record that cannot be applied", () => {
  const poisons: [string, Partial<TransactionRecord>, number[]][] = [
    ["of later rules", { rulesVersion: 99 }, []],
    // Field 9 again: a transaction with an operation of a kind that nobody knows.
    ["with an unknown operation", {}, [0x4a, 0x04, 0x0a, 0x02, 0x7a, 0x00]],
    // An operation whose fields are no fields.
    ["with values that are none", {}, [0x4a, 0x08, 0x0a, 0x06, 0x0a, 0x04, 0x1a, 0x02, 0xff, 0xff]],
    [
      "of the catalog's kind in a tenant's log",
      {
        body: {
          kind: "tenant_created",
          tenantId: "other",
          incarnation: 1,
          partition: 0,
          directory: "x",
        },
      },
      [],
    ],
  ];

  test.each(poisons)("%s halts its tenant there, and nobody else", async (_name, change, tail) => {
    const acme = await tenantWith("acme", 2);
    const other = await tenantWith("other", 1);
    const offset = await partition.appendRecord("acme", change, tail);
    await other.one(createNode(USER));
    await until(() => behind().length === 1);
    expect(behind()).toMatchObject([{ tenantId: "acme", trouble: "halted", offset }]);
    expect(partition.trouble).toMatchObject([{ what: "halted", tenantId: "acme", offset }]);
    // Writes are refused before the append; reads go on; others do both.
    const before = end();
    const error = await refused(acme.one(createNode(USER)));
    expect(error).toMatchObject({ code: "failed_precondition", reason: "TENANT_HALTED" });
    expect(error.details).toMatchObject({ tenant_id: "acme", halted_at: String(offset) });
    // Why stands in the log once, not once for everybody who asks.
    expect(error.cause).toBeUndefined();
    expect(end()).toBe(before);
    expect(await acme.count({ typeId: USER })).toBe(2);
    expect((await acme.node(ownId("nd", 0))).version).toBe(1);
    await other.one(createNode(USER));
    expect(await other.count({ typeId: USER }, { strong: true })).toBe(3);
    expect(partition.engine.health()).toMatchObject({ status: "healthy" });
  });

  test("tells who waits: for its outcome, for a position at or behind it; not before it", async () => {
    const acme = await tenantWith("acme", 1);
    partition.held.batches.close();
    const good = acme.execute([updateNode(ownId("nd", 0))], { key: "good", wait: "durable" });
    const { positionToken } = await good;
    const offset = await partition.appendRecord("acme", { rulesVersion: 99 });
    const late = acme.execute([updateNode(ownId("nd", 0))], { key: "late" });
    late.catch(() => undefined);
    await until(() => end() === offset + 2);
    const strong = acme.node(ownId("nd", 0), { strong: true });
    strong.catch(() => undefined);
    const atGood = acme.node(ownId("nd", 0), { atLeast: positionToken });
    for (let turns = 0; turns < 5; turns++) await turn();
    partition.held.batches.open();
    expect((await atGood).version).toBe(2);
    expect((await refused(strong)).reason).toBe("TENANT_HALTED");
    const lost = await refused(late);
    expect(lost).toMatchObject({ reason: "TENANT_HALTED", retryable: false });
    expect(lost.details).toMatchObject({ wal_position: `0:${offset + 1}` });
    expect((await refused(acme.count({ typeId: USER }, { strong: true }))).reason).toBe(
      "TENANT_HALTED",
    );
    // What is in the log and was not applied is known to be on its way, and nothing else is guessed.
    expect((await acme.receipt("good")).state).toBe("applied");
    expect((await acme.receipt("late")).state).toBe("pending");
    expect((await refused(acme.receipt("never sent"))).reason).toBe("TENANT_HALTED");
  });

  test("among many is found exactly: those before it stand, those behind it wait", async () => {
    const acme = await tenantWith("acme", 1);
    partition.held.batches.close();
    const keys = Array.from({ length: 8 }, (_, i) => `k${i}`);
    let offset = -1;
    for (const [i, key] of keys.entries()) {
      if (i === 5) offset = await partition.appendRecord("acme", { rulesVersion: 99 });
      await acme.execute([createNode(USER)], { key, wait: "durable" });
    }
    partition.held.batches.open();
    await until(() => behind().length === 1);
    expect(behind()).toMatchObject([{ offset }]);
    const states = await Promise.all(keys.map(async (key) => (await acme.receipt(key)).state));
    expect(states).toEqual([...Array(5).fill("applied"), ...Array(3).fill("pending")]);
    expect(await acme.count({ typeId: USER })).toBe(6);
    // A start reads them all at once, and comes to the same.
    const { directory } = partition.partition.stores.findEntry("acme") ?? {};
    await partition.crash({ busyTimeoutMs: 1 }, () => {
      rmSync(join(partition.dataDir, "tenants"), { recursive: true });
    });
    expect(partition.partition.stores.findEntry("acme")?.directory).toBe(directory as string);
    await until(() => behind().length === 1);
    expect(behind()).toMatchObject([{ trouble: "halted", offset }]);
    for (const key of keys.slice(0, 5)) expect((await acme.receipt(key)).state).toBe("applied");
    expect(await acme.count({ typeId: USER })).toBe(6);
  });

  test("is tried again by a retry and by every start, and stays where it is", async () => {
    const acme = await tenantWith("acme", 1);
    const other = await tenantWith("other", 1);
    const offset = await partition.appendRecord("acme", { rulesVersion: 99 });
    await until(() => behind().length === 1);
    const retried = await partition.engine.retryTenant("acme", new AbortController().signal);
    expect(retried.resumed).toBe(false);
    expect(retried.message).toContain(String(offset));
    for (const start of [
      () => partition.crash({ busyTimeoutMs: 1 }),
      () => partition.restart({ busyTimeoutMs: 1 }),
    ]) {
      await start();
      await until(() => behind().length === 1);
      expect(behind()).toMatchObject([{ tenantId: "acme", trouble: "halted", offset }]);
      expect((await refused(acme.one(createNode(USER)))).reason).toBe("TENANT_HALTED");
      expect(await acme.count({ typeId: USER })).toBe(1);
      await other.one(createNode(USER));
    }
    const sound = await partition.engine.retryTenant("other", new AbortController().signal);
    expect(sound.resumed).toBe(true);
    const nobody = partition.engine.retryTenant("nobody", new AbortController().signal);
    expect((await refused(nobody)).reason).toBe("TENANT_NOT_FOUND");
    const rebuilding = partition.engine.rebuildTenant("acme", new AbortController().signal);
    expect((await refused(rebuilding)).reason).toBe("TENANT_REBUILDING");
  });

  test("holds the checkpoint, so that it is there at the next start", async () => {
    await tenantWith("acme", 1);
    const other = await tenantWith("other", 1);
    const offset = await partition.appendRecord("acme", { rulesVersion: 99 });
    await other.one(createNode(USER));
    await until(() => behind().length === 1);
    await partition.checkpoint();
    expect(partition.engine.logState().checkpointOffset).toBe(offset);
    await partition.restart({ busyTimeoutMs: 1 });
    expect(partition.held.followedFrom).toBe(offset);
  });

  test("in the catalog stops creation, and no tenant that is there", async () => {
    const acme = await tenantWith("acme", 1);
    const offset = await partition.appendRecord("_system", { rulesVersion: 99 });
    await acme.one(createNode(USER));
    expect(behind()).toMatchObject([{ tenantId: "_system", trouble: "halted", offset }]);
    const before = end();
    const created = partition.tenant("fresh").register(GRAPH_SCHEMA);
    expect((await refused(created)).reason).toBe("TENANT_HALTED");
    expect(end()).toBe(before);
    expect(partition.engine.health().status).toBe("unhealthy");
    expect(await acme.count({ typeId: USER }, { strong: true })).toBe(2);
  });

  test("of a tenant that nobody knows, or of another life of one, changes nothing", async () => {
    const acme = await tenantWith("acme", 1);
    await partition.appendRecord("nobody", { rulesVersion: 99 });
    await partition.appendRecord("acme", { rulesVersion: 99, incarnation: 2 });
    await acme.one(createNode(USER));
    expect(behind()).toEqual([]);
  });
});

describe("a tenant whose file is locked", () => {
  /** Somebody else's write transaction on a tenant's file. */
  function lock(directory: string): () => void {
    const db = lockedFile(directory);
    return () => {
      db.run("ROLLBACK");
      db.close();
    };
  }

  test("is stalled, others go on, and it resumes by itself, with nothing lost", async () => {
    const acme = await tenantWith("acme", 1);
    const other = await tenantWith("other", 1);
    const unlock = lock(partition.directoryOf("acme"));
    const waiting = acme.execute([updateNode(ownId("nd", 0))], { key: "waiting" });
    await until(() => behind().length === 1);
    expect(behind()).toMatchObject([{ tenantId: "acme", trouble: "stalled", offset: end() - 1 }]);
    // New writes are refused before the append; reads go on, unless they ask for what is not there yet.
    const before = end();
    const error = await refused(acme.one(createNode(USER)));
    expect(error).toMatchObject({ code: "unavailable", reason: "TENANT_STALLED", retryable: true });
    expect(end()).toBe(before);
    expect((await acme.node(ownId("nd", 0))).version).toBe(1);
    const fresh = acme.node(ownId("nd", 0), { strong: true });
    expect((await acme.receipt("waiting")).state).toBe("pending");
    await other.one(createNode(USER));
    expect(await other.count({ typeId: USER }, { strong: true })).toBe(2);
    // Tried again with back-off, as long as it takes.
    for (let tries = 0; tries < 3; tries++) {
      const stalled = partition.trouble.length;
      await until(
        () => partition.trouble.length > stalled,
        () => partition.fakeClock.advance(50),
      );
    }
    unlock();
    await until(
      () => behind().length === 0,
      () => partition.fakeClock.advance(50),
    );
    expect((await waiting).results[0]?.version).toBe(2);
    expect((await fresh).version).toBe(2);
    await acme.one(createNode(USER));
    expect(partition.trouble.at(-1)).toMatchObject({ what: "resumed", tenantId: "acme" });
    expect(new Set(partition.trouble.map(({ what }) => what))).toEqual(
      new Set(["stalled", "resumed"]),
    );
  });

  test("holds up the thread that serves everybody for a moment only, with the settings of the server", async () => {
    const busyTimeoutMs = undefined;
    await partition.restart({ busyTimeoutMs });
    const acme = await tenantWith("acme", 1);
    const other = await tenantWith("other", 1);
    const { stores } = partition.partition;
    for (const tenantId of ["_system", "acme"]) {
      const store = must(stores.opened(tenantId), "it was written to");
      for (const connection of [store.writeConnection, store.readConnection]) {
        const waits = connection.query("PRAGMA busy_timeout").values()[0]?.[0];
        expect(Number(waits)).toBeLessThanOrEqual(250);
      }
    }
    const unlock = lock(partition.directoryOf("acme"));
    const waiting = acme.execute([updateNode(ownId("nd", 0))], { key: "waiting" });
    await until(() => behind().length === 1);
    expect(behind()).toMatchObject([{ tenantId: "acme", trouble: "stalled" }]);
    await other.one(createNode(USER));
    unlock();
    await until(
      () => behind().length === 0,
      () => partition.fakeClock.advance(50),
    );
    expect((await waiting).results[0]?.version).toBe(2);
  });

  test("a read that must wait for it fails at its deadline", async () => {
    const acme = await tenantWith("acme", 1);
    const unlock = lock(partition.directoryOf("acme"));
    const waiting = acme.one(updateNode(ownId("nd", 0)));
    await until(() => behind().length === 1);
    const controller = new AbortController();
    const read = acme.node(ownId("nd", 0), { strong: true, signal: controller.signal });
    await turn();
    const { EntError } = await import("../../src/base/errors.ts");
    const code = "deadline_exceeded";
    controller.abort(new EntError({ code, reason: "DEADLINE_EXCEEDED", message: "Too late." }));
    expect((await refused(read)).reason).toBe("POSITION_NOT_REACHED");
    unlock();
    await until(
      () => behind().length === 0,
      () => partition.fakeClock.advance(50),
    );
    await waiting;
  });

  test("at a start holds up nobody else, and is caught up with once it is free", async () => {
    const acme = await tenantWith("acme", 1);
    const other = await tenantWith("other", 1);
    await acme.one(updateNode(ownId("nd", 0)));
    const directory = partition.directoryOf("acme");
    let unlock: () => void = () => undefined;
    const early = partition.copy();
    await acme.one(updateNode(ownId("nd", 0), { [NAME]: str("late") }));
    await partition.crash({ busyTimeoutMs: 1 }, () => {
      const at = (place: string) => directory.replace(/^.*\/tenants\//, `${place}/tenants/`);
      Bun.spawnSync(["cp", "-a", `${at(early)}/.`, at(partition.dataDir)]);
      unlock = lock(at(partition.dataDir));
    });
    expect(behind()).toMatchObject([{ tenantId: "acme", trouble: "stalled" }]);
    expect(await other.count({ typeId: USER })).toBe(1);
    expect((await refused(acme.receipt("anything"))).reason).toBe("TENANT_STALLED");
    unlock();
    await until(
      () => behind().length === 0,
      () => partition.fakeClock.advance(50),
    );
    expect((await acme.node(ownId("nd", 0))).version).toBe(3);
  });

  test("when it is the catalog's, creation waits, and the tenant is then whole", async () => {
    const acme = await tenantWith("acme", 1);
    const system = join(partition.dataDir, "tenants", "_system");
    const unlock = lock(system);
    const fresh = partition.tenant("fresh");
    const creating = fresh.register(GRAPH_SCHEMA);
    await until(() => behind().length === 1);
    expect(behind()).toMatchObject([{ tenantId: "_system", trouble: "stalled" }]);
    await acme.one(createNode(USER));
    unlock();
    await until(
      () => partition.partition.stores.findEntry("fresh") !== undefined,
      () => partition.fakeClock.advance(50),
    );
    expect((await creating).changed).toBe(true);
    await fresh.one(createNode(USER));
    expect(await fresh.count({ typeId: USER })).toBe(1);
    expect(behind()).toEqual([]);
  });

  test("when it is the catalog's at a start that lost a creation, the tenant's records are not passed over", async () => {
    await tenantWith("acme", 1);
    const early = partition.copy();
    const late = await tenantWith("late", 1);
    const middle = partition.copy();
    for (let i = 0; i < 2; i++) await late.one(createNode(USER));
    const name = partition.directoryOf("late").replace(/^.*\//, "");
    let unlock: () => void = () => undefined;
    const system = (place: string) => join(place, "tenants", "_system");
    await partition.crash({ busyTimeoutMs: 1 }, () => {
      // The catalog of before the creation, and the tenant's view of some time behind it.
      Bun.spawnSync(["cp", "-a", `${system(early)}/.`, system(partition.dataDir)]);
      const view = (place: string) => join(place, "tenants", name);
      Bun.spawnSync(["cp", "-a", `${view(middle)}/.`, view(partition.dataDir)]);
      unlock = lock(system(partition.dataDir));
    });
    expect(behind()).toMatchObject([{ tenantId: "_system", trouble: "stalled" }]);
    expect((await refused(late.count({ typeId: USER }))).reason).toBe("TENANT_NOT_FOUND");
    unlock();
    await until(
      () => partition.partition.stores.findEntry("late") !== undefined,
      () => partition.fakeClock.advance(50),
    );
    await until(() => behind().length === 0);
    expect(await late.count({ typeId: USER })).toBe(3);
    await late.one(createNode(USER));
    const { contentHashBefore, contentHashAfter } = await partition.engine.rebuildTenant(
      "late",
      new AbortController().signal,
    );
    expect(contentHashAfter).toBe(contentHashBefore);
  });
});

describe("coming back from a lane", () => {
  test("waits for what the applier passed while the lane looked at the end of the log", async () => {
    const acme = await tenantWith("acme", 1);
    const other = await tenantWith("other", 1);
    const directory = partition.directoryOf("acme");
    const db = lockedFile(directory);
    const first = acme.one(updateNode(ownId("nd", 0)));
    await until(() => behind().length === 1);
    db.run("ROLLBACK");
    db.close();
    // The lane reads to the end of the log as it is, and is held there…
    partition.held.readEnds.close();
    await until(
      () => partition.held.readEnds.waiting === 1,
      () => partition.fakeClock.advance(50),
    );
    await first;
    // …while the applier takes a batch with records of this tenant, which it leaves to the lane.
    partition.held.batches.close();
    const last = await partition.appendRecord("acme", {
      idempotencyKey: "passed",
      body: {
        kind: "transaction",
        operations: [
          {
            op: "update_node",
            id: ownId("nd", 0),
            fields: new Map(),
            expectedVersion: 0,
            preconditions: new Map(),
          },
        ],
        attachedSchema: undefined,
      },
    });
    const written = other.one(createNode(USER));
    await until(() => end() === last + 2);
    // In the middle of its batch the applier gives way, and the lane comes to its end.
    partition.held.onBatch = () => partition.held.readEnds.open();
    partition.held.batches.open();
    await written;
    await until(() => behind().length === 0);
    expect((await acme.node(ownId("nd", 0))).version).toBe(3);
    expect((await acme.receipt("passed")).state).toBe("applied");
  });
});

describe("more tenants than may be open", () => {
  const TENANTS = 12;
  const OPEN = 3;

  /** Files of this partition that the process holds open. */
  function openFiles(): number {
    let count = 0;
    for (const fd of readdirSync("/proc/self/fd")) {
      try {
        if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(partition.dataDir)) count += 1;
      } catch {
        // Closed between the two calls.
      }
    }
    return count;
  }

  test("are all served, at once and in turn, and only so many files are open", async () => {
    await partition.restart({ openTenants: OPEN });
    const tenants = Array.from({ length: TENANTS }, (_, i) => partition.tenant(`tenant-${i}`));
    await Promise.all(tenants.map((tenant) => tenant.register(GRAPH_SCHEMA)));
    for (let round = 0; round < 3; round++) {
      const made = await Promise.all(tenants.map((tenant) => tenant.make(createNode(USER))));
      const found = await Promise.all(
        tenants.flatMap((tenant, i) => [
          tenant.node(made[i] as string).then((node) => node.version),
          tenant.count({ typeId: USER }),
          tenant.query({ typeId: USER }).then(({ nodes }) => nodes.length),
          tenant.edges({ nodeId: made[i] as string }).then(({ edges }) => edges.length),
        ]),
      );
      expect(found).toEqual(tenants.flatMap(() => [1, round + 1, round + 1, 0]));
    }
    expect(partition.partition.stores.openCount).toBe(OPEN + 1);
    // Each open tenant has two connections, of three files at the most; a worker keeps some of its own.
    const ofWorkers = 32 * 3;
    expect(openFiles()).toBeLessThan((OPEN + 1) * 6 + ofWorkers);
    expect(behind()).toEqual([]);
    await partition.crash({ openTenants: OPEN });
    for (const tenant of tenants) expect(await tenant.count({ typeId: USER })).toBe(3);
  });

  test("closing one's files ends its statements: nothing is kept open until it is collected", async () => {
    await partition.restart({ openTenants: OPEN });
    const tenants = Array.from({ length: TENANTS }, (_, i) => partition.tenant(`tenant-${i}`));
    for (const tenant of tenants) {
      await tenant.register(GRAPH_SCHEMA);
      await tenant.make(createNode(USER));
    }
    expect(openFiles()).toBeLessThan(40);
  });

  test("a lane and a rebuild do not lose their file to others", async () => {
    await partition.restart({ openTenants: 1, busyTimeoutMs: 1 });
    const tenants = Array.from({ length: 3 }, (_, i) => partition.tenant(`tenant-${i}`));
    for (const tenant of tenants) await tenant.register(GRAPH_SCHEMA);
    const [acme, ...others] = tenants as [TenantClient, ...TenantClient[]];
    for (let i = 0; i < 600; i += 100) {
      await Promise.all(
        Array.from({ length: 100 }, () => acme.execute([createNode(USER)], { wait: "durable" })),
      );
    }
    await acme.count({ typeId: USER }, { strong: true });
    const rebuilding = partition.engine.rebuildTenant("tenant-0", new AbortController().signal);
    for (let i = 0; i < 20; i++) {
      for (const other of others) await other.make(createNode(USER));
    }
    const rebuilt = await rebuilding;
    expect(rebuilt.contentHashAfter).toBe(rebuilt.contentHashBefore);
    const directory = partition.directoryOf("tenant-0");
    // A damaged file found at a start is made again in slices, and others take their turns in between.
    await partition.crash({ openTenants: 1, busyTimeoutMs: 1 }, () => {
      const name = directory.replace(/^.*\//, "");
      Bun.spawnSync(["rm", "-rf", join(partition.dataDir, "tenants", name)]);
    });
    for (let i = 0; i < 20; i++) {
      for (const other of others) await other.make(createNode(USER));
    }
    await until(() => behind().length === 0);
    expect(await acme.count({ typeId: USER })).toBe(600);
    expect(partition.trouble.map(({ what }) => what)).not.toContain("halted");
  });
});
