/**
 * The table of methods is made ready when the first call comes: who comes meanwhile waits and
 * is answered, a stop ends who waits, and a failure is nobody's but theirs who waited for it.
 */
import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { Health, HealthCheckResponseSchema } from "../../gen/grpc/health/v1/health_pb.ts";
import { trusting } from "../../src/access/authenticate.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { unary } from "../../src/rpc/methods.ts";
import type { RpcServerOptions } from "../../src/rpc/options.ts";
import { createRpcServer } from "../../src/rpc/server.ts";
import { type Serving, serveMethods } from "../../src/rpc/serving.ts";
import { eventually } from "../harness/rpc-face.ts";

const PATH = "/grpc.health.v1.Health/Check";
const ignore = () => undefined;

/** A server whose table is made ready when the test says so. */
async function startUnready() {
  const preparing: PromiseWithResolvers<Serving>[] = [];
  const faults: unknown[] = [];
  const open = { connections: 0 };
  const options: RpcServerOptions = {
    authenticator: trusting,
    clock: systemClock,
    random: systemRandom,
    log: { fault: ({ cause }) => faults.push(cause) },
    meter: {
      callStarted: ignore,
      callFinished: ignore,
      connectionOpened: () => {
        open.connections += 1;
      },
      connectionClosed: () => {
        open.connections -= 1;
      },
      connectionEnded: ignore,
    },
  };
  const lengths: number[] = [];
  const check = unary(Health.method.check, async ({ service }) => {
    lengths.push(service.length);
    return create(HealthCheckResponseSchema, { status: 1 });
  });
  const server = createRpcServer(options, () => {
    const made = Promise.withResolvers<Serving>();
    preparing.push(made);
    return made.promise;
  });
  const listener = await server.listen("127.0.0.1", 0);
  const url = `http://127.0.0.1:${listener.port}`;
  const ready = () => preparing.at(-1)?.resolve(serveMethods({ ...options, methods: [check] }));
  return { server, listener, url, preparing, faults, open, lengths, ready };
}

function requestOf(url: string, service: string): Request {
  const body = JSON.stringify({ service });
  const headers = { "content-type": "application/json", connection: "close" };
  return new Request(url + PATH, { method: "POST", headers, body });
}

test("whoever comes before the table is ready is answered, whole, once it is", async () => {
  const { server, listener, url, preparing, lengths, ready } = await startUnready();
  expect(preparing).toEqual([]);
  const sizes = [1, 100_000, 1_000_000];
  const answers = sizes.map((size) => fetch(requestOf(url, "x".repeat(size))));
  const mounted = server.fetchHandler(requestOf(url, "mounted"));
  // Their bodies are on their way meanwhile, to be read later.
  let turns = 0;
  await eventually(() => preparing.length > 0 && turns++ > 200, "the first call");
  ready();
  for (const answer of answers) expect(await (await answer).json()).toEqual({ status: "SERVING" });
  expect(await (await mounted)?.json()).toEqual({ status: "SERVING" });
  expect(lengths.sort((a, b) => a - b)).toEqual([1, "mounted".length, 100_000, 1_000_000]);
  expect(preparing).toHaveLength(1);
  await listener.stop(0);
});

test("a stop ends who waits, and what becomes ready later takes no calls", async () => {
  const { server, listener, url, preparing, open, ready } = await startUnready();
  const waiting = fetch(requestOf(url, "x")).catch(() => "ended");
  await eventually(() => preparing.length > 0, "the first call");
  await listener.stop(0);
  expect(await waiting).toBe("ended");
  expect(open.connections).toBe(0);
  ready();
  const late = await server.fetchHandler(requestOf(url, "x"));
  expect(late?.status).toBe(503);
});

test("a failure ends who waited for it, and the next one tries again", async () => {
  const { listener, url, preparing, faults, ready } = await startUnready();
  const cause = new Error("not to be made");
  const waiting = fetch(requestOf(url, "x")).catch(() => "ended");
  await eventually(() => preparing.length > 0, "the first call");
  preparing[0]?.reject(cause);
  expect(await waiting).toBe("ended");
  expect(faults).toEqual([cause]);
  const next = fetch(requestOf(url, "x"));
  await eventually(() => preparing.length > 1, "the second attempt");
  ready();
  expect((await next).status).toBe(200);
  await listener.stop(0);
});
