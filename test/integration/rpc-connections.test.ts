/**
 * Connections that misbehave: silent, slow, too many, gone at every moment of a call; and
 * the end of a listener. Whatever a client does, every call that began ends, and the next
 * client is served.
 */
import { describe, expect, test } from "bun:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { EntDBService, GetNodeRequestSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.ts";
import { EntError } from "../../src/base/errors.ts";
import { turn } from "../../src/base/turn.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { END_STREAM, envelope, FRAME, rawHttp2, rawSocket } from "../harness/raw-socket.ts";
import { eventually, startFace, type TestFace } from "../harness/rpc-face.ts";
import { nodeOf, untilAborted } from "../harness/scripted-engine.ts";

const PATH = "/entdb.v1.EntDBService/GetNode";
const CONTEXT = { tenantId: "acme", actor: "user:alice" };
const REQUEST = toBinary(
  GetNodeRequestSchema,
  create(GetNodeRequestSchema, { context: CONTEXT, id: "x" }),
);
const HEAD =
  "POST /entdb.v1.EntDBService/GetNode HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/proto\r\n";

const answers = (text = "hello"): Partial<Engine> => ({
  getNode: async () => ({ node: nodeOf(text), positionToken: new Uint8Array(0) }),
});

/** A second client is served, and nothing is left in flight. */
async function stillServes(face: TestFace): Promise<void> {
  const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
  const response = await client.health({});
  expect(response.status).toBe("healthy");
  await eventually(() => face.seen.calls.length === face.seen.started, "the end of every call");
}

