/**
 * POST /v1/atomic: names become numbers exactly as the tenant's schema says, and whatever
 * is not understood is refused before the engine sees it.
 */
import { describe, expect, test } from "bun:test";
import { GRAPH_SCHEMA } from "../../../test/harness/graph-schema.ts";
import { RestApp, schemaOf } from "../../../test/harness/rest-app.ts";
import { nodeOf } from "../../../test/harness/scripted-engine.ts";
import { EntError } from "../../base/errors.ts";
import type { JsonObject, JsonValue } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";
import type { Engine, TransactionReceipt, TransactionRequest } from "../../engine/engine.ts";
import type { Caller } from "../../record/caller.ts";

const NODE = "nd_01hzy3v7q8r9s0t1v2w3x4y5z6";
const OTHER = "nd_01hzy3v7q8r9s0t1v2w3x4y5z7";
const EDGE = "ed_01hzy3v7q8r9s0t1v2w3x4y5z6";

const RECEIPT: TransactionReceipt = {
  results: [
    { alias: "a", nodeId: NODE, edgeId: "", version: 1, created: true },
    { alias: "", nodeId: "", edgeId: EDGE, version: 0, created: false },
  ],
  positionToken: new Uint8Array([1, 250, 255]),
  walPosition: "0:12345",
  applied: true,
  idempotencyKey: "k",
  schemaDifferences: [],
};

interface Asked {
  readonly caller: Caller;
  readonly request: TransactionRequest;
}

/** An app whose engine keeps what it is asked to execute. */
function recording(engine: Partial<Engine> = {}): { app: RestApp; asked: Asked[] } {
  const asked: Asked[] = [];
  const app = new RestApp({
    engine: {
      getSchema: schemaOf(GRAPH_SCHEMA),
      getNodes: async (_caller, { ids }) => ({
        nodes: ids.filter((id) => id === NODE).map((id) => ({ ...nodeOf(), id })),
        missingIds: ids.filter((id) => id !== NODE),
        positionToken: new Uint8Array(0),
      }),
      execute: async (caller, request) => {
        asked.push({ caller, request });
        return RECEIPT;
      },
      ...engine,
    },
  });
  return { app, asked };
}

/** The operations that the engine is asked for. */
async function understood(...operations: readonly JsonValue[]) {
  const { app, asked } = recording();
  const answer = await app.atomic(...operations);
  if (answer.status !== 200) throw new Error(answer.text);
  return asked[0]?.request.operations;
}

async function refusedAs(operation: JsonValue): Promise<JsonObject> {
  const { app, asked } = recording();
  const { json } = await app.atomic(operation);
  expect(asked).toEqual([]);
  return json["error"] as JsonObject;
}

