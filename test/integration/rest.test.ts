/**
 * REST through the server as users start it: a graph written by name, read back by name,
 * and everything between that only the whole can show.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { GRAPH_SCHEMA } from "../harness/graph-schema.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";
import { Rest } from "../harness/wire.ts";

let server: TestServer;
let rest: Rest;
beforeAll(async () => {
  server = await startTestServer();
  rest = new Rest(server.httpUrl);
  expect((await rest.post("/v1/schema", GRAPH_SCHEMA)).status).toBe(200);
});
afterAll(() => server[Symbol.asyncDispose]());

const user = (email: string, more: object = {}) => ({
  op: "create_node",
  type: "User",
  payload: { email, ...more },
});

/** Creates one node; its id. */
async function create(operation: object): Promise<string> {
  const { status, body } = await rest.post("/v1/atomic", { operations: [operation] });
  expect([status, body.error]).toEqual([200, undefined]);
  return body.results[0].node_id;
}

async function refusal(operation: object): Promise<[number, string]> {
  const { status, body } = await rest.post("/v1/atomic", { operations: [operation] });
  return [status, body.error?.reason];
}

describe("a graph", () => {
  test("is written at once and read back", async () => {
    const written = await rest.atomic("graph-1", [
      { ...user("ada@x", { name: "Ada", age: 36 }), alias: "ada" },
      { ...user("bob@x", { name: "Bob", age: 0 }), alias: "bob" },
      {
        op: "create_edge",
        edge_type: "Knows",
        from: "$ada.id",
        to: "$bob.id",
        payload: { since: 1999 },
      },
      { op: "update_node", id: "$bob.id", payload: { country: "NO" } },
    ]);
    expect(written.status).toBe(200);
    expect(written.body).toMatchObject({
      results: [
        { alias: "ada", version: 1, created: true },
        { alias: "bob", version: 1, created: true },
        { created: true },
        { version: 1 },
      ],
      applied: true,
      idempotency_key: "graph-1",
    });
    expect(written.body.wal_position).toMatch(/^0:\d+$/);
    const [ada, bob, edge] = written.body.results;

    const read = await rest.get(`/v1/nodes/${bob.node_id}?at_least=${written.body.position_token}`);
    expect(read.body).toMatchObject({
      id: bob.node_id,
      type_id: 1,
      tenant_id: "acme",
      owner_actor: "user:ada",
      payload: { email: "bob@x", name: "Bob", age: 0, country: "NO" },
      deleted: false,
      version: 1,
    });
    expect(read.body.created_at).toBe(read.body.updated_at);
    expect(Math.abs(read.body.created_at - Date.now())).toBeLessThan(60_000);

    const out = await rest.get(
      `/v1/nodes/${ada.node_id}/edges/out?edge_type=Knows&with_nodes=true`,
    );
    expect(out.body).toMatchObject({
      edges: [
        {
          id: edge.edge_id,
          edge_type_id: 100,
          from_id: ada.node_id,
          to_id: bob.node_id,
          payload: { since: 1999 },
        },
      ],
      nodes: [{ id: bob.node_id }],
      next_cursor: null,
      has_more: false,
    });
    const into = await rest.get(`/v1/nodes/${bob.node_id}/edges/in?edge_type=100`);
    expect(into.body.edges).toHaveLength(1);
    const connected = await rest.get(`/v1/nodes/${ada.node_id}/connected?edge_type=100&depth=2`);
    expect(connected.body.nodes).toMatchObject([{ distance: 1, node: { id: bob.node_id } }]);
  });

  test("the same key and request have the same answer; another request is refused", async () => {
    const operations = [user("same@x")];
    const first = await rest.atomic("same", operations);
    const again = await rest.atomic("same", operations);
    expect(again.body).toEqual(first.body);
    const other = await rest.atomic("same", [user("other@x")]);
    expect([other.status, other.body.error.reason]).toEqual([409, "IDEMPOTENCY_KEY_REUSED"]);
    const receipt = await rest.get("/v1/receipts/same");
    expect(receipt.body).toMatchObject({
      state: "applied",
      results: [{ node_id: first.body.results[0].node_id, version: 1 }],
      wal_position: first.body.wal_position,
    });
    expect((await rest.get("/v1/receipts/never")).body).toEqual({ state: "unknown" });
  });

  test("a rejected transaction keeps its rejection under its key", async () => {
    await create(user("taken@x"));
    const rejected = await rest.atomic("rejected", [user("taken@x")]);
    expect([rejected.status, rejected.body.error.reason]).toEqual([409, "UNIQUE_CONFLICT"]);
    const receipt = await rest.get("/v1/receipts?key=rejected");
    expect(receipt.body).toMatchObject({
      state: "rejected",
      rejection: { code: "CONFLICT", reason: "UNIQUE_CONFLICT" },
    });
  });
});

