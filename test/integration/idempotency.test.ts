/**
 * Once is once: a repeated request is answered with the first outcome, whatever came
 * between; a key used for something else is refused; and what a key came to can be asked
 * for at every moment.
 */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { EntError } from "../../src/base/errors.ts";
import { turn } from "../../src/base/turn.ts";
import type { RequestedOperation, TransactionReceipt, WaitMode } from "../../src/engine/engine.ts";
import { EMPTY_SCHEMA } from "../../src/schema/types.ts";
import { logUnavailable } from "../../src/wal/errors.ts";
import { EMAIL, GRAPH_SCHEMA, KNOWS, NAME, USER } from "../harness/graph-schema.ts";
import {
  createEdge,
  createNode,
  deleteEdge,
  deleteNode,
  edge,
  ownId,
  purgeNode,
  restoreNode,
  str,
  updateEdge,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;
let tenant: TenantClient;

beforeEach(async () => {
  partition = await TestPartition.open();
  tenant = partition.tenant("acme");
  await tenant.register(GRAPH_SCHEMA);
});
afterEach(() => partition[Symbol.asyncDispose]());

const end = () => partition.engine.logState().endOffset;

/** A deadline that the test sets. */
function deadline(): { signal: AbortSignal; pass: () => void } {
  const controller = new AbortController();
  const reason = new EntError({
    code: "deadline_exceeded",
    reason: "DEADLINE_EXCEEDED",
    message: "The deadline has passed.",
  });
  return { signal: controller.signal, pass: () => controller.abort(reason) };
}

describe("the same request with the same key", () => {
  test("has the first answer: ids, versions, position; and no effect", async () => {
    const operations = [
      createNode(USER, { [EMAIL]: str("a") }, { alias: "a" }),
      createNode(USER, { [NAME]: str("b") }, { alias: "b" }),
      createEdge(KNOWS, "$a.id", "$b.id"),
    ];
    const first = await tenant.execute(operations, { key: "key" });
    partition.fakeClock.advance(1000);
    await tenant.one(updateNode(first.results[0]?.nodeId ?? "", { [EMAIL]: str("moved") }));
    expect(await tenant.execute(operations, { key: "key" })).toEqual(first);
    expect(await tenant.count({ typeId: USER })).toBe(2);
    expect(first).toMatchObject({ applied: true, idempotencyKey: "key" });
  });

  test("of every operation, that would now be refused", async () => {
    const id = await tenant.make(createNode(USER, {}, { id: ownId("nd", 1) }));
    const steps: RequestedOperation[] = [
      createNode(USER, { [EMAIL]: str("x") }, { id: ownId("nd", 2) }),
      createEdge(KNOWS, id, ownId("nd", 2), {}, { id: ownId("ed", 1) }),
      updateEdge(edge(ownId("ed", 1)), {}),
      deleteEdge(edge(KNOWS, id, ownId("nd", 2))),
      updateNode(id, {}, { expectedVersion: 1 }),
      deleteNode(id, 2),
      restoreNode(id, 3),
      purgeNode(id, 4),
    ];
    const answers: TransactionReceipt[] = [];
    for (const [i, step] of steps.entries()) {
      answers.push(await tenant.execute([step], { key: `key-${i}` }));
    }
    for (const [i, step] of steps.entries()) {
      expect(await tenant.execute([step], { key: `key-${i}` })).toEqual(
        answers[i] as TransactionReceipt,
      );
    }
    expect((await refused(tenant.node(id, { deleted: true }))).reason).toBe("NODE_NOT_FOUND");
  });

  test("has the first rejection, though it would now succeed", async () => {
    const id = ownId("nd", 1);
    const update = () => tenant.execute([updateNode(id)], { key: "key" });
    const first = await refused(update());
    await tenant.make(createNode(USER, {}, { id }));
    const again = await refused(update());
    expect(again.reason).toBe("NODE_NOT_FOUND");
    expect({ ...again }).toEqual({ ...first });
    expect(again.message).toBe(first.message);
    expect((await tenant.node(id)).version).toBe(1);
  });

  test("is the same whatever the order of fields, wait mode and roles", async () => {
    const first = await tenant.execute(
      [createNode(USER, { [EMAIL]: str("a"), [NAME]: str("n") })],
      { key: "key" },
    );
    const fields = new Map([
      [NAME, str("n")],
      [EMAIL, str("a")],
    ]);
    const reordered = { ...createNode(USER), fields } as RequestedOperation;
    const withRoles = partition.tenant("acme", "user:alice", ["admin"]);
    for (const wait of ["applied", "durable"] as const) {
      expect(await withRoles.execute([reordered], { key: "key", wait })).toEqual(first);
    }
  });
});

describe("another request with the same key", () => {
  test("is refused, has no effect, and leaves the first answer as it was", async () => {
    const operations = [createNode(USER, { [EMAIL]: str("a") }, { alias: "a" })];
    const first = await tenant.execute(operations, { key: "key" });
    const others: [TenantClient, RequestedOperation[]][] = [
      [tenant, [createNode(USER, { [EMAIL]: str("b") }, { alias: "a" })]],
      [tenant, [createNode(USER, { [EMAIL]: str("a") }, { alias: "b" })]],
      [tenant, [createNode(USER, { [EMAIL]: str("a") }, { alias: "a", id: ownId("nd", 1) })]],
      [tenant, [createNode(USER, { [EMAIL]: str("a") }, { alias: "a", returnExisting: true })]],
      [tenant, [...operations, createNode(USER)]],
      [partition.tenant("acme", "user:bob"), operations],
    ];
    for (const [who, request] of others) {
      for (const wait of ["applied", "durable"] as const) {
        const error = await refused(who.execute(request, { key: "key", wait }));
        expect(error).toMatchObject({ code: "already_exists", reason: "IDEMPOTENCY_KEY_REUSED" });
      }
    }
    expect(await tenant.execute(operations, { key: "key" })).toEqual(first);
    expect(await tenant.count({ typeId: USER })).toBe(1);
  });

  test("may be another tenant's", async () => {
    await tenant.execute([createNode(USER)], { key: "key" });
    const other = partition.tenant("other");
    await other.register(GRAPH_SCHEMA);
    const { results } = await other.execute([createNode(USER, { [NAME]: str("x") })], {
      key: "key",
    });
    expect(results[0]?.created).toBe(true);
  });

  test("after a rejection is refused too: the key was used", async () => {
    await refused(tenant.execute([deleteNode(ownId("nd", 1))], { key: "key" }));
    const error = await refused(tenant.execute([createNode(USER)], { key: "key" }));
    expect(error.reason).toBe("IDEMPOTENCY_KEY_REUSED");
  });

  test("is not answered with what the first came to, though only the view still knows", async () => {
    await tenant.execute([createNode(USER, { [NAME]: str("a") })], { key: "key" });
    const crowd = partition.tenant("crowd");
    await crowd.register(GRAPH_SCHEMA);
    partition.held.answers.close();
    const bob = partition.tenant("acme", "user:bob");
    const refusal = refused(bob.execute([createNode(USER)], { key: "key" }));
    // More outcomes than are kept for those who ask late.
    const others = Array.from({ length: 5_000 }, () =>
      crowd.execute([deleteNode(ownId("nd", 1))], { wait: "durable" }),
    );
    await until(() => partition.held.answers.waiting === 5_001);
    await until(() => partition.engine.logState().appliedOffset === end());
    partition.held.answers.open();
    expect((await refusal).reason).toBe("IDEMPOTENCY_KEY_REUSED");
    await Promise.all(others);
  });
});

describe("concurrent duplicates", () => {
  const modes: [string, WaitMode[]][] = [
    ["applied", ["applied"]],
    ["durable", ["durable"]],
    ["applied first, then durable", ["applied", "durable"]],
    ["durable first, then applied", ["durable", "applied"]],
  ];
  test.each(modes)("%s: one effect, one set of ids and one position", async (_name, waits) => {
    const operations = [createNode(USER, { [EMAIL]: str("a") }), createNode(USER)];
    const calls = Array.from({ length: 20 }, (_, i) =>
      tenant.execute(operations, { key: "key", wait: waits[i % waits.length] as WaitMode }),
    );
    const answers = await Promise.all(calls);
    const seen = new Set(
      answers.map(({ results, walPosition }) =>
        [walPosition, ...results.map((result) => result.nodeId)].join(),
      ),
    );
    expect([...seen]).toHaveLength(1);
    expect(await tenant.count({ typeId: USER }, { strong: true })).toBe(2);
  });

  test.each(modes)("%s, of which one is another request", async (_name, waits) => {
    const calls = Array.from({ length: 6 }, (_, i) =>
      tenant.execute([createNode(USER, { [EMAIL]: str(i === 3 ? "b" : "a") })], {
        key: "key",
        wait: waits[i % waits.length] as WaitMode,
      }),
    );
    const settled = await Promise.allSettled(calls);
    expect(settled.map(({ status }) => status)).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => (i === 3 ? "rejected" : "fulfilled")),
    );
    expect(await tenant.count({ typeId: USER }, { strong: true })).toBe(1);
  });

  test("a durable one waits its turn though the first has given up waiting", async () => {
    partition.held.answers.close();
    const { signal, pass } = deadline();
    const first = tenant.execute([createNode(USER)], { key: "key", wait: "durable", signal });
    await until(() => partition.held.answers.waiting === 1);
    pass();
    expect((await refused(first)).reason).toBe("DEADLINE_EXCEEDED");
    expect((await tenant.receipt("key")).state).toBe("applied");
    partition.held.batches.close();
    const other = deadline();
    const gaveUp = tenant.execute([createNode(USER)], { key: "k2", signal: other.signal });
    await until(() => partition.held.answers.waiting === 2);
    other.pass();
    await refused(gaveUp);
    expect((await tenant.receipt("k2")).state).toBe("pending");
    const again = tenant.execute([createNode(USER)], { key: "k2", wait: "durable" });
    await turn();
    expect(partition.held.answers.waiting).toBe(2);
    partition.held.answers.open();
    partition.held.batches.open();
    const receipt = await again;
    expect(await tenant.receipt("k2")).toMatchObject({
      state: "applied",
      results: receipt.results.map(({ alias: _, ...result }) => result),
    });
    expect(await tenant.count({ typeId: USER })).toBe(2);
  });

  test("when the first did not get into the log, the next in turn does", async () => {
    partition.held.answers.close();
    const call = () => tenant.execute([createNode(USER)], { key: "key", wait: "durable" });
    partition.held.failNextAppend(logUnavailable("no disk today"));
    const calls = [call(), call(), call()];
    const settled = Promise.allSettled(calls);
    await turn();
    partition.held.answers.open();
    const [first, second, third] = await settled;
    expect(first).toMatchObject({ status: "rejected", reason: { reason: "LOG_UNAVAILABLE" } });
    expect(second?.status).toBe("fulfilled");
    expect(await calls[2]).toMatchObject({ walPosition: (await calls[1])?.walPosition as string });
    expect(third?.status).toBe("fulfilled");
    expect(await tenant.count({ typeId: USER }, { strong: true })).toBe(1);
  });
});

