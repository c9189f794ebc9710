/**
 * Watching, over the engine: everything that was done comes once, in order, to whoever may
 * see it, from whatever position; whatever happens to files, time, access and the server.
 */
import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { EntError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { turn } from "../../src/base/turn.ts";
import { tokenOf } from "../../src/engine/freshness.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { GRAPH_SCHEMA, KNOWS, NAME, TASK, TITLE, USER } from "../harness/graph-schema.ts";
import {
  createEdge,
  createNode,
  deleteEdge,
  deleteNode,
  edge,
  grant,
  purgeNode,
  restoreNode,
  revoke,
  str,
  updateEdge,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import type { TenantClient } from "../harness/tenant-client.ts";
import { quiet, Watcher } from "../harness/watcher.ts";

const DAY = 24 * 60 * 60_000;

/** A partition with a tenant of alice's. */
async function opened(options = {}): Promise<{ at: TestPartition; alice: TenantClient }> {
  const at = await TestPartition.open(options);
  const alice = at.tenant("acme");
  await alice.register(GRAPH_SCHEMA);
  return { at, alice };
}

function watch(client: TenantClient, request = {}): Promise<Watcher> {
  return new Watcher(client.engine, client.caller, request).begun();
}

function user(name: string) {
  return createNode(USER, { [NAME]: str(name) });
}

function reasonOf(watcher: Watcher): string | undefined {
  return (watcher.error as EntError | undefined)?.reason;
}

describe("what is told", () => {
  test("is every kind of change, once, in order, in the batch of its record", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const watcher = await watch(alice, { fromBeginning: true });
    const expected: string[] = [];
    const done = async (...told: string[]) => {
      expected.push(...told);
      await watcher.seen(expected.length);
    };
    await done("schema_changed");
    const { results } = await alice.execute([user("a"), user("b")]);
    const [a = "", b = ""] = results.map(({ nodeId }) => nodeId);
    await done(`node_created ${a}`, `node_created ${b}`);
    const knows = await alice.make(createEdge(KNOWS, a, b));
    await done(`edge_created ${knows}`);
    await alice.execute([updateNode(a, { [NAME]: str("c") }), updateEdge(edge(knows))]);
    await done(`node_updated ${a}`, `edge_updated ${knows}`);
    await alice.one(grant(a, "user:bob"));
    await done(`node_access_changed ${a}`);
    await alice.one(deleteEdge(edge(knows)));
    await done(`edge_deleted ${knows}`);
    await alice.one(deleteNode(b));
    await done(`node_deleted ${b}`);
    await alice.one(restoreNode(b));
    await done(`node_restored ${b}`);
    const receipt = await alice.execute([purgeNode(b)]);
    await done(`node_purged ${b}`);
    await watcher.stop();

    expect(watcher.told).toEqual(expected);
    expect(watcher.error).toBeUndefined();
    const sizes = watcher.batches.map(({ changes }) => changes.length);
    expect(sizes.filter((size) => size > 0)).toEqual([1, 2, 1, 2, 1, 1, 1, 1, 1]);
    expect(watcher.batches.at(-1)?.walPosition).toBe(receipt.walPosition);
    expect(watcher.position).toEqual(receipt.positionToken);
    const [created] = watcher.changes.filter(({ kind }) => kind === "node_created");
    expect(created).toMatchObject({ actor: "user:alice", nodeId: a, typeId: USER, version: 1 });
    expect(created?.changedAt).toBeGreaterThan(0);
    const [made] = watcher.changes.filter(({ kind }) => kind === "edge_created");
    expect(made).toMatchObject({ edgeId: knows, edgeTypeId: KNOWS, fromId: a, toId: b });
  });

  test("holds nothing of what was refused, repeated, or changed nothing", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const watcher = await watch(alice);
    const a = await alice.make(user("a"));
    await watcher.seen(1);
    const missing = "nd_00000000000000000000000000";
    await alice.execute([updateNode(a), deleteNode(missing)]).catch(() => undefined);
    await alice.one(updateNode(a), { key: "once" });
    await alice.one(updateNode(a), { key: "once" });
    await alice.one(updateNode(a, {}, { expectedVersion: 9 })).catch(() => undefined);
    await alice.register(GRAPH_SCHEMA);
    await alice.one(deleteNode(a));
    await watcher.seen(3);
    await quiet();
    await watcher.stop();
    expect(watcher.told).toEqual([`node_created ${a}`, `node_updated ${a}`, `node_deleted ${a}`]);
  });

  test("is of the types asked for; the schema is everybody's", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const fromBeginning = true;
    const users = await watch(alice, { typeIds: [USER], fromBeginning });
    const knows = await watch(alice, { edgeTypeIds: [KNOWS], fromBeginning });
    const both = await watch(alice, { typeIds: [TASK], edgeTypeIds: [KNOWS], fromBeginning });
    const a = await alice.make(user("a"));
    const task = await alice.make(createNode(TASK, { [TITLE]: str("t") }));
    const known = await alice.make(createEdge(KNOWS, a, await alice.make(user("b"))));
    await Promise.all([users.seen(3), knows.seen(2), both.seen(3)]);
    await Promise.all([users.stop(), knows.stop(), both.stop()]);
    const schema = "schema_changed";
    expect(users.told.slice(0, 2)).toEqual([schema, `node_created ${a}`]);
    expect(users.told).toHaveLength(3);
    expect(knows.told).toEqual([schema, `edge_created ${known}`]);
    expect(both.told).toEqual([schema, `node_created ${task}`, `edge_created ${known}`]);
  });

  test("with nodes, is the node as it stands when the change is sent", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const a = await alice.make(user("a"));
    const b = await alice.make(user("b"));
    await alice.one(updateNode(a, { [NAME]: str("later") }));
    await alice.one(deleteNode(b));
    const watcher = await watch(alice, { fromBeginning: true, withNodes: true, typeIds: [USER] });
    await watcher.seen(5);
    await watcher.stop();
    const nodes = watcher.changes.map(({ node }) => node && [node.version, node.deleted]);
    expect(nodes).toEqual([undefined, [2, false], [2, true], [2, false], [2, true]]);
    expect(watcher.changes[1]?.node?.fields.get(NAME)).toEqual(str("later"));
  });

  test("is nothing of other tenants, though the position moves with the log", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const other = at.tenant("other");
    const watcher = await watch(alice, { heartbeatMs: 1_000 });
    await other.register(GRAPH_SCHEMA);
    const { positionToken } = await other.execute([user("o")]);
    at.fakeClock.advance(1_000);
    await until(() => watcher.batches.length > 1);
    await watcher.stop();
    expect(watcher.changes).toEqual([]);
    expect(watcher.position).toEqual(positionToken);
  });
});