describe("operations", () => {
  test("create_node, by number and by name of the type", async () => {
    const created = {
      op: "create_node",
      typeId: 1,
      id: "",
      fields: new Map<number, unknown>([
        [2, { kind: "str", value: "Ada" }],
        [3, { kind: "int", value: 36n }],
      ]),
      returnExisting: false,
      alias: "",
    };
    const payload = { name: "Ada", age: 36 };
    expect(await understood({ op: "create_node", type_id: 1, payload })).toEqual([
      created as never,
    ]);
    expect(
      await understood({
        op: "create_node",
        type: "User",
        payload: { name: "Ada", age: "36" },
        alias: "ada",
        id: NODE,
        on_conflict: "return_existing",
      }),
    ).toEqual([{ ...created, alias: "ada", id: NODE, returnExisting: true } as never]);
  });

  test("values of every kind, integers exactly", async () => {
    const text = `{"operations":[{"op":"create_node","type_id":3,"payload":{
      "text":"","count":-9223372036854775808,"ratio":1e0,"done":false,"due":1700000000000,"status":"b",
      "tags":[],"scores":["9007199254740993",1],"parent":"$x.id","meta":{"a": 1.0, "b":[1e2]},"blob":"AP8=","key":null}}]}`;
    const { app, asked } = recording();
    expect((await app.post("/v1/atomic", text)).status).toBe(200);
    const [operation] = asked[0]?.request.operations ?? [];
    expect(operation).toHaveProperty(
      "fields",
      new Map<number, unknown>([
        [1, { kind: "str", value: "" }],
        [2, { kind: "int", value: -(2n ** 63n) }],
        [3, { kind: "float", value: 1 }],
        [4, { kind: "bool", value: false }],
        [5, { kind: "timestamp", value: 1_700_000_000_000n }],
        [6, { kind: "enum", value: 2 }],
        [7, { kind: "list_str", value: [] }],
        [8, { kind: "list_int", value: [9_007_199_254_740_993n, 1n] }],
        [9, { kind: "ref", value: "$x.id" }],
        [10, { kind: "json", value: '{"a": 1.0, "b":[1e2]}' }],
        [11, { kind: "bytes", value: new Uint8Array([0, 255]) }],
        [12, { kind: "null" }],
      ]),
    );
  });

  test("delete, restore, purge", async () => {
    const steps = ["delete_node", "restore_node", "purge_node"] as const;
    const sent = steps.map((op) => ({ op, id: NODE, expected_version: 3 }));
    expect(await understood(...sent, { op: "delete_node", node_id: NODE })).toEqual([
      ...steps.map((op) => ({ op, id: NODE, expectedVersion: 3 })),
      { op: "delete_node", id: NODE, expectedVersion: 0 },
    ]);
  });

  test("create_edge, by number, by its older name, by name", async () => {
    const ends = { from: NODE, to: "$x.id" };
    const understoodEdges = await understood(
      { op: "create_edge", edge_type_id: 100, ...ends, payload: { since: 1 } },
      { op: "create_edge", edge_id: 100, ...ends },
      { op: "create_edge", edge_type: "Knows", ...ends, alias: "e", id: EDGE, on_conflict: "fail" },
    );
    const edge = {
      op: "create_edge",
      edgeTypeId: 100,
      id: "",
      fromId: NODE,
      toId: "$x.id",
      fields: new Map(),
      returnExisting: false,
      alias: "",
    } as const;
    expect(understoodEdges).toEqual([
      { ...edge, fields: new Map([[1, { kind: "int", value: 1n }]]) },
      edge,
      { ...edge, alias: "e", id: EDGE },
    ]);
  });

  test("update_edge and delete_edge, by id and by ends", async () => {
    const ends = { by: "ends", edgeTypeId: 100, fromId: NODE, toId: OTHER } as const;
    expect(
      await understood(
        { op: "update_edge", edge_type: "Knows", from: NODE, to: OTHER, payload: { since: null } },
        { op: "update_edge", id: EDGE },
        { op: "update_edge", id: EDGE, edge_type_id: 100, payload: { since: 2 } },
        { op: "delete_edge", edge_id: EDGE },
        { op: "delete_edge", edge_type_id: 100, from: NODE, to: OTHER },
      ),
    ).toEqual([
      { op: "update_edge", target: ends, fields: new Map([[1, { kind: "null" }]]) },
      { op: "update_edge", target: { by: "id", id: EDGE }, fields: new Map() },
      {
        op: "update_edge",
        target: { by: "id", id: EDGE },
        fields: new Map([[1, { kind: "int", value: 2n }]]),
      },
      { op: "delete_edge", target: { by: "id", id: EDGE } },
      { op: "delete_edge", target: ends },
    ]);
  });

  test("an edge that the transaction creates is updated without naming its type", async () => {
    const operations = await understood(
      { op: "create_edge", edge_type_id: 100, from: NODE, to: OTHER, alias: "e" },
      { op: "update_edge", id: "$e.id", payload: { since: 5 } },
    );
    expect(operations?.[1]).toHaveProperty("fields", new Map([[1, { kind: "int", value: 5n }]]));
  });

  test("register_schema is seen by what follows it", async () => {
    const schema = {
      node_types: [{ type_id: 9, name: "New", fields: [{ field_id: 1, name: "x", kind: "bool" }] }],
    };
    const operations = await understood(
      { op: "register_schema", schema },
      { op: "create_node", type: "New", payload: { x: true } },
    );
    expect(operations?.[1]).toMatchObject({ op: "create_node", typeId: 9 });
  });

  test("an attached schema is read along, and handed on as it was sent", async () => {
    const { app, asked } = recording({ getSchema: schemaOf({}) });
    const schema = {
      node_types: [{ type_id: 9, name: "New", fields: [{ field_id: 1, name: "x", kind: "bool" }] }],
    };
    const { status } = await app.post("/v1/atomic", {
      operations: [{ op: "create_node", type: "New", payload: { x: true } }],
      schema,
      schema_fingerprint: "sha256:abc",
    });
    expect(status).toBe(200);
    const request = asked[0]?.request;
    expect(request?.schemaFingerprint).toBe("sha256:abc");
    expect(request?.schema?.nodeTypes[0]).toMatchObject({ typeId: 9, name: "New" });
    expect(request?.operations[0]).toMatchObject({ typeId: 9 });
  });
});

