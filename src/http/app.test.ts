/** What every request goes through: guards, identity, body, deadline, bounds, errors, the end. */
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { RestApp, schemaOf } from "../../test/harness/rest-app.ts";
import { eventually } from "../../test/harness/rpc-face.ts";
import { nodeOf, untilAborted } from "../../test/harness/scripted-engine.ts";
import { unauthenticated } from "../access/refusals.ts";
import { limits } from "../base/limits.ts";
import type { Engine } from "../engine/engine.ts";
import type { Caller } from "../record/caller.ts";

const NODE = "/v1/nodes/nd_01hzy3v7q8r9s0t1v2w3x4y5z6";
const TOKEN = new Uint8Array(0);

const node: Partial<Engine> = {
  getSchema: schemaOf({}),
  getNode: async () => ({ node: nodeOf(), positionToken: TOKEN }),
};

describe("the head of a request", () => {
  const app = new RestApp({ engine: node });
  test.each<[string, string, Record<string, string>, number, string]>([
    ["GET", NODE, {}, 200, ""],
    ["GET", NODE, { host: "" }, 400, "HOST_REFUSED"],
    ["GET", NODE, { host: "localhost, localhost" }, 400, "HOST_REFUSED"],
    ["GET", NODE, { host: "evil.example" }, 403, "HOST_REFUSED"],
    ["GET", NODE, { origin: "https://evil.example" }, 403, "ORIGIN_REFUSED"],
    ["GET", NODE, { authorization: "Bearer a, Bearer b" }, 400, "INVALID_REQUEST"],
    ["PUT", NODE, {}, 405, "METHOD_NOT_ALLOWED"],
    ["DELETE", NODE, {}, 405, "METHOD_NOT_ALLOWED"],
    ["POST", NODE, {}, 405, "METHOD_NOT_ALLOWED"],
    ["GET", "/v1/atomic", {}, 405, "METHOD_NOT_ALLOWED"],
    ["GET", `/${NODE}`, {}, 400, "INVALID_REQUEST"],
    ["GET", "/v1/nodes/a%2fb", {}, 400, "INVALID_REQUEST"],
    ["GET", `${NODE}/`, {}, 404, "ROUTE_NOT_FOUND"],
    ["GET", "/v1/NODES/x", {}, 404, "ROUTE_NOT_FOUND"],
    ["GET", "/", {}, 404, "ROUTE_NOT_FOUND"],
    ["GET", "/%61dmin/log", {}, 404, "ROUTE_NOT_FOUND"],
    ["GET", "/v1/mailbox/search?query=x", {}, 501, "NOT_IMPLEMENTED"],
    ["POST", "/v1/events/search", {}, 501, "NOT_IMPLEMENTED"],
  ])("%s %s %p → %d %s", async (method, path, headers, status, reason) => {
    const answer = await app.send(method, path, headers);
    expect([answer.status, answer.reason]).toEqual([status, reason]);
  });

  test("a path with another method says which it has", async () => {
    const answer = await app.get("/v1/atomic");
    expect(answer.headers.get("allow")).toBe("POST, OPTIONS");
    expect((await app.send("PUT", "/v1/schema")).headers.get("allow")).toBe(
      "GET, HEAD, POST, OPTIONS",
    );
    expect((await app.post("/v1/nodes", {})).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  });

  test("an unknown path is told the nearest", async () => {
    const { json } = await app.get("/v1/node");
    expect(json["error"]).toMatchObject({ hint: "Did you mean /v1/nodes?" });
  });

  test("HEAD is answered like GET", async () => {
    const answer = await app.send("HEAD", NODE);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
  });
});

describe("every answer", () => {
  test("says what it is, is kept by nobody, and names its request", async () => {
    const app = new RestApp({ engine: node });
    for (const path of [NODE, "/nowhere", "/livez"]) {
      const { headers } = await app.get(path, { "x-request-id": "mine-1" });
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-request-id")).toBe("mine-1");
      expect(headers.has("server")).toBe(false);
    }
    const { headers, json } = await app.get("/nowhere", { "x-request-id": "not mine" });
    expect(headers.get("x-request-id")).not.toBe("not mine");
    expect(json["error"]).toMatchObject({ request_id: headers.get("x-request-id") });
  });

  test("is counted once, under its route", async () => {
    const { seen, get, post } = bound(new RestApp({ engine: node, clock: new FakeClock() }));
    await get(NODE);
    await get("/nowhere");
    await get(NODE, { host: "evil.example" });
    await post("/v1/atomic", "{");
    expect(seen.started).toBe(4);
    expect(seen.finished).toEqual([
      { route: "GET /v1/nodes/:id", status: 200, reason: "", durationMs: 0 },
      { route: "none", status: 404, reason: "ROUTE_NOT_FOUND", durationMs: 0 },
      { route: "none", status: 403, reason: "HOST_REFUSED", durationMs: 0 },
      { route: "POST /v1/atomic", status: 400, reason: "INVALID_REQUEST", durationMs: 0 },
    ]);
  });

  test("to a fault of ours is neutral, and the cause is logged once", async () => {
    const cause = new TypeError("SQLITE_ERROR near select");
    const app = new RestApp({ engine: { ...node, getNode: () => Promise.reject(cause) } });
    const { status, text, headers } = await app.get(NODE);
    expect(status).toBe(500);
    expect(text).not.toContain("SQLITE");
    expect(app.seen.faults).toEqual([
      { requestId: headers.get("x-request-id") ?? "", route: "GET /v1/nodes/:id", cause },
    ]);
  });
});

describe("who asks", () => {
  const callers: Caller[] = [];
  const app = new RestApp({
    engine: {
      ...node,
      getNodes: async (caller) => {
        callers.push(caller);
        return { nodes: [], missingIds: [], positionToken: TOKEN };
      },
    },
  });
  const ids = ["nd_01hzy3v7q8r9s0t1v2w3x4y5z6"];
  const nobody = { "x-tenant-id": "", "x-actor": "" };
  const ask = async (query: string, body: object, headers = {}) => {
    callers.length = 0;
    const { reason } = await app.post(
      `/v1/nodes/get${query}`,
      { ids, ...body },
      { ...nobody, ...headers },
    );
    return reason === "" ? callers[0] : reason;
  };
  const ada = { tenantId: "acme", actor: "user:ada", roles: [], credential: "" };

  test("is named by headers, query or body, or by several the same", async () => {
    expect(await ask("", {}, { "x-tenant-id": "acme", "x-actor": "user:ada" })).toEqual(ada);
    expect(await ask("?tenant_id=acme&actor=user%3Aada", {})).toEqual(ada);
    expect(await ask("", { tenant_id: "acme", actor: "user:ada" })).toEqual(ada);
    expect(await ask("?actor=user:ada", { actor: "user:ada" }, { "x-tenant-id": "acme" })).toEqual(
      ada,
    );
  });

  test.each<[string, string, object, Record<string, string>, string]>([
    [
      "header and query",
      "?tenant_id=b",
      {},
      { "x-tenant-id": "a", "x-actor": "user:x" },
      "TENANT_MISMATCH",
    ],
    [
      "header and body",
      "",
      { tenant_id: "b" },
      { "x-tenant-id": "a", "x-actor": "user:x" },
      "TENANT_MISMATCH",
    ],
    ["query and body", "?tenant_id=a", { tenant_id: "b", actor: "user:x" }, {}, "TENANT_MISMATCH"],
    ["two actors", "?actor=user:a", { tenant_id: "a", actor: "user:b" }, {}, "INVALID_ACTOR"],
    ["nobody", "", {}, {}, "INVALID_TENANT_ID"],
    ["no actor", "?tenant_id=a", {}, {}, "INVALID_ACTOR"],
    ["two headers", "", {}, { "x-tenant-id": "a, b", "x-actor": "user:x" }, "INVALID_TENANT_ID"],
    ["a path for a tenant", "?tenant_id=../a&actor=user:x", {}, {}, "INVALID_TENANT_ID"],
    ["the system", "?tenant_id=a&actor=system:x", {}, {}, "PERMISSION_DENIED"],
    ["the catalog", "?tenant_id=_system&actor=user:x", {}, {}, "INVALID_TENANT_ID"],
    ["a tenant that is no text", "", { tenant_id: 5 }, {}, "INVALID_REQUEST"],
  ])("%s is refused", async (_what, query, body, headers, reason) => {
    expect(await ask(query, body, headers)).toBe(reason);
  });

  test("a mismatch is 403", async () => {
    expect(await app.get(`${NODE}?tenant_id=other`)).toMatchObject({
      status: 403,
      reason: "TENANT_MISMATCH",
    });
  });
});

test("where a credential is required nobody gets in, and probes say no more than they must", async () => {
  const authenticator = {
    identify: () => {
      throw unauthenticated();
    },
    actedFor: () => undefined,
  };
  const closed = new RestApp({ engine: node, authenticator, options: { trusted: false } });
  for (const path of [NODE, "/v1/schema", "/admin/log", "/metrics", "/openapi.json", "/nowhere"]) {
    expect(await closed.get(path)).toMatchObject({ status: 401, reason: "UNAUTHENTICATED" });
  }
  expect((await closed.get(NODE)).headers.get("www-authenticate")).toBe("Bearer");
  expect(await closed.post("/v1/atomic", "{")).toMatchObject({ status: 401 });
  expect((await closed.get("/livez")).status).toBe(200);
  expect((await closed.get("/readyz")).status).toBe(200);
  expect((await closed.get("/health")).text).toBe('{"status":"healthy"}');
});

describe("pages of other origins", () => {
  const app = new RestApp({ engine: node, options: { allowedOrigins: ["https://app.example"] } });
  const origin = "https://app.example";

  test("on the list may read answers, errors too", async () => {
    for (const path of [NODE, "/nowhere"]) {
      const { headers } = await app.get(path, { origin });
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-expose-headers")).toContain("X-EntDB-Position");
      expect(headers.get("vary")).toBe("Origin");
    }
  });

  test("on the list may ask beforehand", async () => {
    const asks = { origin, "access-control-request-method": "POST" };
    const { status, text, headers } = await app.send("OPTIONS", "/v1/atomic", asks);
    expect([status, text]).toEqual([204, ""]);
    expect(headers.get("access-control-allow-methods")).toBe("GET, HEAD, POST");
    expect(headers.get("access-control-allow-headers")).toContain("x-tenant-id");
    expect(headers.get("access-control-allow-credentials")).toBeNull();
  });

  test("off the list are told nothing", async () => {
    const asks = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const refused = await app.send("OPTIONS", "/v1/atomic", asks);
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([
      403,
      null,
    ]);
    const open = new RestApp({ engine: node, options: { trusted: false } });
    const { status, headers } = await open.send("OPTIONS", "/v1/atomic", asks);
    expect([status, headers.get("access-control-allow-origin")]).toEqual([204, null]);
  });

  test("without an origin nothing of it is said", async () => {
    const { headers } = await app.get(NODE);
    expect(headers.has("access-control-allow-origin")).toBe(false);
  });
});

describe("a body", () => {
  const app = new RestApp({ engine: node, options: { messageBytes: 64 } });
  const send = (body: Bun.BodyInit, headers: Record<string, string> = {}) =>
    app.send(
      "POST",
      "/admin/tenants/a/retry",
      { "content-type": "application/json", ...headers },
      body,
    );

  test.each<[string, Bun.BodyInit, Record<string, string>, number, string]>([
    ["without a type", "{}", { "content-type": "" }, 415, "UNSUPPORTED_ENCODING"],
    [
      "of a form",
      "a=1",
      { "content-type": "application/x-www-form-urlencoded" },
      415,
      "UNSUPPORTED_ENCODING",
    ],
    ["of plain text", "{}", { "content-type": "text/plain" }, 415, "UNSUPPORTED_ENCODING"],
    [
      "of another JSON",
      "{}",
      { "content-type": "application/json+x" },
      415,
      "UNSUPPORTED_ENCODING",
    ],
    [
      "in Latin-1",
      "{}",
      { "content-type": "application/json; charset=latin1" },
      415,
      "UNSUPPORTED_ENCODING",
    ],
    ["compressed", "{}", { "content-encoding": "gzip" }, 415, "UNSUPPORTED_ENCODING"],
    ["that is no JSON", "{", {}, 400, "INVALID_REQUEST"],
    ["that is a list", "[]", {}, 400, "INVALID_REQUEST"],
    ["that is null", "null", {}, 400, "INVALID_REQUEST"],
    ["that is a number", "1e999", {}, 400, "INVALID_REQUEST"],
    ["with a key twice", '{"a":1,"a":1}', {}, 400, "INVALID_REQUEST"],
    ["with an unknown member", '{"x":1}', {}, 400, "INVALID_REQUEST"],
    ["one byte too long", " ".repeat(65), {}, 413, "MESSAGE_TOO_LARGE"],
    ["that says so beforehand", "{}", { "content-length": "65" }, 413, "MESSAGE_TOO_LARGE"],
  ])("%s is refused", async (_what, body, headers, status, reason) => {
    const answer = await send(body, headers);
    expect([answer.status, answer.reason]).toEqual([status, reason]);
  });

  test.each<[string, Bun.BodyInit, Record<string, string>]>([
    ["as long as allowed", `{}${" ".repeat(62)}`, {}],
    ["with its charset", "{}", { "content-type": 'Application/JSON; Charset="UTF-8"' }],
    ["encoded as it is", "{}", { "content-encoding": "identity" }],
    ["with a byte-order mark", "\ufeff{}", {}],
    ["of nothing", "", {}],
  ])("%s is read", async (_what, body, headers) => {
    expect((await send(body, headers)).reason).toBe("NOT_IMPLEMENTED");
  });

  test.each([
    ["half a character", [0xc3]],
    ["an overlong NUL", [0xc0, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["Latin-1", [0xe4]],
  ])("with %s in its text is refused", async (_what, bytes) => {
    const text = Buffer.concat([Buffer.from('{"x":"'), Buffer.from(bytes), Buffer.from('"}')]);
    const answer = await send(text);
    expect(answer.reason).toBe("INVALID_REQUEST");
    expect(answer.text).toContain("not valid UTF-8");
  });

  test("nested as deep as allowed, and one deeper", async () => {
    const deep = new RestApp({ engine: node });
    const nested = (levels: number) => `{"x":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    const ask = (text: string) => deep.post("/admin/tenants/a/retry", text);
    expect((await ask(nested(limits.jsonBodyDepth))).text).toContain("x is not known");
    expect((await ask(nested(limits.jsonBodyDepth + 1))).reason).toBe("LIMIT_EXCEEDED");
    expect((await ask("[".repeat(100_000))).reason).toBe("LIMIT_EXCEEDED");
  });

  test("that does not arrive in time is given up, and its connection with it", async () => {
    const clock = new FakeClock();
    const slow = new RestApp({ engine: node, clock, options: { requestTimeoutMs: 30_000 } });
    const answering = slow.send(
      "POST",
      "/admin/tenants/a/retry",
      { "content-type": "application/json", "transfer-encoding": "chunked" },
      new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) }),
    );
    await eventually(() => clock.pendingTimers === 2, "deadline and body's time-out");
    clock.advance(29_999);
    clock.advance(1);
    const { status, reason, headers } = await answering;
    expect([status, reason]).toEqual([503, "DEADLINE_EXCEEDED"]);
    expect(headers.get("connection")).toBe("close");
    expect(clock.pendingTimers).toBe(0);
  });

  test("that breaks off is no fault of ours", async () => {
    const broken = await send(
      new ReadableStream({
        start: (controller) => {
          controller.enqueue(new Uint8Array([0x7b]));
          controller.error(new Error("reset"));
        },
      }),
    );
    expect([broken.status, broken.reason]).toEqual([499, "CANCELED"]);
    expect(app.seen.faults).toEqual([]);
  });

  test("of many at once is bounded by their bytes together", async () => {
    const bounded = new RestApp({
      engine: { retryTenant: (_tenantId, signal) => untilAborted(signal) },
      options: { messageBytes: 64, bytesInFlight: 100 },
    });
    const body = `{}${" ".repeat(48)}`;
    const headers = { "content-length": "50" };
    const path = "/admin/tenants/a/retry";
    const first = [bounded.post(path, body, headers), bounded.post(path, body, headers)];
    await eventually(() => bounded.app.inFlight === 2, "two under way");
    const {
      status,
      reason,
      headers: answered,
    } = await bounded.post(path, "{}", { "content-length": "2" });
    expect([status, reason, answered.get("retry-after")]).toEqual([503, "OVERLOADED", "1"]);
    bounded.app.abortAll();
    await Promise.all(first);
    expect((await bounded.post(path, "{", { "content-length": "50" })).reason).toBe(
      "INVALID_REQUEST",
    );
  });
});

describe("time", () => {
  const waiting: Partial<Engine> = {
    ...node,
    getNode: (_caller, _request, _freshness, signal) => untilAborted(signal),
  };

  test("runs out by the server's deadline, or by the client's shorter one", async () => {
    for (const [headers, ms] of [
      [{}, 60_000],
      [{ "x-timeout-ms": "250" }, 250],
      [{ "x-timeout-ms": "999999999" }, 60_000],
    ] as const) {
      const clock = new FakeClock();
      const app = new RestApp({ engine: waiting, clock });
      const answering = app.get(NODE, headers);
      await eventually(() => clock.pendingTimers === 1, "the deadline");
      clock.advance(ms - 1);
      expect(app.app.inFlight).toBe(1);
      clock.advance(1);
      expect(await answering).toMatchObject({ status: 503, reason: "DEADLINE_EXCEEDED" });
      expect(clock.pendingTimers).toBe(0);
    }
  });

  test("of 0 is over at once; what is no number is refused", async () => {
    const app = new RestApp({ engine: waiting });
    expect((await app.get(NODE, { "x-timeout-ms": "0" })).reason).toBe("DEADLINE_EXCEEDED");
    expect((await app.get(NODE, { "x-timeout-ms": "soon" })).reason).toBe("INVALID_REQUEST");
  });

  test("that is not used is given back", async () => {
    const clock = new FakeClock();
    await new RestApp({ engine: node, clock }).get(NODE);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a client that goes away takes its request with it", async () => {
    const app = new RestApp({ engine: waiting });
    const client = new AbortController();
    const headers = { host: "localhost", "x-tenant-id": "a", "x-actor": "user:x" };
    const request = new Request(`http://localhost${NODE}`, { headers, signal: client.signal });
    const answering = app.app.fetch(request);
    await eventually(() => app.app.inFlight === 1, "the request");
    client.abort();
    await answering;
    expect(app.seen.finished[0]).toMatchObject({ status: 499, reason: "CANCELED" });
    expect(app.app.inFlight).toBe(0);
  });

  test("a platform's abort stands for the reason of the signal", async () => {
    const clock = new FakeClock();
    const app = new RestApp({
      clock,
      engine: {
        ...node,
        getNode: (_caller, _request, _freshness, signal) =>
          untilAborted(signal).catch(() => {
            throw new DOMException("aborted", "AbortError");
          }),
      },
    });
    const answering = app.get(NODE);
    await eventually(() => clock.pendingTimers === 1, "the deadline");
    clock.advance(60_000);
    expect((await answering).reason).toBe("DEADLINE_EXCEEDED");
    expect(app.seen.faults).toEqual([]);
  });
});

describe("too many requests, and the end", () => {
  const waiting: Partial<Engine> = {
    ...node,
    getNode: (_caller, _request, _freshness, signal) => untilAborted(signal),
  };

  test("one more than the server takes is refused, and may come again", async () => {
    const app = new RestApp({ engine: waiting, options: { callsInFlight: 2 } });
    const first = [app.get(NODE), app.get(NODE)];
    const { status, reason, headers } = await app.get(NODE);
    expect([status, reason, headers.get("retry-after")]).toEqual([503, "OVERLOADED", "1"]);
    app.app.abortAll();
    await Promise.all(first);
    expect((await app.get("/livez")).status).toBe(200);
  });

  test("a stop lets what is under way finish, and takes nothing new", async () => {
    const { promise, resolve } = Promise.withResolvers<{
      node: ReturnType<typeof nodeOf>;
      positionToken: Uint8Array;
    }>();
    const app = new RestApp({ engine: { ...node, getNode: () => promise } });
    const answering = app.get(NODE);
    await eventually(() => app.app.inFlight === 1, "the request");
    let stopped = false;
    const stopping = app.app.stop().then(() => {
      stopped = true;
    });
    expect(await app.get("/livez")).toMatchObject({ status: 503, reason: "SERVER_STOPPING" });
    expect(stopped).toBe(false);
    resolve({ node: nodeOf(), positionToken: TOKEN });
    expect((await answering).status).toBe(200);
    await stopping;
    await app.app.stop();
  });

  test("what is ended by force says so", async () => {
    const app = new RestApp({ engine: waiting });
    const answering = app.get(NODE);
    await eventually(() => app.app.inFlight === 1, "the request");
    const stopping = app.app.stop();
    app.app.abortAll();
    expect(await answering).toMatchObject({ status: 503, reason: "SERVER_STOPPING" });
    await stopping;
  });
});

describe("the RPC face's requests", () => {
  const path = "/entdb.v1.EntDBService/GetNode";

  test("pass the same guards, are handed on, and are counted there", async () => {
    const app = new RestApp({
      options: { allowedOrigins: ["https://app.example"] },
      connectFetch: async () =>
        new Response("{}", {
          headers: { "content-type": "application/json", "x-request-id": "theirs" },
        }),
    });
    const origin = "https://app.example";
    const { status, headers } = await app.post(path, "{}", { origin });
    expect(status).toBe(200);
    expect(headers.get("x-request-id")).toBe("theirs");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    expect(headers.has("connection")).toBe(false);
    expect(app.seen).toMatchObject({ started: 0, finished: [] });
    expect((await app.post(path, "{}", { host: "evil.example" })).reason).toBe("HOST_REFUSED");
  });

  test("that it does not know are 404", async () => {
    const app = new RestApp();
    expect((await app.post("/entdb.v1.Nothing/Get", {})).reason).toBe("ROUTE_NOT_FOUND");
    expect((await app.post("/grpc.health.v1.Health/Check", {})).status).toBe(404);
    expect(app.seen.rpc).toEqual(["/entdb.v1.Nothing/Get", "/grpc.health.v1.Health/Check"]);
    expect((await app.get("/openapi.json")).status).toBe(200);
    expect(app.seen.rpc).toHaveLength(2);
  });

  test("that stream may be silent for longer than a connection usually may", async () => {
    const app = new RestApp({
      connectFetch: async () =>
        new Response("", { headers: { "content-type": "application/connect+json" } }),
    });
    let kept = 0;
    const response = await app.app.fetch(
      new Request(`http://localhost${path}`, { method: "POST", headers: { host: "localhost" } }),
      { address: () => "127.0.0.1", keepOpen: () => kept++, lingers: true },
    );
    expect([kept, response.headers.get("connection")]).toEqual([1, "close"]);
  });
});

/** Methods that can be taken off their object. */
function bound(app: RestApp) {
  return { seen: app.seen, get: app.get.bind(app), post: app.post.bind(app) };
}
