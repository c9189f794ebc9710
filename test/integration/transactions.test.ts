/**
 * What a transaction as a whole promises: aliases, client ids, versions, preconditions,
 * that operations see earlier ones, all or nothing, limits. Each test is one rule, through
 * the engine, over the log in memory.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { limits } from "../../src/base/limits.ts";
import {
  AGE,
  EMAIL,
  GRAPH_SCHEMA,
  KNOWS,
  NAME,
  NEXT,
  OWNER,
  OWNS,
  TASK,
  THING,
  TITLE,
  USER,
  WITNESS,
} from "../harness/graph-schema.ts";
import {
  createEdge,
  createNode,
  deleteEdge,
  deleteNode,
  edge,
  float,
  int,
  nothing,
  ownId,
  purgeNode,
  ref,
  restoreNode,
  str,
  updateEdge,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";

let partition: TestPartition;

const freshTenant = () => partition.freshTenant(GRAPH_SCHEMA);

const end = () => partition.engine.logState().endOffset;

/** A refusal before the append: the log must not have grown. */
async function refusedUnwritten(promise: Promise<unknown>) {
  const before = end();
  const error = await refused(promise);
  expect(end()).toBe(before);
  return error;
}

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

describe("aliases", () => {
  test("stand wherever an id is taken: edge ends, ref fields, preconditions, every operation", async () => {
    const tenant = await freshTenant();
    const { results } = await tenant.execute([
      createNode(USER, { [NAME]: str("a") }, { alias: "a" }),
      createNode(USER, { [NAME]: str("b") }, { alias: "b" }),
      createNode(TASK, { [TITLE]: str("t"), [OWNER]: ref("$a.id") }, { alias: "t" }),
      updateNode("$t.id", { [NEXT]: ref("$b.id") }, { preconditions: { [OWNER]: ref("$a.id") } }),
      createEdge(OWNS, "$a.id", "$t.id", { [WITNESS]: ref("$b.id") }, { alias: "e" }),
      updateEdge(edge("$e.id"), { [WITNESS]: ref("$a.id") }),
      updateEdge(edge(OWNS, "$a.id", "$t.id"), {}),
      deleteNode("$b.id"),
      restoreNode("$b.id"),
      createEdge(KNOWS, "$a.id", "$b.id", {}, { alias: "k" }),
      deleteEdge(edge("$k.id")),
      createNode(USER, {}, { alias: "gone" }),
      purgeNode("$gone.id"),
    ]);
    const [a, b, task, , owns] = results;
    expect(results.map((result) => result.alias)).toEqual([
      "a",
      "b",
      "t",
      "",
      "e",
      "",
      "",
      "",
      "",
      "k",
      "",
      "gone",
      "",
    ]);
    expect(results[3]?.nodeId).toBe(task?.nodeId as string);
    expect(results[5]?.edgeId).toBe(owns?.edgeId as string);
    const stored = await tenant.node(task?.nodeId ?? "");
    expect(stored.fields.get(OWNER)).toEqual(ref(a?.nodeId ?? ""));
    expect(stored.fields.get(NEXT)).toEqual(ref(b?.nodeId ?? ""));
    const [found] = await tenant.allEdges({ nodeId: a?.nodeId ?? "" });
    expect(found?.fields.get(WITNESS)).toEqual(ref(a?.nodeId ?? ""));
    expect((await refused(tenant.node(results[11]?.nodeId ?? ""))).reason).toBe("NODE_NOT_FOUND");
  });

  test("that no operation defines are refused before the append", async () => {
    const tenant = await freshTenant();
    for (const operation of [
      updateNode("$a.id"),
      deleteNode("$a.id"),
      restoreNode("$a.id"),
      purgeNode("$a.id"),
      createEdge(KNOWS, "$a.id", ownId("nd", 1)),
      createEdge(KNOWS, ownId("nd", 1), "$a.id"),
      updateEdge(edge("$a.id")),
      updateEdge(edge(KNOWS, "$a.id", ownId("nd", 1))),
      deleteEdge(edge("$a.id")),
      deleteEdge(edge(KNOWS, ownId("nd", 1), "$a.id")),
      createNode(TASK, { [TITLE]: str("t"), [OWNER]: ref("$a.id") }),
      updateNode(ownId("nd", 1), { [NEXT]: ref("$a.id") }),
      updateNode(ownId("nd", 1), {}, { preconditions: { [NEXT]: ref("$a.id") } }),
      createEdge(OWNS, ownId("nd", 1), ownId("nd", 2), { [WITNESS]: ref("$a.id") }),
    ]) {
      const error = await refusedUnwritten(tenant.execute([operation]));
      expect(error).toMatchObject({ reason: "ALIAS_UNKNOWN", code: "invalid_argument" });
    }
  });

  test("of a later operation, or of the operation itself, are not known yet", async () => {
    const tenant = await freshTenant();
    const later = [updateNode("$a.id"), createNode(USER, {}, { alias: "a" })];
    expect((await refusedUnwritten(tenant.execute(later))).reason).toBe("ALIAS_UNKNOWN");
    const itself = [createNode(TASK, { [TITLE]: str("t"), [NEXT]: ref("$t.id") }, { alias: "t" })];
    expect((await refusedUnwritten(tenant.execute(itself))).reason).toBe("ALIAS_UNKNOWN");
  });

  test("are given once", async () => {
    const tenant = await freshTenant();
    const twice = [createNode(USER, {}, { alias: "a" }), createNode(USER, {}, { alias: "a" })];
    expect((await refusedUnwritten(tenant.execute(twice))).reason).toBe("ALIAS_DUPLICATE");
    const acrossKinds = [
      createNode(USER, {}, { alias: "a" }),
      createEdge(KNOWS, "$a.id", "$a.id", {}, { alias: "a" }),
    ];
    expect((await refusedUnwritten(tenant.execute(acrossKinds))).reason).toBe("ALIAS_DUPLICATE");
  });

  test("of an edge do not stand for a node, nor the other way round", async () => {
    const tenant = await freshTenant();
    const nodeForEdge = [createNode(USER, {}, { alias: "a" }), deleteEdge(edge("$a.id"))];
    expect((await refusedUnwritten(tenant.execute(nodeForEdge))).reason).toBe("INVALID_ID");
    const edgeForNode = [
      createNode(USER, {}, { alias: "a" }),
      createEdge(KNOWS, "$a.id", "$a.id", {}, { alias: "e" }),
      deleteNode("$e.id"),
    ];
    expect((await refusedUnwritten(tenant.execute(edgeForNode))).reason).toBe("INVALID_ID");
  });

  test("have a grammar, at its limit and one past", async () => {
    const tenant = await freshTenant();
    for (const alias of ["a", "_", "A9_", "x".repeat(limits.aliasChars)]) {
      await tenant.execute([createNode(USER, {}, { alias }), updateNode(`$${alias}.id`)]);
    }
    for (const alias of ["1a", "a-b", "a.id", " ", "ä", "x".repeat(limits.aliasChars + 1)]) {
      const error = await refusedUnwritten(tenant.execute([createNode(USER, {}, { alias })]));
      expect(error.reason).toBe("ALIAS_INVALID");
    }
    for (const reference of ["$a", "$a.", "$a.ids", "$.id", "$A.id", "$a.id "]) {
      const operations = [createNode(USER, {}, { alias: "a" }), updateNode(reference)];
      expect((await refusedUnwritten(tenant.execute(operations))).reason).toBe("ALIAS_UNKNOWN");
    }
  });
});