describe("an update's names", () => {
  const payload = { name: "Grace", age: null };
  const fields = new Map<number, unknown>([
    [2, { kind: "str", value: "Grace" }],
    [3, { kind: "null" }],
  ]);

  test("are those of the node's type, which is looked up", async () => {
    const { app, asked } = recording();
    const preconditions = { email: "a@x", age: null };
    await app.atomic({ op: "update_node", id: NODE, payload, preconditions, expected_version: 2 });
    expect(asked[0]?.request.operations).toEqual([
      {
        op: "update_node",
        id: NODE,
        fields: fields as never,
        expectedVersion: 2,
        preconditions: new Map([
          [1, { kind: "str", value: "a@x" }],
          [3, { kind: "null" }],
        ]),
      },
    ]);
  });

  test("need no look-up for a node that the transaction creates, by alias or by its own id", async () => {
    const getNodes = () => Promise.reject(new Error("looked up"));
    const { app, asked } = recording({ getNodes });
    const { status } = await app.atomic(
      { op: "create_node", type: "User", alias: "a" },
      { op: "create_node", type: "Task", id: OTHER, payload: { title: "t" } },
      { op: "update_node", id: "$a.id", payload },
      { op: "update_node", id: OTHER, payload: { status: "done" } },
      { op: "update_node", id: NODE, expected_version: 1 },
    );
    expect(status).toBe(200);
    const operations = asked[0]?.request.operations;
    expect(operations?.[2]).toHaveProperty("fields", fields);
    expect(operations?.[3]).toHaveProperty("fields", new Map([[2, { kind: "enum", value: 3 }]]));
  });

  test("wait for what is durable when the view does not have the node yet", async () => {
    const asks: boolean[] = [];
    const { app, asked } = recording({
      getNodes: async (_caller, { ids, includeDeleted }, { strong }) => {
        // A deleted node has its type still: what becomes of the update is decided at apply.
        expect(includeDeleted).toBe(true);
        asks.push(strong);
        const found = strong ? ids.map((id) => ({ ...nodeOf(), id })) : [];
        return {
          nodes: found,
          missingIds: strong ? [] : [...ids],
          positionToken: new Uint8Array(0),
        };
      },
    });
    await app.atomic({ op: "update_node", id: OTHER, payload });
    expect(asks).toEqual([false, true]);
    expect(asked[0]?.request.operations[0]).toHaveProperty("fields", fields);
  });

  test("of a node that is not there are NODE_NOT_FOUND, unless the operation names the type", async () => {
    expect(await refusedAs({ op: "update_node", id: OTHER, payload })).toMatchObject({
      code: "NOT_FOUND",
      reason: "NODE_NOT_FOUND",
    });
    const operations = await understood({ op: "update_node", id: OTHER, type: "User", payload });
    expect(operations?.[0]).toHaveProperty("fields", fields);
  });

  test("of a type that is not the node's are refused", async () => {
    const error = await refusedAs({
      op: "update_node",
      id: NODE,
      type: "Task",
      payload: { title: "x" },
    });
    expect(error).toMatchObject({ reason: "INVALID_REQUEST" });
    expect(error["message"]).toContain("it is of type 1");
  });
});