describe("positions", () => {
  test("the first batch says where a watch begins; from any of them another goes on", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const before = await alice.execute([user("before")]);
    const now = await watch(alice);
    expect(now.position).toEqual(before.positionToken);
    for (let i = 0; i < 20; i++) await alice.execute([user(`a${i}`), user(`b${i}`)]);
    await now.seen(40);
    await now.stop();
    expect(now.told).toHaveLength(40);
    for (const batch of now.batches) {
      const seen = now.batches.slice(0, now.batches.indexOf(batch) + 1);
      const rest = now.told.slice(seen.flatMap(({ changes }) => changes).length);
      const next = await watch(alice, { after: batch.positionToken, fromBeginning: true });
      await next.seen(rest.length);
      await quiet(3);
      await next.stop();
      expect(next.told).toEqual(rest);
    }
  });

  test("the position of an answer, also one that is not applied yet", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const durable = await alice.execute([user("a")], { wait: "durable" });
    const watcher = await watch(alice, { after: durable.positionToken });
    const b = await alice.make(user("b"));
    await watcher.seen(1);
    await watcher.stop();
    expect(watcher.told).toEqual([`node_created ${b}`]);
  });

  test("what is none, of another log, or beyond this one is refused", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    await using foreign = await TestPartition.open({ seed: 9 });
    const theirs = foreign.tenant("acme");
    await theirs.register(GRAPH_SCHEMA);
    const { positionToken } = await theirs.execute([user("x")]);
    const refused = async (after: Uint8Array) => reasonOf(await watch(alice, { after }));
    expect(await refused(new Uint8Array([1, 2, 3]))).toBe("INVALID_POSITION");
    expect(await refused(positionToken)).toBe("POSITION_FROM_ANOTHER_LOG");
    const { wal } = at.partition;
    expect(await refused(tokenOf(wal, wal.end))).toBe("POSITION_BEYOND_LOG");
  });

  test("behind what is kept is refused; what is kept is told from its beginning", async () => {
    const clock = new FakeClock();
    const { at, alice } = await opened({ clock });
    await using _ = at;
    const old = await alice.execute([user("old")]);
    clock.advance(limits.changesKeptMs - DAY);
    const kept = await alice.execute([user("kept")]);
    const slow = await watch(alice, { fromBeginning: true, heartbeatMs: 60_000 });
    await slow.seen(3);
    // Not yet: changes are cleared away in steps, by the time of a later record.
    clock.advance(DAY + 30_000);
    expect(reasonOf(await watch(alice, { after: new Uint8Array(0), fromBeginning: true }))).toBe(
      undefined,
    );
    clock.advance(60_000);
    const last = await alice.execute([user("last")]);
    expect(reasonOf(await watch(alice, { after: old.positionToken }))).toBe(undefined);
    const first = tokenOf(at.partition.wal, 1);
    const trimmed = await watch(alice, { after: first });
    expect(reasonOf(trimmed)).toBe("CHANGES_TRIMMED");
    const all = await watch(alice, { fromBeginning: true });
    await all.seen(2);
    const ids = [...kept.results, ...last.results].map(({ nodeId }) => `node_created ${nodeId}`);
    expect(all.told).toEqual(ids);
    await slow.seen(4);
    expect(slow.told.slice(-2)).toEqual(ids);

    const rebuilt = await at.engine.rebuildTenant("acme", new AbortController().signal);
    expect(rebuilt.contentHashAfter).toBe(rebuilt.contentHashBefore);
    await Promise.all([slow.stop(), all.stop()]);
  });
});

