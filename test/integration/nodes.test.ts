/**
 * The rules of nodes: what a schema demands of them, unique values and keys, insert if
 * absent, deletion, restoring and purging. Each test is one rule, through the engine.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Value } from "../../src/schema/value.ts";
import {
  AGE,
  COUNTRY,
  EFFORT,
  EMAIL,
  GRAPH_SCHEMA,
  KNOWS,
  NAME,
  NEXT,
  OWNER,
  OWNS,
  PAPERS,
  PASSPORT,
  STATUS,
  TASK,
  THING,
  TITLE,
  USER,
} from "../harness/graph-schema.ts";
import {
  bool,
  bytes,
  createEdge,
  createNode,
  deleteNode,
  fieldsOf,
  float,
  int,
  nothing,
  ordinal,
  ownId,
  purgeNode,
  ref,
  restoreNode,
  sharedWith,
  str,
  time,
  updateNode,
  type Values,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;

const freshTenant = () => partition.freshTenant(GRAPH_SCHEMA);

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

/** By their unique email. */
function byEmail(tenant: TenantClient, email: string) {
  return tenant.byKey({ typeId: USER, key: { by: "field", fieldId: EMAIL }, values: [str(email)] });
}

describe("values", () => {
  test("0, empty and false are values: kept, found by their index, unique like others", async () => {
    const tenant = await freshTenant();
    const parent = await tenant.make(createNode(THING));
    const zeros: Values = {
      1: str(""),
      2: int(0),
      3: float(0),
      4: bool(false),
      5: time(0),
      6: ordinal(1),
      7: { kind: "list_str", value: [] },
      8: { kind: "list_int", value: [] },
      9: ref(parent),
      10: { kind: "json", value: "null" },
      11: bytes(),
      12: bytes(),
    };
    const id = await tenant.make(createNode(THING, zeros));
    expect(await tenant.node(id)).toMatchObject({ fields: fieldsOf(zeros) });
    for (const fieldId of [2, 5, 6, 9, 11]) {
      const value = zeros[fieldId] as Value;
      const key = { by: "field", fieldId } as const;
      expect(await tenant.byKey({ typeId: THING, key, values: [value] })).toMatchObject({ id });
      const taken = tenant.make(createNode(THING, { [fieldId]: value }));
      expect((await refused(taken)).reason).toBe("UNIQUE_CONFLICT");
    }
    for (const fieldId of [2, 3, 4, 5, 6, 9, 11, 12]) {
      const operand = { of: "field", fieldId } as const;
      const filter = { op: "eq", operand, values: [zeros[fieldId] as Value] } as const;
      const found = await tenant.queryAll({ typeId: THING, filter });
      expect(found.map((node) => node.id)).toEqual([id]);
    }
  });

  test("a node may have no fields at all", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(THING));
    expect((await tenant.node(id)).fields.size).toBe(0);
  });

  test("integers have the whole range of 64 bits, also as keys and in an index", async () => {
    const tenant = await freshTenant();
    const extremes = [-(2n ** 63n), -(2n ** 53n) - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    for (const value of extremes) {
      const id = await tenant.make(
        createNode(THING, { 2: int(value), 8: { kind: "list_int", value: [value] } }),
      );
      const key = { by: "field", fieldId: 2 } as const;
      const found = await tenant.byKey({ typeId: THING, key, values: [int(value)] });
      expect(found.id).toBe(id);
      expect(found.fields.get(2)).toEqual(int(value));
      expect(found.fields.get(8)).toEqual({ kind: "list_int", value: [value] });
      await tenant.make(createNode(USER, { [AGE]: int(value) }));
    }
    const order = [{ operand: { of: "field", fieldId: AGE }, descending: true } as const];
    const ages = (await tenant.queryAll({ typeId: USER, order }, 1)).map((node) =>
      node.fields.get(AGE),
    );
    expect(ages).toEqual(extremes.map(int).reverse());
  });

  test("minus zero is zero, also as a stored value that a patch compares with", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(THING, { 3: float(-0) }));
    const stored = (await tenant.node(id)).fields.get(3);
    expect(Object.is(stored?.kind === "float" && stored.value, 0)).toBe(true);
  });

  test("text is kept as it is: any Unicode, and a byte order mark", async () => {
    const tenant = await freshTenant();
    for (const text of [
      "\ufeff",
      "\ufeffa long text that begins with a mark",
      "é",
      "e\u0301",
      "\u{1f600}",
    ]) {
      const id = await tenant.make(createNode(USER, { [NAME]: str(text), [EMAIL]: str(text) }));
      expect((await tenant.node(id)).fields.get(NAME)).toEqual(str(text));
      expect((await byEmail(tenant, text)).id).toBe(id);
    }
  });

  test("null and absent are one: a create drops it, a patch clears", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [NAME]: nothing, [AGE]: int(1) }));
    expect([...(await tenant.node(id)).fields.keys()]).toEqual([AGE]);
    await tenant.one(updateNode(id, { [AGE]: nothing, [NAME]: str("n"), [EMAIL]: nothing }));
    expect([...(await tenant.node(id)).fields.keys()]).toEqual([NAME]);
  });

  test("a patch changes what it names and nothing else", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [NAME]: str("n"), [AGE]: int(1) }));
    await tenant.one(updateNode(id, { [AGE]: int(2) }));
    expect((await tenant.node(id)).fields).toEqual(fieldsOf({ [NAME]: str("n"), [AGE]: int(2) }));
  });
});