describe("ids", () => {
  test("of the client's own are kept", async () => {
    const tenant = await freshTenant();
    const id = ownId("nd", 7);
    expect(await tenant.make(createNode(USER, {}, { id }))).toBe(id);
    expect((await tenant.node(id)).id).toBe(id);
    const edgeId = ownId("ed", 7);
    expect(await tenant.make(createEdge(KNOWS, id, id, {}, { id: edgeId }))).toBe(edgeId);
  });

  test("that are taken are a rejection, also by a deleted node", async () => {
    const tenant = await freshTenant();
    const id = ownId("nd", 7);
    await tenant.make(createNode(USER, {}, { id }));
    expect(
      (await refused(tenant.make(createNode(TASK, { [TITLE]: str("t") }, { id })))).reason,
    ).toBe("NODE_ALREADY_EXISTS");
    await tenant.one(deleteNode(id));
    const error = await refused(tenant.make(createNode(USER, {}, { id })));
    expect(error).toMatchObject({ code: "already_exists", reason: "NODE_ALREADY_EXISTS" });
    expect(error.details).toMatchObject({ node_id: id });
    const twice = [
      createNode(USER, {}, { id: ownId("nd", 8) }),
      createNode(USER, {}, { id: ownId("nd", 8) }),
    ];
    expect((await refused(tenant.execute(twice))).reason).toBe("NODE_ALREADY_EXISTS");
    expect((await refused(tenant.node(ownId("nd", 8)))).reason).toBe("NODE_NOT_FOUND");
  });

  test("of an edge that are taken are a rejection", async () => {
    const tenant = await freshTenant();
    const a = await tenant.make(createNode(USER));
    const b = await tenant.make(createNode(USER));
    const id = ownId("ed", 1);
    await tenant.make(createEdge(KNOWS, a, b, {}, { id }));
    const error = await refused(tenant.make(createEdge(KNOWS, b, a, {}, { id })));
    expect(error.reason).toBe("EDGE_ALREADY_EXISTS");
    expect(await tenant.allEdges({ nodeId: b })).toEqual([]);
  });

  test("have one grammar, which nothing is bent into", async () => {
    const tenant = await freshTenant();
    const bad = ["nd_1", ownId("ed", 1), ownId("nd", 1).toUpperCase(), `${ownId("nd", 1)} `, "nd_"];
    for (const id of bad) {
      const created = refusedUnwritten(tenant.execute([createNode(USER, {}, { id })]));
      expect((await created).reason).toBe("INVALID_ID");
      const updated = refusedUnwritten(tenant.execute([updateNode(id)]));
      expect((await updated).reason).toBe("INVALID_ID");
    }
    expect((await refusedUnwritten(tenant.execute([updateNode("")]))).reason).toBe("INVALID_ID");
  });

  test("that the server makes differ, also within one transaction", async () => {
    const tenant = await freshTenant();
    const { results } = await tenant.execute(Array.from({ length: 50 }, () => createNode(USER)));
    expect(new Set(results.map((result) => result.nodeId)).size).toBe(50);
  });
});

