/**
 * What the RPC face takes and what it refuses: sizes at the limit and one past it, plain
 * and compressed, on every path; calls in flight; deadlines.
 */
import { describe, expect, test } from "bun:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { create, fromBinary, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import {
  EntDBService,
  type ExecuteAtomicRequest,
  ExecuteAtomicRequestSchema,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { envelope, FRAME, rawHttp2, rawSocket } from "../harness/raw-socket.ts";
import { eventually, startFace } from "../harness/rpc-face.ts";
import { nodeOf, untilAborted } from "../harness/scripted-engine.ts";

const LIMIT = 20_000;
const PATH = "/entdb.v1.EntDBService/ExecuteAtomic";
const CONTEXT = { tenantId: "acme", actor: "user:alice" };

const APPLIED: Partial<Engine> = {
  execute: async (_caller, request) => ({
    results: [],
    positionToken: new Uint8Array(0),
    walPosition: "0:1",
    applied: true,
    idempotencyKey: request.idempotencyKey,
    schemaDifferences: [],
  }),
};

/** A request whose encoding has exactly so many bytes. The filler compresses well. */
function requestOf(bytes: number): ExecuteAtomicRequest {
  const request = create(ExecuteAtomicRequestSchema, { context: CONTEXT });
  for (let length = bytes; length > 0; length--) {
    request.idempotencyKey = "k".repeat(length);
    if (toBinary(ExecuteAtomicRequestSchema, request).length === bytes) return request;
  }
  throw new Error("no such size");
}

function jsonOf(bytes: number): Buffer {
  const empty = toJsonString(
    ExecuteAtomicRequestSchema,
    create(ExecuteAtomicRequestSchema, { context: CONTEXT }),
  );
  const frame = empty.slice(0, -1).length + ',"idempotencyKey":""}'.length;
  return Buffer.from(`${empty.slice(0, -1)},"idempotencyKey":"${"k".repeat(bytes - frame)}"}`);
}

const binary = (bytes: number) => toBinary(ExecuteAtomicRequestSchema, requestOf(bytes));
const JSON_TYPE = { "content-type": "application/json" };
const PROTO_TYPE = { "content-type": "application/proto" };

async function reasonOf(response: Response): Promise<string> {
  if (response.ok) return "ok";
  const json = (await response.json()) as { details?: { value: string }[] };
  const value = json.details?.[0]?.value ?? "";
  return fromBinary(ErrorInfoSchema, Buffer.from(value, "base64")).reason;
}

