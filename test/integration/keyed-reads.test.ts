/**
 * Reads by key in a face thread, on its own connection to a view: they answer what the engine
 * would, and where they cannot know that they ask it.
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { type Identity, TRUSTED } from "../../src/access/identity.ts";
import { turns } from "../contract/engine.ts";
import { EMAIL, GRAPH_SCHEMA, NAME, USER } from "../harness/graph-schema.ts";
import { withKeyedReads } from "../harness/keyed-reads.ts";
import { createNode, ownId, sharedWith, str, updateNode } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { TenantClient } from "../harness/tenant-client.ts";

const OPERATOR: Identity = { ...TRUSTED, actor: "user:root", credential: "key:root" };
const never = new AbortController().signal;
const ID = ownId("nd", 1);

let partition: TestPartition;
let side: ReturnType<typeof withKeyedReads>;
let alice: TenantClient;

const clientOf = (actor: string) =>
  new TenantClient(() => side.client, { tenantId: "acme", actor, roles: [], credential: "" });

/** Asks until the view is published and a read stays on this side. */
async function untilHere(): Promise<void> {
  for (let reached = -1; reached !== side.reachedEngine(); await turns(5)) {
    reached = side.reachedEngine();
    await alice.node(ID);
  }
}

/** How often the engine was asked by that. */
async function reachedBy(read: () => Promise<unknown>): Promise<number> {
  const before = side.reachedEngine();
  await read();
  return side.reachedEngine() - before;
}

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file" });
  side = withKeyedReads(partition.partition);
  alice = clientOf("user:alice");
  await alice.register(GRAPH_SCHEMA);
  await alice.make(createNode(USER, { [EMAIL]: str("a@x") }, { id: ID }));
  await untilHere();
});
afterEach(() => partition[Symbol.asyncDispose]());

test("stay on this side once the view is published, and say how fresh they are", async () => {
  const byKey = {
    typeId: USER,
    key: { by: "field", fieldId: EMAIL },
    values: [str("a@x")],
  } as const;
  expect(await reachedBy(() => alice.node(ID))).toBe(0);
  expect(await reachedBy(() => alice.nodes([ID]))).toBe(0);
  expect(await reachedBy(() => alice.byKey(byKey))).toBe(0);
  const here = await side.client.getNode(alice.caller, ask, ANY, never);
  const there = await partition.engine.getNode(alice.caller, ask, ANY, never);
  expect(here).toEqual(there);
});

const ask = { id: ID, includeDeleted: false };
const ANY = { atLeast: undefined, strong: false };

test("see every write that was answered, at once and without a token", async () => {
  for (let i = 0; i < 50; i++) {
    await alice.execute([updateNode(ID, { [NAME]: str(`n${i}`) })]);
    const { fields } = await alice.node(ID);
    expect(fields.get(NAME)).toEqual(str(`n${i}`));
  }
  expect(await reachedBy(() => alice.node(ID))).toBe(0);
});

test("wait for a position, which is the engine's to do", async () => {
  partition.held.batches.close();
  const write = { key: "late", wait: "durable" } as const;
  const { positionToken } = await alice.execute([updateNode(ID, { [NAME]: str("late") })], write);
  let read = false;
  const reading = alice.node(ID, { atLeast: positionToken }).then((node) => {
    read = true;
    return node;
  });
  await turns(20);
  expect(read).toBe(false);
  partition.held.batches.open();
  expect((await reading).fields.get(NAME)).toEqual(str("late"));
});

test("refuse a position of another log, and what is none", async () => {
  const atLeast = new Uint8Array([9, 9, 9]);
  expect((await refused(alice.node(ID, { atLeast }))).reason).toBe("INVALID_POSITION");
});

test("are the engine's when everything durable is asked for", async () => {
  expect(await reachedBy(() => alice.node(ID, { strong: true }))).toBe(1);
});

test("of a tenant that was deleted are refused, and of its next life see nothing of this one", async () => {
  await side.client.administration.deleteTenant(OPERATOR, "acme", never);
  expect((await refused(alice.node(ID))).reason).toBe("TENANT_NOT_FOUND");
  await alice.register(GRAPH_SCHEMA);
  for (let i = 0; i < 5; i++) {
    expect((await refused(alice.node(ID))).reason).toBe("NODE_NOT_FOUND");
    await turns(5);
  }
});

test("go on through a rebuild, from the new file", async () => {
  await side.client.rebuildTenant("acme", never);
  await alice.execute([updateNode(ID, { [NAME]: str("after") })]);
  expect((await alice.node(ID)).fields.get(NAME)).toEqual(str("after"));
  await untilHere();
  expect((await alice.node(ID)).fields.get(NAME)).toEqual(str("after"));
});

test("of a tenant that stands at a record are the engine's", async () => {
  const { applied } = partition.partition;
  const error = new Error("stalled") as never;
  applied.setBehind("acme", { trouble: "stalled", offset: applied.end, readable: true, error });
  expect(await reachedBy(() => alice.node(ID))).toBe(1);
  applied.clearBehind("acme");
});

test("know who is in a group as soon as it is answered", async () => {
  const bob = clientOf("user:bob");
  const { administration } = side.client;
  const admin = { ...alice.caller, roles: ["admin"] };
  await administration.putGroup(admin, "eng", never);
  const shared = ownId("nd", 2);
  await alice.make(createNode(USER, {}, { id: shared, ...sharedWith("read", "group:eng") }));
  for (let round = 0; round < 10; round++) {
    expect((await refused(bob.node(shared))).reason).toBe("NODE_NOT_FOUND");
    await administration.addGroupMember(admin, "eng", "user:bob", never);
    expect((await bob.node(shared)).id).toBe(shared);
    await administration.removeGroupMember(admin, "eng", "user:bob", never);
  }
  expect(await reachedBy(() => alice.node(shared))).toBe(0);
});

test("know a schema as soon as it is answered", async () => {
  const type = {
    type_id: 90,
    name: "Late",
    fields: [{ field_id: 1, name: "code", kind: "str", unique: true }],
  };
  await alice.register({ ...GRAPH_SCHEMA, node_types: [type] });
  const id = await alice.make(createNode(90, { 1: str("x") }));
  const byKey = { typeId: 90, key: { by: "field", fieldId: 1 }, values: [str("x")] } as const;
  expect((await alice.byKey(byKey)).id).toBe(id);
  const { schema } = await alice.schema();
  expect(schema.nodeTypes.some(({ typeId }) => typeId === 90)).toBe(true);
  expect((await alice.schema()).schema).toBe(schema);
});

test("need no more views than are open there", async () => {
  for (let i = 0; i < 20; i++) {
    const caller = { tenantId: `t${i}`, actor: "user:alice", roles: [], credential: "" };
    const tenant = new TenantClient(() => side.client, caller);
    await tenant.register(GRAPH_SCHEMA);
    const id = await tenant.make(createNode(USER));
    for (let read = 0; read < 3; read++) {
      expect((await tenant.node(id)).id).toBe(id);
      await turns(5);
    }
  }
  expect((await alice.node(ID)).id).toBe(ID);
});