describe("one node through its life", () => {
  test("update, conflict, delete, restore, purge", async () => {
    const id = await create(user("life@x", { age: 1 }));
    const write = (op: string, more: object = {}) =>
      rest.post("/v1/atomic", { operations: [{ op, id, ...more }] });
    expect(
      (await write("update_node", { payload: { age: null, name: "L" }, expected_version: 1 })).body
        .results[0].version,
    ).toBe(2);
    expect((await rest.get(`/v1/nodes/${id}`)).body.payload).toEqual({
      email: "life@x",
      name: "L",
    });

    const stale = await write("update_node", { payload: { age: 2 }, expected_version: 1 });
    expect([stale.status, stale.body.error.reason]).toEqual([409, "VERSION_CONFLICT"]);
    const unmet = await write("update_node", {
      payload: { age: 2 },
      preconditions: { name: "other" },
    });
    expect([unmet.status, unmet.body.error.reason]).toEqual([409, "PRECONDITION_FAILED"]);
    const met = await write("update_node", {
      payload: { age: 2 },
      preconditions: { name: "L", age: null },
    });
    expect(met.body.results[0].version).toBe(3);

    expect((await write("delete_node")).body.results[0].version).toBe(4);
    expect((await rest.get(`/v1/nodes/${id}`)).status).toBe(404);
    expect((await rest.get(`/v1/nodes/${id}?include_deleted=true`)).body).toMatchObject({
      deleted: true,
      version: 4,
    });
    expect(await refusal({ op: "update_node", id, payload: { age: 3 } })).toEqual([
      409,
      "NODE_DELETED",
    ]);
    expect((await write("restore_node")).body.results[0].version).toBe(5);
    await write("purge_node");
    expect((await rest.get(`/v1/nodes/${id}?include_deleted=true`)).body.error.reason).toBe(
      "NODE_NOT_FOUND",
    );
    expect(await refusal({ op: "update_node", id, payload: { age: 3 } })).toEqual([
      404,
      "NODE_NOT_FOUND",
    ]);
  });

  test("with wait durable: ids and position at once, and the next write knows the node", async () => {
    const written = await rest.post("/v1/atomic", {
      operations: [user("durable@x")],
      wait: "durable",
    });
    expect(written.body).toMatchObject({ applied: false, results: [{ created: true }] });
    expect(written.body.results[0]).not.toHaveProperty("version");
    const id = written.body.results[0].node_id;
    const updated = await rest.post("/v1/atomic", {
      operations: [{ op: "update_node", id, payload: { age: 5 } }],
    });
    expect(updated.status).toBe(200);
    const read = await rest.get(`/v1/nodes/${id}?consistency=strong`);
    expect(read.body.payload).toEqual({ email: "durable@x", age: 5 });
  });

  test("an edge is found by its ends, changed, and deleted", async () => {
    const [from, to] = [await create(user("from@x")), await create(user("to@x"))];
    const ends = { edge_type: "Owns", from, to };
    await rest.post("/v1/atomic", { operations: [{ op: "create_edge", ...ends }] });
    const edges = () => rest.get(`/v1/nodes/${from}/edges/out`).then(({ body }) => body.edges);
    expect(await edges()).toMatchObject([{ payload: { since: 2000 } }]);
    await rest.post("/v1/atomic", {
      operations: [{ op: "update_edge", ...ends, payload: { since: 7 } }],
    });
    expect(await edges()).toMatchObject([{ payload: { since: 7 } }]);
    expect(await refusal({ op: "create_edge", ...ends })).toEqual([409, "EDGE_ALREADY_EXISTS"]);
    await rest.post("/v1/atomic", {
      operations: [{ op: "delete_edge", id: (await edges())[0].id }],
    });
    expect(await edges()).toEqual([]);
  });
});

