/**
 * When, in the life of a call, its credential is looked at: before the body is read, on
 * either path, though a token may take a moment to verify; and while a stream lives.
 */
import { describe, expect, test } from "bun:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { EntDBService, GetNodeRequestSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import type { Authenticator } from "../../src/access/authenticate.ts";
import type { Identity } from "../../src/access/identity.ts";
import { unauthenticated } from "../../src/access/refusals.ts";
import { turn } from "../../src/base/turn.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { END_STREAM, envelope, FRAME, rawHttp2, rawSocket } from "../harness/raw-socket.ts";
import { RestApp } from "../harness/rest-app.ts";
import { eventually, startFace } from "../harness/rpc-face.ts";
import { nodeOf } from "../harness/scripted-engine.ts";

const PATH = "/entdb.v1.EntDBService/GetNode";
const REQUEST = toBinary(GetNodeRequestSchema, create(GetNodeRequestSchema, { id: "x" }));

const ada: Identity = {
  tenantId: "acme",
  actor: "user:ada",
  mayActAs: [],
  roles: [],
  credential: "key:1",
  expiresAt: Number.POSITIVE_INFINITY,
};
const engine: Partial<Engine> = {
  getNode: async () => ({ node: nodeOf("hello"), positionToken: new Uint8Array(0) }),
};
const authenticate = (identify: Authenticator["identify"]): Authenticator => ({
  identify,
  actedFor: () => undefined,
});
/** Lets in who sends "Bearer good", at once. */
const strict = authenticate((authorization) => {
  if (authorization === "Bearer good") return ada;
  throw unauthenticated();
});

/** Tells later, when the test says what. */
function slow() {
  const { promise, resolve, reject } = Promise.withResolvers<Identity>();
  let asked = 0;
  const authenticator = authenticate(() => {
    asked += 1;
    return promise;
  });
  return { authenticator, resolve, reject, asked: () => asked };
}

describe.each([true, false])("with the thin path %p", (thin) => {
  test("a call that is refused is refused before its body comes, over HTTP/2", async () => {
    await using face = await startFace({ engine, authenticator: strict, thin });
    using http2 = await rawHttp2(face.port);
    http2.headers(1, PATH);
    await http2.untilFrame(FRAME.headers, 1);
    expect(face.seen.calls).toMatchObject([{ code: "unauthenticated", reason: "UNAUTHENTICATED" }]);
  });

  test("and over HTTP/1.1, with the way to come again", async () => {
    await using face = await startFace({ engine, authenticator: strict, thin });
    using socket = await rawSocket(face.port);
    socket.send(`POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/proto\r\n`);
    socket.send("Content-Length: 100000\r\n\r\n");
    await socket.untilHeard("UNAUTHENTICATED");
    expect(socket.text()).toStartWith("HTTP/1.1 401");
    expect(socket.text().toLowerCase()).toContain("\r\nwww-authenticate: bearer\r\n");
  });

  test("two credentials are none, over HTTP/2, where the runtime would keep the first", async () => {
    await using face = await startFace({ engine, authenticator: strict, thin });
    using http2 = await rawHttp2(face.port);
    http2.headers(1, PATH, { authorization: ["Bearer good", "Bearer bad"] }, END_STREAM);
    const { payload } = await http2.untilFrame(FRAME.headers, 1);
    expect(payload.length).toBeGreaterThan(0);
    await eventually(() => http2.frames().some(({ flags }) => (flags & END_STREAM) !== 0), "end");
    // Refused by its head, so that it never became a call.
    expect(face.seen.started).toBe(0);
  });

  test("a token that takes a moment is waited for, and the body with it", async () => {
    const { authenticator, resolve, asked } = slow();
    await using face = await startFace({ engine, authenticator, thin });
    using http2 = await rawHttp2(face.port);
    http2.headers(1, PATH);
    http2.frame(FRAME.data, END_STREAM, 1, envelope(REQUEST));
    await eventually(() => asked() === 1, "the question who it is");
    expect(face.seen.calls).toEqual([]);
    resolve(ada);
    await eventually(() => face.seen.calls.length === 1, "the answer");
    expect(face.seen.calls).toMatchObject([{ code: "ok", thin }]);
  });

  test("a token that turns out bad is refused, whether or not the body has come", async () => {
    const { authenticator, reject, asked } = slow();
    await using face = await startFace({ engine, authenticator, thin });
    using http2 = await rawHttp2(face.port);
    http2.headers(1, PATH);
    http2.headers(3, PATH);
    http2.frame(FRAME.data, END_STREAM, 3, envelope(REQUEST));
    await eventually(() => asked() === 2, "the question who it is");
    reject(unauthenticated());
    await eventually(() => face.seen.calls.length === 2, "both refusals");
    const codes = face.seen.calls.map(({ code }) => code);
    expect(codes).toEqual(["unauthenticated", "unauthenticated"]);
  });

  test("a client that goes while its token is verified leaves nothing behind", async () => {
    const { authenticator, resolve, asked } = slow();
    await using face = await startFace({ engine, authenticator, thin });
    using http2 = await rawHttp2(face.port);
    http2.headers(1, PATH);
    await eventually(() => asked() === 1, "the question who it is");
    http2.raw.socket.destroy();
    await eventually(() => face.seen.connections === 0, "the end of the connection");
    resolve(ada);
    await eventually(() => face.seen.calls.length === 1, "the end of the call");
    expect(face.seen.calls).toMatchObject([{ code: "canceled" }]);
  });

  test("what breaks in looking at a credential is a fault of ours, and nobody is let in", async () => {
    const authenticator = authenticate(() => {
      throw new Error("the view cannot be read");
    });
    await using face = await startFace({ engine, authenticator, thin });
    const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
    const error = await client.getNode({ id: "x" }).catch(ConnectError.from);
    expect(error).toMatchObject({ code: Code.Internal });
    expect(String(error)).not.toContain("the view");
    expect(face.seen.faults).toHaveLength(1);
  });
});