describe("the border between history and live", () => {
  test("has no gap and no duplicate while writing goes on", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const writing = { on: true };
    const written: string[] = [];
    const write = async () => {
      while (writing.on) {
        const { results } = await alice.execute([user("x"), user("y")]);
        written.push(...results.map(({ nodeId }) => `node_created ${nodeId}`));
        await turn();
      }
    };
    const writers = [write(), write()];
    const watchers: Watcher[] = [];
    for (let i = 0; i < 30; i++) {
      watchers.push(await watch(alice, { fromBeginning: i % 3 === 0, typeIds: [USER] }));
      if (i % 5 === 0) watchers.at(-1)?.pause();
      await quiet(2);
    }
    writing.on = false;
    await Promise.all(writers);
    const end = at.engine.logState().endOffset;
    for (const watcher of watchers) watcher.resume();
    await until(() => at.engine.logState().appliedOffset === end);
    const whole = watchers[0] as Watcher;
    await whole.seen(written.length + 1);
    const created = whole.told.filter((told) => told.startsWith("node_created"));
    expect(created.toSorted()).toEqual(written.toSorted());
    for (const watcher of watchers) {
      await until(() => watcher.told.at(-1) === whole.told.at(-1));
      await watcher.stop();
      expect(watcher.told).toEqual(whole.told.slice(whole.told.length - watcher.told.length));
    }
  });

  test("a consumer that stands still holds nobody up, and finds everything later", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const quick = await watch(alice);
    const slow = await watch(alice);
    slow.pause();
    const count = limits.watchTailRows * 2 + 10;
    for (let i = 0; i < count / 10; i++) {
      await alice.execute(Array.from({ length: 10 }, () => user("x")));
    }
    await quick.seen(count);
    expect(slow.changes.length).toBeLessThanOrEqual(20);
    slow.resume();
    await slow.seen(count);
    await Promise.all([quick.stop(), slow.stop()]);
    expect(slow.told).toEqual(quick.told);
  });

  test("a record with more changes than one read comes whole", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const many = Array.from({ length: 1_000 }, () => user("x"));
    const { results } = await alice.execute(many);
    await alice.make(user("behind"));
    const watcher = await watch(alice, { fromBeginning: true });
    await watcher.seen(1_002);
    await watcher.stop();
    expect(watcher.batches.map(({ changes }) => changes.length)).toEqual([0, 1, 1_000, 1]);
    expect(watcher.batches[2]?.changes.map(({ nodeId }) => nodeId)).toEqual(
      results.map(({ nodeId }) => nodeId),
    );
  });

  test("runs through files that are closed and opened again, made again, and found damaged", async () => {
    const { at, alice } = await opened({ openTenants: 1 });
    await using _ = at;
    const watcher = await watch(alice, { fromBeginning: true, typeIds: [USER] });
    const expected = ["schema_changed"];
    const write = async () => expected.push(`node_created ${await alice.make(user("x"))}`);
    await write();
    await at.tenant("other").register(GRAPH_SCHEMA);
    await write();
    watcher.pause();
    await write();
    await at.engine.rebuildTenant("acme", new AbortController().signal);
    await write();
    watcher.resume();
    await write();
    at.partition.stores.close("acme");
    rmSync(join(at.directoryOf("acme"), "canonical.db"));
    await alice.schema().catch(() => undefined);
    await until(() => at.trouble.some(({ what }) => what === "resumed"));
    await write();
    await watcher.seen(expected.length);
    const late = await watch(alice, { fromBeginning: true, typeIds: [USER] });
    await late.seen(expected.length);
    await Promise.all([watcher.stop(), late.stop()]);
    expect(watcher.told).toEqual(expected);
    expect(late.told).toEqual(expected);
  });

  test("is the same after a restart and after a crash", async () => {
    const { at, alice } = await opened({ wal: "file" });
    await using _ = at;
    const first = await watch(alice, { fromBeginning: true });
    await alice.make(user("a"));
    await first.seen(2);
    await first.stop();
    const expected = [`node_created ${await alice.make(user("b"))}`];
    await at.restart();
    expected.push(`node_created ${await alice.make(user("c"))}`);
    await at.crash();
    const next = await watch(alice, first.position ? { after: first.position } : {});
    expected.push(`node_created ${await alice.make(user("d"))}`);
    await next.seen(3);
    await next.stop();
    expect(next.told).toEqual(expected);
  });
});

