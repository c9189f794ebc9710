/**
 * How many requests a tenant and a credential may make, through both faces of a server as users
 * start it: what a client is told before and when it has to wait, and whose limit is whose.
 */
import { describe, expect, test } from "bun:test";
import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { SecuredServer } from "../harness/secured-server.ts";
import { startTestServer } from "../harness/test-server.ts";
import { PROTOCOLS, Rest, rpcClient } from "../harness/wire.ts";

/** A request a second comes back: nothing does while a test runs, but what it says of waiting is known. */
const SLOW = { tenantRequestsPerSecond: 1, tenantRequestBurst: 3 };

describe("a tenant's requests over REST", () => {
  test("are counted down, refused when they are used up, and say when to come back", async () => {
    await using server = await startTestServer(SLOW);
    const rest = new Rest(server.httpUrl, "acme");
    for (const remaining of ["2", "1", "0"]) {
      const { status, headers } = await rest.get("/v1/schema");
      expect(status).toBe(200);
      expect(headers.get("x-ratelimit-limit")).toBe("3");
      expect(headers.get("x-ratelimit-remaining")).toBe(remaining);
      expect(Number(headers.get("x-ratelimit-reset"))).toBeGreaterThanOrEqual(1);
    }
    const { status, headers, body } = await rest.get("/v1/schema");
    expect(status).toBe(429);
    expect(body.error).toMatchObject({
      code: "RATE_LIMITED",
      reason: "RATE_LIMITED",
      retryable: true,
      details: { limited: "tenant" },
    });
    expect(headers.get("retry-after")).toBe("1");
    expect(headers.get("x-ratelimit-remaining")).toBe("0");
    expect((await new Rest(server.httpUrl, "other").get("/v1/schema")).status).toBe(200);
  });

  test("a write that is refused leaves nothing behind", async () => {
    await using server = await startTestServer(SLOW);
    const rest = new Rest(server.httpUrl, "acme");
    for (let i = 0; i < 3; i++) await rest.get("/v1/schema");
    const { status } = await rest.post("/v1/schema", {
      node_types: [{ type_id: 1, name: "Late" }],
    });
    expect(status).toBe(429);
    const log = await new Rest(server.httpUrl, "acme").get("/admin/log");
    expect(log.body.end_offset).toBe(0);
  });

  test("health and the log's state are nobody's requests", async () => {
    await using server = await startTestServer(SLOW);
    for (let i = 0; i < 10; i++) {
      expect((await fetch(`${server.httpUrl}/readyz`)).status).toBe(200);
      expect((await fetch(`${server.httpUrl}/health`)).status).toBe(200);
    }
  });

  test("no header speaks of limits where there are none", async () => {
    await using server = await startTestServer();
    const { headers } = await new Rest(server.httpUrl).get("/v1/schema");
    expect(headers.get("x-ratelimit-limit")).toBeNull();
  });
});

describe.each(PROTOCOLS)("a tenant's requests over %s", (protocol) => {
  test("are refused with RetryInfo when they are used up", async () => {
    await using server = await startTestServer(SLOW);
    const client = rpcClient(protocol, server.grpcUrl);
    const context = { tenantId: "acme", actor: "user:ada" };
    const remaining: (string | null)[] = [];
    const onHeader = (headers: Headers) => {
      remaining.push(headers.get("x-ratelimit-remaining"));
    };
    for (let i = 0; i < 3; i++) await client.getSchema({ context }, { onHeader });
    expect(remaining).toEqual(["2", "1", "0"]);
    const error = await client.getSchema({ context }).then(
      () => undefined,
      (thrown: unknown) => ConnectError.from(thrown),
    );
    expect(error?.findDetails(ErrorInfoSchema)[0]?.reason).toBe("RATE_LIMITED");
    const delay = error?.findDetails(RetryInfoSchema)[0]?.retryDelay;
    const delayMs = Number(delay?.seconds ?? 0n) * 1000 + (delay?.nanos ?? 0) / 1_000_000;
    expect(delayMs > 0 && delayMs <= 1000).toBe(true);
  });
});

test("a tenant's own limits come before the server's, and hold from the next request on", async () => {
  await using server = await startTestServer(SLOW);
  const rest = new Rest(server.httpUrl, "acme");
  expect((await rest.post("/v1/tenants", { tenant_id: "acme" })).status).toBe(200);
  const set = await rest.post("/v1/tenants/acme/limits", {
    requests_per_second: 100,
    request_burst: 50,
  });
  expect([set.status, set.body.error]).toEqual([200, undefined]);
  const { headers } = await rest.get("/v1/schema");
  expect(headers.get("x-ratelimit-limit")).toBe("50");
});

describe("what has not the form of its message", () => {
  const CREDENTIAL = { credentialRequestsPerSecond: 1, credentialRequestBurst: 3 };
  const rpc = (type: string) => ({
    path: "/entdb.v1.EntDBService/GetSchema",
    init: { method: "POST", headers: { "content-type": type }, body: '{"misspelt": 1}' },
    status: 400,
  });
  const malformed = {
    "over the thin path": rpc("application/json"),
    "over the stock path": rpc("application/json; charset=utf-8"),
    "over REST": { path: "/v1/schema?misspelt=1", init: { headers: {} }, status: 400 },
  };

  test.each(Object.entries(malformed))("counts for its credential, %s", async (_how, request) => {
    await using server = await SecuredServer.start(async () => undefined, CREDENTIAL);
    const { path, init, status } = request;
    const headers = { ...init.headers, authorization: `Bearer ${server.adminKey}` };
    const base = path.startsWith("/v1/") ? server.httpUrl : server.grpcUrl;
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) {
      statuses.push((await fetch(`${base}${path}`, { ...init, headers })).status);
    }
    expect(statuses).toEqual([status, status, status, 429]);
  });

  test("is nobody's where nobody is asked who it is", async () => {
    await using server = await startTestServer(SLOW);
    for (const { path, init, status } of Object.values(malformed)) {
      for (let i = 0; i < 4; i++) {
        const answer = await fetch(`${server.httpUrl}${path}`, init);
        expect(answer.status).toBe(status);
      }
    }
  });
});
