/** The reading routes: what the engine is asked for, and what its answer becomes. */
import { describe, expect, test } from "bun:test";
import { GRAPH_SCHEMA } from "../../../test/harness/graph-schema.ts";
import { RestApp, schemaOf } from "../../../test/harness/rest-app.ts";
import { nodeOf } from "../../../test/harness/scripted-engine.ts";
import { EntError } from "../../base/errors.ts";
import type { JsonValue } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";
import type { Engine, NodePage } from "../../engine/engine.ts";
import type { Freshness } from "../../engine/reading.ts";
import type { Edge, Node } from "../../record/graph.ts";
import type { Value } from "../../schema/value.ts";

const TOKEN = new Uint8Array([1, 2, 3]);
const CURSOR = new Uint8Array([9, 8]);
const ID = nodeOf().id;

const THING: Node = {
  ...nodeOf(),
  typeId: 3,
  fields: new Map<number, Value>([
    [1, { kind: "str", value: "" }],
    [2, { kind: "int", value: 2n ** 63n - 1n }],
    [3, { kind: "float", value: 0.1 }],
    [4, { kind: "bool", value: false }],
    [5, { kind: "timestamp", value: 1_700_000_000_000n }],
    [6, { kind: "enum", value: 2 }],
    [7, { kind: "list_str", value: ["a", "b"] }],
    [8, { kind: "list_int", value: [1n, 2n ** 60n] }],
    [9, { kind: "ref", value: ID }],
    [10, { kind: "json", value: '{"a": 1.0}' }],
    [11, { kind: "bytes", value: new Uint8Array([0, 255]) }],
    [99, { kind: "str", value: "of a field that the schema does not know" }],
  ]),
};

const EDGE: Edge = {
  id: "ed_01hzy3v7q8r9s0t1v2w3x4y5z6",
  edgeTypeId: 100,
  fromId: ID,
  toId: ID,
  fields: new Map<number, Value>([[1, { kind: "int", value: 7n }]]),
  createdAt: 1,
  updatedAt: 2,
};

/** An app whose engine keeps how it is asked, and answers with one of everything. */
function recording(engine: Partial<Engine> = {}) {
  const asked: { request: unknown; freshness: Freshness; tenantId: string }[] = [];
  const keep =
    <T extends object>(answer: T) =>
    async (caller: { tenantId: string }, request: unknown, freshness: Freshness) => {
      asked.push({ request, freshness, tenantId: caller.tenantId });
      return { ...answer, positionToken: TOKEN };
    };
  const page: NodePage = {
    nodes: [nodeOf()],
    nextCursor: CURSOR,
    hasMore: true,
    totalCount: 12,
    totalCountAbsentReason: undefined,
  };
  const app = new RestApp({
    engine: {
      getSchema: schemaOf(GRAPH_SCHEMA),
      getNode: keep({ node: THING }),
      getNodes: keep({ nodes: [nodeOf()], missingIds: ["nd_x"] }),
      getNodeByKey: keep({ node: nodeOf() }),
      queryNodes: keep(page),
      countNodes: keep({ count: 5 }),
      listEdges: keep({ edges: [EDGE], nodes: [nodeOf()], nextCursor: undefined, hasMore: false }),
      listConnected: keep({
        nodes: [{ node: nodeOf(), distance: 2 }],
        nextCursor: undefined,
        hasMore: false,
      }),
      getReceipt: keep({ state: "pending" as const }),
      ...engine,
    },
  });
  return { app, asked };
}

/** What the engine is asked for by this path. */
async function understood(path: string): Promise<Record<string, unknown>> {
  const { app, asked } = recording();
  const answer = await app.get(path);
  if (answer.status !== 200) throw new Error(answer.text);
  return asked[0]?.request as Record<string, unknown>;
}

async function reasonOf(path: string): Promise<string> {
  const { app, asked } = recording();
  const { reason } = await app.get(path);
  expect(asked).toEqual([]);
  return reason;
}