describe("the watch", () => {
  const settled = async (clock: FakeClock, ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) clock.advance(1_000);
  };

  test("closes what says nothing", async () => {
    const clock = new FakeClock();
    await using face = await startFace({ clock });
    using silent = await rawSocket(face.port);
    await eventually(() => face.seen.connections === 1, "the connection");
    await settled(clock, 9_000);
    expect(silent.closed).toBe(false);
    await settled(clock, 2_000);
    await silent.untilClosed();
    expect(face.seen.ended).toEqual(["idle"]);
  });

  test("closes a head that does not end", async () => {
    const clock = new FakeClock();
    await using face = await startFace({ clock, engine: answers() });
    using first = await rawSocket(face.port);
    first.send(`${HEAD}Content-Length: ${REQUEST.length}\r\n\r\n`);
    first.send(REQUEST);
    await first.untilHeard("hello");
    using slow = await rawSocket(face.port);
    slow.send("POST / HTTP/1.1\r\nHost: loc");
    await eventually(() => face.seen.connections === 2, "the connection");
    for (let second = 0; second < 30 && !slow.closed; second++) {
      slow.send("x");
      clock.advance(1_000);
      await turn();
    }
    await slow.untilClosed();
    expect(face.seen.ended).toEqual(["slow"]);
  });

  test.each(["HTTP/1.1", "HTTP/2"])("closes what is idle, %s, and not before", async (version) => {
    const clock = new FakeClock();
    await using face = await startFace({
      clock,
      engine: answers(),
      limits: { idleTimeoutMs: 60_000 },
    });
    using idle =
      version === "HTTP/2" ? (await rawHttp2(face.port)).raw : await rawSocket(face.port);
    if (version === "HTTP/1.1") {
      idle.send(`${HEAD}Content-Length: ${REQUEST.length}\r\n\r\n`);
      idle.send(REQUEST);
      await idle.untilHeard("hello");
    }
    await settled(clock, 59_000);
    expect(idle.closed).toBe(false);
    await settled(clock, 20_000);
    await idle.untilClosed();
    expect(face.seen.ended).toEqual(["idle"]);
  });

  test.each(["HTTP/1.1", "HTTP/2, stock", "HTTP/2, thin"])(
    "drops a body that does not come, %s",
    async (version) => {
      const clock = new FakeClock();
      await using face = await startFace({
        clock,
        thin: version.endsWith("thin"),
        engine: answers(),
      });
      if (version === "HTTP/1.1") {
        using slow = await rawSocket(face.port);
        slow.send(`${HEAD}Content-Length: 1000\r\n\r\nx`);
        await eventually(() => face.seen.started === 1, "the call");
        await settled(clock, 31_000);
        await slow.untilClosed();
      } else {
        using slow = await rawHttp2(face.port);
        slow.headers(1, PATH);
        slow.frame(FRAME.data, 0, 1, Buffer.of(0));
        await eventually(() => face.seen.started === 1, "the call");
        await settled(clock, 31_000);
        await slow.untilFrame(FRAME.reset, 1);
      }
      await eventually(() => face.seen.calls.length === 1, "the end of the call");
      expect(face.seen.ended).toEqual(["slow"]);
    },
  );

  test.each(["HTTP/1.1", "HTTP/2, stock", "HTTP/2, thin"])(
    "drops an answer that nobody reads, %s",
    async (version) => {
      const clock = new FakeClock();
      await using face = await startFace({
        clock,
        thin: version.endsWith("thin"),
        engine: answers("x".repeat(30_000_000)),
      });
      if (version === "HTTP/1.1") {
        using deaf = await rawSocket(face.port);
        deaf.socket.pause();
        deaf.send(`${HEAD}Content-Length: ${REQUEST.length}\r\n\r\n`);
        deaf.send(REQUEST);
        await eventually(() => face.seen.started === 1, "the call");
        for (let second = 0; second < 90 && face.seen.connections > 0; second++) {
          clock.advance(1_000);
          await turn();
        }
        await eventually(() => face.seen.connections === 0, "the end of the connection");
      } else {
        // The window of the connection stays at its 64 KiB: nothing more may be sent.
        using deaf = await rawHttp2(face.port);
        deaf.headers(1, PATH);
        deaf.frame(FRAME.data, END_STREAM, 1, envelope(REQUEST));
        await deaf.untilFrame(FRAME.data, 1);
        for (let second = 0; second < 40; second++) {
          clock.advance(1_000);
          await turn();
        }
        await deaf.untilFrame(FRAME.reset, 1);
      }
      await eventually(() => face.seen.calls.length === 1, "the end of the call");
      expect(face.seen.ended).toContain("slow");
    },
  );

  test.each(["stock", "thin"])(
    "drops answers to which the client opens no window, %s",
    async (path) => {
      const clock = new FakeClock();
      const bytes = 400_000;
      await using face = await startFace({
        clock,
        thin: path === "thin",
        engine: answers("x".repeat(bytes)),
        // What the shut window holds back is all that may be held back: nobody gets more meanwhile.
        limits: { unreadBytes: bytes },
      });
      // SETTINGS_INITIAL_WINDOW_SIZE 0: not a byte of an answer may be sent.
      using shut = await rawHttp2(face.port, Buffer.from([0, 4, 0, 0, 0, 0]));
      shut.headers(1, PATH);
      shut.frame(FRAME.data, END_STREAM, 1, envelope(REQUEST));
      await shut.untilFrame(FRAME.headers, 1);
      const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
      const refused = await client.getNode({ context: CONTEXT }).catch((error: unknown) => error);
      expect(ConnectError.from(refused).code).toBe(Code.ResourceExhausted);
      for (let second = 0; second < 40; second++) {
        clock.advance(1_000);
        await turn();
      }
      await shut.untilFrame(FRAME.reset, 1);
      expect(shut.frames().filter(({ type }) => type === FRAME.data)).toEqual([]);
      expect(face.seen.ended).toContain("slow");
      // What was held back has been given up with it.
      await eventually(() => face.seen.calls.length === 2, "the end of the call");
      expect((await client.getNode({ context: CONTEXT })).node?.id).toBe(nodeOf().id);
    },
  );

  test("takes no more connections than it may, in total and from one address", async () => {
    await using face = await startFace({ limits: { connections: 3, connectionsPerPeer: 2 } });
    using first = await rawSocket(face.port);
    using second = await rawSocket(face.port);
    await eventually(() => face.seen.connections === 2, "two connections");
    using third = await rawSocket(face.port);
    await third.untilClosed();
    expect([first.closed, second.closed]).toEqual([false, false]);
    expect(face.seen.ended).toEqual(["too_many_from_peer"]);
    first.socket.destroy();
    await eventually(() => face.seen.connections === 1, "one connection");
    await stillServes(face);
  });

  test("gives a client nothing more that leaves too much unread", async () => {
    await using face = await startFace({
      engine: answers("x".repeat(1_000_000)),
      limits: { unreadBytesPerConnection: 500_000 },
    });
    using deaf = await rawHttp2(face.port);
    deaf.headers(1, PATH);
    deaf.frame(FRAME.data, END_STREAM, 1, envelope(REQUEST));
    await deaf.untilFrame(FRAME.data, 1);
    deaf.headers(3, PATH);
    deaf.frame(FRAME.data, END_STREAM, 3, envelope(REQUEST));
    await deaf.untilFrame(FRAME.headers, 3);
    await eventually(() => face.seen.calls.length === 1, "the end of the second call");
    expect(face.seen.calls[0]?.reason).toBe("OVERLOADED");
  });

  test("gives nobody more when all together leave too much unread", async () => {
    await using face = await startFace({
      engine: answers("x".repeat(1_000_000)),
      limits: { unreadBytes: 500_000 },
    });
    using deaf = await rawHttp2(face.port);
    deaf.headers(1, PATH);
    deaf.frame(FRAME.data, END_STREAM, 1, envelope(REQUEST));
    await deaf.untilFrame(FRAME.data, 1);
    const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
    const refused = await client.getNode({ context: CONTEXT }).catch((error: unknown) => error);
    expect(ConnectError.from(refused).code).toBe(Code.ResourceExhausted);
    deaf.raw.socket.destroy();
    await eventually(() => face.seen.connections === 1, "the end of the connection");
    expect((await client.getNode({ context: CONTEXT })).node?.id).toBe(nodeOf().id);
  });

  test("takes as many calls on one connection as it says, and refuses the next one", async () => {
    await using face = await startFace({
      limits: { concurrentStreams: 3 },
      engine: { getNode: (_caller, _request, _freshness, signal) => untilAborted(signal) },
    });
    using client = await rawHttp2(face.port);
    for (const stream of [1, 3, 5, 7]) {
      client.headers(stream, PATH);
      client.frame(FRAME.data, END_STREAM, stream, envelope(REQUEST));
    }
    const reset = await client.untilFrame(FRAME.reset, 7);
    expect(reset.payload.readUInt32BE(0)).toBe(7);
    expect(face.seen.started).toBe(3);
  });
});

