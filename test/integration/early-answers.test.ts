/**
 * Requests over HTTP/1.1 that are answered before their body was read: a connection that is
 * closed while its client still sends is reset, and the answer lost. So on either port, and
 * whatever the request is refused for, a client that sends all of a large body slowly finds
 * the whole answer; and one that never comes to an end is cut off.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { limits } from "../../src/base/limits.ts";
import { turn } from "../../src/base/turn.ts";
import { startHttpListener } from "../../src/http/listener.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { type RawSocket, rawSocket } from "../harness/raw-socket.ts";
import { RestApp } from "../harness/rest-app.ts";
import { eventually, startFace } from "../harness/rpc-face.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";

const MB = 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, " ");
/** More than sockets hold on the way, and than a message may have. */
const LARGE_BYTES = 6 * MB;
/** What both ends of a connection hold on the way at most. */
const ON_THE_WAY_BYTES = 16 * MB;

const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");
const sized = (line: string, ...headers: string[]) =>
  head(line, `Content-Length: ${LARGE_BYTES}`, ...headers);
const JSON_TYPE = "Content-Type: application/json";
const IDENTITY = ["X-Tenant-ID: acme", "X-Actor: user:ada"];
const GET_NODE = "POST /entdb.v1.EntDBService/GetNode";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Sends a body piece by piece, each after the last has left; how many bytes had gone when that was all, or the connection was cut. */
async function sendSlowly(client: RawSocket, bytes: number): Promise<number> {
  let sent = 0;
  while (sent < bytes && !client.closed) {
    const failed = await new Promise((resolve) => client.socket.write(PIECE, resolve));
    if (failed instanceof Error) break;
    sent += PIECE.length;
    await turn();
  }
  return sent;
}

/** The body of an answer, in one chunk or without; undefined while it is not whole. */
function errorIn(text: string): unknown {
  const [, json] = /\r\n\r\n[^{]*(\{.*\})/s.exec(text) ?? [];
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

const ports: [name: string, port: () => number][] = [
  ["the port of RPCs", () => Number(new URL(server.grpcUrl).port)],
  ["the port of REST", () => Number(new URL(server.httpUrl).port)],
];

describe.each(ports)("on %s", (_name, port) => {
  test.each<[string, string, number]>([
    ["REST from a foreign page", sized("POST /v1/atomic", JSON_TYPE, "Origin: http://evil"), 403],
    ["REST without a route", sized("POST /v1/nothing", JSON_TYPE), 404],
    ["REST that is too large", sized("POST /v1/atomic", JSON_TYPE, ...IDENTITY), 413],
    ["REST of another content", sized("POST /v1/atomic", "Content-Type: a/b", ...IDENTITY), 415],
    ["an RPC that is too large", sized(GET_NODE, JSON_TYPE), 429],
    ["an RPC of another content", sized(GET_NODE, "Content-Type: image/jpeg"), 415],
  ])("%s is answered, and nothing of the answer is lost", async (_what, request, status) => {
    using client = await rawSocket(port());
    const failures: Error[] = [];
    client.socket.on("error", (error) => failures.push(error));
    client.send(request);
    expect(await sendSlowly(client, LARGE_BYTES)).toBe(LARGE_BYTES);
    await eventually(() => errorIn(client.text()) !== undefined, "the whole answer");
    expect(client.text()).toStartWith(`HTTP/1.1 ${status} `);
    expect(failures).toEqual([]);
  });
});

test("chunks that come to too much are answered as what says so beforehand is", async () => {
  using client = await rawSocket(Number(new URL(server.httpUrl).port));
  client.send(head("POST /v1/atomic", JSON_TYPE, ...IDENTITY, "Transfer-Encoding: chunked"));
  client.send(`${LARGE_BYTES.toString(16)}\r\n`);
  expect(await sendSlowly(client, LARGE_BYTES)).toBe(LARGE_BYTES);
  client.send("\r\n0\r\n\r\n");
  await client.untilClosed();
  expect(client.text()).toStartWith("HTTP/1.1 413 ");
  expect(client.text()).toContain("MESSAGE_TOO_LARGE");
});

test.each<[string, string, number]>([
  ["no head", "POST / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400],
  ["a huge head", head("GET /", `X: ${"a".repeat(2 * limits.requestHeadBytes)}`), 431],
  ["CONNECT", head("CONNECT evil.example:443"), 405],
])(
  "what is no request (%s) is answered though its client sends on",
  async (_what, bytes, status) => {
    await using face = await startFace();
    using client = await rawSocket(face.port, true);
    client.send(bytes);
    expect(await sendSlowly(client, LARGE_BYTES)).toBe(LARGE_BYTES);
    client.socket.end();
    await client.untilClosed();
    expect(client.text()).toStartWith(`HTTP/1.1 ${status} `);
    await eventually(() => face.seen.connections === 0, "the end of the connection at the server");
  },
);

/** Ports whose time the test owns. */
interface Bed extends AsyncDisposable {
  readonly port: number;
  readonly clock: FakeClock;
}

async function rpcBed(): Promise<Bed> {
  const clock = new FakeClock();
  const face = await startFace({ clock });
  return { port: face.port, clock, [Symbol.asyncDispose]: () => face[Symbol.asyncDispose]() };
}

async function restBed(): Promise<Bed> {
  const clock = new FakeClock();
  const { app } = new RestApp({ clock });
  const listener = startHttpListener(app, { ...limits, host: "127.0.0.1", port: 0, clock });
  return { port: listener.port, clock, [Symbol.asyncDispose]: () => listener.stop() };
}

describe.each<[string, string, () => Promise<Bed>]>([
  [
    "over a refused RPC",
    head(GET_NODE, "Content-Type: image/jpeg", "Content-Length: 1000000000"),
    rpcBed,
  ],
  ["over what is no request", "POST / HTTP/1.1\r\nHost : localhost\r\n\r\n", rpcBed],
  ["over refused REST", head("POST /v1/nothing", JSON_TYPE, "Content-Length: 1000000000"), restBed],
])("an end is made of it", (name, request, open) => {
  test.each([name])("by bytes: who sends for ever is cut off, %s", async () => {
    await using bed = await open();
    using client = await rawSocket(bed.port, true);
    client.send(request);
    const sent = await sendSlowly(client, Number.POSITIVE_INFINITY);
    expect(sent).toBeGreaterThanOrEqual(limits.discardedBodyBytes);
    expect(sent).toBeLessThan(limits.discardedBodyBytes + ON_THE_WAY_BYTES);
    await client.untilClosed();
  });

  test.each([name])("by time: who sends slowly for ever is cut off, %s", async () => {
    await using bed = await open();
    using client = await rawSocket(bed.port, true);
    const before = bed.clock.pendingTimers;
    client.send(request);
    await client.untilHeard("\r\n\r\n");
    expect(client.text()).toMatch(/^HTTP\/1\.1 4\d\d /);
    await eventually(() => bed.clock.pendingTimers > before, "the wait for its end");
    bed.clock.advance(limits.discardedBodyMs - 1);
    expect(await sendSlowly(client, PIECE.length)).toBe(PIECE.length);
    expect(client.closed).toBe(false);
    bed.clock.advance(1);
    await sendSlowly(client, Number.POSITIVE_INFINITY);
    await client.untilClosed();
  });
});