describe("versions", () => {
  test("begin at 1; create and update in one transaction is 1", async () => {
    const tenant = await freshTenant();
    expect(await tenant.one(createNode(USER))).toMatchObject({ version: 1, created: true });
    const { results } = await tenant.execute([
      createNode(USER, {}, { alias: "a" }),
      updateNode("$a.id", { [NAME]: str("b") }),
      deleteNode("$a.id"),
      restoreNode("$a.id"),
    ]);
    expect(results.map((result) => result.version)).toEqual([1, 1, 1, 1]);
    expect(await tenant.node(results[0]?.nodeId ?? "")).toMatchObject({ version: 1 });
  });

  test("rise once per transaction, however many operations touch the node", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER));
    const { results } = await tenant.execute([
      updateNode(id, { [NAME]: str("a") }),
      updateNode(id, { [NAME]: str("b") }),
      deleteNode(id),
      restoreNode(id),
    ]);
    expect(results.map((result) => result.version)).toEqual([2, 2, 2, 2]);
    expect((await tenant.one(deleteNode(id))).version).toBe(3);
    expect((await tenant.one(restoreNode(id))).version).toBe(4);
    expect((await tenant.node(id)).version).toBe(4);
  });

  test("rise with updated_at also when the values are equal or none is given", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [NAME]: str("a") }));
    const created = await tenant.node(id);
    partition.fakeClock.advance(1000);
    await tenant.one(updateNode(id, { [NAME]: str("a") }));
    partition.fakeClock.advance(1000);
    await tenant.one(updateNode(id));
    const updated = await tenant.node(id);
    expect(updated).toMatchObject({ version: 3, createdAt: created.createdAt });
    expect(updated.updatedAt).toBe(created.updatedAt + 2000);
  });

  test("do not rise when edges come and go", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER));
    const before = await tenant.node(id);
    partition.fakeClock.advance(1000);
    const { results } = await tenant.execute([
      createEdge(KNOWS, id, id, {}, { alias: "e" }),
      updateEdge(edge("$e.id"), {}),
      deleteEdge(edge("$e.id")),
    ]);
    expect(results.map((result) => result.version)).toEqual([0, 0, 0]);
    expect(await tenant.node(id)).toEqual(before);
  });

  test("expected ones are those before the transaction", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER));
    await tenant.execute([
      updateNode(id, { [NAME]: str("a") }, { expectedVersion: 1 }),
      updateNode(id, { [NAME]: str("b") }, { expectedVersion: 1 }),
      deleteNode(id, 1),
      restoreNode(id, 1),
    ]);
    const late = [updateNode(id, {}), updateNode(id, {}, { expectedVersion: 3 })];
    const error = await refused(tenant.execute(late));
    expect(error).toMatchObject({ code: "aborted", reason: "VERSION_CONFLICT" });
    expect(error.details).toMatchObject({ node_id: id, actual_version: "2" });
    expect((await tenant.node(id)).version).toBe(2);
  });

  test.each([
    ["update", (id: string, version: number) => updateNode(id, {}, { expectedVersion: version })],
    ["delete", deleteNode],
    ["purge", purgeNode],
  ] as const)("a stale one stops a %s", async (_name, operation) => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER));
    await tenant.one(updateNode(id));
    const error = await refused(tenant.one(operation(id, 1)));
    expect(error).toMatchObject({ reason: "VERSION_CONFLICT", details: { actual_version: "2" } });
    await tenant.one(operation(id, 2));
  });

  test("a stale one stops a restore", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER));
    await tenant.one(deleteNode(id));
    expect((await refused(tenant.one(restoreNode(id, 1)))).reason).toBe("VERSION_CONFLICT");
    expect((await tenant.one(restoreNode(id, 2))).version).toBe(3);
  });

  test("that are no versions are refused before the append", async () => {
    const tenant = await freshTenant();
    for (const version of [-1, 0.5, Number.NaN, 2 ** 53]) {
      const error = await refusedUnwritten(tenant.execute([deleteNode(ownId("nd", 1), version)]));
      expect(error.reason).toBe("INVALID_REQUEST");
    }
    const highest = tenant.execute([deleteNode(ownId("nd", 1), 2 ** 53 - 1)]);
    expect((await refused(highest)).reason).toBe("NODE_NOT_FOUND");
  });
});