describe.each([true, false])("a client that goes, thin path %p", (thin) => {
  test("ends the engine's work with CANCELED", async () => {
    const reasons: unknown[] = [];
    let asked = 0;
    await using face = await startFace({
      thin,
      engine: {
        getNode: async (_caller, _request, _freshness, signal) => {
          asked += 1;
          await untilAborted(signal).catch((reason: unknown) => reasons.push(reason));
          throw signal.reason;
        },
      },
    });
    const transports = [
      createGrpcTransport({ baseUrl: face.url }),
      createConnectTransport({ baseUrl: face.url, httpVersion: "2" }),
      createConnectTransport({ baseUrl: face.url, httpVersion: "1.1" }),
    ];
    for (const [index, transport] of transports.entries()) {
      const client = createClient(EntDBService, transport);
      const abort = new AbortController();
      const call = client.getNode({ context: CONTEXT }, { signal: abort.signal });
      const failed = call.catch((error: unknown) => error);
      await eventually(() => asked === index + 1, "the call at the engine");
      abort.abort();
      expect(ConnectError.from(await failed).code).toBe(Code.Canceled);
      await eventually(() => reasons.length === index + 1, "the abort at the engine");
    }
    expect(reasons.map((reason) => reason instanceof EntError && reason.reason)).toEqual([
      "CANCELED",
      "CANCELED",
      "CANCELED",
    ]);
    await stillServes(face);
    expect(face.seen.calls.filter(({ code }) => code === "canceled")).toHaveLength(3);
    expect(face.seen.faults).toEqual([]);
  });

  const STAGES = ["after the head", "in the body", "after the body", "with the answer"] as const;
  const WAYS = ["reset", "cut", "reset, answered at once"] as const;
  const moments = STAGES.flatMap((stage) => WAYS.map((way) => [way, stage] as const));

  test.each(moments)("by a %s %s does no harm", async (way, stage) => {
    let asked = 0;
    let answer: () => void = () => undefined;
    await using face = await startFace({
      thin,
      engine: {
        getNode: () => {
          asked += 1;
          return new Promise((resolve) => {
            const node = nodeOf("x".repeat(200_000));
            answer = () => resolve({ node, positionToken: new Uint8Array(0) });
          });
        },
      },
    });
    using client = await rawHttp2(face.port);
    client.headers(1, PATH);
    const body = envelope(REQUEST);
    if (stage === "in the body") client.frame(FRAME.data, 0, 1, body.subarray(0, 7));
    if (stage === "after the body" || stage === "with the answer") {
      client.frame(FRAME.data, END_STREAM, 1, body);
      await eventually(() => asked === 1, "the call at the engine");
    }
    await eventually(() => face.seen.started === 1, "the call");
    if (stage === "with the answer") answer();
    if (way === "cut") client.raw.socket.destroy();
    else client.frame(FRAME.reset, 0, 1, Buffer.of(0, 0, 0, 8));
    if (way === "reset, answered at once") answer();
    const finished = () => face.seen.calls.some(({ rpc }) => rpc.endsWith("/GetNode"));
    // The stock path waits for its handler; the thin one lets go with the stream.
    await eventually(() => finished() || asked === 1, "the end of the call");
    // The engine answers a call whose client has long gone.
    answer();
    await eventually(finished, "the end of the call");
    await stillServes(face);
    expect(face.seen.faults).toEqual([]);
  });

  test("by cutting an HTTP/1.1 connection at any byte does no harm", async () => {
    await using face = await startFace({ thin, engine: answers("x".repeat(200_000)) });
    const whole = Buffer.concat([
      Buffer.from(`${HEAD}Content-Length: ${REQUEST.length}\r\n\r\n`),
      REQUEST,
    ]);
    for (let cut = 1; cut <= whole.length; cut += 7) {
      using client = await rawSocket(face.port);
      client.send(whole.subarray(0, cut));
      await eventually(() => face.seen.connections >= 1, "the connection");
      client.socket.destroy();
    }
    await eventually(() => face.seen.connections === 0, "the end of the connections");
    await stillServes(face);
    expect(face.seen.faults).toEqual([]);
  });
});