describe("the schema at apply", () => {
  test("types must be there", async () => {
    const tenant = await freshTenant();
    expect(await refused(tenant.one(createNode(77)))).toMatchObject({
      code: "invalid_argument",
      reason: "TYPE_UNKNOWN",
    });
    const bare = partition.tenant("no-schema");
    expect((await refused(bare.one(createNode(USER)))).reason).toBe("TYPE_UNKNOWN");
  });

  test("fields must be there, in creates and patches", async () => {
    const tenant = await freshTenant();
    const created = await refused(tenant.one(createNode(USER, { 77: str("x") })));
    expect(created).toMatchObject({ reason: "FIELD_UNKNOWN", details: { field_id: "77" } });
    const id = await tenant.make(createNode(USER));
    expect((await refused(tenant.one(updateNode(id, { 77: nothing })))).reason).toBe(
      "FIELD_UNKNOWN",
    );
  });

  test("kinds must fit, in creates and patches", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(THING));
    const fitting: Values = {
      1: str("x"),
      2: int(1),
      3: float(1),
      4: bool(true),
      5: time(1),
      7: { kind: "list_str", value: ["a"] },
      8: { kind: "list_int", value: [1n] },
      10: { kind: "json", value: "{}" },
      11: bytes(1),
    };
    for (const [fieldId] of Object.entries(fitting)) {
      for (const [other, value] of Object.entries(fitting)) {
        if (other === fieldId) continue;
        const created = refused(tenant.one(createNode(THING, { [fieldId]: value })));
        expect((await created).reason).toBe("FIELD_KIND_MISMATCH");
        const updated = refused(tenant.one(updateNode(id, { [fieldId]: value })));
        expect((await updated).reason).toBe("FIELD_KIND_MISMATCH");
      }
    }
  });

  test("required fields must be given and cannot be cleared", async () => {
    const tenant = await freshTenant();
    expect((await refused(tenant.one(createNode(TASK)))).reason).toBe("FIELD_REQUIRED");
    expect((await refused(tenant.one(createNode(TASK, { [TITLE]: nothing })))).reason).toBe(
      "FIELD_REQUIRED",
    );
    const id = await tenant.make(createNode(TASK, { [TITLE]: str("") }));
    expect((await refused(tenant.one(updateNode(id, { [TITLE]: nothing })))).reason).toBe(
      "FIELD_REQUIRED",
    );
  });

  test("defaults are written by a create only, and can be cleared where not required", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(TASK, { [TITLE]: str("t") }));
    expect((await tenant.node(id)).fields).toEqual(
      fieldsOf({ [TITLE]: str("t"), [STATUS]: ordinal(1), [EFFORT]: float(1) }),
    );
    await tenant.one(updateNode(id, { [STATUS]: nothing }));
    await tenant.one(updateNode(id, { [TITLE]: str("u") }));
    expect((await tenant.node(id)).fields.has(STATUS)).toBe(false);
    const given = await tenant.make(
      createNode(TASK, { [TITLE]: str("t"), [STATUS]: ordinal(3), [EFFORT]: float(0) }),
    );
    expect((await tenant.node(given)).fields.get(STATUS)).toEqual(ordinal(3));
    expect((await tenant.node(given)).fields.get(EFFORT)).toEqual(float(0));
  });

  test("enum ordinals end with the enum", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(TASK, { [TITLE]: str("t"), [STATUS]: ordinal(3) }));
    expect((await refused(tenant.one(updateNode(id, { [STATUS]: ordinal(4) })))).reason).toBe(
      "ENUM_VALUE_UNKNOWN",
    );
  });

  test("refs lead to a live node of the right type", async () => {
    const tenant = await freshTenant();
    const user = await tenant.make(createNode(USER));
    const task = await tenant.make(createNode(TASK, { [TITLE]: str("t"), [OWNER]: ref(user) }));
    const wrongType = refused(tenant.one(updateNode(task, { [OWNER]: ref(task) })));
    expect(await wrongType).toMatchObject({
      reason: "REF_TARGET_MISMATCH",
      details: { field_id: String(OWNER), node_id: task },
    });
    const missing = refused(tenant.one(updateNode(task, { [NEXT]: ref(ownId("nd", 404)) })));
    expect((await missing).reason).toBe("NODE_NOT_FOUND");
    const other = await tenant.make(createNode(USER));
    await tenant.one(deleteNode(other));
    const deleted = refused(tenant.one(updateNode(task, { [OWNER]: ref(other) })));
    expect((await deleted).reason).toBe("NODE_DELETED");
    expect((await tenant.node(task)).version).toBe(1);
  });

  test("a node may refer to itself, also while it is created", async () => {
    const tenant = await freshTenant();
    const id = ownId("nd", 1);
    await tenant.make(createNode(TASK, { [TITLE]: str("t"), [NEXT]: ref(id) }, { id }));
    const typed = createNode(
      TASK,
      { [TITLE]: str("t"), [OWNER]: ref(ownId("nd", 2)) },
      {
        id: ownId("nd", 2),
      },
    );
    expect((await refused(tenant.one(typed))).reason).toBe("REF_TARGET_MISMATCH");
  });

  test("a ref whose target is gone stands, and does not hinder other changes", async () => {
    const tenant = await freshTenant();
    const user = await tenant.make(createNode(USER));
    const task = await tenant.make(createNode(TASK, { [TITLE]: str("t"), [OWNER]: ref(user) }));
    await tenant.one(purgeNode(user));
    await tenant.one(updateNode(task, { [TITLE]: str("u"), [OWNER]: ref(user) }));
    expect((await tenant.node(task)).fields.get(OWNER)).toEqual(ref(user));
  });

  test("the owner is who created, whoever updates", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, {}, sharedWith("write", "user:bob")));
    const bob = partition.tenant(tenant.caller.tenantId, "user:bob");
    await bob.one(updateNode(id, { [NAME]: str("b") }));
    expect((await tenant.node(id)).ownerActor).toBe("user:alice");
  });
});