describe("preconditions", () => {
  test("compare what fields hold; null means absent", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [NAME]: str("a"), [AGE]: int(0) }));
    const holds = { [NAME]: str("a"), [AGE]: int(0), [EMAIL]: nothing };
    await tenant.one(updateNode(id, { [EMAIL]: str("e") }, { preconditions: holds }));
    for (const preconditions of [
      { [NAME]: str("b") },
      { [NAME]: nothing },
      { [EMAIL]: nothing },
      { [AGE]: int(1) },
      { [NAME]: str("a"), [EMAIL]: str("f") },
    ]) {
      const error = await refused(tenant.one(updateNode(id, {}, { preconditions })));
      expect(error).toMatchObject({ code: "aborted", reason: "PRECONDITION_FAILED" });
      expect(error.details).toMatchObject({ node_id: id, actual_version: "2" });
    }
    expect((await tenant.node(id)).version).toBe(2);
  });

  test("see earlier operations of the same transaction", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [AGE]: int(1) }));
    await tenant.execute([
      updateNode(id, { [AGE]: int(2) }, { preconditions: { [AGE]: int(1) } }),
      updateNode(id, { [AGE]: int(3) }, { preconditions: { [AGE]: int(2) } }),
    ]);
    expect((await tenant.node(id)).fields.get(AGE)).toEqual(int(3));
  });

  test("on a field that the type lacks, or of another kind, are mistakes, not conflicts", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER));
    const unknown = updateNode(id, {}, { preconditions: { 99: nothing } });
    expect((await refused(tenant.one(unknown))).reason).toBe("FIELD_UNKNOWN");
    const otherKind = updateNode(id, {}, { preconditions: { [AGE]: str("1") } });
    expect((await refused(tenant.one(otherKind))).reason).toBe("FIELD_KIND_MISMATCH");
  });

  test("that name an alias mean the node that RETURN_EXISTING answered with", async () => {
    const tenant = await freshTenant();
    const owner = await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    const task = await tenant.make(createNode(TASK, { [TITLE]: str("t"), [OWNER]: ref(owner) }));
    await tenant.execute([
      createNode(USER, { [EMAIL]: str("a") }, { alias: "u", returnExisting: true }),
      updateNode(task, { [TITLE]: str("x") }, { preconditions: { [OWNER]: ref("$u.id") } }),
    ]);
    expect((await tenant.node(task)).fields.get(TITLE)).toEqual(str("x"));
  });
});