describe("access is judged when a change is sent", () => {
  test("a grant given in between shows what was before, one taken hides it", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const bob = at.tenant("acme", "user:bob");
    const [given, taken] = [await alice.make(user("given")), await alice.make(user("taken"))];
    await alice.one(grant(taken, "user:bob"));
    const live = await watch(bob);
    await alice.one(updateNode(given));
    await alice.one(updateNode(taken));
    await live.seen(1);
    await alice.one(grant(given, "user:bob"));
    await live.seen(2);
    await alice.one(revoke(taken, "user:bob"));
    await alice.one(updateNode(taken));
    await alice.one(updateNode(given));
    await live.seen(3);
    await live.stop();
    expect(live.told).toEqual([
      `node_updated ${taken}`,
      `node_access_changed ${given}`,
      `node_updated ${given}`,
    ]);
    const later = await watch(bob, { fromBeginning: true, typeIds: [USER], withNodes: true });
    await later.seen(5);
    await quiet();
    await later.stop();
    expect(later.told).toEqual([
      "schema_changed",
      `node_created ${given}`,
      `node_updated ${given}`,
      `node_access_changed ${given}`,
      `node_updated ${given}`,
    ]);
    const held = later.changes.filter(({ nodeId }) => nodeId !== "").map(({ node }) => node?.id);
    expect(new Set(held)).toEqual(new Set([given]));
  });

  test("an edge is told to whoever may read both ends", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const bob = at.tenant("acme", "user:bob");
    const [a, b, c] = [
      await alice.make(user("a")),
      await alice.make(user("b")),
      await alice.make(user("c")),
    ];
    for (const id of [a, b]) await alice.one(grant(id, "user:bob"));
    const watcher = await watch(bob);
    await alice.make(createEdge(KNOWS, a, c));
    const seen = await alice.make(createEdge(KNOWS, a, b));
    await watcher.seen(1);
    await watcher.stop();
    expect(watcher.told).toEqual([`edge_created ${seen}`]);
  });

  test("the end of a node is told to whoever could read it until then, and to nobody else", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const [bob, eve] = [at.tenant("acme", "user:bob"), at.tenant("acme", "user:eve")];
    const admin = at.tenant("acme", "user:root", ["admin"]);
    const a = await alice.make(user("a"));
    await alice.one(grant(a, "user:bob"));
    const watchers = [await watch(alice), await watch(bob), await watch(eve), await watch(admin)];
    await alice.one(deleteNode(a));
    await watchers[1]?.seen(1);
    await alice.one(purgeNode(a));
    await alice.make(user("last"));
    await watchers[3]?.seen(3);
    await quiet();
    const told = watchers.map(({ told }) => told.filter((line) => line.endsWith(a)));
    const end = [`node_deleted ${a}`, `node_purged ${a}`];
    expect(told).toEqual([end, end, [], end]);
    await Promise.all(watchers.map((watcher) => watcher.stop()));

    const later = await watch(bob, { fromBeginning: true, typeIds: [USER] });
    await later.seen(2);
    await quiet();
    await later.stop();
    expect(later.told).toEqual(["schema_changed", `node_purged ${a}`]);
  });

  test("a grant that has expired shows nothing more", async () => {
    const clock = new FakeClock();
    const { at, alice } = await opened({ clock });
    await using _ = at;
    const bob = at.tenant("acme", "user:bob");
    const a = await alice.make(user("a"));
    await alice.one(grant(a, "user:bob", "read", clock.now() + 1_000));
    const watcher = await watch(bob);
    await alice.one(updateNode(a));
    await watcher.seen(1);
    clock.advance(1_000);
    await alice.one(updateNode(a));
    await quiet();
    await watcher.stop();
    expect(watcher.told).toEqual([`node_updated ${a}`]);
  });

  test("membership counts from the moment that it changes", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const bob = at.tenant("acme", "user:bob");
    const a = await alice.make(user("a"));
    await alice.one(grant(a, "group:eng"));
    const watcher = await watch(bob);
    const membership = async (action: "add_to_group" | "remove_from_group") => {
      const step = { action, group: "eng", member: "user:bob" };
      const steps =
        action === "add_to_group" ? [{ action: "put_group", group: "eng" } as const, step] : [step];
      const operations = steps.map((step) => ({ op: "membership", step }) as const);
      const roles = ["admin"];
      const body = { kind: "transaction", operations, attachedSchema: undefined } as const;
      await at.appendRecord("acme", { body, roles, rulesVersion: 2 });
    };
    await alice.one(updateNode(a));
    await quiet();
    await membership("add_to_group");
    await alice.one(updateNode(a));
    await watcher.seen(1);
    await membership("remove_from_group");
    await alice.one(updateNode(a));
    await quiet();
    await watcher.stop();
    expect(watcher.changes.map(({ version }) => version)).toEqual([3]);
  });
});