describe("GET /v1/nodes/:id", () => {
  test("answers with names, times in Unix ms and integers that nobody rounds", async () => {
    const { app, asked } = recording();
    const { status, json, text, headers } = await app.get(`/v1/nodes/${ID}?include_deleted=true`);
    expect(status).toBe(200);
    expect(asked[0]).toMatchObject({ request: { id: ID, includeDeleted: true }, tenantId: "acme" });
    expect(headers.get("x-entdb-position")).toBe("AQID");
    expect(text).toContain('"meta":{"a": 1.0}');
    expect(json).toMatchObject({
      id: ID,
      type_id: 3,
      tenant_id: "acme",
      owner_actor: "user:alice",
      created_at: 1_700_000_000_000,
      updated_at: 1_700_000_000_001,
      deleted: false,
      version: 1,
      payload: {
        text: "",
        count: "9223372036854775807",
        ratio: 0.1,
        done: false,
        due: 1_700_000_000_000,
        status: "b",
        tags: ["a", "b"],
        scores: [1, "1152921504606846976"],
        parent: ID,
        blob: "AP8=",
        99: "of a field that the schema does not know",
      },
    });
  });

  test("a missing node is 404", async () => {
    const { app } = recording({
      getNode: async () => {
        throw new EntError({
          code: "not_found",
          reason: "NODE_NOT_FOUND",
          message: "No such node.",
        });
      },
    });
    const { status, json } = await app.get(`/v1/nodes/${ID}`);
    expect(status).toBe(404);
    expect(json["error"]).toMatchObject({ code: "NOT_FOUND", reason: "NODE_NOT_FOUND" });
  });
});

describe("how fresh", () => {
  const path = `/v1/nodes/${ID}`;
  const freshness = async (query: string, headers: Record<string, string> = {}) => {
    const { app, asked } = recording();
    const { reason } = await app.get(path + query, headers);
    return reason === "" ? asked[0]?.freshness : reason;
  };

  test("is not asked for by default", async () => {
    expect(await freshness("")).toEqual({ atLeast: undefined, strong: false });
  });

  test("is a token in query or header, or both the same", async () => {
    const wanted = { atLeast: TOKEN, strong: false };
    expect(await freshness("?at_least=AQID")).toEqual(wanted);
    expect(await freshness("", { "x-entdb-position": "AQID" })).toEqual(wanted);
    expect(await freshness("?at_least=AQID", { "x-entdb-position": "AQID" })).toEqual(wanted);
    expect(await freshness("?at_least=AQIE", { "x-entdb-position": "AQID" })).toBe(
      "INVALID_REQUEST",
    );
  });

  test("is everything durable with consistency=strong", async () => {
    expect(await freshness("?consistency=strong&at_least=AQID")).toEqual({
      atLeast: TOKEN,
      strong: true,
    });
    expect(await freshness("?consistency=weak")).toBe("INVALID_REQUEST");
  });

  test.each(["AQI%3D", "AQ+D", "%C3%A4", "A", "AQID AQID", "x".repeat(limits.cursorBytes * 2 + 4)])(
    "%p is no token",
    async (token) => expect(await freshness(`?at_least=${token}`)).toBe("INVALID_POSITION"),
  );

  test("in a body as well", async () => {
    const { app, asked } = recording();
    await app.post("/v1/nodes/get", { ids: [ID], at_least: "AQID", consistency: "strong" });
    expect(asked[0]?.freshness).toEqual({ atLeast: TOKEN, strong: true });
  });
});

describe("POST /v1/nodes/get", () => {
  test("answers with what is there and what is missing", async () => {
    const { app, asked } = recording();
    const { json } = await app.post("/v1/nodes/get", { ids: [ID, "nd_x"], include_deleted: true });
    expect(asked[0]?.request).toEqual({ ids: [ID, "nd_x"], includeDeleted: true });
    expect(json).toMatchObject({ nodes: [{ id: ID }], missing_ids: ["nd_x"] });
  });

  test("takes as many ids as allowed, and not one more", async () => {
    const { app } = recording();
    const ids = Array(limits.idsPerGet).fill(ID);
    expect((await app.post("/v1/nodes/get", { ids })).status).toBe(200);
    expect((await app.post("/v1/nodes/get", { ids: [...ids, ID] })).reason).toBe("LIMIT_EXCEEDED");
    expect((await app.post("/v1/nodes/get", { ids: [] })).reason).toBe("INVALID_REQUEST");
  });
});