describe("access", () => {
  test("is granted to a new node's principals, and recipients get mail", async () => {
    const [operation] = (await understood({
      op: "create_node",
      type: "User",
      principals: ["user:b"],
      grants: [{ principal: "group:eng", permission: "write", expires_at: 5 }],
      recipients: ["user:c"],
      mail: { thread: "t", metadata: { kind: "note" } },
    })) as [object];
    expect(operation).toMatchObject({
      sharing: {
        grants: [
          { principal: "user:b", permission: "read", expiresAt: 0 },
          { principal: "group:eng", permission: "write", expiresAt: 5 },
        ],
        recipients: ["user:c"],
        mail: { thread: "t", metadata: new Map([["kind", "note"]]) },
      },
    });
  });

  test("of which nothing is said leaves the type's default grants in force", async () => {
    const operations = await understood(
      { op: "create_node", type: "User" },
      { op: "create_node", type: "User", principals: [], grants: [], recipients: [] },
      { op: "create_node", type: "User", recipients: ["user:c"] },
    );
    expect(operations?.map((operation) => "sharing" in operation)).toEqual([false, false, true]);
    expect(operations?.[2]).toMatchObject({ sharing: { grants: undefined } });
  });

  test("is changed by operations of its own, under either name of the node", async () => {
    const operations = await understood(
      { op: "set_visibility", node_id: NODE, principals: [] },
      { op: "grant", id: "$a.id", principal: "role:editor", permission: "admin" },
      { op: "revoke", id: NODE, principal: "user:b", permission: "read" },
      { op: "revoke", id: NODE, principal: "user:b" },
    );
    const editor = { principal: "role:editor", permission: "admin", expiresAt: 0 };
    expect(operations as unknown).toEqual([
      { op: "set_visibility", nodeId: NODE, principals: [] },
      { op: "grant", nodeId: "$a.id", grant: editor },
      { op: "revoke", nodeId: NODE, principal: "user:b", permission: "read" },
      { op: "revoke", nodeId: NODE, principal: "user:b", permission: undefined },
    ]);
  });
});