describe("a watch ends", () => {
  test("in peace when its caller leaves, and frees its place", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const watchers = await Promise.all(Array.from({ length: 3 }, () => watch(alice)));
    watchers[1]?.pause();
    await alice.make(user("a"));
    expect(at.engine.changes.count).toBe(3);
    for (const watcher of watchers) await watcher.stop();
    expect(watchers.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    // What the write holds open is committed, and its timer with that.
    at.fakeClock.advance(10);
    expect([at.engine.changes.count, at.fakeClock.pendingTimers]).toEqual([0, 1]);
  });

  test("when its credential does, to the millisecond", async () => {
    const clock = new FakeClock();
    const { at, alice } = await opened({ clock });
    await using _ = at;
    const watcher = await watch(alice, { expiresAt: clock.now() + 5_000 });
    clock.advance(4_999);
    await quiet();
    expect(watcher.isOver).toBe(false);
    clock.advance(1);
    await watcher.ended;
    expect(reasonOf(watcher)).toBe("UNAUTHENTICATED");
    const past = await watch(alice, { expiresAt: clock.now() });
    await past.ended;
    expect(reasonOf(past)).toBe("UNAUTHENTICATED");
    expect(past.changes).toEqual([]);
  });

  test("with the server", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const waiting = await watch(alice);
    await at.stop();
    await waiting.ended;
    expect(reasonOf(waiting)).toBe("SERVER_STOPPING");
  });

  test("when the tenant is halted, once everything before was sent", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const a = await alice.make(user("a"));
    const live = await watch(alice);
    await alice.one(updateNode(a));
    const body = { kind: "tenant_created", tenantId: "x", incarnation: 1, partition: 0 } as const;
    await at.appendRecord("acme", { body: { ...body, directory: "x" } });
    await live.ended;
    expect([live.told, reasonOf(live)]).toEqual([[`node_updated ${a}`], "TENANT_HALTED"]);
    const late = await watch(alice, { fromBeginning: true });
    await late.ended;
    expect(late.told).toHaveLength(3);
    expect(reasonOf(late)).toBe("TENANT_HALTED");
  });

  test("a tenant that is not there, types that are not there, heartbeats out of range are refused", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const refused = async (request: object, client = alice) =>
      reasonOf(await watch(client, request));
    expect(await refused({}, at.tenant("nobody"))).toBe("TENANT_NOT_FOUND");
    expect(await refused({ typeIds: [77] })).toBe("TYPE_UNKNOWN");
    expect(await refused({ edgeTypeIds: [77] })).toBe("EDGE_TYPE_UNKNOWN");
    const most = Array.from({ length: limits.watchTypes }, () => USER);
    expect(await refused({ typeIds: [...most, USER] })).toBe("LIMIT_EXCEEDED");
    for (const heartbeatMs of [999, 60_001, -1]) {
      expect(await refused({ heartbeatMs })).toBe("INVALID_REQUEST");
    }
    for (const request of [{ typeIds: most }, { heartbeatMs: 1_000 }, { heartbeatMs: 60_000 }]) {
      const watcher = await watch(alice, request);
      expect(watcher.error).toBeUndefined();
      await watcher.stop();
    }
  });

  test("at the limit of watchers there is a place, one past it none; places come back", async () => {
    const { at, alice } = await opened();
    await using _ = at;
    const full: Watcher[] = [];
    for (let i = 0; i < limits.watchersPerTenant; i++) {
      full.push(new Watcher(at.engine, alice.caller));
    }
    await full.at(-1)?.begun();
    const refused = await watch(alice);
    expect(refused.error).toMatchObject({ reason: "LIMIT_EXCEEDED", code: "resource_exhausted" });
    const other = at.tenant("other");
    await other.register(GRAPH_SCHEMA);
    const elsewhere = await watch(other);
    expect(elsewhere.error).toBeUndefined();
    await full.pop()?.stop();
    const admitted = await watch(alice);
    expect(admitted.error).toBeUndefined();
    await Promise.all([...full, admitted, elsewhere].map((watcher) => watcher.stop()));
    expect(at.engine.changes.count).toBe(0);
  });
});