describe("GET /v1/nodes/by-key", () => {
  test("by a unique field", async () => {
    expect(await understood("/v1/nodes/by-key?type=User&field=email&value=a%2Bb%40x")).toEqual({
      typeId: 1,
      key: { by: "field", fieldId: 1 },
      values: [{ kind: "str", value: "a+b@x" }],
    });
  });

  test("by a composite key, whatever the order of its fields", async () => {
    const path = "/v1/nodes/by-key?type_id=1&key=papers&value.passport=7&value.country=NO";
    expect(await understood(path)).toEqual({
      typeId: 1,
      key: { by: "key", keyId: 1 },
      values: [
        { kind: "str", value: "NO" },
        { kind: "str", value: "7" },
      ],
    });
  });

  test.each([
    ["nothing", "", "INVALID_REQUEST"],
    ["both", "&field=email&key=papers&value=x", "INVALID_REQUEST"],
    ["no value", "&field=email", "INVALID_REQUEST"],
    ["a part of a key", "&key=papers&value.country=NO", "INVALID_REQUEST"],
    [
      "a field that is not of the key",
      "&key=papers&value.country=NO&value.passprt=1",
      "INVALID_REQUEST",
    ],
    [
      "a field twice",
      "&key=papers&value.country=NO&value.country=SE&value.passport=1",
      "INVALID_REQUEST",
    ],
    ["a value beside a key", "&key=papers&value=1", "INVALID_REQUEST"],
    ["fields beside a field", "&field=email&value=x&value.country=NO", "INVALID_REQUEST"],
    ["an unknown key", "&key=paper&value.x=1", "KEY_UNKNOWN"],
    ["an unknown field", "&field=mail&value=x", "FIELD_UNKNOWN"],
  ])("by %s is refused", async (_what, query, reason) => {
    expect(await reasonOf(`/v1/nodes/by-key?type=User${query}`)).toBe(reason);
  });
});

describe("GET /v1/nodes", () => {
  const path = "/v1/nodes?type_id=1";

  test("asks for everything of a type by default, and counts it", async () => {
    expect(await understood(path)).toEqual({
      typeId: 1,
      filter: undefined,
      order: [],
      pageSize: 0,
      cursor: undefined,
      offset: 0,
      includeDeleted: false,
      withTotalCount: true,
    });
  });

  test("answers with nodes, count and cursor", async () => {
    const { app } = recording();
    const { json } = await app.get(path);
    expect(json).toMatchObject({
      nodes: [{ id: ID, payload: { email: "hello" } }],
      total_count: 12,
      next_cursor: "CQg",
      has_more: true,
    });
  });

  test("a window, an order, deleted ones", async () => {
    const query =
      "&limit=10&offset=20&order=name,-created_at&include_deleted=true&total_count=false";
    expect(await understood(path + query)).toMatchObject({
      pageSize: 10,
      offset: 20,
      includeDeleted: true,
      withTotalCount: false,
      order: [
        { operand: { of: "field", fieldId: 2 }, descending: false },
        { operand: { of: "attribute", attribute: "created_at" }, descending: true },
      ],
    });
  });

  test("a page by cursor is not counted again unless asked for", async () => {
    expect(await understood(`${path}&cursor=CQg`)).toMatchObject({
      cursor: CURSOR,
      withTotalCount: false,
    });
    expect(await understood(`${path}&cursor=CQg&total_count=true`)).toMatchObject({
      withTotalCount: true,
    });
    const { app } = recording();
    expect((await app.get(`${path}&cursor=CQg`)).json).not.toHaveProperty("total_count");
  });

  test("a count beyond the budget is null, with the reason", async () => {
    const { app } = recording({
      queryNodes: async () => ({
        nodes: [],
        nextCursor: undefined,
        hasMore: false,
        totalCount: undefined,
        totalCountAbsentReason: "scan budget",
        positionToken: TOKEN,
      }),
    });
    expect((await app.get(path)).json).toEqual({
      nodes: [],
      total_count: null,
      total_count_absent_reason: "scan budget",
      next_cursor: null,
      has_more: false,
    });
  });

  test.each([
    ["no type", "/v1/nodes", "INVALID_REQUEST"],
    ["an unknown type", "/v1/nodes?type=Usr", "TYPE_UNKNOWN"],
    ["a type that is no number", "/v1/nodes?type_id=User", "INVALID_REQUEST"],
    ["a limit of 0", `${path}&limit=0`, "INVALID_REQUEST"],
    ["a limit past the largest", `${path}&limit=${limits.pageRowsMax + 1}`, "INVALID_REQUEST"],
    ["an offset past the largest", `${path}&offset=${limits.pageOffsetMax + 1}`, "INVALID_REQUEST"],
    ["an unknown parameter", `${path}&limits=3`, "INVALID_REQUEST"],
    ["a parameter twice", `${path}&limit=3&limit=3`, "INVALID_REQUEST"],
    ["a flag that is none", `${path}&include_deleted=yes`, "INVALID_REQUEST"],
    ["an order by an unknown field", `${path}&order=nmae`, "FIELD_UNKNOWN"],
    ["an empty term of an order", `${path}&order=name,`, "INVALID_REQUEST"],
    ["a cursor that is none", `${path}&cursor=%21`, "INVALID_CURSOR"],
    ["a broken escape", `${path}&filter.name=%zz`, "INVALID_REQUEST"],
    ["bytes that are no UTF-8", `${path}&filter.name=%ff`, "INVALID_REQUEST"],
  ])("%s is refused", async (_what, query, reason) => {
    expect(await reasonOf(query)).toBe(reason);
  });

  test("the largest limit and offset are taken", async () => {
    const { pageRowsMax, pageOffsetMax } = limits;
    expect(await understood(`${path}&limit=${pageRowsMax}&offset=${pageOffsetMax}`)).toMatchObject({
      pageSize: pageRowsMax,
      offset: pageOffsetMax,
    });
  });
});