describe("unique values", () => {
  test("are held by one live node of the type", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    const error = await refused(tenant.one(createNode(USER, { [EMAIL]: str("a") })));
    expect(error).toMatchObject({ code: "already_exists", reason: "UNIQUE_CONFLICT" });
    expect(error.details).toMatchObject({ key: "email", existing_node_id: id, type_id: "1" });
    const other = await tenant.make(createNode(USER, { [EMAIL]: str("A") }));
    const moved = refused(tenant.one(updateNode(other, { [EMAIL]: str("a") })));
    expect((await moved).reason).toBe("UNIQUE_CONFLICT");
    expect((await byEmail(tenant, "A")).id).toBe(other);
  });

  test("belong to their type and tenant alone", async () => {
    const tenant = await freshTenant();
    const second = await freshTenant();
    await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    await second.make(createNode(USER, { [EMAIL]: str("a") }));
  });

  test("may be set again to what the node itself holds", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    await tenant.one(updateNode(id, { [EMAIL]: str("a") }));
    await tenant.one(updateNode(id, { [EMAIL]: str("b") }));
    await tenant.one(updateNode(id, { [EMAIL]: str("a") }));
    expect((await byEmail(tenant, "a")).version).toBe(4);
    expect((await refused(byEmail(tenant, "b"))).reason).toBe("NODE_NOT_FOUND");
  });

  test("are freed by clearing, soft deletion and purging", async () => {
    const tenant = await freshTenant();
    for (const freeing of [
      (id: string) => updateNode(id, { [EMAIL]: nothing }),
      deleteNode,
      purgeNode,
    ]) {
      const id = await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
      await tenant.one(freeing(id));
      expect((await refused(byEmail(tenant, "a"))).reason).toBe("NODE_NOT_FOUND");
    }
  });

  test("that were taken meanwhile refuse a restore", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a"), [AGE]: int(1) }));
    await tenant.one(deleteNode(id));
    const holder = await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    const error = await refused(tenant.one(restoreNode(id)));
    expect(error).toMatchObject({
      reason: "UNIQUE_CONFLICT",
      details: { existing_node_id: holder },
    });
    expect((await tenant.node(id, { deleted: true })).deleted).toBe(true);
    await tenant.one(purgeNode(holder));
    await tenant.one(restoreNode(id));
    expect((await byEmail(tenant, "a")).id).toBe(id);
  });

  test("absent ones are nobody's", async () => {
    const tenant = await freshTenant();
    await tenant.make(createNode(USER));
    await tenant.make(createNode(USER));
    expect(await tenant.count({ typeId: USER })).toBe(2);
  });
});

