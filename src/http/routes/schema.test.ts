import { describe, expect, test } from "bun:test";
import { GRAPH_SCHEMA } from "../../../test/harness/graph-schema.ts";
import { RestApp, schemaOf } from "../../../test/harness/rest-app.ts";
import type { SchemaRequest } from "../../engine/engine.ts";
import type { SchemaChange } from "../../schema/schema-change.ts";
import { decodeSchema } from "../../schema/schema-json.ts";

const CHANGES: readonly SchemaChange[] = [
  { change: "renamed", path: "node type 1 (User)", compatibility: "safe", message: "M.", hint: "" },
  {
    change: "kind_changed",
    path: "node type 1 (User) field 1 (email)",
    compatibility: "breaking",
    message: "N.",
    hint: "H.",
  },
];

const TOKEN = new Uint8Array([1, 2, 3]);

function recording() {
  const asked: SchemaRequest[] = [];
  const checked: Omit<SchemaRequest, "idempotencyKey">[] = [];
  const app = new RestApp({
    engine: {
      getSchema: schemaOf(GRAPH_SCHEMA, TOKEN),
      registerSchema: async (_caller, request) => {
        asked.push(request);
        return {
          fingerprint: "sha256:new",
          differences: [{ path: "p", kept: "k", sent: "s" }],
          changed: true,
          positionToken: TOKEN,
          walPosition: "0:3",
        };
      },
      checkSchema: async (_caller, request) => {
        checked.push(request);
        return {
          changes: CHANGES,
          differences: [{ path: "p", kept: "k", sent: "s" }],
          fingerprintNow: "sha256:now",
          fingerprintThen: "sha256:then",
          positionToken: TOKEN,
        };
      },
    },
  });
  return { app, asked, checked };
}

describe("GET /v1/schema", () => {
  test("answers with fingerprint and types, in the form that registers them", async () => {
    const { app } = recording();
    const { json, headers } = await app.get("/v1/schema");
    const { fingerprint, ...form } = json;
    expect(fingerprint).toBe("sha256:test");
    expect(decodeSchema(form)).toEqual(decodeSchema(GRAPH_SCHEMA));
    expect(headers.get("x-entdb-position")).toBe("AQID");
  });
});

describe("GET /v1/schema while a schema is applied to existing nodes", () => {
  test("also says how far it has come", async () => {
    const build = { walPosition: "0:7", step: "counting", rowsDone: 3, rowsTotal: 8 };
    const answer = { ...(await schemaOf(GRAPH_SCHEMA, TOKEN)()), build };
    const app = new RestApp({ engine: { getSchema: async () => answer } });
    const { json } = await app.get("/v1/schema");
    expect(json["build"]).toEqual({
      wal_position: "0:7",
      step: "counting",
      rows_done: 3,
      rows_total: 8,
    });
  });
});

describe("POST /v1/schema", () => {
  test("registers, and answers with what came of it", async () => {
    const { app, asked } = recording();
    const { status, json } = await app.post("/v1/schema", {
      ...GRAPH_SCHEMA,
      idempotency_key: "s1",
    });
    expect(status).toBe(200);
    expect(asked).toEqual([
      { idempotencyKey: "s1", schema: decodeSchema(GRAPH_SCHEMA), mode: "merge" },
    ]);
    expect(json).toEqual({
      fingerprint: "sha256:new",
      changed: true,
      differences: [{ path: "p", kept: "k", sent: "s" }],
      wal_position: "0:3",
      position_token: "AQID",
    });
  });

  test("takes the mode and the reserved numbers", async () => {
    const { app, asked } = recording();
    const form = { ...GRAPH_SCHEMA, reserved_type_ids: [900], reserved_edge_type_ids: [901] };
    await app.post("/v1/schema", { ...form, mode: "replace" });
    expect(asked).toMatchObject([{ schema: decodeSchema(form), mode: "replace" }]);
  });

  test("a default of kind json keeps the text it was sent as", async () => {
    const { app, asked } = recording();
    await app.post(
      "/v1/schema",
      '{"node_types":[{"type_id":1,"name":"T","fields":[{"field_id":1,"name":"j","kind":"json","default":{"a": 1.0}}]}]}',
    );
    expect(asked[0]?.schema.nodeTypes[0]?.fields[0]?.defaultValue).toEqual({
      kind: "json",
      value: '{"a": 1.0}',
    });
  });

  test.each([
    ["an unknown member", { nodetypes: [] }, "INVALID_REQUEST"],
    ["an unknown mode", { node_types: [], mode: "merg" }, "INVALID_REQUEST"],
    ["types that are no list", { node_types: {} }, "INVALID_REQUEST"],
    [
      "an unknown kind",
      {
        node_types: [
          { type_id: 1, name: "T", fields: [{ field_id: 1, name: "x", kind: "strng" }] },
        ],
      },
      "SCHEMA_INVALID",
    ],
    [
      "an unknown attribute",
      { node_types: [{ type_id: 1, name: "T", field: [] }] },
      "SCHEMA_INVALID",
    ],
  ])("%s is refused", async (_what, body, reason) => {
    const { app, asked } = recording();
    expect((await app.post("/v1/schema", body)).reason).toBe(reason);
    expect(asked).toEqual([]);
  });
});

describe("POST /v1/schema/check", () => {
  test("compares as registering would, and says what is breaking", async () => {
    const { app, asked, checked } = recording();
    const { status, json, headers } = await app.post("/v1/schema/check", GRAPH_SCHEMA);
    expect(status).toBe(200);
    expect(json).toEqual({
      compatible: false,
      changes: [
        {
          change: "renamed",
          path: "node type 1 (User)",
          compatibility: "safe",
          message: "M.",
        },
        CHANGES[1] as never,
      ],
      differences: [{ path: "p", kept: "k", sent: "s" }],
      fingerprint_now: "sha256:now",
      fingerprint_then: "sha256:then",
    });
    expect(headers.get("x-entdb-position")).toBe("AQID");
    await app.post("/v1/schema/check", { ...GRAPH_SCHEMA, mode: "replace" });
    const schema = decodeSchema(GRAPH_SCHEMA);
    expect(checked).toEqual([
      { schema, mode: "merge" },
      { schema, mode: "replace" },
    ]);
    expect(asked).toEqual([]);
  });
});