describe("a filter in the query", () => {
  const field = (fieldId: number) => ({ of: "field", fieldId });
  const str = (value: string) => ({ kind: "str", value });
  const int = (value: bigint) => ({ kind: "int", value });

  test.each<[string, unknown]>([
    ["name=Ada", { op: "eq", operand: field(2), values: [str("Ada")] }],
    ["name=", { op: "eq", operand: field(2), values: [str("")] }],
    ["name.neq=a%2Cb", { op: "neq", operand: field(2), values: [str("a,b")] }],
    ["age.gte=18", { op: "gte", operand: field(3), values: [int(18n)] }],
    ["age=9223372036854775807", { op: "eq", operand: field(3), values: [int(2n ** 63n - 1n)] }],
    ["age.in=1,2,-3", { op: "in", operand: field(3), values: [int(1n), int(2n), int(-3n)] }],
    [
      "name.in=%5B%22a,b%22,%22c%22%5D",
      { op: "in", operand: field(2), values: [str("a,b"), str("c")] },
    ],
    ["name.like=A%25_", { op: "like", operand: field(2), values: [str("A%_")] }],
    ["name.contains=d+a", { op: "contains", operand: field(2), values: [str("d a")] }],
    ["age.is_null=true", { op: "is_null", operand: field(3), values: [] }],
    [
      "created_at.lt=1700000000000",
      {
        op: "lt",
        operand: { of: "attribute", attribute: "created_at" },
        values: [{ kind: "timestamp", value: 1_700_000_000_000n }],
      },
    ],
    [
      "version=3",
      { op: "eq", operand: { of: "attribute", attribute: "version" }, values: [int(3n)] },
    ],
    [
      `id=${ID}`,
      {
        op: "eq",
        operand: { of: "attribute", attribute: "id" },
        values: [{ kind: "ref", value: ID }],
      },
    ],
  ])("filter.%s", async (filter, expected) => {
    expect((await understood(`/v1/nodes?type=User&filter.${filter}`))["filter"]).toEqual(
      expected as never,
    );
    expect((await understood(`/v1/nodes/count?type=User&filter.${filter}`))["filter"]).toEqual(
      expected as never,
    );
  });

  test("by name of an enum's value, by item of a list", async () => {
    const status = await understood("/v1/nodes?type=Task&filter.status.in=doing,done");
    expect(status["filter"]).toMatchObject({
      values: [
        { kind: "enum", value: 2 },
        { kind: "enum", value: 3 },
      ],
    });
    const tags = await understood("/v1/nodes?type=Thing&filter.tags.contains=x");
    expect(tags["filter"]).toMatchObject({ op: "contains", values: [str("x")] });
    const scores = await understood("/v1/nodes?type=Thing&filter.scores.contains=7");
    expect(scores["filter"]).toMatchObject({ op: "contains", values: [int(7n)] });
  });

  test("several must all hold, also of one field", async () => {
    const { filter } = await understood(
      "/v1/nodes?type=User&filter.age.gt=1&filter.age.gt=2&filter.name=x",
    );
    expect(filter).toMatchObject({
      op: "and",
      filters: [{ op: "gt" }, { op: "gt" }, { op: "eq" }],
    });
  });

  test.each([
    ["nmae=x", "FIELD_UNKNOWN"],
    ["name.equals=x", "INVALID_FILTER"],
    ["name.eq.eq=x", "INVALID_FILTER"],
    ["age=old", "FIELD_KIND_MISMATCH"],
    ["age=1.5", "FIELD_KIND_MISMATCH"],
    ["age.is_null=false", "INVALID_FILTER"],
    ["name.in=%5B", "INVALID_REQUEST"],
    ["=x", "FIELD_UNKNOWN"],
  ])("filter.%s is refused", async (filter, reason) => {
    expect(await reasonOf(`/v1/nodes?type=User&filter.${filter}`)).toBe(reason);
  });
});

