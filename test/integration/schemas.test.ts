/**
 * A tenant's schema through the engine: registering, types that come along with a
 * transaction, fingerprints, and that a record is decided by the schema at its place in
 * the log. What merges with what is held by `src/schema/merge.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/base/json.ts";
import { fingerprintOf } from "../../src/schema/fingerprint.ts";
import { EMPTY_SCHEMA } from "../../src/schema/types.ts";
import { createNode, int, ownId, str, updateNode } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { schemaOf } from "../harness/schemas.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;
let tenants = 0;

function freshTenant(): TenantClient {
  tenants += 1;
  return partition.tenant(`tenant-${tenants}`);
}

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

const type = (typeId: number, name: string, ...fields: JsonObject[]): JsonObject => ({
  node_types: [{ type_id: typeId, name, fields }],
});
const NAMED = { field_id: 1, name: "name", kind: "str" };
const COUNTED = { field_id: 2, name: "count", kind: "int" };

const USERS = type(1, "User", NAMED);
const TASKS = type(2, "Task", NAMED);
const COUNTED_USERS = type(1, "User", NAMED, COUNTED);
const fingerprint = (form: JsonObject) => fingerprintOf(schemaOf(form));
const end = () => partition.engine.logState().endOffset;

describe("registering", () => {
  test("a tenant that has registered nothing has the empty schema, and need not exist", async () => {
    const tenant = freshTenant();
    expect(await tenant.schema()).toMatchObject({
      schema: EMPTY_SCHEMA,
      fingerprint: fingerprintOf(EMPTY_SCHEMA),
    });
    await refused(tenant.one(createNode(1)));
    expect((await tenant.schema()).schema).toEqual(EMPTY_SCHEMA);
  });

  test("adds, and says whether it did and what the schema is now", async () => {
    const tenant = freshTenant();
    expect(await tenant.register(USERS)).toMatchObject({
      changed: true,
      differences: [],
      fingerprint: fingerprint(USERS),
    });
    expect(await tenant.register(USERS)).toMatchObject({ changed: false });
    const both = {
      node_types: [USERS, TASKS].flatMap((form) => form["node_types"] as JsonObject[]),
    };
    const added = await tenant.register(TASKS);
    expect(added).toMatchObject({ changed: true, fingerprint: fingerprint(both) });
    expect((await tenant.schema({ atLeast: added.positionToken })).schema).toEqual(schemaOf(both));
  });

  test("keeps the tenant's definition where one differs harmlessly, and says so", async () => {
    const tenant = freshTenant();
    await tenant.register(USERS);
    const renamed = await tenant.register(type(1, "Person", NAMED), "key");
    expect(renamed.changed).toBe(false);
    expect(renamed.differences).toMatchObject([{ kept: "User", sent: "Person" }]);
    expect(await tenant.register(type(1, "Person", NAMED), "key")).toEqual(renamed);
    expect((await tenant.schema()).schema.nodeTypes[0]?.name).toBe("User");
  });

  test("of what contradicts is refused and changes nothing", async () => {
    const tenant = freshTenant();
    await tenant.register(USERS);
    const contradicting = type(1, "User", { field_id: 1, name: "name", kind: "int" }, COUNTED);
    expect(await refused(tenant.register(contradicting))).toMatchObject({
      code: "failed_precondition",
      reason: "SCHEMA_INCOMPATIBLE",
    });
    expect((await tenant.schema()).fingerprint).toBe(fingerprint(USERS));
  });

  test("of what is no schema is refused before the append", async () => {
    const tenant = freshTenant();
    await tenant.register(USERS);
    const before = end();
    expect((await refused(tenant.register(type(1, "no name")))).reason).toBe("SCHEMA_INVALID");
    expect(end()).toBe(before);
    const dangling = type(3, "Link", { field_id: 1, name: "to", kind: "ref", ref_type_id: 99 });
    expect((await refused(tenant.register(dangling))).reason).toBe("SCHEMA_INVALID");
  });

  test("lets nodes that are there take a new field, and leaves them as they are", async () => {
    const tenant = freshTenant();
    await tenant.register(USERS);
    const id = await tenant.make(createNode(1, { 1: str("a") }));
    await tenant.register(type(1, "User", NAMED, { ...COUNTED, unique: true, default: 7 }));
    const before = await tenant.node(id);
    expect(before.fields.has(2)).toBe(false);
    expect((await tenant.node(await tenant.make(createNode(1)))).fields.get(2)).toEqual(int(7));
    expect((await refused(tenant.one(updateNode(id, { 2: int(7) })))).reason).toBe(
      "UNIQUE_CONFLICT",
    );
    await tenant.one(updateNode(id, { 2: int(8) }));
  });

  test("is one tenant's affair", async () => {
    const [one, other] = [freshTenant(), freshTenant()];
    await one.register(USERS);
    expect((await refused(other.one(createNode(1)))).reason).toBe("TYPE_UNKNOWN");
  });
});

describe("register_schema in a transaction", () => {
  const registerUsers = { op: "register_schema", schema: schemaOf(USERS) } as const;

  test("is in force for what comes after it, not before", async () => {
    const tenant = freshTenant();
    const early = tenant.execute([createNode(1, { 1: str("a") }), registerUsers]);
    expect((await refused(early)).reason).toBe("TYPE_UNKNOWN");
    const { results } = await tenant.execute([registerUsers, createNode(1, { 1: str("a") })]);
    expect(results).toMatchObject([
      { nodeId: "", edgeId: "", version: 0, created: true },
      { created: true, version: 1 },
    ]);
  });

  test("is taken back with everything else when a later operation is rejected", async () => {
    const tenant = freshTenant();
    const failing = tenant.execute([registerUsers, createNode(1), updateNode(ownId("nd", 404))]);
    expect((await refused(failing)).reason).toBe("NODE_NOT_FOUND");
    expect((await tenant.schema()).schema).toEqual(EMPTY_SCHEMA);
    expect((await refused(tenant.one(createNode(1)))).reason).toBe("TYPE_UNKNOWN");
    // Also in the memory of the applier: the next one starts from what is committed.
    expect((await tenant.execute([registerUsers])).results[0]?.created).toBe(true);
  });

  test("several add up, and the last stands", async () => {
    const tenant = freshTenant();
    await tenant.execute([
      registerUsers,
      { op: "register_schema", schema: schemaOf(COUNTED_USERS) },
      createNode(1, { 2: int(1) }),
      { op: "register_schema", schema: schemaOf(TASKS) },
      createNode(2),
    ]);
    expect((await tenant.schema()).schema.nodeTypes.map(({ typeId }) => typeId)).toEqual([1, 2]);
    for (const form of [USERS, COUNTED_USERS, TASKS]) {
      await tenant.execute([createNode(1)], { fingerprint: fingerprint(form) });
    }
  });
});

describe("types that come along", () => {
  test("are asked for when the fingerprint is unknown, before anything is written", async () => {
    const tenant = freshTenant();
    await tenant.register(USERS);
    const before = end();
    const error = await refused(
      tenant.execute([createNode(1)], { fingerprint: fingerprint(COUNTED_USERS) }),
    );
    expect(error).toMatchObject({ code: "failed_precondition", reason: "SCHEMA_UNKNOWN" });
    expect(error.details["fingerprint"]).toBe(fingerprint(COUNTED_USERS));
    expect(end()).toBe(before);
  });

  test("are merged with the transaction, and need not come again", async () => {
    const tenant = freshTenant();
    const own = { fingerprint: fingerprint(COUNTED_USERS) };
    await tenant.execute([createNode(1, { 2: int(1) })], {
      ...own,
      schema: schemaOf(COUNTED_USERS),
    });
    await tenant.execute([createNode(1, { 2: int(2) })], own);
    expect((await tenant.schema()).schema).toEqual(schemaOf(COUNTED_USERS));
  });

  test("are known by their own fingerprint, whatever else the tenant has", async () => {
    const tenant = freshTenant();
    await tenant.register(COUNTED_USERS);
    for (const form of [USERS, TASKS]) {
      const own = { fingerprint: fingerprint(form) };
      expect((await refused(tenant.execute([createNode(1)], own))).reason).toBe("SCHEMA_UNKNOWN");
      await tenant.execute([createNode(1)], { ...own, schema: schemaOf(form) });
      await tenant.execute([createNode(1)], own);
    }
  });

  test("stay known after the schema has moved on", async () => {
    const tenant = freshTenant();
    await tenant.register(USERS);
    await tenant.register(COUNTED_USERS);
    await tenant.execute([createNode(1)], { fingerprint: fingerprint(USERS) });
  });

  test("are taken back when the transaction is rejected", async () => {
    const tenant = freshTenant();
    const own = { fingerprint: fingerprint(USERS), schema: schemaOf(USERS) };
    for (const operations of [[createNode(9)], [createNode(1), updateNode(ownId("nd", 404))]]) {
      await refused(tenant.execute(operations, own));
      expect((await tenant.schema()).schema).toEqual(EMPTY_SCHEMA);
      const alone = tenant.execute([createNode(1)], { fingerprint: own.fingerprint });
      expect((await refused(alone)).reason).toBe("SCHEMA_UNKNOWN");
    }
  });

  test("tell their differences in the receipt, also in a repeated one", async () => {
    const tenant = freshTenant();
    await tenant.register(USERS);
    const sent = {
      fingerprint: "sha256:mine",
      schema: schemaOf(type(1, "Person", NAMED)),
      key: "key",
    };
    const first = await tenant.execute([createNode(1)], sent);
    expect(first.schemaDifferences).toMatchObject([{ kept: "User", sent: "Person" }]);
    expect(await tenant.execute([createNode(1)], sent)).toEqual(first);
  });

  test("come with no fingerprint too, and are no part of what makes a request the same", async () => {
    const tenant = freshTenant();
    const first = await tenant.execute([createNode(1)], { schema: schemaOf(USERS), key: "key" });
    const second = await tenant.execute([createNode(1)], {
      fingerprint: fingerprint(USERS),
      key: "key",
    });
    expect(second).toEqual(first);
  });
});

test("a record is decided by the schema at its place in the log", async () => {
  const tenant = freshTenant();
  await tenant.register(USERS);
  const registering = { op: "register_schema", schema: schemaOf(COUNTED_USERS) } as const;
  const create = createNode(1, { 2: int(1) });
  await Promise.all([
    tenant.execute([create], { key: "before", wait: "durable" }),
    tenant.execute([registering], { key: "change", wait: "durable" }),
    tenant.execute([create], { key: "after", wait: "durable" }),
  ]);
  const before = await tenant.receipt("before", { strong: true });
  expect(before).toMatchObject({ state: "rejected", rejection: { reason: "FIELD_UNKNOWN" } });
  expect((await tenant.receipt("after", { strong: true })).state).toBe("applied");
});