describe.each([true, false])("messages, thin path %p", (thin) => {
  const start = () => startFace({ engine: APPLIED, thin, limits: { messageBytes: LIMIT } });

  test("gRPC takes a message at the limit and refuses the next longer one", async () => {
    await using face = await start();
    const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
    expect((await client.executeAtomic(requestOf(LIMIT))).applied).toBe(true);
    const error = await client.executeAtomic(requestOf(LIMIT + 1)).then(
      () => undefined,
      (thrown: unknown) => ConnectError.from(thrown),
    );
    expect(error?.code).toBe(Code.ResourceExhausted);
    const [info] = error?.findDetails(ErrorInfoSchema) ?? [];
    expect(info?.reason).toBe("MESSAGE_TOO_LARGE");
    expect(info?.metadata["max"]).toBe(String(LIMIT));
    // The connection goes on.
    expect((await client.executeAtomic(requestOf(100))).applied).toBe(true);
  });

  const bodies: [string, (bytes: number) => Uint8Array, Record<string, string>][] = [
    ["protobuf", binary, PROTO_TYPE],
    ["JSON", jsonOf, JSON_TYPE],
    [
      "protobuf, gzip",
      (bytes) => gzipSync(binary(bytes)),
      { ...PROTO_TYPE, "content-encoding": "gzip" },
    ],
    [
      "JSON, gzip",
      (bytes) => gzipSync(jsonOf(bytes)),
      { ...JSON_TYPE, "content-encoding": "gzip" },
    ],
    [
      "JSON, brotli",
      (bytes) => brotliCompressSync(jsonOf(bytes)),
      { ...JSON_TYPE, "content-encoding": "br" },
    ],
  ];

  test.each(bodies)(
    "Connect in %s: at the limit, and one past it",
    async (_name, bodyOf, headers) => {
      await using face = await start();
      const post = (bytes: number) =>
        fetch(face.url + PATH, { method: "POST", headers, body: bodyOf(bytes) });
      expect(await reasonOf(await post(LIMIT))).toBe("ok");
      const refused = await post(LIMIT + 1);
      expect(refused.status).toBe(429);
      expect(await reasonOf(refused)).toBe("MESSAGE_TOO_LARGE");
    },
  );

  test.each(bodies)(
    "mounted elsewhere, Connect in %s: at the limit, and one past it",
    async (_name, bodyOf, headers) => {
      await using face = await start();
      const post = async (bytes: number) => {
        const request = new Request(`http://localhost${PATH}`, {
          method: "POST",
          headers,
          body: bodyOf(bytes),
        });
        return reasonOf((await face.face.fetchHandler(request)) as Response);
      };
      expect(await post(LIMIT)).toBe("ok");
      expect(await post(LIMIT + 1)).toBe("MESSAGE_TOO_LARGE");
    },
  );

  test("a gzip bomb is refused before it has unfolded", async () => {
    await using face = await start();
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const response = await fetch(face.url + PATH, {
      method: "POST",
      headers: { ...PROTO_TYPE, "content-encoding": "gzip" },
      body: bomb.subarray(0, LIMIT),
    });
    expect(await reasonOf(response)).toBe("MESSAGE_TOO_LARGE");
  });

  test("a message that promises too much is refused before it comes", async () => {
    await using face = await start();
    using client = await rawHttp2(face.port);
    client.headers(1, PATH);
    const promise = Buffer.alloc(5);
    promise.writeUInt32BE(LIMIT + 1, 1);
    client.frame(FRAME.data, 0, 1, promise);
    await client.untilFrame(FRAME.headers, 1);
    await client.untilFrame(FRAME.reset, 1);
    await eventually(() => face.seen.calls.length === 1, "the end of the call");
    expect(face.seen.calls[0]?.reason).toBe("MESSAGE_TOO_LARGE");
  });

  test.each([
    ["nothing", Buffer.alloc(0), "INVALID_REQUEST"],
    ["half an envelope", Buffer.of(0, 0, 0), "INVALID_REQUEST"],
    ["less than promised", envelope(binary(100)).subarray(0, 50), "INVALID_REQUEST"],
    [
      "two messages",
      Buffer.concat([envelope(binary(100)), envelope(binary(100))]),
      "INVALID_REQUEST",
    ],
    [
      "a compressed message without a name for it",
      envelope(gzipSync(binary(100)), 1),
      "INVALID_REQUEST",
    ],
    ["no protobuf", envelope(Buffer.from("\xff\xff\xff")), "INVALID_REQUEST"],
    ["text that is no UTF-8", envelope(Buffer.of(0x12, 2, 0xc3, 0x28)), "INVALID_REQUEST"],
  ])("a body of %s is refused with a reason", async (_name, body, reason) => {
    await using face = await start();
    using client = await rawHttp2(face.port);
    client.headers(1, PATH);
    client.frame(FRAME.data, 1, 1, body);
    await client.untilFrame(FRAME.headers, 1);
    await eventually(() => face.seen.calls.length === 1, "the end of the call");
    expect(face.seen.calls[0]?.reason).toBe(reason as "INVALID_REQUEST");
    expect(face.seen.faults).toEqual([]);
  });
});