describe("composite unique keys", () => {
  const papers = (country: string, passport: string) => ({
    [COUNTRY]: str(country),
    [PASSPORT]: str(passport),
  });

  test("are held as a whole, not run together", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, papers("a", "bc")));
    await tenant.make(createNode(USER, papers("ab", "c")));
    await tenant.make(createNode(USER, papers("a", "b")));
    const error = await refused(tenant.one(createNode(USER, papers("a", "bc"))));
    expect(error).toMatchObject({ reason: "UNIQUE_CONFLICT", details: { key: "papers" } });
    const key = { by: "key", keyId: PAPERS } as const;
    const found = await tenant.byKey({ typeId: USER, key, values: [str("a"), str("bc")] });
    expect(found.id).toBe(id);
  });

  test("are exempt while a member is absent, and held once it comes", async () => {
    const tenant = await freshTenant();
    const a = await tenant.make(createNode(USER, { [COUNTRY]: str("a") }));
    const b = await tenant.make(createNode(USER, { [COUNTRY]: str("a") }));
    await tenant.one(updateNode(a, { [PASSPORT]: str("1") }));
    const late = refused(tenant.one(updateNode(b, { [PASSPORT]: str("1") })));
    expect((await late).reason).toBe("UNIQUE_CONFLICT");
    await tenant.one(updateNode(a, { [COUNTRY]: nothing }));
    await tenant.one(updateNode(b, { [PASSPORT]: str("1") }));
  });

  test("are freed by deletion and refuse a restore", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, papers("a", "1")));
    await tenant.one(deleteNode(id));
    await tenant.make(createNode(USER, papers("a", "1")));
    expect((await refused(tenant.one(restoreNode(id)))).reason).toBe("UNIQUE_CONFLICT");
  });

  test("do not meet a field of the same number", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("x"), ...papers("a", "1") }));
    await tenant.one(updateNode(id, { [EMAIL]: nothing }));
    const again = refused(tenant.one(createNode(USER, papers("a", "1"))));
    expect((await again).reason).toBe("UNIQUE_CONFLICT");
  });
});

