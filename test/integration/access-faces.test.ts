/**
 * What somebody who may not read a node is told of it, on both faces: exactly what is told of
 * a node that does not exist. And who is told of grants, and of what became of transactions.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Direction, EntDBService } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { Permission } from "../../gen/entdb/v1/model_pb.ts";
import { GRAPH_SCHEMA, KNOWS, NAME, USER } from "../harness/graph-schema.ts";
import {
  createEdge,
  createNode,
  deleteNode,
  grant,
  sharedWith,
  str,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { RestApp } from "../harness/rest-app.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

const ALICE = "user:alice";
const BOB = "user:bob";
const MISSING = "nd_7zzzzzzzzzzzzzzzzzzzzzzzzz";

let partition: TestPartition;
let face: TestFace;
let rpc: Client<typeof EntDBService>;
let rest: RestApp;
let tenants = 0;

beforeAll(async () => {
  partition = await TestPartition.open();
  face = await startFace({ behind: partition.engine });
  const transport = createConnectTransport({ baseUrl: face.url, httpVersion: "1.1" });
  rpc = createClient(EntDBService, transport);
  rest = new RestApp({ behind: partition.engine });
});
afterAll(async () => {
  await face[Symbol.asyncDispose]();
  await partition[Symbol.asyncDispose]();
});

let tenantId: string;
let alice: TenantClient;
let bob: TenantClient;
/** Alice's alone; with an edge to and from a node that Bob may read. */
let secret: string;
let open: string;

beforeEach(async () => {
  tenantId = `tenant-${++tenants}`;
  alice = partition.tenant(tenantId);
  bob = partition.tenant(tenantId, BOB);
  await alice.register(GRAPH_SCHEMA);
  secret = await alice.make(createNode(USER, { 1: str("secret"), [NAME]: str("s") }));
  open = await alice.make(createNode(USER, {}, sharedWith("read", "tenant:*")));
  await alice.one(createEdge(KNOWS, open, secret));
  await alice.one(createEdge(KNOWS, secret, open));
});

/** The text without what no two answers share. */
function withoutId(text: string, id: string): string {
  return text.replaceAll(id, "ID").replace(/"request_id":"[^"]*"/, '"request_id":""');
}

async function restAnswer(path: (id: string) => string, id: string) {
  const headers = { "x-tenant-id": tenantId, "x-actor": BOB };
  const { status, text } = await rest.get(path(id), headers);
  return { status, text: withoutId(text, id) };
}

const REST_READS: Record<string, (id: string) => string> = {
  "a node": (id) => `/v1/nodes/${id}`,
  "a node, deleted or not": (id) => `/v1/nodes/${id}?include_deleted=true`,
  "edges out": (id) => `/v1/nodes/${id}/edges/out`,
  "edges in": (id) => `/v1/nodes/${id}/edges/in?edge_type=${KNOWS}`,
  "a walk": (id) => `/v1/nodes/${id}/connected?edge_type=${KNOWS}`,
  grants: (id) => `/v1/nodes/${id}/grants`,
};

describe("over REST a forbidden node reads as a missing one", () => {
  test.each(Object.keys(REST_READS))("%s", async (what) => {
    const path = REST_READS[what] as (id: string) => string;
    const forbidden = await restAnswer(path, secret);
    expect(forbidden.status).toBe(404);
    expect(forbidden).toEqual(await restAnswer(path, MISSING));
  });

  test("by key", async () => {
    const path = (key: string) => `/v1/nodes/by-key?type=User&field=email&value=${key}`;
    expect(await restAnswer(path, "secret")).toEqual(await restAnswer(path, "nothing"));
  });

  test("in updates by field name, whose type must be looked up", async () => {
    const update = async (id: string) => {
      const body = { operations: [{ op: "update_node", id, payload: { name: "x" } }] };
      const headers = { "x-tenant-id": tenantId, "x-actor": BOB };
      const { status, text } = await rest.post("/v1/atomic", body, headers);
      return { status, text: withoutId(text, id) };
    };
    expect(await update(secret)).toEqual(await update(MISSING));
  });

  test("in lists of ids", async () => {
    const headers = { "x-tenant-id": tenantId, "x-actor": BOB };
    const { json } = await rest.post("/v1/nodes/get", { ids: [secret, open, MISSING] }, headers);
    expect(json["missing_ids"]).toEqual([secret, MISSING]);
  });
});

type Ask = (id: string) => Promise<unknown>;