describe.each([true, false])("many at once, thin path %p", (thin) => {
  test("100 parallel answers of 200 KB on one connection all arrive, whole", async () => {
    await using face = await startFace({ thin, engine: answers("x".repeat(200_000)) });
    const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
    const calls = Array.from({ length: 100 }, () => client.getNode({ context: CONTEXT }));
    for (const response of await Promise.all(calls)) {
      const kind = response.node?.fields[1]?.kind;
      expect(kind?.case === "strValue" && kind.value.length).toBe(200_000);
    }
    await stillServes(face);
  });
});

describe.each([true, false])("the end of a listener, thin path %p", (thin) => {
  test("lets what is under way finish, takes nothing new, and leaves nothing", async () => {
    const clock = new FakeClock();
    let answer: () => void = () => undefined;
    let asked = 0;
    await using face = await startFace({
      thin,
      clock,
      engine: {
        getNode: () => {
          asked += 1;
          return new Promise((resolve) => {
            answer = () => resolve({ node: nodeOf(), positionToken: new Uint8Array(0) });
          });
        },
      },
    });
    const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
    using idle = await rawSocket(face.port);
    using other = await rawHttp2(face.port);
    const call = client.getNode({ context: CONTEXT });
    await eventually(() => asked === 1, "the call at the engine");
    let stopped = false;
    const stopping = face.listener.stop(10_000).then(() => {
      stopped = true;
    });
    await other.untilFrame(FRAME.goaway, 0);
    await idle.untilClosed();
    const refused = await fetch(face.url).catch(() => "refused");
    expect(refused).toBe("refused");
    clock.advance(5_000);
    expect(stopped).toBe(false);
    answer();
    expect((await call).node?.id).toBe(nodeOf().id);
    while (!stopped) {
      clock.advance(20);
      await turn();
    }
    await stopping;
    expect(face.seen.connections).toBe(0);
    expect(face.seen.calls.map(({ code }) => code)).toEqual(["ok"]);
  });

  test("ends what does not finish within the grace, with SERVER_STOPPING", async () => {
    const clock = new FakeClock();
    let asked = 0;
    await using face = await startFace({
      thin,
      clock,
      engine: {
        getNode: (_caller, _request, _freshness, signal) => {
          asked += 1;
          return untilAborted(signal);
        },
      },
    });
    const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
    const call = client.getNode({ context: CONTEXT }).catch((error: unknown) => error);
    await eventually(() => asked === 1, "the call at the engine");
    let stopped = false;
    const stopping = face.listener.stop(1_000).then(() => {
      stopped = true;
    });
    while (!stopped) {
      clock.advance(20);
      await turn();
    }
    await stopping;
    const error = ConnectError.from(await call);
    expect(error.code).toBe(Code.Unavailable);
    expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe("SERVER_STOPPING");
    expect(face.seen.connections).toBe(0);
  });
});

test("a stopping listener ends streams at once, and a watched server tells its health till then", async () => {
  let status: "healthy" | "unhealthy" = "healthy";
  const clock = new FakeClock();
  await using face = await startFace({
    clock,
    engine: { health: () => ({ status, components: {}, applierLagMs: 0, version: "" }) },
  });
  const client = createClient(Health, createGrpcTransport({ baseUrl: face.url }));
  const told: HealthCheckResponse_ServingStatus[] = [];
  const watched = (async () => {
    for await (const response of client.watch({})) told.push(response.status);
  })().catch((error: unknown) => ConnectError.from(error));
  await eventually(() => told.length === 1, "the first status");
  status = "unhealthy";
  clock.advance(1_000);
  await eventually(() => told.length === 2, "the second status");
  let stopped = false;
  const stopping = face.listener.stop(60_000).then(() => {
    stopped = true;
  });
  expect((await watched)?.code).toBe(Code.Unavailable);
  while (!stopped) {
    clock.advance(20);
    await turn();
  }
  await stopping;
  const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
  expect(told).toEqual([SERVING, NOT_SERVING]);
});