describe("values", () => {
  test("of every kind come back as they went", async () => {
    const target = await create(user("target@x"));
    const payload = {
      text: "",
      count: "-9223372036854775808",
      ratio: 0.1,
      done: false,
      due: 1_700_000_000_000,
      status: "b",
      tags: ["", "ä", "😀"],
      scores: [0, "9223372036854775807", -1],
      parent: target,
      meta: { a: [1, null, { b: "c" }] },
      blob: "AP8=",
      key: "",
    };
    const id = await create({ op: "create_node", type: "Thing", payload });
    expect((await rest.get(`/v1/nodes/${id}`)).body.payload).toEqual(payload);
  });

  test.each([
    ["count", 0],
    ["ratio", 0],
    ["done", false],
    ["text", ""],
    ["tags", []],
  ])("%s = %p is a value, not absence", async (field, value) => {
    const id = await create({ op: "create_node", type: "Thing", payload: { [field]: value } });
    expect((await rest.get(`/v1/nodes/${id}`)).body.payload).toEqual({ [field]: value });
    await rest.post("/v1/atomic", { operations: [{ op: "purge_node", id }] });
  });

  test.each<[string, unknown, string]>([
    ["text", "a\0b", "INVALID_VALUE"],
    ["text", "\ud800", "INVALID_VALUE"],
    ["count", "9223372036854775808", "INVALID_VALUE"],
    ["count", 1.5, "INVALID_VALUE"],
    ["ratio", "1", "FIELD_KIND_MISMATCH"],
    ["status", "c", "ENUM_VALUE_UNKNOWN"],
    ["parent", "nd_nothing", "INVALID_VALUE"],
    ["blob", "AP8", "INVALID_VALUE"],
    ["done", 1, "FIELD_KIND_MISMATCH"],
  ])("%s = %p is refused", async (field, value, reason) => {
    const operation = { op: "create_node", type: "Thing", payload: { [field]: value } };
    expect(await refusal(operation)).toEqual([400, reason]);
  });

  test("what the type demands is refused at apply, with its name", async () => {
    expect(await refusal({ op: "create_node", type: "Task" })).toEqual([400, "FIELD_REQUIRED"]);
    const thing = await create({ op: "create_node", type: "Thing" });
    expect(
      await refusal({ op: "create_edge", edge_type: "Knows", from: thing, to: thing }),
    ).toEqual([400, "EDGE_ENDS_MISMATCH"]);
  });
});