describe.each([true, false])("calls, thin path %p", (thin) => {
  test("beyond the limit of calls in flight a call is refused, and taken when there is a place", async () => {
    const waiting: (() => void)[] = [];
    await using face = await startFace({
      thin,
      limits: { callsInFlight: 2 },
      engine: {
        getNode: () =>
          new Promise((resolve) =>
            waiting.push(() => resolve({ node: nodeOf(), positionToken: new Uint8Array(0) })),
          ),
      },
    });
    const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
    const first = [client.getNode({ context: CONTEXT }), client.getNode({ context: CONTEXT })];
    await eventually(() => waiting.length === 2, "two calls in flight");
    const refused = await client.getNode({ context: CONTEXT }).catch((error: unknown) => error);
    expect(ConnectError.from(refused).findDetails(ErrorInfoSchema)[0]?.reason).toBe("OVERLOADED");
    for (const answer of waiting) answer();
    await Promise.all(first);
    waiting.length = 0;
    const again = client.getNode({ context: CONTEXT });
    await eventually(() => waiting.length === 1, "a call in flight");
    waiting[0]?.();
    await again;
    expect(face.seen.calls.map(({ code }) => code).sort()).toEqual([
      "ok",
      "ok",
      "ok",
      "resource_exhausted",
    ]);
  });

  test("beyond the limit of bytes in flight a body is refused", async () => {
    await using face = await startFace({ thin, limits: { bytesInFlight: 1_000 }, engine: APPLIED });
    const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
    const refused = await client.executeAtomic(requestOf(2_000)).catch((error: unknown) => error);
    expect(ConnectError.from(refused).findDetails(ErrorInfoSchema)[0]?.reason).toBe("OVERLOADED");
    expect((await client.executeAtomic(requestOf(500))).applied).toBe(true);
    expect((await client.executeAtomic(requestOf(500))).applied).toBe(true);
  });

  test("a call has the time that its client gives it, at most the server's", async () => {
    const clock = new FakeClock();
    let waiting = 0;
    await using face = await startFace({
      thin,
      clock,
      limits: { deadlineMs: 5_000 },
      engine: {
        getNode: (_caller, _request, _freshness, signal) => {
          waiting += 1;
          return untilAborted(signal);
        },
      },
    });
    const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
    const cases = [
      { header: "30S", aliveMs: 4_999, ms: 5_000 },
      { header: "200m", aliveMs: 199, ms: 200 },
      { header: "99999999H", aliveMs: 4_999, ms: 5_000 },
      { header: undefined, aliveMs: 4_999, ms: 5_000 },
    ];
    for (const { header, aliveMs, ms } of cases) {
      const before = waiting;
      const headers: Record<string, string> =
        header === undefined ? {} : { "grpc-timeout": header };
      const call = client
        .getNode({ context: CONTEXT }, { headers })
        .catch((error: unknown) => error);
      await eventually(() => waiting === before + 1, "the call at the engine");
      clock.advance(aliveMs);
      expect(face.seen.calls).toHaveLength(before);
      clock.advance(ms - aliveMs);
      const error = ConnectError.from(await call);
      expect(error.code).toBe(Code.DeadlineExceeded);
      expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe("DEADLINE_EXCEEDED");
      await eventually(() => face.seen.calls.length === before + 1, "the end of the call");
    }
  });

  test("a deadline passes while the body is still on its way", async () => {
    const clock = new FakeClock();
    await using face = await startFace({ thin, clock, engine: APPLIED });
    using client = await rawHttp2(face.port);
    client.headers(1, PATH, { "grpc-timeout": "1S" });
    client.frame(FRAME.data, 0, 1, Buffer.of(0, 0));
    await eventually(() => face.seen.started === 1, "the call");
    clock.advance(1_000);
    await client.untilFrame(FRAME.headers, 1);
    await eventually(() => face.seen.calls.length === 1, "the end of the call");
    expect(face.seen.calls[0]?.reason).toBe("DEADLINE_EXCEEDED");
  });

  test.each(["soon", "1", "123456789S", "-1S", "1.5S"])(
    "the time-out %p is refused",
    async (timeout) => {
      await using face = await startFace({ thin, engine: APPLIED });
      using client = await rawHttp2(face.port);
      client.headers(1, PATH, { "grpc-timeout": timeout });
      client.frame(FRAME.data, 1, 1, envelope(binary(100)));
      await client.untilFrame(FRAME.headers, 1);
      await eventually(() => face.seen.calls.length === 1, "the end of the call");
      expect(face.seen.calls[0]?.reason).toBe("INVALID_REQUEST");
    },
  );

  test("Connect's time-out goes by its own header", async () => {
    const clock = new FakeClock();
    let waiting = 0;
    await using face = await startFace({
      thin,
      clock,
      engine: {
        getNode: (_caller, _request, _freshness, signal) => {
          waiting += 1;
          return untilAborted(signal);
        },
      },
    });
    const headers = {
      ...JSON_TYPE,
      "connect-timeout-ms": "300",
      "x-tenant-id": "acme",
      "x-actor": "user:a",
    };
    const body = "{}";
    const path = "/entdb.v1.EntDBService/GetNode";
    const calls = [
      fetch(face.url + path, { method: "POST", headers, body }),
      face.face.fetchHandler(
        new Request(`http://localhost${path}`, { method: "POST", headers, body }),
      ),
    ];
    await eventually(() => waiting === 2, "the calls at the engine");
    clock.advance(300);
    for (const call of calls) {
      const response = (await call) as Response;
      expect(response.status).toBe(504);
      expect(await reasonOf(response)).toBe("DEADLINE_EXCEEDED");
    }
    const bad = await fetch(face.url + path, {
      method: "POST",
      headers: { ...headers, "connect-timeout-ms": "1s" },
      body,
    });
    expect(await reasonOf(bad)).toBe("INVALID_REQUEST");
  });
});