describe("all or nothing", () => {
  test("a later rejected operation takes back everything before it", async () => {
    const tenant = await freshTenant();
    const [kept, gone, target] = await Promise.all([
      tenant.make(createNode(USER, { [EMAIL]: str("kept"), [AGE]: int(1), [NAME]: str("n") })),
      tenant.make(createNode(USER, { [EMAIL]: str("gone"), [AGE]: int(2) })),
      tenant.make(createNode(USER)),
    ]);
    const edgeId = await tenant.make(createEdge(KNOWS, kept, target));
    const before = await tenant.nodes([kept, gone, target]);
    const edges = await tenant.allEdges({ nodeId: kept });
    const newNode = ownId("nd", 1);
    const error = await refused(
      tenant.execute([
        createNode(USER, { [EMAIL]: str("new"), [AGE]: int(3) }, { id: newNode }),
        updateNode(kept, { [EMAIL]: str("moved"), [AGE]: nothing, [NAME]: str("m") }),
        deleteNode(gone),
        deleteEdge(edge(edgeId)),
        createEdge(KNOWS, kept, newNode),
        purgeNode(target),
        updateNode(ownId("nd", 404)),
      ]),
    );
    expect(error.reason).toBe("NODE_NOT_FOUND");
    expect((await tenant.nodes([kept, gone, target, newNode])).missingIds).toEqual([newNode]);
    expect((await tenant.nodes([kept, gone, target])).nodes).toEqual(before.nodes);
    expect(await tenant.allEdges({ nodeId: kept })).toEqual(edges);
    // The index rows are as before: every value can be found, or taken, exactly as before.
    const byAge = { op: "gte", operand: { of: "field", fieldId: AGE }, values: [int(0)] } as const;
    const found = await tenant.queryAll({ typeId: USER, filter: byAge });
    expect(found.map((node) => node.id).sort()).toEqual([kept, gone].sort());
    for (const email of ["kept", "gone"]) {
      const taken = tenant.make(createNode(USER, { [EMAIL]: str(email) }));
      expect((await refused(taken)).reason).toBe("UNIQUE_CONFLICT");
    }
    for (const email of ["new", "moved"]) {
      await tenant.make(createNode(USER, { [EMAIL]: str(email) }));
    }
  });

  test("a rejected single operation leaves nothing either", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    const before = await tenant.node(id);
    await refused(tenant.one(updateNode(id, { [NAME]: str("x"), [AGE]: str("no number") })));
    await refused(tenant.one(createNode(USER, { [NAME]: str("x"), [EMAIL]: str("a") })));
    await refused(tenant.one(deleteNode(id, 9)));
    expect(await tenant.node(id)).toEqual(before);
    expect(await tenant.count({ typeId: USER })).toBe(1);
  });

  test("a rejection names its place in the log and never stops what comes after", async () => {
    const tenant = await freshTenant();
    const error = await refused(tenant.one(deleteNode(ownId("nd", 1))));
    expect(error.details["wal_position"]).toMatch(/^0:\d+$/);
    expect((await tenant.one(createNode(USER))).created).toBe(true);
  });
});

describe("operations see earlier ones", () => {
  test("a value freed by one is taken by the next", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    const { results } = await tenant.execute([
      deleteNode(id),
      createNode(USER, { [EMAIL]: str("a") }),
    ]);
    const swapped = results[1]?.nodeId ?? "";
    const other = await tenant.make(createNode(USER, { [EMAIL]: str("b") }));
    await tenant.execute([
      updateNode(swapped, { [EMAIL]: nothing }),
      updateNode(other, { [EMAIL]: str("a") }),
      updateNode(swapped, { [EMAIL]: str("b") }),
    ]);
    expect((await tenant.node(swapped)).fields.get(EMAIL)).toEqual(str("b"));
  });

  test("a node that one deletes is gone for the next", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER));
    expect((await refused(tenant.execute([deleteNode(id), updateNode(id)]))).reason).toBe(
      "NODE_DELETED",
    );
    expect((await refused(tenant.execute([purgeNode(id), restoreNode(id)]))).reason).toBe(
      "NODE_NOT_FOUND",
    );
    const linked = tenant.execute([deleteNode(id), createEdge(KNOWS, id, id)]);
    expect((await refused(linked)).reason).toBe("NODE_DELETED");
    expect((await tenant.node(id)).version).toBe(1);
  });

  test("a purged id may be made anew, with a version of its own", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    await tenant.one(updateNode(id));
    const { results } = await tenant.execute([
      purgeNode(id),
      createNode(USER, { [EMAIL]: str("a") }, { id }),
      updateNode(id, { [NAME]: str("n") }),
    ]);
    expect(results.map((result) => result.version)).toEqual([1, 1, 1]);
    expect((await tenant.node(id)).version).toBe(1);
  });
});