describe("queries", () => {
  const names = (nodes: { payload: { text: string } }[]) =>
    nodes.map(({ payload }) => payload.text);
  let reader: Rest;
  beforeAll(async () => {
    reader = new Rest(server.httpUrl, "queries");
    await reader.post("/v1/schema", GRAPH_SCHEMA);
    const things = [
      { text: "a", count: 1, tags: ["x", "y"], status: "a" },
      { text: "b, c", count: 2, tags: ["y"], status: "b" },
      { text: "c", count: "9223372036854775807", tags: [] },
      { text: "d" },
    ];
    const operations = things.map((payload) => ({ op: "create_node", type: "Thing", payload }));
    expect((await reader.post("/v1/atomic", { operations })).status).toBe(200);
  });

  test.each([
    ["", ["a", "b, c", "c", "d"]],
    ["filter.text=a", ["a"]],
    ["filter.text.neq=a", ["b, c", "c", "d"]],
    ["filter.count.gt=1", ["b, c", "c"]],
    ["filter.count=9223372036854775807", ["c"]],
    ["filter.count.lte=2&filter.count.gte=2", ["b, c"]],
    ["filter.count.neq=1", ["b, c", "c"]],
    ["filter.count.in=1,2", ["a", "b, c"]],
    ["filter.text.in=%5B%22b, c%22%5D", ["b, c"]],
    ["filter.text.like=%25c", ["b, c", "c"]],
    ["filter.text.contains=,", ["b, c"]],
    ["filter.tags.contains=y", ["a", "b, c"]],
    ["filter.status=b", ["b, c"]],
    ["filter.count.is_null=true", ["d"]],
    ["filter.created_at.gte=1000000000000", ["a", "b, c", "c", "d"]],
    ["filter.version.gt=1", []],
  ])("%s", async (filter, expected) => {
    const page = await reader.get(`/v1/nodes?type=Thing&order=text&${filter}`);
    expect(names(page.body.nodes)).toEqual(expected);
    expect(page.body.total_count).toBe(expected.length);
    const count = await reader.get(`/v1/nodes/count?type=Thing&${filter}`);
    expect(count.body).toEqual({ count: expected.length });
  });

  test("and, or, in a body", async () => {
    const page = await reader.post("/v1/nodes/query", {
      type: "Thing",
      filter: {
        or: [
          {
            and: [
              { field: "count", op: "lt", value: 2 },
              { field: "tags", op: "contains", value: "x" },
            ],
          },
          { field: "count", op: "is_null" },
        ],
      },
      order: ["-text"],
    });
    expect(names(page.body.nodes)).toEqual(["d", "a"]);
  });

  test("pages by cursor and by offset cover everything once", async () => {
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { body } = await reader.get(`/v1/nodes?type=Thing&order=-text&limit=1${query}`);
      seen.push(...names(body.nodes));
      expect(body.has_more).toBe(body.next_cursor !== null);
      cursor = body.next_cursor;
    }
    expect(seen).toEqual(["d", "c", "b, c", "a"]);
    const { body } = await reader.get("/v1/nodes?type=Thing&order=text&limit=2&offset=3");
    expect([names(body.nodes), body.total_count]).toEqual([["d"], 4]);
    const both = await reader.get("/v1/nodes?type=Thing&offset=1&cursor=AA");
    expect(both.status).toBe(400);
  });

  test("by key, by ids", async () => {
    const id = await create(user("key@x", { country: "NO", passport: "7" }));
    expect((await rest.get("/v1/nodes/by-key?type=User&field=email&value=key@x")).body.id).toBe(id);
    const composite = "/v1/nodes/by-key?type=User&key=papers&value.passport=7&value.country=NO";
    expect((await rest.get(composite)).body.id).toBe(id);
    expect((await rest.get(composite.replace("NO", "SE"))).status).toBe(404);
    const missing = "nd_01hzy3v7q8r9s0t1v2w3x4y5z6";
    const many = await rest.post("/v1/nodes/get", { ids: [missing, id] });
    expect(many.body).toMatchObject({ nodes: [{ id }], missing_ids: [missing] });
  });
});

