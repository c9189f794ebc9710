/** The documentation is the routes, and the routes answer as it says. */
import { beforeAll, describe, expect, test } from "bun:test";
import * as v from "valibot";
import { ANSWERS } from "../../test/harness/answering-engine.ts";
import { GRAPH_SCHEMA } from "../../test/harness/graph-schema.ts";
import { RestApp, schemaOf } from "../../test/harness/rest-app.ts";
import { nodeOf, scriptedEngine } from "../../test/harness/scripted-engine.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import type { Engine } from "../engine/engine.ts";
import { decodeSchema, encodeSchema } from "../schema/schema-json.ts";
import { FIELD_KINDS } from "../schema/value.ts";
import { type OpenApiDocument, openApiDocument } from "./openapi.ts";
import { labelOf, type Route } from "./route.ts";
import { routeTable } from "./routes/table.ts";
import { operationShape } from "./shapes/atomic.ts";
import { errorAnswer } from "./shapes/operations.ts";
import { schemaEdgeType, schemaField, schemaForm, schemaNodeType } from "./shapes/schema.ts";
import { TenantNames } from "./tenant-names.ts";

const TOKEN = new Uint8Array([1]);
const place = { positionToken: TOKEN, walPosition: "0:1" };
const node = { ...nodeOf(), fields: new Map() };
const edge = {
  id: "ed_01hzy3v7q8r9s0t1v2w3x4y5z6",
  edgeTypeId: 100,
  fromId: node.id,
  toId: node.id,
  fields: new Map(),
  createdAt: 1,
  updatedAt: 1,
};
const page = { nextCursor: TOKEN, hasMore: true };

/** Answers everything. */
const engine: Engine = scriptedEngine({
  ...ANSWERS,
  getSchema: schemaOf(GRAPH_SCHEMA),
  execute: async (_caller, { operations, idempotencyKey }) => ({
    results: operations.map(() => ({
      alias: "a",
      nodeId: node.id,
      edgeId: "",
      version: 1,
      created: true,
    })),
    applied: true,
    idempotencyKey,
    schemaDifferences: [{ path: "p", kept: "k", sent: "s" }],
    ...place,
  }),
  getReceipt: async () => ({
    state: "rejected",
    rejection: {
      state: "rejected",
      code: "aborted",
      reason: "VERSION_CONFLICT",
      message: "m",
      hint: "h",
      details: {},
    },
    appliedAt: 1,
    ...place,
  }),
  getNode: async () => ({ node, positionToken: TOKEN }),
  getNodes: async () => ({ nodes: [node], missingIds: ["x"], positionToken: TOKEN }),
  getNodeByKey: async () => ({ node, positionToken: TOKEN }),
  queryNodes: async () => ({
    nodes: [node],
    totalCount: undefined,
    totalCountAbsentReason: "r",
    positionToken: TOKEN,
    ...page,
  }),
  countNodes: async () => ({ count: 1, positionToken: TOKEN }),
  listEdges: async () => ({ edges: [edge], nodes: [node], positionToken: TOKEN, ...page }),
  listConnected: async () => ({ nodes: [{ node, distance: 1 }], positionToken: TOKEN, ...page }),
  registerSchema: async () => ({ fingerprint: "f", differences: [], changed: true, ...place }),
  checkSchema: async () => ({
    changes: [
      { change: "renamed", path: "p", compatibility: "safe", message: "m", hint: "" },
      { change: "field_removed", path: "p", compatibility: "breaking", message: "m", hint: "h" },
    ],
    differences: [{ path: "p", kept: "k", sent: "s" }],
    fingerprintNow: "f",
    fingerprintThen: "g",
    positionToken: TOKEN,
  }),
  logState: () => ({
    logId: "l",
    topic: "t",
    partition: 0,
    endOffset: 1,
    appliedOffset: 1,
    checkpointOffset: 1,
    startOffset: 0,
    tenantsBehind: [{ tenantId: "a", trouble: "stalled", offset: 1, message: "m" }],
  }),
  rebuildTenant: async () => ({
    records: 1,
    contentHashBefore: "",
    contentHashAfter: "",
    outcomeDigestBefore: "",
    outcomeDigestAfter: "",
  }),
  listGrants: async () => ({
    ownerActor: "user:alice",
    grants: [
      { principal: "tenant:*", permission: "read", expiresAt: 0 },
      { principal: "user:bob", permission: "write", expiresAt: 5 },
    ],
    positionToken: TOKEN,
  }),
  retryTenant: async () => ({ resumed: true, message: "m" }),
});