describe("a stream", () => {
  const watching = async (identify: Authenticator["identify"]) => {
    const clock = new FakeClock();
    const face = await startFace({ engine, authenticator: authenticate(identify), clock });
    const client = createClient(Health, createGrpcTransport({ baseUrl: face.url }));
    const ended = Promise.withResolvers<ConnectError>();
    const told = { messages: 0 };
    const read = async () => {
      for await (const _ of client.watch({})) told.messages += 1;
    };
    read().catch((error: unknown) => ended.resolve(ConnectError.from(error)));
    await eventually(() => told.messages === 1, "the first message");
    return { face, clock, ended: ended.promise };
  };

  test("ends within half a minute of the revocation of its key", async () => {
    let holds = true;
    const { face, clock, ended } = await watching(() => {
      if (holds) return ada;
      throw unauthenticated();
    });
    await using _ = face;
    clock.advance(30_000);
    await turn();
    expect(face.seen.calls).toEqual([]);
    holds = false;
    clock.advance(30_000);
    expect((await ended).code).toBe(Code.Unauthenticated);
  });

  test("ends when its credential expires", async () => {
    let clockNow = () => 0;
    let expiresAt = Number.POSITIVE_INFINITY;
    const { face, clock, ended } = await watching(() => {
      if (clockNow() >= expiresAt) throw unauthenticated();
      return { ...ada, expiresAt: FIRST_EXPIRY };
    });
    await using _ = face;
    clockNow = () => clock.now();
    expiresAt = FIRST_EXPIRY;
    clock.advance(FIRST_EXPIRY - clock.now());
    expect((await ended).code).toBe(Code.Unauthenticated);
  });
});

/** Ten seconds behind the moment at which the clock of tests stands. */
const FIRST_EXPIRY = new FakeClock().now() + 10_000;

test("REST does not read the body of who is refused", async () => {
  const app = new RestApp({ engine, authenticator: strict, options: { trusted: false } });
  let pulled = 0;
  const source = {
    pull(controller: ReadableStreamDefaultController) {
      pulled += 1;
      controller.enqueue(new Uint8Array(1024));
    },
  };
  const body = new ReadableStream(source, { highWaterMark: 0 });
  const headers = { host: "localhost", "content-type": "application/json" };
  const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
  const response = await app.app.fetch(new Request("http://localhost/v1/atomic", init));
  expect([response.status, pulled]).toEqual([401, 0]);
});