describe("insert if absent", () => {
  test("answers with the node that is there, unchanged", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a"), [NAME]: str("old") }));
    await tenant.one(updateNode(id));
    const create = createNode(
      USER,
      { [EMAIL]: str("a"), [NAME]: str("new") },
      {
        returnExisting: true,
      },
    );
    expect(await tenant.one(create)).toMatchObject({ nodeId: id, version: 2, created: false });
    expect((await tenant.node(id)).fields.get(NAME)).toEqual(str("old"));
    const fresh = createNode(USER, { [EMAIL]: str("b") }, { returnExisting: true });
    expect(await tenant.one(fresh)).toMatchObject({ version: 1, created: true });
  });

  test("its alias then means that node: as edge end, ref, and in further operations", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    const { results } = await tenant.execute([
      createNode(USER, { [EMAIL]: str("a") }, { alias: "u", returnExisting: true }),
      createNode(TASK, { [TITLE]: str("t"), [OWNER]: ref("$u.id") }, { alias: "t" }),
      createEdge(OWNS, "$u.id", "$t.id"),
      updateNode("$u.id", { [NAME]: str("n") }),
      createEdge(KNOWS, "$u.id", "$u.id"),
    ]);
    expect(results[0]).toMatchObject({ nodeId: id, created: false, version: 2, alias: "u" });
    expect(results[3]).toMatchObject({ nodeId: id, version: 2 });
    const task = await tenant.node(results[1]?.nodeId ?? "");
    expect(task.fields.get(OWNER)).toEqual(ref(id));
    const edges = await tenant.allEdges({ nodeId: id });
    expect(edges.map((edge) => edge.toId)).toEqual([id, task.id]);
    expect((await tenant.node(id)).fields.get(NAME)).toEqual(str("n"));
  });

  test("twice in one transaction makes one", async () => {
    const tenant = await freshTenant();
    const make = (alias: string) =>
      createNode(USER, { [EMAIL]: str("a") }, { alias, returnExisting: true });
    const { results } = await tenant.execute([make("a"), make("b"), updateNode("$b.id")]);
    expect(new Set(results.map((result) => result.nodeId)).size).toBe(1);
    expect(results.map((result) => [result.created, result.version])).toEqual([
      [true, 1],
      [false, 1],
      [false, 1],
    ]);
  });

  test("is by composite keys too, and never by a deleted node or a client's id", async () => {
    const tenant = await freshTenant();
    const fields = { [COUNTRY]: str("a"), [PASSPORT]: str("1") };
    const id = await tenant.make(createNode(USER, fields));
    const again = createNode(USER, fields, { returnExisting: true });
    expect((await tenant.one(again)).nodeId).toBe(id);
    await tenant.one(deleteNode(id));
    expect((await tenant.one(again)).created).toBe(true);
    const sameId = createNode(USER, {}, { id, returnExisting: true });
    expect((await refused(tenant.one(sameId))).reason).toBe("NODE_ALREADY_EXISTS");
  });

  test("with an id of its own: the node that has both is answered, another node's id is refused", async () => {
    const tenant = await freshTenant();
    const create = (id: string, email: string, returnExisting = true) =>
      createNode(USER, { [EMAIL]: str(email) }, { id, returnExisting });
    const [a, b] = [ownId("nd", 1), ownId("nd", 2)];
    await tenant.execute([create(a, "a"), create(b, "b")]);
    expect(await tenant.one(create(a, "a"))).toMatchObject({ nodeId: a, created: false });
    expect((await refused(tenant.one(create(a, "a", false)))).reason).toBe("NODE_ALREADY_EXISTS");
    expect((await refused(tenant.one(create(b, "a")))).reason).toBe("NODE_ALREADY_EXISTS");
    // The proposed id means the node that was there from then on, by its alias or not.
    const { results } = await tenant.execute([
      create(ownId("nd", 3), "a"),
      updateNode(ownId("nd", 3)),
    ]);
    expect(results.map((result) => result.nodeId)).toEqual([a, a]);
  });

  test("still demands what the schema demands", async () => {
    const tenant = await freshTenant();
    await tenant.make(createNode(USER, { [EMAIL]: str("a") }));
    const bad = createNode(USER, { [EMAIL]: str("a"), [AGE]: str("x") }, { returnExisting: true });
    expect((await refused(tenant.one(bad))).reason).toBe("FIELD_KIND_MISMATCH");
  });
});

