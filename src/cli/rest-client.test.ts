import { expect, test } from "bun:test";
import { systemClock } from "../base/clock.ts";
import { CommandFailure } from "./failure.ts";
import { RestClient } from "./rest-client.ts";

const TARGET = {
  url: "http://entdb.test:8080",
  tenantId: "acme",
  actor: "user:ada",
  credential: undefined,
  timeoutMs: 60_000,
};

function clientOf(answer: () => Response | Promise<Response>, seen: Request[] = []): RestClient {
  return new RestClient(TARGET, systemClock, (url, init) => {
    seen.push(new Request(url, init));
    return Promise.resolve(answer());
  });
}

async function failureOf(client: RestClient): Promise<CommandFailure> {
  const error = await client.get("/v1/nodes/x").catch((thrown: unknown) => thrown);
  if (error instanceof CommandFailure) return error;
  throw new Error(`no failure: ${String(error)}`);
}

test("tenant and actor go along as headers, the query as it was given", async () => {
  const seen: Request[] = [];
  const client = clientOf(() => Response.json({ ok: true }), seen);
  await client.get("/v1/nodes", [
    ["filter.a.gte", "1 & 2"],
    ["filter.a.lte", "3"],
  ]);
  const [request] = seen;
  expect(request?.url).toBe("http://entdb.test:8080/v1/nodes?filter.a.gte=1+%26+2&filter.a.lte=3");
  expect(request?.headers.get("x-tenant-id")).toBe("acme");
  expect(request?.headers.get("x-actor")).toBe("user:ada");
});

test("a credential goes along in its header, and then the actor only when one is named", async () => {
  const headersOf = async (change: object) => {
    const seen: Request[] = [];
    const client = new RestClient({ ...TARGET, ...change }, systemClock, (url, init) => {
      seen.push(new Request(url, init));
      return Promise.resolve(Response.json({}));
    });
    await client.get("/v1/nodes/x");
    const headers = seen[0]?.headers;
    return [headers?.get("authorization"), headers?.get("x-actor")];
  };
  const credential = "edb_a_b";
  expect(await headersOf({ credential })).toEqual(["Bearer edb_a_b", "user:ada"]);
  expect(await headersOf({ credential, actor: undefined })).toEqual(["Bearer edb_a_b", null]);
  expect(await headersOf({ actor: undefined })).toEqual([null, "user:cli"]);
});

test("integers of 64 bits survive the way there and back", async () => {
  const seen: Request[] = [];
  const client = clientOf(() => new Response('{"n":9223372036854775807}'), seen);
  const answer = await client.post("/v1/atomic", { n: -9223372036854775808n });
  expect(answer["n"]).toBe(9223372036854775807n);
  expect(await seen[0]?.text()).toBe('{"n":-9223372036854775808}');
});

test.each([
  [400, 1],
  [401, 1],
  [403, 1],
  [404, 3],
  [409, 4],
  [429, 5],
  [500, 1],
  [503, 5],
])(
  "a refusal with HTTP %d exits with %d and keeps what the server said",
  async (status, exitCode) => {
    const error = {
      code: "C",
      reason: "R",
      message: "M",
      hint: "H",
      details: { a: "1" },
      request_id: "q",
    };
    const failure = await failureOf(clientOf(() => Response.json({ error }, { status })));
    expect(failure).toMatchObject({
      code: "C",
      reason: "R",
      message: "M",
      hint: "H",
      requestId: "q",
      exitCode,
    });
    expect(failure.details).toEqual({ a: "1" });
  },
);

test.each([
  ["a route that the server does not know is not a missing thing", "ROUTE_NOT_FOUND", 404, 1],
  ["a schema that is none is not a breaking change", "SCHEMA_INVALID", 400, 2],
])("%s", async (_what, reason, status, exitCode) => {
  const error = { code: "C", reason, message: "M" };
  const failure = await failureOf(clientOf(() => Response.json({ error }, { status })));
  expect(failure.exitCode).toBe(exitCode as typeof failure.exitCode);
});

test.each([
  [200, "<html>"],
  [502, "Bad Gateway"],
  [200, "[]"],
  [302, ""],
])("an answer that is not EntDB's (%d %p) is told, not guessed at", async (status, body) => {
  const failure = await failureOf(clientOf(() => new Response(body, { status })));
  expect(failure.message).toContain("not EntDB's JSON");
  expect(failure.hint).toContain("--url");
});

test("an unhealthy server's 503 is an answer, not an error", async () => {
  const client = clientOf(() => Response.json({ status: "unhealthy" }, { status: 503 }));
  expect(await client.get("/health")).toEqual({ status: "unhealthy" });
});

test("a server that is not there is told with what to do", async () => {
  const client = new RestClient(TARGET, systemClock, () => Promise.reject(new Error("refused")));
  const failure = await failureOf(client);
  expect(failure).toMatchObject({ reason: "SERVER_UNREACHABLE", exitCode: 5 });
});

test("a server that does not answer in time: unknown outcome, exit 5", async () => {
  const fired: (() => void)[] = [];
  const clock = {
    ...systemClock,
    timer: (_ms: number, callback: () => void) => {
      fired.push(callback);
      return () => undefined;
    },
  };
  const client = new RestClient(TARGET, clock, (_url, init) => {
    const answer = Promise.withResolvers<Response>();
    init.signal?.addEventListener("abort", () => answer.reject(new Error("aborted")));
    for (const fire of fired) fire();
    return answer.promise;
  });
  const failure = await failureOf(client);
  expect(failure).toMatchObject({ reason: "DEADLINE_EXCEEDED", exitCode: 5 });
  expect(failure.hint).toContain("--idempotency-key");
});

test("who is asked for a credential is told where this program takes it from", async () => {
  const error = {
    code: "UNAUTHORIZED",
    reason: "UNAUTHENTICATED",
    message: "No.",
    hint: "Header.",
  };
  const client = clientOf(() => Response.json({ error }, { status: 401 }));
  const { hint, exitCode } = await failureOf(client);
  expect([hint, exitCode]).toEqual([expect.stringContaining("--api-key-file"), 1]);
});