describe("POST /v1/nodes/query", () => {
  const query = async (body: { [key: string]: JsonValue }) => {
    const { app, asked } = recording();
    const answer = await app.post("/v1/nodes/query", { type: "User", ...body });
    return { ...answer, asked: asked[0]?.request as Record<string, unknown> | undefined };
  };

  test("filters of any form", async () => {
    const { asked } = await query({
      filter: {
        or: [
          { field: "name", value: "Ada" },
          {
            and: [
              { field: "age", op: "in", values: [1, "2"] },
              { field: "email", op: "is_null" },
            ],
          },
          { field: "age", op: "in", value: [3] },
          { field: "email", op: "is_null", value: true },
        ],
      },
      order: ["-age"],
      limit: 5,
      cursor: "CQg",
      include_deleted: true,
    });
    const age = { of: "field", fieldId: 3 };
    const int = (value: bigint) => ({ kind: "int", value });
    const noMail = { op: "is_null", operand: { of: "field", fieldId: 1 }, values: [] };
    expect(asked).toEqual({
      typeId: 1,
      filter: {
        op: "or",
        filters: [
          {
            op: "eq",
            operand: { of: "field", fieldId: 2 },
            values: [{ kind: "str", value: "Ada" }],
          },
          { op: "and", filters: [{ op: "in", operand: age, values: [int(1n), int(2n)] }, noMail] },
          { op: "in", operand: age, values: [int(3n)] },
          noMail,
        ],
      },
      order: [{ operand: age, descending: true }],
      pageSize: 5,
      cursor: CURSOR,
      offset: 0,
      includeDeleted: true,
      withTotalCount: false,
    } as never);
  });

  test.each<[string, JsonValue, string]>([
    ["a filter that is none", 5, "INVALID_REQUEST"],
    ["an empty one", {}, "INVALID_REQUEST"],
    ["and beside or", { and: [], or: [] }, "INVALID_REQUEST"],
    ["an unknown operator", { field: "name", op: "equals", value: 1 }, "INVALID_REQUEST"],
    ["value and values", { field: "name", op: "in", value: 1, values: [1] }, "INVALID_FILTER"],
    [
      "an unknown field, deep down",
      { or: [{ and: [{ field: "nmae", value: 1 }] }] },
      "FIELD_UNKNOWN",
    ],
    ["an unknown member", { field: "name", vlaue: 1 }, "INVALID_REQUEST"],
  ])("%s is refused", async (_what, filter, reason) => {
    expect(await query({ filter })).toMatchObject({ reason, asked: undefined });
  });

  test("nesting far beyond any filter is refused, and nothing breaks", async () => {
    let filter: JsonValue = { field: "name", value: "x" };
    for (let i = 0; i < 60; i++) filter = { and: [filter] };
    expect((await query({ filter })).status).toBe(200);
    for (let i = 0; i < 1_000; i++) filter = { and: [filter] };
    expect(await query({ filter })).toMatchObject({ reason: "LIMIT_EXCEEDED", asked: undefined });
  });
});

test("GET /v1/nodes/count", async () => {
  const { app, asked } = recording();
  const { json } = await app.get("/v1/nodes/count?type=User&include_deleted=true");
  expect(json).toEqual({ count: 5 });
  expect(asked[0]?.request).toEqual({ typeId: 1, filter: undefined, includeDeleted: true });
});