describe("wait durable", () => {
  test("answers with ids and position as soon as the log has it", async () => {
    partition.held.batches.close();
    const operations = [createNode(USER, {}, { alias: "a" }), createEdge(KNOWS, "$a.id", "$a.id")];
    const receipt = await tenant.execute(operations, { key: "key", wait: "durable" });
    expect(receipt).toMatchObject({ applied: false, schemaDifferences: [] });
    expect(receipt.results.map((result) => result.alias)).toEqual(["a", ""]);
    partition.held.batches.open();
    const { nodeId } = receipt.results[0] as { nodeId: string };
    const node = await tenant.node(nodeId, { atLeast: receipt.positionToken });
    expect(node.id).toBe(nodeId);
    expect((await tenant.allEdges({ nodeId }))[0]?.id).toBe(receipt.results[1]?.edgeId as string);
  });

  test("a repetition of what was rejected is the rejection", async () => {
    const call = () =>
      tenant.execute([deleteNode(ownId("nd", 1))], { key: "key", wait: "durable" });
    const [first, second] = await Promise.allSettled([call(), call()]);
    expect(first.status).toBe("fulfilled");
    expect(second).toMatchObject({ status: "rejected", reason: { reason: "NODE_NOT_FOUND" } });
  });
});

describe("a deadline", () => {
  test("after the append says where the record is; the same key then gives the outcome", async () => {
    partition.held.batches.close();
    const { signal, pass } = deadline();
    const call = tenant.execute([createNode(USER)], { key: "key", signal });
    await until(() => end() > partition.engine.logState().appliedOffset);
    for (let turns = 0; turns < 10; turns++) await turn();
    pass();
    const error = await refused(call);
    expect(error).toMatchObject({
      code: "deadline_exceeded",
      reason: "DEADLINE_EXCEEDED",
      retryable: true,
      details: { wal_position: `0:${end() - 1}` },
    });
    expect((await tenant.receipt("key")).state).toBe("pending");
    partition.held.batches.open();
    const receipt = await tenant.execute([createNode(USER)], { key: "key" });
    expect(receipt.walPosition).toBe(error.details["wal_position"] as string);
    expect(await tenant.count({ typeId: USER })).toBe(1);
  });

  test("before the append leaves nothing", async () => {
    const { signal, pass } = deadline();
    pass();
    const before = end();
    const error = await refused(tenant.execute([createNode(USER)], { key: "key", signal }));
    expect(error.reason).toBe("DEADLINE_EXCEEDED");
    expect(end()).toBe(before);
    expect((await tenant.receipt("key")).state).toBe("unknown");
  });

  test("of one who creates the tenant is nobody else's", async () => {
    partition.held.batches.close();
    const impatient = deadline();
    const operations = [{ op: "register_schema" as const, schema: EMPTY_SCHEMA }];
    const fresh = partition.tenant("fresh");
    const first = fresh.execute(operations, { signal: impatient.signal });
    const second = fresh.execute(operations);
    await until(() => partition.held.batches.waiting === 1);
    impatient.pass();
    expect((await refused(first)).reason).toBe("DEADLINE_EXCEEDED");
    partition.held.batches.open();
    expect((await second).applied).toBe(true);
  });
});