const app = new RestApp({
  engine,
  metricsText: async () => "x 1\n",
});
const routes = routeTable(
  { engine, ready: () => true, metricsText: async () => "", trusted: true },
  new TenantNames(engine),
);

/** A request that each route answers well. */
const QUERIES: Readonly<Record<string, string>> = {
  "GET /v1/nodes": "?type_id=1",
  "GET /v1/nodes/count": "?type_id=1&filter.name=x",
  "GET /v1/nodes/by-key": "?type=User&field=email&value=x",
  "GET /v1/nodes/:id/connected": "?edge_type=100",
  "GET /v1/nodes/:id/edges/out": "?with_nodes=true",
  "GET /v1/receipts": "?key=k",
};
const BODIES: Readonly<Record<string, JsonValue>> = {
  "POST /v1/atomic": { operations: [{ op: "delete_node", id: node.id }], idempotency_key: "k" },
  "POST /v1/tenants": { tenant_id: "acme" },
  "POST /v1/tenants/:id/delete": { confirm: "acme" },
  "POST /v1/keys": { tenant_id: "acme", actor: "user:importer", name: "nightly" },
  "POST /v1/nodes/query": { type: "User", filter: { or: [{ field: "age", op: "gt", value: 1 }] } },
};

/** A path with something in the place of its ids. */
function pathOf({ path }: Route): string {
  return path.replace("/tenants/:id", "/tenants/acme").replace(":id", "nd_x").replace(":key", "k");
}

function ask(route: Route) {
  const label = labelOf(route);
  const path = pathOf(route) + (QUERIES[label] ?? "");
  return route.method === "GET"
    ? app.get(path)
    : app.post(path, BODIES[label] ?? nameless(route.example ?? {}));
}

describe("the document", () => {
  let document: OpenApiDocument;
  beforeAll(async () => {
    document = JSON.parse((await app.get("/openapi.json")).text);
  });

  test("is made of the routes that the server has", () => {
    expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument(routes))));
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(
        (method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`,
      ),
    );
    expect(documented.sort()).toEqual(routes.map(labelOf).sort());
    expect(new Set(documented).size).toBe(routes.length);
  });

  test("refers to nothing that is not in it, and names every operation once", () => {
    const text = JSON.stringify(document);
    const known = Object.keys(document.components.schemas);
    const references = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, target]) => target ?? "");
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      expect(known.map((name) => `#/components/schemas/${name}`)).toContain(reference);
    }
    const ids = [...text.matchAll(/"operationId":"([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(routes.length);
    expect(text).not.toContain("$defs");
    expect(text).not.toContain("$schema");
  });

  test("shows bodies that are understood", async () => {
    for (const route of routes) {
      const { body, example } = route;
      if (body === undefined || example === undefined) continue;
      expect(v.safeParse(body, example).issues).toBeUndefined();
      const operation = document.paths[route.path.replace(/:(\w+)/g, "{$1}")]?.[
        "post"
      ] as JsonObject;
      expect(JSON.stringify(operation)).toContain(JSON.stringify(example));
    }
    expect(routes.filter((route) => route.example !== undefined).length).toBeGreaterThanOrEqual(4);
  });

  test("documents filters, schemas and later pages by name", () => {
    const { Filter, Operation, Field } = document.components.schemas as Record<string, JsonObject>;
    expect(Filter?.["oneOf"]).toHaveLength(3);
    expect(Operation?.["oneOf"]).toHaveLength(operationShape.options.length);
    expect(Field).toMatchObject({ properties: { kind: { enum: [...FIELD_KINDS] } } });
    expect(JSON.stringify(document.paths["/v1/nodes"])).toContain('"name":"filter"');
  });
});