describe("edges", () => {
  test.each(["out", "in"])("GET /v1/nodes/:id/edges/%s", async (direction) => {
    const { app, asked } = recording();
    const { json } = await app.get(`/v1/nodes/${ID}/edges/${direction}?edge_type=100&limit=3`);
    expect(asked[0]?.request).toEqual({
      nodeId: ID,
      direction,
      edgeTypeId: 100,
      withNodes: false,
      pageSize: 3,
      cursor: undefined,
    });
    expect(json).toEqual({
      edges: [
        {
          id: EDGE.id,
          edge_type_id: 100,
          from_id: ID,
          to_id: ID,
          payload: { since: 7 },
          created_at: 1,
          updated_at: 2,
        },
      ],
      next_cursor: null,
      has_more: false,
    });
  });

  test("all types by default, by name, with the nodes at the other ends", async () => {
    expect(await understood(`/v1/nodes/${ID}/edges/out`)).toMatchObject({ edgeTypeId: 0 });
    expect(await understood(`/v1/nodes/${ID}/edges/out?edge_type=Knows`)).toMatchObject({
      edgeTypeId: 100,
    });
    const { app } = recording();
    const { json } = await app.get(`/v1/nodes/${ID}/edges/out?with_nodes=true`);
    expect(json["nodes"]).toMatchObject([{ id: ID }]);
    expect(await reasonOf(`/v1/nodes/${ID}/edges/out?edge_type=Know`)).toBe("EDGE_TYPE_UNKNOWN");
    expect(await reasonOf(`/v1/nodes/${ID}/edges/out?edge_type=7`)).toBe("EDGE_TYPE_UNKNOWN");
  });

  test("GET /v1/nodes/:id/connected", async () => {
    const { app, asked } = recording();
    const { json } = await app.get(
      `/v1/nodes/${ID}/connected?edge_type=Knows&direction=in&depth=5&cursor=CQg`,
    );
    expect(asked[0]?.request).toEqual({
      nodeId: ID,
      edgeTypeId: 100,
      direction: "in",
      depth: 5,
      pageSize: 0,
      cursor: CURSOR,
    });
    expect(json).toMatchObject({ nodes: [{ distance: 2, node: { id: ID } }], has_more: false });
    expect(await reasonOf(`/v1/nodes/${ID}/connected`)).toBe("INVALID_REQUEST");
    expect(await reasonOf(`/v1/nodes/${ID}/connected?edge_type=100&depth=6`)).toBe(
      "INVALID_REQUEST",
    );
    expect(await reasonOf(`/v1/nodes/${ID}/connected?edge_type=100&direction=up`)).toBe(
      "INVALID_REQUEST",
    );
  });
});

describe("receipts", () => {
  test("by a key in the path, or of any characters in the query", async () => {
    const { app, asked } = recording();
    expect((await app.get("/v1/receipts/first%20graph")).json).toEqual({ state: "pending" });
    await app.get("/v1/receipts?key=a%2Fb%2F..%2F%C3%A4");
    expect(asked.map(({ request }) => request)).toEqual(["first graph", "a/b/../ä"]);
    asked.length = 0;
    for (const key of ["100%", "%41", "a+b", "ä ö", "%25"]) {
      await app.get(`/v1/receipts/${encodeURIComponent(key)}`);
      expect(asked.pop()?.request).toBe(key);
    }
    expect((await app.get("/v1/receipts")).reason).toBe("INVALID_IDEMPOTENCY_KEY");
    expect((await app.get("/v1/receipts/%ff")).reason).toBe("INVALID_REQUEST");
  });

  test("applied and rejected", async () => {
    const place = { positionToken: TOKEN, walPosition: "0:7", appliedAt: 1_700_000_000_000 };
    const placed = { wal_position: "0:7", position_token: "AQID", applied_at: 1_700_000_000_000 };
    const applied = recording({
      getReceipt: async () => ({
        state: "applied",
        results: [{ nodeId: ID, edgeId: "", version: 2, created: false }],
        ...place,
      }),
    });
    const done = await applied.app.get("/v1/receipts/k");
    expect(done.headers.get("x-entdb-position")).toBe("AQID");
    expect(done.json).toEqual({
      state: "applied",
      results: [{ node_id: ID, version: 2, created: false }],
      ...placed,
    });
    const rejected = recording({
      getReceipt: async () => ({
        state: "rejected",
        rejection: {
          state: "rejected",
          code: "already_exists",
          reason: "UNIQUE_CONFLICT",
          message: "m",
          hint: "",
          details: { field_name: "email" },
        },
        ...place,
      }),
    });
    expect((await rejected.app.get("/v1/receipts/k")).json).toEqual({
      state: "rejected",
      rejection: {
        code: "CONFLICT",
        reason: "UNIQUE_CONFLICT",
        message: "m",
        details: { field_name: "email" },
      },
      ...placed,
    });
  });
});
