/**
 * A schema that goes on, through the faces of the server as users start it: what a check says is
 * what registering does, removed fields are shown by no answer, former names are understood.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { startTestServer, type TestServer } from "../harness/test-server.ts";

let server: TestServer;
let tenants = 0;
let tenantId = "";

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const MAIL = { field_id: 1, name: "mail", kind: "str", unique: true, indexed: true };
const NOTE = { field_id: 2, name: "note", kind: "str" };
const SINCE = { field_id: 1, name: "since", kind: "int" };
const KNOWS = { edge_type_id: 5, name: "Knows", fields: [SINCE] };
const V1 = {
  node_types: [{ type_id: 1, name: "Person", fields: [MAIL, NOTE] }],
  edge_types: [KNOWS],
};
/** Renamed, with the note and the edge's since removed. */
const V2 = {
  node_types: [
    {
      type_id: 1,
      name: "User",
      fields: [{ ...MAIL, name: "email" }],
      reserved_field_ids: [2],
    },
  ],
  edge_types: [{ ...KNOWS, fields: [], reserved_field_ids: [1] }],
};

async function ask(method: string, path: string, body?: object) {
  const response = await fetch(server.httpUrl + path, {
    method,
    headers: { "content-type": "application/json", "x-tenant-id": tenantId, "x-actor": "user:ada" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes, looked at by tests
  return { status: response.status, body: (await response.json()) as any };
}

const post = (path: string, body: object) => ask("POST", path, body);

async function get(path: string) {
  const { status, body } = await ask("GET", path);
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
}

/** Connect, in the JSON that it takes for protobuf. */
const connect = (method: string, message: object) =>
  post(`/entdb.v1.EntDBService/${method}`, message);

let ada = "";
let bob = "";
beforeEach(async () => {
  tenants += 1;
  tenantId = `evolving-${tenants}`;
  expect((await post("/v1/schema", V1)).status).toBe(200);
  const { body } = await post("/v1/atomic", {
    operations: [
      { op: "create_node", type: "Person", payload: { mail: "ada@x", note: "n" }, alias: "ada" },
      { op: "create_node", type: "Person", payload: { mail: "bob@x", note: "n" }, alias: "bob" },
      {
        op: "create_edge",
        edge_type: "Knows",
        from: "$ada.id",
        to: "$bob.id",
        payload: { since: 1 },
      },
    ],
  });
  [ada, bob] = body.results.map((result: { node_id: string }) => result.node_id);
});

const replace = async (form: object) => {
  const { status, body } = await post("/v1/schema", { ...form, mode: "replace" });
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
};

describe("a check", () => {
  test("says what replacing does, over REST and over Connect, and changes nothing", async () => {
    const before = await get("/v1/schema");
    const checked = (await post("/v1/schema/check", { ...V2, mode: "replace" })).body;
    expect(checked.compatible).toBe(true);
    expect(checked.changes.map((change: { change: string }) => change.change)).toEqual([
      "renamed",
      "field_removed",
      "renamed",
      "field_removed",
    ]);
    expect(checked.fingerprint_now).toBe(before.fingerprint);
    expect(await get("/v1/schema")).toEqual(before);

    const { schema } = (await connect("GetSchema", {})).body;
    const [type] = schema.nodeTypes;
    const wire = {
      nodeTypes: [
        {
          ...type,
          name: "User",
          reservedFieldIds: [2],
          fields: [{ ...type.fields[0], name: "email" }],
        },
      ],
      edgeTypes: [{ ...schema.edgeTypes[0], fields: [], reservedFieldIds: [1] }],
    };
    const asked = await connect("CheckSchema", { schema: wire, mode: "SCHEMA_MODE_REPLACE" });
    expect(asked.status).toBe(200);
    expect(asked.body.fingerprintThen).toBe(checked.fingerprint_then);
    expect(asked.body.changes.map((change: { message: string }) => change.message)).toEqual(
      checked.changes.map((change: { message: string }) => change.message),
    );
    expect(asked.body.changes[0].compatibility).toBe("COMPATIBILITY_SAFE");

    expect((await replace(V2)).fingerprint).toBe(checked.fingerprint_then);
    expect((await post("/v1/schema/check", { ...V2, mode: "replace" })).body).toMatchObject({
      compatible: true,
      changes: [],
    });
  });

  test("lists what is breaking, which registering then refuses by the same words", async () => {
    const wrong = { node_types: [{ ...V1.node_types[0], fields: [{ ...MAIL, kind: "int" }] }] };
    for (const mode of ["merge", "replace"]) {
      const { body } = await post("/v1/schema/check", { ...wrong, mode });
      expect(body.compatible).toBe(false);
      const breaking = body.changes.filter(
        (change: { compatibility: string }) => change.compatibility === "breaking",
      );
      const refused = await post("/v1/schema", { ...wrong, mode });
      expect(refused.status).toBe(409);
      expect(refused.body.error).toMatchObject({
        reason: "SCHEMA_INCOMPATIBLE",
        hint: breaking[0].hint,
        details: { incompatible_changes: String(breaking.length), change: breaking[0].change },
      });
    }
    const invalid = await post("/v1/schema/check", { reserved_type_ids: [0] });
    expect(invalid.body.error.reason).toBe("SCHEMA_INVALID");
  });

  test("of a tenant that is not there yet compares with nothing", async () => {
    tenantId = `never-${tenants}`;
    const { status, body } = await post("/v1/schema/check", V1);
    expect(status).toBe(200);
    expect(body.changes).toHaveLength(2);
  });
});

describe("a removed field", () => {
  beforeEach(() => replace(V2));

  test("is in no answer of REST", async () => {
    expect((await get(`/v1/nodes/${ada}`)).payload).toEqual({ email: "ada@x" });
    const many = (await post("/v1/nodes/get", { ids: [ada, bob] })).body;
    const pages = [
      await get("/v1/nodes?type_id=1"),
      await get("/v1/nodes/by-key?type_id=1&field=email&value=ada@x"),
      await get(`/v1/nodes/${ada}/edges/out?with_nodes=true`),
      await get(`/v1/nodes/${ada}/connected?edge_type=5`),
      many,
    ];
    for (const page of pages) {
      expect(JSON.stringify(page)).toContain("@x");
      expect(JSON.stringify(page)).not.toContain('"n"');
      expect(JSON.stringify(page)).not.toContain('"2":');
    }
    const { edges } = await get(`/v1/nodes/${ada}/edges/out`);
    expect(edges[0].payload).toEqual({});
  });

  test("is in no answer of Connect", async () => {
    const { body } = await connect("GetNode", { id: ada });
    expect(Object.keys(body.node.fields ?? {})).toEqual(["1"]);
    const page = (await connect("QueryNodes", { typeId: 1 })).body;
    expect(page.nodes).toHaveLength(2);
    for (const node of page.nodes) expect(Object.keys(node.fields)).toEqual(["1"]);
    const { edges } = (await connect("ListEdges", { nodeId: ada, edgeTypeId: 5 })).body;
    expect(edges[0].fields ?? {}).toEqual({});
  });

  test("is in no change that watchers are told", async () => {
    const controller = new AbortController();
    const response = await fetch(
      `${server.httpUrl}/v1/watch?from_beginning=true&with_nodes=true&tenant_id=${tenantId}`,
      { headers: { "x-actor": "user:ada" }, signal: controller.signal },
    );
    let told = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      told += decoder.decode(chunk, { stream: true });
      if (told.includes("ada@x") && told.includes("bob@x")) break;
    }
    controller.abort();
    expect(told).toContain('"email":"ada@x"');
    expect(told).not.toContain('"n"');
  });

  test("cannot be written or asked for, and its number cannot be used again", async () => {
    const write = { op: "update_node", id: ada, payload: { note: "x" } };
    const { body } = await post("/v1/atomic", { operations: [write] });
    expect(body.error.reason).toBe("FIELD_UNKNOWN");
    const filter = { field: "note", op: "eq", value: "n" };
    expect((await post("/v1/nodes/query", { type_id: 1, filter })).body.error.reason).toBe(
      "FIELD_UNKNOWN",
    );
    const again = { node_types: [{ type_id: 1, name: "User", fields: [NOTE] }] };
    const merged = await post("/v1/schema", again);
    expect(merged.body.error.details["change"]).toBe("reserved_id_used");
  });
});

describe("a former name", () => {
  test("is understood wherever a name is read; answers have the current one", async () => {
    await replace(V2);
    const write = { op: "create_node", type: "Person", payload: { mail: "eve@x" } };
    const { body } = await post("/v1/atomic", { operations: [write] });
    expect(body.error).toBeUndefined();
    expect((await get("/v1/nodes?type=Person&filter.mail=eve@x&order=-mail")).nodes).toMatchObject([
      { payload: { email: "eve@x" } },
    ]);
    expect(await get("/v1/nodes/by-key?type=Person&field=mail&value=eve@x")).toMatchObject({
      payload: { email: "eve@x" },
    });
    const { former_names: names } = await get("/v1/schema");
    expect(names).toContainEqual({ type_id: 1, name: "Person" });
    const both = { op: "update_node", id: ada, payload: { mail: "a", email: "b" } };
    const refused = await post("/v1/atomic", { operations: [both] });
    expect(refused.body.error.reason).toBe("INVALID_REQUEST");
  });

  test("means what is called so from the moment that something is", async () => {
    await replace(V2);
    await replace({ ...V2, node_types: [...V2.node_types, { type_id: 2, name: "Person" }] });
    const { body } = await post("/v1/atomic", {
      operations: [{ op: "create_node", type: "Person", payload: {} }],
    });
    expect((await get(`/v1/nodes/${body.results[0].node_id}`)).type_id).toBe(2);
  });
});

test("a transaction registers with a mode, and what comes behind it speaks the new names", async () => {
  const { body } = await post("/v1/atomic", {
    operations: [{ op: "register_schema", schema: V2, mode: "replace" }],
  });
  expect(body.error).toBeUndefined();
  expect((await get(`/v1/nodes/${ada}`)).payload).toEqual({ email: "ada@x" });
});