describe("deletion", () => {
  test("is soft: the node is gone from reads, and there with include_deleted", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a"), [AGE]: int(1) }));
    await tenant.one(deleteNode(id));
    expect((await refused(tenant.node(id))).reason).toBe("NODE_NOT_FOUND");
    expect(await tenant.node(id, { deleted: true })).toMatchObject({
      deleted: true,
      version: 2,
      fields: fieldsOf({ [EMAIL]: str("a"), [AGE]: int(1) }),
    });
    expect(await tenant.queryAll({ typeId: USER })).toEqual([]);
    expect(await tenant.queryAll({ typeId: USER, includeDeleted: true })).toHaveLength(1);
  });

  test("of what is not there, or deleted already, is an error", async () => {
    const tenant = await freshTenant();
    expect((await refused(tenant.one(deleteNode(ownId("nd", 1))))).reason).toBe("NODE_NOT_FOUND");
    const id = await tenant.make(createNode(USER));
    await tenant.one(deleteNode(id));
    expect((await refused(tenant.one(deleteNode(id)))).reason).toBe("NODE_DELETED");
    expect((await refused(tenant.one(updateNode(id)))).reason).toBe("NODE_DELETED");
  });

  test("is taken back by a restore, indexes and all", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER, { [EMAIL]: str("a"), [AGE]: int(1) }));
    await tenant.one(deleteNode(id));
    await tenant.one(restoreNode(id));
    expect(await tenant.node(id)).toMatchObject({ deleted: false, version: 3 });
    expect((await byEmail(tenant, "a")).id).toBe(id);
    const filter = { op: "eq", operand: { of: "field", fieldId: AGE }, values: [int(1)] } as const;
    expect(await tenant.queryAll({ typeId: USER, filter })).toHaveLength(1);
  });

  test("that did not happen cannot be taken back", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(createNode(USER));
    expect((await refused(tenant.one(restoreNode(id)))).reason).toBe("NODE_NOT_DELETED");
    expect((await refused(tenant.one(restoreNode(ownId("nd", 1))))).reason).toBe("NODE_NOT_FOUND");
  });
});

describe("purging", () => {
  test("takes a live or deleted node out of every view", async () => {
    const tenant = await freshTenant();
    for (const first of [undefined, deleteNode]) {
      const id = await tenant.make(createNode(USER, { [EMAIL]: str("a"), [AGE]: int(1) }));
      if (first !== undefined) await tenant.one(first(id));
      expect(await tenant.one(purgeNode(id))).toMatchObject({ nodeId: id, version: 0 });
      expect((await refused(tenant.node(id, { deleted: true }))).reason).toBe("NODE_NOT_FOUND");
      expect(await tenant.count({ typeId: USER, includeDeleted: true })).toBe(0);
      const filter = {
        op: "gte",
        operand: { of: "field", fieldId: AGE },
        values: [int(0)],
      } as const;
      expect(await tenant.queryAll({ typeId: USER, filter })).toEqual([]);
    }
  });

  test("of what is not there is an error", async () => {
    const tenant = await freshTenant();
    expect((await refused(tenant.one(purgeNode(ownId("nd", 1))))).reason).toBe("NODE_NOT_FOUND");
  });

  test("takes the node's edges, both ways", async () => {
    const tenant = await freshTenant();
    const [a, b] = [await tenant.make(createNode(USER)), await tenant.make(createNode(USER))];
    await tenant.execute([
      createEdge(KNOWS, a, b),
      createEdge(KNOWS, b, a),
      createEdge(KNOWS, a, a),
    ]);
    await tenant.one(purgeNode(a));
    expect(await tenant.allEdges({ nodeId: b })).toEqual([]);
    expect(await tenant.allEdges({ nodeId: b, direction: "in" })).toEqual([]);
    await tenant.make(createNode(USER, {}, { id: a }));
    expect(await tenant.allEdges({ nodeId: a })).toEqual([]);
    await tenant.make(createEdge(KNOWS, a, b));
  });
});
