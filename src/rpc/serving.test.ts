import { describe, expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import {
  Health,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { trusting } from "../access/authenticate.ts";
import { systemClock } from "../base/clock.ts";
import { invalid } from "../base/errors.ts";
import { systemRandom } from "../base/random.ts";
import { serverStreaming, unary } from "./methods.ts";
import { serveMethods } from "./serving.ts";

const PATH = "http://localhost/grpc.health.v1.Health/Check";
const STREAM_PATH = "http://localhost/grpc.health.v1.Health/Watch";
const ignore = () => undefined;

/** One method, which adds to its answer, and refuses the service "bad"; and one that streams one answer. */
function servingOf(thin: boolean) {
  const watch = serverStreaming(Health.method.watch, async function* () {
    yield create(HealthCheckResponseSchema, { status: Status.SERVING });
  });
  const check = unary(Health.method.check, async (request, call) => {
    call.answerHeaders.set(
      "x-one",
      [...call.headers()].find(([name]) => name === "x-one")?.[1] ?? "",
    );
    call.answerTrailers.set("x-two", "2");
    call.answerHeaders.set("x-request-id", "the handler's own");
    if (request.service === "bad") throw invalid("INVALID_REQUEST", "bad");
    return create(HealthCheckResponseSchema, { status: Status.SERVING });
  });
  return serveMethods({
    methods: [check, watch],
    authenticator: trusting,
    clock: systemClock,
    random: systemRandom,
    thin,
    limits: { compressMinBytes: 1 },
    log: { fault: ({ cause }) => Promise.reject(cause) },
    meter: {
      callStarted: ignore,
      callFinished: ignore,
      connectionOpened: ignore,
      connectionClosed: ignore,
      connectionEnded: ignore,
    },
  });
}

function post(thin: boolean, body: string, headers: Record<string, string> = {}) {
  const init = {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  };
  const request = new Request(PATH, init);
  request.headers.set("content-length", String(body.length));
  return servingOf(thin).fetchHandler(request) as Promise<Response>;
}

describe.each([true, false])("a table of methods, thin path %p", (thin) => {
  test.each(["good", "bad"])("adds what the handler of a %s call says", async (service) => {
    const answer = await post(thin, JSON.stringify({ service }), {
      "x-one": "1",
      "x-request-id": "r-1",
    });
    expect(answer.status).toBe(service === "good" ? 200 : 400);
    const names = ["x-one", "trailer-x-two", "x-request-id"];
    expect(names.map((name) => answer.headers.get(name))).toEqual(["1", "2", "r-1"]);
  });

  test("gives its reason to an error that the library compressed", async () => {
    const answer = await post(thin, "{", {
      "accept-encoding": "gzip",
      // Not a request that the thin path takes.
      "content-encoding": "nonsense",
    });
    expect([answer.status, answer.headers.get("content-encoding")]).toEqual([501, null]);
    expect(await answer.json()).toMatchObject({ code: "unimplemented" });
  });

  const envelope = (json: string) => Buffer.from([0, 0, 0, 0, json.length, ...Buffer.from(json)]);
  test.each([
    ["no message", [], "unimplemented"],
    ["two messages", [envelope("{}"), envelope("{}")], "unimplemented"],
    ["no JSON", [envelope("{")], "invalid_argument"],
  ])(
    "gives its reason to a stream of Connect that the library ends, for %s",
    async (_, parts, code) => {
      for (const accepted of ["identity", "gzip"]) {
        const request = new Request(STREAM_PATH, {
          method: "POST",
          body: Buffer.concat(parts),
          headers: {
            "content-type": "application/connect+json",
            "connect-accept-encoding": accepted,
          },
        });
        const answer = (await servingOf(thin).fetchHandler(request)) as Response;
        const [flags, ...rest] = new Uint8Array(await answer.arrayBuffer());
        expect([answer.status, flags]).toEqual([200, 2]);
        expect(JSON.parse(Buffer.from(rest.slice(4)).toString())).toMatchObject({
          error: {
            code,
            details: [
              { debug: { reason: "INVALID_REQUEST", metadata: { hint: expect.any(String) } } },
            ],
          },
        });
      }
    },
  );

  test("leaves a stream that went well as it is", async () => {
    const headers = { "content-type": "application/connect+json" };
    const init = { method: "POST", body: envelope("{}"), headers };
    const answer = await servingOf(thin).fetchHandler(new Request(STREAM_PATH, init));
    expect(await answer?.text()).toEndWith("{}");
  });
});