describe("a key that the server makes", () => {
  const LIFE_MS = 24 * 60 * 60 * 1000;

  test("is told, and can be used to repeat and to ask", async () => {
    const first = await tenant.execute([createNode(USER)]);
    expect(first.idempotencyKey).not.toBe("");
    expect((await tenant.receipt(first.idempotencyKey)).state).toBe("applied");
    const again = await tenant.execute([createNode(USER)], { key: first.idempotencyKey });
    expect(again).toEqual(first);
    partition.held.batches.close();
    const durable = await tenant.execute([createNode(USER)], { wait: "durable" });
    expect((await tenant.receipt(durable.idempotencyKey)).state).toBe("pending");
    partition.held.batches.open();
    expect((await tenant.receipt(durable.idempotencyKey, { strong: true })).state).toBe("applied");
  });

  test("is kept for 24 hours of log time, one of the client's own for ever", async () => {
    const made = await tenant.execute([createNode(USER)]);
    const own = await tenant.execute([createNode(USER)], { key: "own" });
    const state = async (key: string) => (await tenant.receipt(key)).state;
    partition.fakeClock.advance(LIFE_MS - 1);
    await tenant.execute([createNode(USER)]);
    expect(await state(made.idempotencyKey)).toBe("applied");
    // Keys go in steps of a minute, when a record of the tenant comes by.
    partition.fakeClock.advance(60_001);
    expect(await state(made.idempotencyKey)).toBe("applied");
    const last = await tenant.execute([createNode(USER)]);
    expect(await state(made.idempotencyKey)).toBe("unknown");
    expect(await state(last.idempotencyKey)).toBe("applied");
    expect(await state(own.idempotencyKey)).toBe("applied");
    partition.fakeClock.advance(1000 * LIFE_MS);
    await tenant.execute([createNode(USER)]);
    expect(await state(own.idempotencyKey)).toBe("applied");
    expect(await tenant.execute([createNode(USER)], { key: "own" })).toEqual(own);
  });
});

