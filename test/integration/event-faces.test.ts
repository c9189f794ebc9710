/**
 * What the native service, REST and ExecuteAtomic say about events beyond the contract that all
 * faces share: kinds of expectations, several aggregates at once, conditions, the graph beside
 * them, checkpoints, grants; JSON payloads; what each refuses by its own shape.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { EntDBService, WaitMode } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { EventStoreService } from "../../gen/entdb/v1/events_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { eventsOf } from "../../src/cli/server-events.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";
import { PEOPLE_SCHEMA, Rest, transportOf } from "../harness/wire.ts";

let server: TestServer;
let store: Client<typeof EventStoreService>;
let graph: Client<typeof EntDBService>;
let tenants = 0;

beforeAll(async () => {
  server = await startTestServer();
  const transport = transportOf("grpc", server.grpcUrl, "2");
  store = createClient(EventStoreService, transport);
  graph = createClient(EntDBService, transport);
});
afterAll(() => server[Symbol.asyncDispose]());

function newTenant(actor = "user:ada") {
  tenants += 1;
  const tenantId = `t${tenants}`;
  const rest = new Rest(server.httpUrl, tenantId, actor);
  return { tenantId, context: { tenantId, actor }, rest };
}

const any = { kind: { case: "any", value: true } } as const;
const exists = { kind: { case: "exists", value: true } } as const;
const none = { kind: { case: "none", value: true } } as const;
const exact = (value: bigint) => ({ kind: { case: "exact", value } }) as const;
const opened = { eventType: "account.opened" };

function to(aggregateId: string, expected: object, events: object[] = [opened], more = {}) {
  return { aggregateId, aggregateType: "Account", expected, events, ...more };
}

async function reasonOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(() => undefined, ConnectError.from);
  return error?.findDetails(ErrorInfoSchema)[0]?.reason ?? "accepted";
}

describe("the native service", () => {
  test("expects a nonce, no aggregate, one, or whatever there is; the store numbers and names", async () => {
    const { context } = newTenant();
    const append = (...appends: object[]) => store.appendEvents({ context, appends });
    expect(await reasonOf(append(to("A", exists)))).toBe("CONCURRENCY_CONFLICT");
    expect((await append(to("A", none))).results[0]).toMatchObject({ lastAggregateNonce: 1n });
    expect(await reasonOf(append(to("A", none)))).toBe("CONCURRENCY_CONFLICT");
    expect(await reasonOf(append(to("A", exact(0n))))).toBe("CONCURRENCY_CONFLICT");
    expect((await append(to("A", exists, [opened, opened]))).results[0]).toMatchObject({
      aggregateId: "A",
      firstAggregateNonce: 2n,
      lastAggregateNonce: 3n,
      firstGlobalNonce: 2n,
      lastGlobalNonce: 3n,
    });
    await append(to("A", any), to("A", exact(4n)));
    const { events } = await store.readAggregate({ context, aggregateId: "A" });
    expect(events.map(({ aggregateNonce }) => aggregateNonce)).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(5);
  });

  test("appends to several aggregates, all or nothing, once per key", async () => {
    const { context } = newTenant();
    const both = { context, idempotencyKey: "k", appends: [to("A", none), to("B", none)] };
    const first = await store.appendEvents(both);
    expect(first.results.map(({ lastGlobalNonce }) => lastGlobalNonce)).toEqual([1n, 2n]);
    const again = await store.appendEvents(both);
    expect(again.results).toEqual(first.results);
    const half = { context, appends: [to("A", exact(1n)), to("B", none)] };
    expect(await reasonOf(store.appendEvents(half))).toBe("CONCURRENCY_CONFLICT");
    const { events, isEnd, nextFromGlobalNonce } = await store.readEvents({ context });
    expect([events.length, isEnd, nextFromGlobalNonce]).toEqual([2, true, 3n]);
    const durable = await store.appendEvents({
      context,
      wait: WaitMode.DURABLE,
      appends: [to("C", none)],
    });
    expect([durable.applied, durable.results]).toEqual([false, []]);
  });

  test("finds events by type, aggregate type, prefix and tags, and heads by prefix", async () => {
    const { context } = newTenant();
    const tagged = (eventType: string, ...tags: string[]) => ({ eventType, tags });
    await store.appendEvents({
      context,
      appends: [
        to("A-1", none, [tagged("a", "x"), tagged("b", "x", "y")]),
        { ...to("B-1", none, [tagged("a", "y")]), aggregateType: "Order" },
      ],
    });
    const nonces = async (filter: object, more = {}) => {
      const { events } = await store.readEvents({ context, filter, ...more });
      return events.map(({ globalNonce }) => Number(globalNonce));
    };
    expect(await nonces({ eventTypes: ["a"] })).toEqual([1, 3]);
    expect(await nonces({ tags: ["x", "y"] })).toEqual([2]);
    expect(await nonces({ aggregateTypes: ["Order"] })).toEqual([3]);
    expect(await nonces({ aggregateIdPrefix: "A" }, { backward: true })).toEqual([2, 1]);
    const page = await store.listAggregates({ context, aggregateIdPrefix: "B" });
    expect([page.aggregates.length, page.lastGlobalNonce]).toEqual([1, 3n]);
    const head = await store.getAggregate({ context, aggregateId: "B-1" });
    expect(head.aggregate).toMatchObject({ aggregateType: "Order", lastAggregateNonce: 1n });
    const missing = store.getAggregate({ context, aggregateId: "C" });
    expect(await reasonOf(missing)).toBe("AGGREGATE_NOT_FOUND");
  });

  test("refuses an append that an event speaks against", async () => {
    const { context } = newTenant();
    const enrolled = { eventType: "enrolled", tags: ["course:1"] };
    await store.appendEvents({ context, appends: [to("A", none, [enrolled])] });
    const condition = (afterGlobalNonce: bigint) => ({
      condition: {
        failIfAny: [{ eventTypes: ["enrolled"], tags: ["course:1"] }],
        afterGlobalNonce,
      },
    });
    const append = (after: bigint) =>
      store.appendEvents({ context, appends: [to("B", any, [enrolled], condition(after))] });
    expect(await reasonOf(append(0n))).toBe("APPEND_CONDITION_FAILED");
    await append(1n);
    expect(await reasonOf(append(1n))).toBe("APPEND_CONDITION_FAILED");
  });

  test("keeps checkpoints, each its first writer's, and follows behind one", async () => {
    const { context } = newTenant();
    await store.appendEvents({ context, appends: [to("A", none, [opened, opened, opened])] });
    expect((await store.getCheckpoint({ context, consumer: "c" })).globalNonce).toBe(0n);
    const at = (globalNonce: bigint, expectedGlobalNonce?: bigint) => ({
      context,
      checkpoint: {
        consumer: "c",
        globalNonce,
        ...(expectedGlobalNonce !== undefined && { expectedGlobalNonce }),
      },
    });
    await store.storeCheckpoint(at(2n, 0n));
    expect(await reasonOf(store.storeCheckpoint(at(3n, 1n)))).toBe("CHECKPOINT_CONFLICT");
    expect((await store.getCheckpoint({ context, consumer: "c" })).globalNonce).toBe(2n);
    const bob = { ...context, actor: "user:bob" };
    const theirs = store.storeCheckpoint({ ...at(3n), context: bob });
    expect(await reasonOf(theirs)).toBe("PERMISSION_DENIED");
    for await (const { event, upToGlobalNonce } of store.subscribeEvents({
      context,
      consumer: "c",
    })) {
      expect([event?.globalNonce, upToGlobalNonce]).toEqual([3n, 3n]);
      break;
    }
  });

  test.each(["9007199254740993", "9223372036854775808", "18446744073709551615"])(
    "refuses a checkpoint at %s with the number that was sent, over every face",
    async (sent) => {
      const { context, rest } = newTenant();
      await store.appendEvents({ context, appends: [to("A", none)] });
      const checkpoint = { consumer: "c", globalNonce: BigInt(sent) };
      const operation = { case: "storeCheckpoint" as const, value: checkpoint };
      const calls = [
        store.storeCheckpoint({ context, checkpoint }),
        graph.executeAtomic({ context, operations: [{ operation }] }),
      ];
      for (const call of calls) {
        const error = ConnectError.from(await call.catch((refusal: unknown) => refusal));
        expect(error.rawMessage).toContain(`global_nonce is ${sent}, beyond every nonce`);
      }
      const member = { consumer: "c", global_nonce: sent };
      const posts = [
        await rest.post("/v1/events/checkpoint", member),
        await rest.post("/v1/atomic", { operations: [{ op: "store_checkpoint", ...member }] }),
      ];
      for (const { status, body } of posts) {
        expect([status, body.error.reason]).toEqual([400, "INVALID_REQUEST"]);
        expect(body.error.message).toContain(`global_nonce is ${sent}, beyond every nonce`);
      }
      expect((await store.getCheckpoint({ context, consumer: "c" })).globalNonce).toBe(0n);
    },
  );

  test("grants by aggregate type; whoever has none finds nothing", async () => {
    const { context, tenantId } = newTenant();
    await store.appendEvents({ context, appends: [to("A", none)] });
    const before = await store.listAggregateGrants({ context, aggregateType: "Account" });
    expect([before.isDefault, before.grants.map(({ principal }) => principal)]).toEqual([
      true,
      ["tenant:*"],
    ]);
    const grant = { principal: "user:bob", permission: 2 };
    await store.setAggregateGrants({
      context,
      grants: { aggregateType: "Account", grants: [grant] },
    });
    const bob = { tenantId, actor: "user:bob" };
    const eve = { tenantId, actor: "user:eve" };
    const seen = async (who: object) => {
      const { events } = await store.readAggregate({ context: who, aggregateId: "A" });
      return events.length;
    };
    expect([await seen(bob), await seen(eve)]).toEqual([1, 0]);
    const append = { context: eve, appends: [to("A", any)] };
    expect(await reasonOf(store.appendEvents(append))).toBe("PERMISSION_DENIED");
    await store.setAggregateGrants({ context, grants: { aggregateType: "Account", reset: true } });
    expect(await seen(eve)).toBe(1);
  });

  test("refuses what it cannot read, and does nothing", async () => {
    const { context } = newTenant();
    const follow = async (request: object) => {
      for await (const _ of store.subscribeEvents({ context, ...request })) return;
    };
    const refusals = [
      store.appendEvents({ context }),
      store.appendEvents({
        context,
        appends: [{ aggregateId: "A", aggregateType: "B", events: [opened] }],
      }),
      store.appendEvents({ context, appends: [to("A", { kind: { case: "any", value: false } })] }),
      store.appendEvents({ context, appends: [to("A", any)], wait: 99 as WaitMode }),
      store.appendEvents({
        context,
        appends: [to("A", any, [{ ...opened, aggregateNonce: 1n }, opened])],
      }),
      store.readAggregate({ context }),
      store.storeCheckpoint({ context }),
      store.storeCheckpoint({ context, checkpoint: { consumer: "", globalNonce: 1n } }),
      store.setAggregateGrants({ context }),
      store.setAggregateGrants({
        context,
        grants: {
          aggregateType: "A",
          reset: true,
          grants: [{ principal: "user:a", permission: 1 }],
        },
      }),
      follow({ consumer: "c", fromGlobalNonce: 1n }),
      follow({ keepAliveMs: 99 }),
      follow({ keepAliveMs: 60_001 }),
    ];
    const reasons = await Promise.all(refusals.map(reasonOf));
    expect(reasons).toEqual(Array(refusals.length).fill("INVALID_REQUEST"));
    expect((await store.listAggregates({ context })).aggregates).toEqual([]);
  });

  test("is refused by the place that it has in its own request", async () => {
    const { context, rest } = newTenant();
    const sentenceOf = async (call: Promise<unknown>) =>
      ConnectError.from(await call.catch((error: unknown) => error)).rawMessage;
    expect(
      await Promise.all([
        sentenceOf(store.appendEvents({ context, appends: [to("A", any), to("", any)] })),
        sentenceOf(store.storeCheckpoint({ context, checkpoint: { consumer: "" } })),
        sentenceOf(store.setAggregateGrants({ context, grants: {} })),
      ]),
    ).toEqual([
      "appends[1].aggregate_id is empty.",
      "checkpoint.consumer is empty.",
      "grants.aggregate_type is empty.",
    ]);
    const nobody = await rest.post("/v1/events/checkpoint", { consumer: "", global_nonce: 0 });
    const untyped = await rest.post("/v1/aggregates/grants", { aggregate_type: "" });
    expect([nobody.body.error, untyped.body.error]).toMatchObject([
      { details: { field: "consumer" } },
      { details: { field: "aggregate_type" } },
    ]);
  });
});

describe("in one transaction with the graph", () => {
  test("ExecuteAtomic over RPC appends, changes and moves the checkpoint, or does nothing", async () => {
    const { context, rest } = newTenant();
    await rest.post("/v1/schema", PEOPLE_SCHEMA);
    const project = (globalNonce: bigint, expectedGlobalNonce: bigint) => [
      {
        operation: {
          case: "createNode" as const,
          value: {
            typeId: 1,
            fields: { 1: { kind: { case: "strValue" as const, value: "Ada" } } },
          },
        },
      },
      { operation: { case: "appendEvents" as const, value: to("A", any) } },
      {
        operation: {
          case: "storeCheckpoint" as const,
          value: { consumer: "c", globalNonce, expectedGlobalNonce },
        },
      },
    ];
    const done = await graph.executeAtomic({
      context,
      operations: project(1n, 0n),
      idempotencyKey: "k",
    });
    expect(done.results[1]?.append).toMatchObject({ aggregateId: "A", lastGlobalNonce: 1n });
    const kept = await graph.getReceipt({ context, idempotencyKey: "k" });
    expect(kept.results[1]?.append).toMatchObject({ aggregateId: "A", lastGlobalNonce: 1n });
    const twice = graph.executeAtomic({ context, operations: project(1n, 0n) });
    expect(await reasonOf(twice)).toBe("CHECKPOINT_CONFLICT");
    expect((await graph.countNodes({ context, typeId: 1 })).count).toBe(1n);
    expect((await store.readEvents({ context })).events).toHaveLength(1);
  });

  test("POST /v1/atomic does the same", async () => {
    const { rest } = newTenant();
    await rest.post("/v1/schema", PEOPLE_SCHEMA);
    const project = (expected: number) => [
      { op: "create_node", type_id: 1, payload: { name: "Ada" } },
      {
        ...{ op: "append_events", aggregate_id: "A", aggregate_type: "Account" },
        ...{ expected_nonce: "any", events: [{ event_type: "account.opened" }] },
      },
      {
        ...{ op: "store_checkpoint", consumer: "c" },
        ...{ global_nonce: 1, expected_global_nonce: expected },
      },
    ];
    const done = await rest.atomic("k", project(0));
    expect(done.body.results[1].append).toEqual({
      ...{ aggregate_id: "A", first_aggregate_nonce: 1, last_aggregate_nonce: 1 },
      ...{ first_global_nonce: 1, last_global_nonce: 1 },
    });
    const twice = await rest.atomic("l", project(0));
    expect([twice.status, twice.body.error.reason]).toEqual([409, "CHECKPOINT_CONFLICT"]);
    expect((await rest.get("/v1/events")).body.events).toHaveLength(1);
    const grants = { op: "set_aggregate_grants", aggregate_type: "Account", reset: true };
    const denied = await rest.atomic("m", [grants]);
    expect(denied.body.error.reason).toBe("PERMISSION_DENIED");
  });
});

describe("REST", () => {
  const append = (events: object[], more = {}) => ({
    appends: [
      { aggregate_id: "A", aggregate_type: "Account", expected_nonce: "any", events, ...more },
    ],
  });

  test("a JSON payload stands as JSON, anything else as base64", async () => {
    const { rest } = newTenant();
    const payloads = [
      { payload: { amount: 5, deep: [1, null] } },
      { payload: 1.5 },
      { payload: null },
      { payload: "text", content_type: "application/vnd.acme+json; charset=utf-8" },
      { payload_base64: "AP8=", content_type: "application/octet-stream" },
      { payload_base64: "e30=", content_type: "application/json" },
      { payload_base64: "ew==", content_type: "application/json" },
      {},
    ];
    const events = payloads.map((payload) => ({ event_type: "a.b", ...payload }));
    expect((await rest.post("/v1/events/append", append(events))).status).toBe(200);
    const { body } = await rest.get("/v1/aggregates/events?aggregate_id=A");
    expect(
      body.events.map((event: Record<string, unknown>) => [
        event["content_type"],
        event["payload"],
        event["payload_base64"],
      ]),
    ).toEqual([
      ["application/json", { amount: 5, deep: [1, null] }, undefined],
      ["application/json", 1.5, undefined],
      ["application/json", null, undefined],
      ["application/vnd.acme+json; charset=utf-8", "text", undefined],
      ["application/octet-stream", undefined, "AP8="],
      ["application/json", {}, undefined],
      ["application/json", undefined, "ew=="],
      [undefined, undefined, ""],
    ]);
  });

  test("refuses what it cannot read, and appends nothing", async () => {
    const { rest } = newTenant();
    const event = { event_type: "a" };
    const bodies = [
      append([{ ...event, payload: {}, payload_base64: "" }]),
      append([{ ...event, payload: {}, content_type: "text/plain" }]),
      append([event], { expected_nonce: "some" }),
      append([event], { expected_nonce: -1 }),
      append([event], { expected_nonce: "18446744073709551616" }),
      append([{ ...event, aggregate_nonce: 1.5 }]),
      append([{ ...event, event_version: 2 ** 32 }]),
      append([{ ...event, no_such: 1 }]),
      append([]),
      { appends: [] },
    ];
    for (const body of bodies) {
      const { status, body: answer } = await rest.post("/v1/events/append", body);
      expect([status, answer.error?.reason]).toEqual([400, "INVALID_REQUEST"]);
    }
    const broken = append([{ ...event, payload_base64: "*" }]);
    const { body: answer } = await rest.post("/v1/events/append", broken);
    expect(answer.error.reason).toBe("INVALID_VALUE");
    const nameless = { ...append([event]).appends[0], aggregate_id: "" };
    const refused = await rest.post("/v1/events/append", { appends: [nameless] });
    expect(refused.body.error.details).toEqual({ field: "appends[0].aggregate_id" });
    const query = [
      "/v1/aggregates/events",
      "/v1/aggregates/events?aggregate_id=A&from=-1",
      "/v1/events?from=18446744073709551616",
      "/v1/events?tags=[1]",
      "/v1/events/checkpoint",
      "/v1/events/subscribe?from=1&consumer=c",
      "/v1/events/subscribe?keep_alive_ms=1",
    ];
    for (const path of query) {
      const { status, body } = await rest.get(path);
      expect([path, status, body.error?.reason]).toEqual([path, 400, "INVALID_REQUEST"]);
    }
    expect((await rest.get("/v1/aggregates/head?aggregate_id=A")).status).toBe(404);
    expect((await rest.get("/v1/events")).body).toMatchObject({ events: [], is_end: true });
  });

  test("headers may have any names, and only texts", async () => {
    const { rest } = newTenant();
    const headers = JSON.parse('{"__proto__":"x","constructor":"y","":""}');
    await rest.post("/v1/events/append", append([{ event_type: "a", headers }]));
    const { body } = await rest.get("/v1/events");
    expect(Object.entries(body.events[0].headers)).toEqual([
      ["", ""],
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    const refused = append([{ event_type: "a", headers: { a: 1 } }]);
    const { status, body: answer } = await rest.post("/v1/events/append", refused);
    expect([status, answer.error.reason]).toEqual([400, "INVALID_REQUEST"]);
  });

  test("a conflict is 409 with the heads; times and nonces of 64 bits are whole", async () => {
    const { rest } = newTenant();
    const time = "18446744073709551615";
    const first = append([{ event_type: "a", timestamp_unix_ms: time, aggregate_nonce: "1" }]);
    await rest.post("/v1/events/append", first);
    for (const expected of [0, "9007199254740993", "18446744073709551615"]) {
      const lost = append([{ event_type: "a" }], { expected_nonce: expected });
      const { status, body } = await rest.post("/v1/events/append", lost);
      expect([status, body.error.reason]).toEqual([409, "CONCURRENCY_CONFLICT"]);
      expect(body.error.details).toMatchObject({
        actual_last_aggregate_nonce: "1",
        actual_last_global_nonce: "1",
      });
    }
    const { body } = await rest.get(`/v1/events?from=0&limit=4294967295&event_types=a,b`);
    expect(body.events[0].timestamp_unix_ms).toBe(time);
    const listed = await rest.get(`/v1/events?event_types=${encodeURIComponent('["a,b"]')}`);
    expect(listed.body.events).toEqual([]);
  });

  test("lists heads page by page", async () => {
    const { rest } = newTenant();
    for (const id of ["a", "b", "c"]) {
      await rest.post("/v1/events/append", append([{ event_type: "x" }], { aggregate_id: id }));
    }
    const first = (await rest.get("/v1/aggregates?limit=2")).body;
    expect([first.aggregates.length, first.has_more, first.last_global_nonce]).toEqual([
      2,
      true,
      3,
    ]);
    const rest2 = (await rest.get(`/v1/aggregates?limit=2&cursor=${first.next_cursor}`)).body;
    expect(rest2.aggregates.map((head: { aggregate_id: string }) => head.aggregate_id)).toEqual([
      "c",
    ]);
    expect([rest2.has_more, rest2.next_cursor]).toEqual([false, null]);
  });

  test("server-sent events go on behind Last-Event-ID, wherever the URL says to begin", async () => {
    const { rest, tenantId } = newTenant();
    const lines = {
      event_type: "a",
      payload_base64: Buffer.from('{\n"a":\r\n1}').toString("base64"),
    };
    await rest.post(
      "/v1/events/append",
      append(Array(3).fill({ ...lines, content_type: "application/json" })),
    );
    const listen = async (query: string, headers = {}) => {
      const abort = new AbortController();
      const response = await fetch(`${server.httpUrl}/v1/events/subscribe?${query}`, {
        headers: { "x-tenant-id": tenantId, "x-actor": "user:ada", ...headers },
        signal: abort.signal,
      });
      if (response.status !== 200) return [response.status, (await response.text()).length > 0];
      const ids: string[] = [];
      let last: unknown;
      for await (const { event, id, data } of eventsOf(response)) {
        if (event === "keep-alive") break;
        last = JSON.parse(data).event.payload;
        ids.push(id);
      }
      abort.abort();
      if (ids.length > 0) expect(last).toEqual({ a: 1 });
      return ids;
    };
    expect(await listen("")).toEqual(["1", "2", "3"]);
    expect(await listen("from=2")).toEqual(["2", "3"]);
    expect(await listen("from=1", { "last-event-id": "2" })).toEqual(["3"]);
    expect(await listen("", { "last-event-id": "3" })).toEqual([]);
    expect(await listen("from=99")).toEqual([]);
    await rest.post("/v1/events/checkpoint", { consumer: "c", global_nonce: 1 });
    expect(await listen("consumer=c")).toEqual(["2", "3"]);
    expect(await listen("consumer=c", { "last-event-id": "2" })).toEqual(["3"]);
    expect(await listen("", { "last-event-id": "x" })).toEqual([400, true]);
  });

  test("checkpoints and grants", async () => {
    const { rest } = newTenant();
    expect((await rest.get("/v1/events/checkpoint?consumer=c")).body).toEqual({
      consumer: "c",
      global_nonce: 0,
    });
    const ahead = { consumer: "c", global_nonce: "7" };
    expect((await rest.post("/v1/events/checkpoint", ahead)).status).toBe(400);
    await rest.post("/v1/events/append", append(Array(7).fill({ event_type: "a" })));
    expect((await rest.post("/v1/events/checkpoint", ahead)).status).toBe(200);
    const { body } = await rest.get("/v1/events/checkpoint?consumer=c");
    expect([body.global_nonce, body.updated_at > 0]).toEqual([7, true]);
    const grants = [{ principal: "user:bob", permission: "write" }];
    const set = { aggregate_type: "Account", grants };
    expect((await rest.post("/v1/aggregates/grants", set)).status).toBe(200);
    const found = await rest.get("/v1/aggregates/grants?aggregate_type=Account");
    expect(found.body).toEqual({ grants, is_default: false });
    const both = { ...set, reset: true };
    const refused = await rest.post("/v1/aggregates/grants", both);
    expect(refused.body.error.reason).toBe("INVALID_REQUEST");
    await rest.post("/v1/aggregates/grants", { aggregate_type: "Account", reset: true });
    const reset = await rest.get("/v1/aggregates/grants?aggregate_type=Account");
    expect(reset.body.is_default).toBe(true);
  });
});