describe("what is refused", () => {
  const create = { op: "create_node", type_id: 1 };
  const ends = { from: NODE, to: OTHER };
  const CASES: [string, JsonValue, string, string?][] = [
    ["an unknown operation", { op: "creat_node" }, "INVALID_REQUEST", "Did you mean create_node?"],
    ["no operation", {}, "INVALID_REQUEST"],
    ["a number for an operation", 5, "INVALID_REQUEST"],
    ["null for an operation", null, "INVALID_REQUEST"],
    ["an unknown member", { ...create, alais: "a" }, "INVALID_REQUEST", "Did you mean alias?"],
    ["a member of every object", { ...create, toString: 1 }, "INVALID_REQUEST"],
    ["one principal without a list", { ...create, principals: "user:b" }, "INVALID_REQUEST"],
    [
      "a permission that is none",
      { ...create, grants: [{ principal: "user:b", permission: "raed" }] },
      "INVALID_REQUEST",
      "Did you mean read?",
    ],
    [
      "a grant without a permission",
      { ...create, grants: [{ principal: "user:b" }] },
      "INVALID_REQUEST",
    ],
    [
      "a grant that expires in the past of time",
      { op: "grant", id: NODE, principal: "user:b", permission: "read", expires_at: -1 },
      "INVALID_REQUEST",
    ],
    ["metadata that is no text", { ...create, mail: { metadata: { a: 1 } } }, "INVALID_REQUEST"],
    ["a visibility without principals", { op: "set_visibility", id: NODE }, "INVALID_REQUEST"],
    [
      "a grant on nothing",
      { op: "grant", principal: "user:b", permission: "read" },
      "INVALID_REQUEST",
    ],
    ["a revocation of nobody", { op: "revoke", id: NODE }, "INVALID_REQUEST"],
    ["an unknown type", { op: "create_node", type_id: 77 }, "TYPE_UNKNOWN"],
    [
      "an unknown type name",
      { op: "create_node", type: "Usr" },
      "TYPE_UNKNOWN",
      "Did you mean User?",
    ],
    ["a type twice", { ...create, type: "User" }, "INVALID_REQUEST"],
    ["a type as text", { op: "create_node", type_id: "1" }, "INVALID_REQUEST"],
    ["a type of 0", { op: "create_node", type_id: 0 }, "INVALID_REQUEST"],
    ["no type", { op: "create_node", payload: {} }, "INVALID_REQUEST"],
    [
      "an unknown field",
      { ...create, payload: { nmae: "x" } },
      "FIELD_UNKNOWN",
      "Did you mean name?",
    ],
    ["a field by its number", { ...create, payload: { 2: "x" } }, "FIELD_UNKNOWN"],
    ["another kind", { ...create, payload: { age: "old" } }, "FIELD_KIND_MISMATCH"],
    ["a fraction for an int", { ...create, payload: { age: 1.5 } }, "INVALID_VALUE"],
    ["a list for a payload", { ...create, payload: [] }, "INVALID_REQUEST"],
    ["an unknown conflict rule", { ...create, on_conflict: "ignore" }, "INVALID_REQUEST"],
    ["a version of 0", { op: "delete_node", id: NODE, expected_version: 0 }, "INVALID_REQUEST"],
    ["no id", { op: "delete_node" }, "INVALID_REQUEST"],
    ["two ids", { op: "delete_node", id: NODE, node_id: OTHER }, "INVALID_REQUEST"],
    [
      "an unknown edge type",
      { op: "create_edge", edge_type: "Know", ...ends },
      "EDGE_TYPE_UNKNOWN",
    ],
    [
      "an edge type twice",
      { op: "create_edge", edge_id: 100, edge_type_id: 100, ...ends },
      "INVALID_REQUEST",
    ],
    [
      "an edge without an end",
      { op: "create_edge", edge_type_id: 100, from: NODE },
      "INVALID_REQUEST",
    ],
    ["an edge by nothing", { op: "delete_edge" }, "INVALID_REQUEST"],
    ["an edge by id and ends", { op: "delete_edge", id: EDGE, ...ends }, "INVALID_REQUEST"],
    [
      "an edge's names without its type",
      { op: "update_edge", id: EDGE, payload: { since: 1 } },
      "INVALID_REQUEST",
    ],
    [
      "names under an unknown alias",
      { op: "update_node", id: "$x.id", payload: { name: "x" } },
      "ALIAS_UNKNOWN",
    ],
    [
      "an edge's names under an unknown alias",
      { op: "update_edge", id: "$x.id", payload: { since: 1 } },
      "ALIAS_UNKNOWN",
    ],
    [
      "a schema that is none",
      { op: "register_schema", schema: { node_type: [] } },
      "SCHEMA_INVALID",
    ],
    ["no schema", { op: "register_schema" }, "INVALID_REQUEST"],
  ];
  for (const [what, operation, reason, hint] of CASES) {
    test(what, async () => {
      const error = await refusedAs(operation);
      expect(error["reason"]).toBe(reason);
      if (hint !== undefined) expect(error["hint"]).toBe(hint);
    });
  }

  test.each([
    "id",
    "version",
    "created_at",
    "updated_at",
    "owner_actor",
    "type_id",
    "tenant_id",
    "deleted",
  ])("the server's own %s", async (name) => {
    const error = await refusedAs({ ...create, payload: { [name]: "x" } });
    expect(error["reason"]).toBe("SERVER_OWNED_FIELD");
    expect(
      (await refusedAs({ op: "update_node", id: NODE, payload: { [name]: 1 } }))["reason"],
    ).toBe("SERVER_OWNED_FIELD");
  });

  test("names its place in the request", async () => {
    const { app } = recording();
    const { json } = await app.atomic(create, { ...create, payload: { nmae: 1 } });
    expect((json["error"] as JsonObject)["details"]).toMatchObject({ field: "operations[1]" });
    const second = await app.atomic(create, { ...create, payload: { age: "x" } });
    expect(second.text).toContain("operations[1].payload.age");
  });
});