describe("what became of a key", () => {
  test("is unknown, pending, applied or rejected", async () => {
    expect(await tenant.receipt("key")).toEqual({ state: "unknown" });
    partition.held.batches.close();
    const calls = Promise.allSettled([
      tenant.execute([createNode(USER)], { key: "key" }),
      tenant.execute([deleteNode(ownId("nd", 1))], { key: "bad" }),
    ]);
    await until(() => end() > partition.engine.logState().appliedOffset);
    expect(await tenant.receipt("key")).toEqual({ state: "pending" });
    partition.held.batches.open();
    const [good] = await calls;
    if (good.status !== "fulfilled") throw good.reason;
    expect(await tenant.receipt("key")).toEqual({
      state: "applied",
      results: good.value.results.map(({ alias: _, ...result }) => result),
      positionToken: good.value.positionToken,
      walPosition: good.value.walPosition,
      appliedAt: partition.fakeClock.now(),
    });
    expect(await tenant.receipt("bad")).toMatchObject({
      state: "rejected",
      rejection: { reason: "NODE_NOT_FOUND", code: "not_found" },
    });
    expect((await refused(tenant.receipt(""))).reason).toBe("INVALID_IDEMPOTENCY_KEY");
    // A tenant that its first write will create knows no keys yet.
    expect(await partition.tenant("fresh").receipt("key")).toEqual({ state: "unknown" });
  });

  test("that another request has used is what the first came to", async () => {
    const first = await tenant.execute([createNode(USER)], { key: "key" });
    await refused(tenant.execute([createNode(USER), createNode(USER)], { key: "key" }));
    expect(await tenant.receipt("key")).toMatchObject({ walPosition: first.walPosition });
  });
});