describe("schemas", () => {
  test("come back in the form that registers them, and along with a transaction", async () => {
    const other = new Rest(server.httpUrl, "schemas");
    const empty = await other.get("/v1/schema");
    expect(empty.body).toMatchObject({ node_types: [], edge_types: [] });
    const written = await other.post("/v1/atomic", {
      operations: [{ op: "create_node", type: "User", payload: { email: "s@x" } }],
      schema: GRAPH_SCHEMA,
    });
    expect(written.status).toBe(200);
    const { body } = await other.get("/v1/schema");
    expect(body.fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
    const { fingerprint, ...form } = body;
    const again = await other.post("/v1/schema", form);
    expect(again.body).toMatchObject({ fingerprint, changed: false, differences: [] });
  });

  test("an unknown fingerprint is told, and cured by sending the types", async () => {
    const other = new Rest(server.httpUrl, "fingerprints");
    await other.post("/v1/schema", GRAPH_SCHEMA);
    const operations = [{ op: "create_node", type: "User" }];
    const unknown = await other.post("/v1/atomic", {
      operations,
      schema_fingerprint: `sha256:${"0".repeat(64)}`,
    });
    expect([unknown.status, unknown.body.error.reason]).toEqual([409, "SCHEMA_UNKNOWN"]);
    const { fingerprint } = (await other.get("/v1/schema")).body;
    expect(
      (await other.post("/v1/atomic", { operations, schema_fingerprint: fingerprint })).status,
    ).toBe(200);
  });

  test("what contradicts is refused", async () => {
    const changed = {
      node_types: [
        { type_id: 1, name: "User", fields: [{ field_id: 1, name: "email", kind: "int" }] },
      ],
    };
    const { status, body } = await rest.post("/v1/schema", changed);
    expect([status, body.error.reason]).toEqual([409, "SCHEMA_INCOMPATIBLE"]);
  });
});

describe("tenants", () => {
  test("see nothing of each other", async () => {
    const id = await create(user("mine@x"));
    const stranger = new Rest(server.httpUrl, "stranger");
    await stranger.post("/v1/schema", GRAPH_SCHEMA);
    expect((await stranger.get(`/v1/nodes/${id}`)).body.error.reason).toBe("NODE_NOT_FOUND");
    expect((await stranger.get("/v1/nodes?type=User")).body.nodes).toEqual([]);
    const update = { operations: [{ op: "update_node", id, payload: { age: 1 } }] };
    expect((await stranger.post("/v1/atomic", update)).status).toBe(404);
    const cursor = (await rest.get("/v1/nodes?type=User&limit=1")).body.next_cursor;
    const stolen = await stranger.get(`/v1/nodes?type=User&limit=1&cursor=${cursor}`);
    expect([stolen.status, stolen.body.error.reason]).toEqual([400, "INVALID_CURSOR"]);
  });

  test("that do not exist yet have no nodes and no types", async () => {
    const nobody = new Rest(server.httpUrl, "nobody");
    expect((await nobody.get("/v1/nodes/nd_01hzy3v7q8r9s0t1v2w3x4y5z6")).body.error.reason).toBe(
      "TENANT_NOT_FOUND",
    );
    expect((await nobody.get("/v1/schema")).status).toBe(200);
  });
});

describe("the server", () => {
  test("is alive, ready and healthy, counts, and documents itself", async () => {
    const get = (path: string) => fetch(server.httpUrl + path);
    expect((await get("/livez")).status).toBe(200);
    expect((await get("/readyz")).status).toBe(200);
    expect(await (await get("/health")).json()).toMatchObject({
      status: "healthy",
      components: { wal: "connected" },
    });
    const metrics = await (await get("/metrics")).text();
    expect(metrics).toContain(
      'entdb_requests_total{face="rest",method="POST /v1/atomic",code="200"}',
    );
    expect(await (await get("/openapi.json")).json()).toMatchObject({ openapi: "3.1.0" });
    expect(await (await get("/admin/log")).json()).toMatchObject({
      topic: "entdb-wal",
      tenants_behind: [],
    });
  });

  test("rebuilds a tenant and has the same again", async () => {
    const before = await rest.get("/v1/nodes?type=User&limit=1000");
    const { status, body } = await rest.post("/admin/tenants/acme/rebuild", {});
    expect(status).toBe(200);
    expect(body.content_hash_after).toBe(body.content_hash_before);
    expect(body.outcome_digest_after).toBe(body.outcome_digest_before);
    expect((await rest.get("/v1/nodes?type=User&limit=1000")).body).toEqual(before.body);
    expect((await rest.post("/admin/tenants/acme/retry", {})).body).toMatchObject({
      resumed: true,
    });
    expect((await rest.post("/admin/tenants/never/rebuild", {})).body.error.reason).toBe(
      "TENANT_NOT_FOUND",
    );
  });

  test("serves Connect on the same port, behind the same guards", async () => {
    const call = (headers: Record<string, string>) =>
      fetch(`${server.httpUrl}/entdb.v1.EntDBService/GetSchema`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-tenant-id": "acme",
          "x-actor": "user:ada",
          ...headers,
        },
        body: "{}",
      });
    const answer = await call({});
    expect(await answer.json()).toMatchObject({
      schema: { nodeTypes: [{ name: "User" }, {}, {}] },
    });
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await call({ host: "evil.example" })).status).toBe(403);
    expect((await call({ origin: "https://evil.example" })).status).toBe(403);
  });
});

test("a deadline that passes while a read waits is a failure, never an older answer", async () => {
  const headers = { "x-tenant-id": "acme", "x-actor": "user:ada", "x-timeout-ms": "0" };
  const response = await fetch(`${server.httpUrl}/v1/schema`, { headers });
  expect([
    response.status,
    ((await response.json()) as { error: { reason: string } }).error.reason,
  ]).toEqual([503, "DEADLINE_EXCEEDED"]);
});