const RPC_READS: Record<string, Ask> = {
  GetNode: (id) => rpc.getNode({ context: context(), id }),
  ListEdges: (nodeId) =>
    rpc.listEdges({ context: context(), nodeId, direction: Direction.OUT, withNodes: true }),
  ListConnected: (nodeId) =>
    rpc.listConnected({ context: context(), nodeId, edgeTypeId: KNOWS, depth: 2 }),
  ListGrants: (nodeId) => rpc.listGrants({ context: context(), nodeId }),
};

const context = (actor = BOB) => ({ tenantId, actor });

describe("over RPC a forbidden node reads as a missing one", () => {
  test.each(Object.keys(RPC_READS))("%s", async (method) => {
    const ask = RPC_READS[method] as Ask;
    const answers: unknown[] = [];
    for (const id of [secret, MISSING]) {
      const error = ConnectError.from(await ask(id).catch((cause: unknown) => cause));
      const details = JSON.stringify(error.details, (_name, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
      );
      // Only the id and what tells requests apart may differ.
      answers.push([error.code, error.rawMessage.replaceAll(id, "ID"), details.length]);
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  test("GetNodes lists it as missing", async () => {
    const { nodes, missingIds } = await rpc.getNodes({ context: context(), ids: [secret, open] });
    expect([nodes.map(({ id }) => id), missingIds]).toEqual([[open], [secret]]);
  });
});

describe("an edge to a forbidden node", () => {
  test("is not listed, not walked over and not counted, from either side", async () => {
    for (const direction of ["out", "in"] as const) {
      const page = await bob.edges({ nodeId: open, direction, withNodes: true });
      expect([page.edges, page.nodes, page.hasMore]).toEqual([[], [], false]);
      const walk = await bob.connected({ nodeId: open, edgeTypeId: KNOWS, direction, depth: 5 });
      expect(walk.nodes).toEqual([]);
    }
  });

  test("does not lead to what lies behind it", async () => {
    const behind = await alice.make(createNode(USER, {}, sharedWith("read", BOB)));
    await alice.one(createEdge(KNOWS, secret, behind));
    const walk = { nodeId: open, edgeTypeId: KNOWS, depth: 5 };
    expect((await bob.connected(walk)).nodes).toEqual([]);
    expect((await alice.connected(walk)).nodes.map(({ node }) => node.id)).toEqual([
      secret,
      behind,
    ]);
  });
});

describe("grants are listed", () => {
  test("to the owner, to who has admin and to who may do everything; expired ones are left out", async () => {
    const now = partition.clock.now();
    await alice.execute([
      grant(open, BOB, "admin"),
      grant(open, "group:eng", "write", now + 1_000),
      grant(open, "user:carol", "read", 1),
    ]);
    const grants = [
      { principal: "group:eng", permission: "write", expires_at: now + 1_000 },
      { principal: "tenant:*", permission: "read" },
      { principal: BOB, permission: "admin" },
    ];
    const askers = [{ "x-actor": ALICE }, { "x-actor": BOB }];
    for (const asker of askers) {
      const headers = { "x-tenant-id": tenantId, ...asker };
      const { status, json } = await rest.get(`/v1/nodes/${open}/grants`, headers);
      expect([status, json]).toEqual([200, { owner_actor: ALICE, grants }]);
    }
    const everything = partition.tenant(tenantId, "user:root", ["admin"]);
    const never = new AbortController().signal;
    const any = { atLeast: undefined, strong: false };
    const read = await partition.engine.listGrants(everything.caller, open, any, never);
    expect(read).toMatchObject({ ownerActor: ALICE, grants: { length: 3 } });
    const wire = await rpc.listGrants({ context: context(), nodeId: open });
    expect(wire).toMatchObject({
      ownerActor: ALICE,
      grants: [
        { principal: "group:eng", permission: Permission.WRITE, expiresAt: BigInt(now + 1_000) },
        { principal: "tenant:*", permission: Permission.READ, expiresAt: 0n },
        { principal: BOB, permission: Permission.ADMIN, expiresAt: 0n },
      ],
    });
  });

  test("not to who may only read, or write", async () => {
    for (const permission of ["read", "write", "delete"] as const) {
      await alice.one(grant(open, BOB, permission));
      const headers = { "x-tenant-id": tenantId, "x-actor": BOB };
      const { status, reason } = await rest.get(`/v1/nodes/${open}/grants`, headers);
      expect([status, reason]).toEqual([403, "PERMISSION_DENIED"]);
    }
  });

  test("of a deleted node, and under the name that is no id not at all", async () => {
    await alice.one(deleteNode(open));
    const headers = { "x-tenant-id": tenantId, "x-actor": ALICE };
    expect((await rest.get(`/v1/nodes/${open}/grants`, headers)).status).toBe(200);
    expect((await rest.get("/v1/nodes/nobody/grants", headers)).reason).toBe("INVALID_ID");
  });
});

describe("what REST grants holds", () => {
  test("from the node's first moment, until it is revoked or made visible to others", async () => {
    const as = (actor: string) => ({ "x-tenant-id": tenantId, "x-actor": actor });
    const body = {
      operations: [
        { op: "create_node", alias: "n", type: "User", principals: [BOB] },
        { op: "grant", id: "$n.id", principal: "user:carol", permission: "write" },
      ],
    };
    const { json } = await rest.post("/v1/atomic", body, as(ALICE));
    const [created] = json["results"] as { node_id: string }[];
    const path = `/v1/nodes/${created?.node_id}`;
    const status = async (actor: string) => (await rest.get(path, as(actor))).status;
    expect([await status(BOB), await status("user:carol"), await status("user:dan")]).toEqual([
      200, 200, 404,
    ]);
    const change = (operation: object) =>
      rest.post(
        "/v1/atomic",
        { operations: [{ id: created?.node_id, ...operation } as never] },
        as(ALICE),
      );
    await change({ op: "set_visibility", principals: ["user:dan"] });
    expect([await status(BOB), await status("user:carol"), await status("user:dan")]).toEqual([
      404, 200, 200,
    ]);
    await change({ op: "revoke", principal: "user:carol" });
    expect(await status("user:carol")).toBe(404);
  });
});

test("a request that shares a node is the same one over RPC and over REST", async () => {
  const mail = { thread: "t", metadata: { kind: "note" } };
  const { results } = await rpc.executeAtomic({
    context: context(ALICE),
    idempotencyKey: "both",
    operations: [
      {
        operation: {
          case: "createNode",
          value: {
            typeId: USER,
            alias: "n",
            principals: [BOB],
            grants: [{ principal: "group:eng", permission: Permission.WRITE, expiresAt: 5n }],
            recipients: ["user:carol"],
            mail,
          },
        },
      },
      {
        operation: { case: "setVisibility", value: { nodeId: "$n.id", principals: ["tenant:*"] } },
      },
      {
        operation: {
          case: "grant",
          value: { nodeId: "$n.id", grant: { principal: BOB, permission: Permission.ADMIN } },
        },
      },
      { operation: { case: "revoke", value: { nodeId: "$n.id", principal: "group:eng" } } },
    ],
  });
  const body = {
    idempotency_key: "both",
    operations: [
      {
        op: "create_node",
        type_id: USER,
        alias: "n",
        principals: [BOB],
        grants: [{ principal: "group:eng", permission: "write", expires_at: 5 }],
        recipients: ["user:carol"],
        mail,
      },
      { op: "set_visibility", id: "$n.id", principals: ["tenant:*"] },
      { op: "grant", id: "$n.id", principal: BOB, permission: "admin" },
      { op: "revoke", id: "$n.id", principal: "group:eng" },
    ],
  };
  const headers = { "x-tenant-id": tenantId, "x-actor": ALICE };
  const { status, json } = await rest.post("/v1/atomic", body, headers);
  expect(status).toBe(200);
  const repeated = json["results"] as { node_id: string }[];
  expect(repeated.map((result) => result.node_id)).toEqual(results.map(({ nodeId }) => nodeId));
});

describe("what became of a transaction", () => {
  test("is told to who sent it and to auditors; to others it is unknown", async () => {
    await alice.execute([createNode(USER)], { key: "mine" });
    await refused(alice.execute([updateNode(MISSING)], { key: "failed" }));
    const auditor = partition.tenant(tenantId, "user:root", ["admin"]);
    for (const [key, state] of [
      ["mine", "applied"],
      ["failed", "rejected"],
    ] as const) {
      expect((await alice.receipt(key)).state).toBe(state);
      expect((await auditor.receipt(key)).state).toBe(state);
      expect(await bob.receipt(key)).toEqual(await bob.receipt("never"));
    }
  });

  test("also while it is under way", async () => {
    partition.held.answers.close();
    const writing = alice.execute([createNode(USER)], { key: "slow" });
    expect((await alice.receipt("slow")).state).toBe("pending");
    expect((await bob.receipt("slow")).state).toBe("unknown");
    partition.held.answers.open();
    await writing;
    expect((await bob.receipt("slow")).state).toBe("unknown");
  });
});

describe("a cursor", () => {
  test("is no way to another actor's rows", async () => {
    const { nextCursor } = await alice.query({ typeId: USER, pageSize: 1 });
    const error = await refused(bob.query({ typeId: USER, pageSize: 1, cursor: nextCursor }));
    expect(error.reason).toBe("INVALID_CURSOR");
  });
});