describe("limits", () => {
  test("a transaction has at least one operation and at most so many", async () => {
    const tenant = await freshTenant();
    expect((await refusedUnwritten(tenant.execute([]))).reason).toBe("INVALID_REQUEST");
    const most = Array.from({ length: limits.operationsPerTransaction }, () => createNode(THING));
    expect((await tenant.execute(most)).results).toHaveLength(limits.operationsPerTransaction);
    const error = await refusedUnwritten(tenant.execute([...most, createNode(THING)]));
    expect(error).toMatchObject({
      reason: "LIMIT_EXCEEDED",
      details: {
        limit: "operationsPerTransaction",
        max: String(limits.operationsPerTransaction),
      },
    });
  });

  test("an operation has so many preconditions", async () => {
    const tenant = await freshTenant();
    const { preconditionsPerOperation: most } = limits;
    const wide = {
      node_types: [
        {
          type_id: 9,
          name: "Wide",
          fields: Array.from({ length: most + 1 }, (_, i) => ({
            field_id: i + 1,
            name: `f${i}`,
            kind: "int",
          })),
        },
      ],
    };
    await tenant.register(wide);
    const id = await tenant.make(createNode(9));
    const absent = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [i + 1, nothing]));
    await tenant.one(updateNode(id, {}, { preconditions: absent(most) }));
    const past = tenant.one(updateNode(id, {}, { preconditions: absent(most + 1) }));
    expect((await refusedUnwritten(past)).reason).toBe("LIMIT_EXCEEDED");
  });

  test("an idempotency key has so many bytes", async () => {
    const tenant = await freshTenant();
    const longest = "é".repeat(limits.idempotencyKeyBytes / 2);
    expect((await tenant.execute([createNode(USER)], { key: longest })).idempotencyKey).toBe(
      longest,
    );
    const past = tenant.execute([createNode(USER)], { key: `${longest}x` });
    expect((await refusedUnwritten(past)).reason).toBe("INVALID_IDEMPOTENCY_KEY");
  });

  test("numbers of types and fields are 1 to 2^31 - 1", async () => {
    const tenant = await freshTenant();
    for (const number of [0, -1, 1.5, 2 ** 31, Number.NaN]) {
      for (const operation of [
        createNode(number),
        createEdge(number, ownId("nd", 1), ownId("nd", 2)),
        deleteEdge(edge(number, ownId("nd", 1), ownId("nd", 2))),
        createNode(USER, { [number]: str("x") }),
        updateNode(ownId("nd", 1), { [number]: str("x") }),
        updateNode(ownId("nd", 1), {}, { preconditions: { [number]: str("x") } }),
      ]) {
        const error = await refusedUnwritten(tenant.execute([operation]));
        expect(error.reason).toBe("INVALID_REQUEST");
      }
    }
    expect((await refused(tenant.one(createNode(2 ** 31 - 1)))).reason).toBe("TYPE_UNKNOWN");
  });

  test("a value that has no normal form is refused before the append", async () => {
    const tenant = await freshTenant();
    for (const value of [
      float(Number.NaN),
      float(Number.POSITIVE_INFINITY),
      int(2n ** 63n),
      str("\ud800"),
      str("a\0b"),
      ref("nd_1"),
      { kind: "json", value: "{" } as const,
      { kind: "timestamp", value: 2n ** 60n } as const,
      { kind: "enum", value: 0 } as const,
    ]) {
      const error = await refusedUnwritten(tenant.execute([createNode(THING, { 1: value })]));
      expect(error.reason).toBe("INVALID_VALUE");
    }
  });
});