describe("JSON", () => {
  const post = async (url: string, body: string | Uint8Array) => {
    const response = await fetch(`${url}/entdb.v1.EntDBService/GetNode`, {
      method: "POST",
      headers: { ...JSON_TYPE, "x-tenant-id": "acme", "x-actor": "user:a" },
      body,
    });
    return reasonOf(response);
  };

  test("is read strictly: UTF-8, names that exist, exact integers", async () => {
    const engine: Partial<Engine> = {
      getNode: async () => ({ node: nodeOf(), positionToken: new Uint8Array(0) }),
    };
    await using face = await startFace({ engine });
    expect(await post(face.url, '{"id":"x"}')).toBe("ok");
    expect(await post(face.url, '{"idd":"x"}')).toBe("INVALID_REQUEST");
    expect(await post(face.url, Buffer.from('{"id":"\xff"}', "latin1"))).toBe("INVALID_REQUEST");
    expect(await post(face.url, '{"id":"x"')).toBe("INVALID_REQUEST");
    expect(await post(face.url, "")).toBe("INVALID_REQUEST");
    expect(face.seen.faults).toEqual([]);
  });

  test("carries the whole range of 64 bits, also as a number", async () => {
    const sent: unknown[] = [];
    await using face = await startFace({
      engine: {
        execute: (caller, request, signal) => {
          sent.push(...request.operations);
          return (APPLIED.execute as Engine["execute"])(caller, request, signal);
        },
      },
    });
    const value = (literal: string) =>
      `{"operations":[{"createNode":{"typeId":1,"fields":{"1":{"intValue":${literal}}}}}]}`;
    const send = async (literal: string) =>
      reasonOf(
        await fetch(face.url + PATH, {
          method: "POST",
          headers: { ...JSON_TYPE, "x-tenant-id": "acme", "x-actor": "user:a" },
          body: value(literal),
        }),
      );
    expect(await send("9223372036854775807")).toBe("ok");
    expect(await send("-9223372036854775808")).toBe("ok");
    expect(await send('"9007199254740993"')).toBe("ok");
    expect(await send("9223372036854775808")).toBe("INVALID_REQUEST");
    expect(await send("9007199254740993.5")).toBe("INVALID_REQUEST");
    const values = sent.map(
      (operation) => (operation as { fields: Map<number, { value: bigint }> }).fields.get(1)?.value,
    );
    expect(values).toEqual([9223372036854775807n, -9223372036854775808n, 9007199254740993n]);
  });
});

test("a request in pieces is one request", async () => {
  await using face = await startFace({ engine: APPLIED });
  using client = await rawSocket(face.port);
  const body = Buffer.from(binary(100));
  const head = `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/proto\r\nContent-Length: ${body.length}\r\n\r\n`;
  for (const byte of Buffer.concat([Buffer.from(head), body])) client.send(Buffer.of(byte));
  await client.untilHeard("200 OK");
});

test("200 calls at once share one connection", async () => {
  await using face = await startFace({ engine: APPLIED });
  const transport = createConnectTransport({ baseUrl: face.url, httpVersion: "2" });
  const client = createClient(EntDBService, transport);
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => client.executeAtomic(requestOf(100))),
  );
  expect(answers.every((answer) => answer.applied)).toBe(true);
});