describe("keys that are no keys", () => {
  test.each(["a\0b", "\ud800", "\ufeffkey"])("%p is refused", async (key) => {
    const before = end();
    const error = await refused(tenant.execute([createNode(USER)], { key }));
    expect(error.reason).toBe("INVALID_IDEMPOTENCY_KEY");
    expect(end()).toBe(before);
  });
});

test("outcomes hold across a crash, a restart and a rebuild", async () => {
  await using durable = await TestPartition.open({ wal: "file" });
  const acme = durable.tenant("acme");
  await acme.register(GRAPH_SCHEMA, "schema");
  const make = [createNode(USER, { [EMAIL]: str("a") }, { alias: "a" }), updateNode("$a.id")];
  const fail = [createNode(USER, { [EMAIL]: str("a") })];
  const made = await acme.execute(make, { key: "made" });
  const failed = await refused(acme.execute(fail, { key: "failed" }));
  const own = await acme.execute([createNode(USER)]);
  const check = async () => {
    expect(await acme.execute(make, { key: "made" })).toEqual(made);
    const again = await refused(acme.execute(fail, { key: "failed" }));
    expect({ ...again, message: again.message }).toEqual({ ...failed, message: failed.message });
    expect((await refused(acme.execute(make, { key: "failed" }))).reason).toBe(
      "IDEMPOTENCY_KEY_REUSED",
    );
    expect(await acme.execute([createNode(USER)], { key: own.idempotencyKey })).toEqual(own);
    expect((await acme.receipt("made")).state).toBe("applied");
    expect((await acme.register(GRAPH_SCHEMA, "schema")).changed).toBe(true);
    expect(await acme.count({ typeId: USER })).toBe(2);
  };
  await check();
  await durable.crash();
  await check();
  await durable.restart();
  await check();
  await durable.engine.rebuildTenant("acme", new AbortController().signal);
  await check();
});