describe("the request around the operations", () => {
  const create = { op: "create_node", type_id: 1 };

  test("no operations, and one too many", async () => {
    const { app, asked } = recording();
    expect((await app.atomic()).reason).toBe("INVALID_REQUEST");
    const { operationsPerTransaction: most } = limits;
    expect((await app.atomic(...Array(most).fill(create))).status).toBe(200);
    expect(asked[0]?.request.operations).toHaveLength(most);
    expect((await app.atomic(...Array(most + 1).fill(create))).reason).toBe("LIMIT_EXCEEDED");
  });

  test("wait, key and fingerprint; what is not sent", async () => {
    const { app, asked } = recording();
    await app.atomic(create);
    await app.post("/v1/atomic", { operations: [create], wait: "durable", idempotency_key: "k1" });
    await app.post("/v1/atomic", { operations: [create] }, { "idempotency-key": "k2" });
    expect(asked.map(({ request }) => [request.wait, request.idempotencyKey])).toEqual([
      ["applied", ""],
      ["durable", "k1"],
      ["applied", "k2"],
    ]);
    expect(asked[0]?.request).toMatchObject({ schemaFingerprint: "", schema: undefined });
  });

  test("two keys, an unknown wait, a misspelt member", async () => {
    const { app } = recording();
    const two = await app.post(
      "/v1/atomic",
      { operations: [create], idempotency_key: "a" },
      { "idempotency-key": "b" },
    );
    expect(two.reason).toBe("INVALID_IDEMPOTENCY_KEY");
    const wait = await app.post("/v1/atomic", { operations: [create], wait: "aplied" });
    expect(wait.json["error"]).toMatchObject({ hint: "Did you mean applied?" });
    const misspelt = await app.post("/v1/atomic", { operation: [create] });
    expect(misspelt.json["error"]).toMatchObject({
      message: "operations is required.",
      hint: "operation is not known: did you mean operations?",
    });
  });

  test("a name that the view does not know yet is read against everything durable", async () => {
    const asks: boolean[] = [];
    const old = await schemaOf({})();
    const now = await schemaOf(GRAPH_SCHEMA)();
    const { app, asked } = recording({
      getSchema: async (_caller, { strong }) => {
        asks.push(strong);
        return strong ? now : old;
      },
    });
    expect((await app.atomic(create)).status).toBe(200);
    expect(asks).toEqual([false, true]);
    expect(asked).toHaveLength(1);
  });

  test("the tenant's own refusals come through", async () => {
    const { app } = recording({
      execute: async () => {
        throw new EntError({
          code: "aborted",
          reason: "VERSION_CONFLICT",
          message: "The node is at version 4.",
          details: { actual_version: "4", wal_position: "0:9" },
        });
      },
    });
    const { status, json } = await app.atomic(create);
    expect(status).toBe(409);
    expect(json["error"]).toMatchObject({
      code: "CONFLICT",
      reason: "VERSION_CONFLICT",
      details: { actual_version: "4", wal_position: "0:9" },
    });
  });
});

describe("the answer", () => {
  test("names results, position and key", async () => {
    const { app } = recording();
    const { json, headers } = await app.atomic({ op: "create_node", type_id: 1 });
    expect(json).toEqual({
      results: [
        { node_id: NODE, alias: "a", version: 1, created: true },
        { edge_id: EDGE, created: false },
      ],
      wal_position: "0:12345",
      position_token: "Afr_",
      applied: true,
      idempotency_key: "k",
    });
    expect(headers.get("x-entdb-position")).toBe("Afr_");
  });

  test("tells where the tenant kept its own definition", async () => {
    const difference = { path: "node type 1", kept: "a", sent: "b" };
    const { app } = recording({
      execute: async () => ({ ...RECEIPT, schemaDifferences: [difference] }),
    });
    const { json } = await app.atomic({ op: "create_node", type_id: 1 });
    expect(json["schema_differences"]).toEqual([difference]);
  });
});