describe("heartbeats", () => {
  test("come when nothing was sent for so long, and say how far the log was seen", async () => {
    const clock = new FakeClock();
    const { at, alice } = await opened({ clock });
    await using _ = at;
    const byDefault = await watch(alice, { typeIds: [TASK] });
    const often = await watch(alice, { typeIds: [TASK], heartbeatMs: 1_000 });
    const { positionToken } = await alice.execute([user("not for them")]);
    await quiet();
    clock.advance(999);
    await quiet();
    expect(often.heartbeats).toHaveLength(1);
    clock.advance(1);
    await until(() => often.heartbeats.length === 2);
    expect(often.position).toEqual(positionToken);
    expect(byDefault.heartbeats).toHaveLength(1);
    clock.advance(500);
    const task = await alice.make(createNode(TASK, { [TITLE]: str("t") }));
    await often.seen(1);
    clock.advance(999);
    await quiet();
    expect(often.heartbeats).toHaveLength(2);
    clock.advance(1);
    await until(() => often.heartbeats.length === 3);
    clock.advance(limits.watchHeartbeatMs);
    await until(() => byDefault.heartbeats.length === 2);
    expect(byDefault.told).toEqual([`node_created ${task}`]);
    await Promise.all([often.stop(), byDefault.stop()]);
  });
});