describe("answers have the documented shape", () => {
  test.each(routes.map((route) => [labelOf(route), route] as const))(
    "%s",
    async (_label, route) => {
      const { status, json: answer, text } = await ask(route);
      const json = route.streams ? eventOf(text) : answer;
      expect(Object.keys(route.answers)).toContain(String(status));
      expect(text).not.toBe("");
      const shape = route.answers[status];
      if (shape !== undefined) expect(v.safeParse(shape, json).issues).toBeUndefined();
    },
  );

  test("errors too", async () => {
    for (const path of ["/nowhere", "/v1/nodes", "/v1/events/search"]) {
      const { status, json } = await app.get(path);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(v.safeParse(errorAnswer, json).issues).toBeUndefined();
    }
  });
});

describe("every route", () => {
  test.each(routes.map((route) => [labelOf(route), route] as const))(
    "%s refuses what it does not know",
    async (label, route) => {
      const path = pathOf(route);
      const headers = { "x-tenant-id": "", "x-actor": "" };
      const unknown = await app.send(route.method, `${path}?no_such_parameter=1`, headers);
      expect(unknown.reason).toBe("INVALID_REQUEST");
      if (route.method === "GET") return;
      const body = { ...(BODIES[label] as JsonObject), no_such_member: 1 };
      expect((await app.post(path, body)).reason).toBe("INVALID_REQUEST");
    },
  );

  test("about a tenant's data asks who", async () => {
    for (const route of routes.filter(({ query }) => "actor" in query && "tenant_id" in query)) {
      const label = labelOf(route);
      const path = pathOf(route) + (QUERIES[label] ?? "");
      const headers = { "x-tenant-id": "", "x-actor": "", "content-type": "application/json" };
      const body = JSON.stringify(BODIES[label] ?? { ids: ["nd_x"], operations: [] });
      const example = route.example === undefined ? undefined : nameless(route.example);
      const answer = await app.send(
        route.method,
        path,
        headers,
        route.method === "GET" ? undefined : example === undefined ? body : JSON.stringify(example),
      );
      expect([label, answer.reason]).toEqual([label, "INVALID_TENANT_ID"]);
    }
  });
});

/** The shapes document what another module reads: held together by a schema that has everything. */
test("the documented form of a schema is the one that is read and written", () => {
  const field = {
    field_id: 1,
    name: "x",
    kind: "enum",
    required: true,
    default: "a",
    enum_values: ["a"],
    deprecated: true,
    unique: true,
    indexed: true,
    searchable: true,
    description: "d",
    ref_type_id: 1,
  };
  const whole = {
    node_types: [
      {
        type_id: 1,
        name: "N",
        description: "d",
        deprecated: true,
        fields: [field],
        unique_keys: [{ key_id: 1, name: "k", field_ids: [1] }],
        default_grants: [{ principal: "tenant:*", permission: "read" }],
        reserved_field_ids: [2],
      },
    ],
    edge_types: [
      {
        edge_type_id: 1,
        name: "E",
        from_type_id: 1,
        to_type_id: 1,
        description: "d",
        deprecated: true,
        unique_per_from: true,
        fields: [field],
        reserved_field_ids: [2],
      },
    ],
    reserved_type_ids: [2],
    reserved_edge_type_ids: [3],
  };
  expect(Object.keys(field).sort()).toEqual(Object.keys(schemaField.entries).sort());
  expect(Object.keys(whole.node_types[0] ?? {}).sort()).toEqual(
    Object.keys(schemaNodeType.entries).sort(),
  );
  expect(Object.keys(whole.edge_types[0] ?? {}).sort()).toEqual(
    Object.keys(schemaEdgeType.entries).sort(),
  );
  expect(encodeSchema(decodeSchema(whole))).toEqual(whole);
  expect(v.safeParse(schemaForm, whole).issues).toBeUndefined();
});

/** What the first event of a stream says. */
function eventOf(text: string): JsonObject {
  return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "{}");
}

function nameless({ tenant_id: _tenant, actor: _actor, ...rest }: JsonObject): JsonObject {
  return rest;
}
