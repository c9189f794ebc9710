/** The port itself, spoken to byte by byte: HTTP that no client library would send. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { type RawSocket, rawSocket } from "../../test/harness/raw-socket.ts";
import { RestApp, type RestAppOptions, schemaOf } from "../../test/harness/rest-app.ts";
import { eventually } from "../../test/harness/rpc-face.ts";
import { nodeOf, untilAborted } from "../../test/harness/scripted-engine.ts";
import { systemClock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { type HttpListener, startHttpListener } from "./listener.ts";

const TOKEN = new Uint8Array([1]);
const NODE = "/v1/nodes/nd_x";
const IDENTITY = "X-Tenant-ID: acme\r\nX-Actor: user:ada\r\n";
const POST = `POST /v1/nodes/get HTTP/1.1\r\nHost: localhost\r\n${IDENTITY}Content-Type: application/json\r\n`;
const LIVE = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

function start(app: RestApp, clock = systemClock as typeof systemClock | FakeClock): HttpListener {
  const { idleTimeoutMs, deadlineMs, shutdownGraceMs } = limits;
  return startHttpListener(app.app, {
    host: "127.0.0.1",
    port: 0,
    idleTimeoutMs,
    deadlineMs,
    shutdownGraceMs,
    clock,
  });
}

const answering: RestAppOptions = {
  engine: {
    getSchema: schemaOf({}),
    getNode: async () => ({ node: nodeOf(), positionToken: TOKEN }),
    getNodes: async () => ({ nodes: [], missingIds: [], positionToken: TOKEN }),
  },
};

let app: RestApp;
let listener: HttpListener;
beforeAll(() => {
  app = new RestApp(answering);
  listener = start(app);
});
afterAll(() => listener.stop());

/** The statuses of the answers, in order, once there are so many or the connection has ended. */
async function statuses(bytes: string | Uint8Array, count = 1): Promise<number[]> {
  using client = await rawSocket(listener.port);
  client.send(bytes);
  await eventually(() => client.closed || heardStatuses(client).length >= count, "the answers");
  return heardStatuses(client);
}

function heardStatuses(client: RawSocket): number[] {
  return [...client.text().matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

describe("a head", () => {
  test.each<[string, string, number]>([
    ["as it should be", LIVE, 200],
    ["with two Hosts", "GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400],
    ["without Host", "GET /livez HTTP/1.1\r\n\r\n", 400],
    ["with an empty Host", "GET /livez HTTP/1.1\r\nHost:\r\n\r\n", 400],
    ["with another's Host", "GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403],
    ["with a path in its Host", "GET /livez HTTP/1.1\r\nHost: localhost/x\r\n\r\n", 400],
    ["in HTTP/1.0 without Host", "GET /livez HTTP/1.0\r\n\r\n", 400],
    ["in HTTP/0.9", "GET /livez\r\n\r\n", 505],
    ["in HTTP/2.0", "GET /livez HTTP/2.0\r\nHost: localhost\r\n\r\n", 505],
    ["of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    [
      "with two credentials",
      "GET /livez HTTP/1.1\r\nHost: localhost\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
      400,
    ],
    ["of TRACE", "TRACE /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 405],
    ["of CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", 405],
    ["of DELETE", `DELETE ${NODE} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 405],
    ["for *", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["with an encoded slash", "GET /v1/nodes/a%2fb HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["with an empty segment", "GET //livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["with a fragment", "GET /livez#x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["with a NUL", "GET /li\0vez HTTP/1.1\r\nHost: localhost\r\n\r\n", 505],
    ["with bare line feeds", "GET /livez HTTP/1.1\nHost: localhost\n\n", 505],
    ["with a folded header", "GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n", 400],
    ["with a blank before a colon", "GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n", 400],
    [
      "that is huge",
      `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${"a".repeat(100_000)}\r\n\r\n`,
      431,
    ],
    [
      "from a foreign page",
      "GET /livez HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n",
      403,
    ],
  ])("%s", async (_what, bytes, status) => {
    expect(await statuses(bytes)).toEqual([status]);
  });

  test("without a word is not answered at all", async () => {
    expect(await statuses("\u0000\u0001\u0002 nonsense\r\n\r\n")).not.toContain(200);
    expect(await statuses("FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n")).toEqual([]);
  });
});

describe("a body", () => {
  test.each<[string, string, number]>([
    [
      "with a length and chunks",
      `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["with two lengths", `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 400],
    ["with a length below zero", `${POST}Content-Length: -5\r\n\r\nhello`, 400],
    ["in another coding", `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 400],
    [
      "of chunks that are none",
      `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n`,
      400,
    ],
    ["compressed", `${POST}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello`, 415],
    [
      "that says it is too large",
      `${POST}Content-Length: ${limits.messageBytes + 1}\r\n\r\n${" ".repeat(limits.messageBytes + 1)}`,
      413,
    ],
    ["that says it is immense", `${POST}Content-Length: 99999999999999\r\n\r\n`, 413],
  ])("%s is refused, and its connection ends", async (_what, bytes, status) => {
    using client = await rawSocket(listener.port);
    client.send(bytes);
    client.send(LIVE);
    await client.untilClosed();
    expect(heardStatuses(client)).toEqual([status]);
  });

  test("as large as allowed is read, and its connection lives on", async () => {
    const body = Buffer.alloc(limits.messageBytes, 0x20);
    const head = Buffer.from(`${POST}Content-Length: ${body.length}\r\n\r\n`);
    expect(await statuses(Buffer.concat([head, body, Buffer.from(LIVE)]), 2)).toEqual([400, 200]);
  });

  test("in chunks is read; in too many it is cut off", async () => {
    const body = '{"ids":["nd_x"]}';
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
    const head = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
    expect(await statuses(`${head}${chunk}0\r\n\r\n${LIVE}`, 2)).toEqual([200, 200]);
    using client = await rawSocket(listener.port);
    client.send(head);
    const large = Buffer.from(`100000\r\n${" ".repeat(0x100000)}\r\n`);
    for (let i = 0; i < 5; i++) client.send(large);
    client.send("0\r\n\r\n");
    await client.untilClosed();
    expect(heardStatuses(client)).toEqual([413]);
    expect(client.text()).toContain("MESSAGE_TOO_LARGE");
  });

  test("that a GET brings is not read, and not taken for a request", async () => {
    const smuggled = `GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${LIVE.length}\r\n\r\n${LIVE}`;
    using client = await rawSocket(listener.port);
    client.send(smuggled);
    await client.untilClosed();
    expect(heardStatuses(client)).toEqual([200]);
  });

  test("that never comes is given up", async () => {
    const clock = new FakeClock();
    const slow = new RestApp({ ...answering, clock });
    const port = start(slow, clock);
    using client = await rawSocket(port.port);
    client.send(`${POST}Content-Length: 100\r\n\r\n{`);
    await eventually(() => clock.pendingTimers === 2, "deadline and body's time-out");
    clock.advance(limits.requestTimeoutMs);
    await client.untilClosed();
    expect(heardStatuses(client)).toEqual([503]);
    await port.stop();
  });

  test("whose client goes away in the middle leaves nothing behind", async () => {
    using client = await rawSocket(listener.port);
    client.send(`${POST}Content-Length: 100\r\n\r\n{`);
    await eventually(() => app.app.inFlight === 1, "the request");
    client.socket.destroy();
    await eventually(() => app.app.inFlight === 0, "its end");
    expect(app.seen.faults).toEqual([]);
  });
});

test("requests that come at once are answered in order", async () => {
  const get = `GET ${NODE} HTTP/1.1\r\nHost: localhost\r\n${IDENTITY}\r\n`;
  expect(await statuses(get + LIVE.replace("livez", "nowhere") + LIVE, 3)).toEqual([200, 404, 200]);
});

test("HEAD is answered with the length of what GET has, and no body", async () => {
  using client = await rawSocket(listener.port);
  client.send(LIVE.replace("GET", "HEAD") + LIVE);
  await eventually(() => heardStatuses(client).length === 2, "two answers");
  const [head = "", next = ""] = client.text().split("\r\n\r\n");
  expect(head.toLowerCase()).toContain("content-length: 18");
  expect(next).toStartWith("HTTP/1.1 200");
});

test("no answer names the server", async () => {
  using client = await rawSocket(listener.port);
  client.send(LIVE);
  await client.untilHeard("alive");
  expect(client.text().toLowerCase()).not.toMatch(/\r\n(server|x-powered-by):/);
});

describe("the end", () => {
  const get = `GET ${NODE} HTTP/1.1\r\nHost: localhost\r\n${IDENTITY}\r\n`;

  test("lets what is under way finish, and closes what is idle", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = new RestApp({
      engine: {
        ...answering.engine,
        getNode: async () => {
          await promise;
          return { node: nodeOf(), positionToken: TOKEN };
        },
      },
    });
    const port = start(waiting);
    using busy = await rawSocket(port.port);
    using idle = await rawSocket(port.port);
    idle.send(LIVE);
    await idle.untilHeard("alive");
    busy.send(get);
    await eventually(() => waiting.app.inFlight === 1, "the request");
    const stopping = port.stop();
    resolve();
    await stopping;
    await busy.untilClosed();
    await idle.untilClosed();
    expect(heardStatuses(busy)).toEqual([200]);
    await port.stop();
    await expect(fetch(`http://127.0.0.1:${port.port}/livez`)).rejects.toThrow();
  });

  test("ends by force what outlasts its grace", async () => {
    const clock = new FakeClock();
    const stuck = new RestApp({
      clock,
      engine: { ...answering.engine, getNode: (_c, _r, _f, signal) => untilAborted(signal) },
    });
    const port = start(stuck, clock);
    using client = await rawSocket(port.port);
    client.send(get);
    await eventually(() => clock.pendingTimers === 1, "the deadline");
    const stopping = port.stop();
    await eventually(() => clock.pendingTimers === 2, "the grace");
    clock.advance(limits.shutdownGraceMs);
    await stopping;
    await client.untilClosed();
    expect(heardStatuses(client)).toEqual([503]);
    expect(client.text()).toContain("SERVER_STOPPING");
  });

  test("ends even what does not listen to its signal", async () => {
    const clock = new FakeClock();
    const deaf = new RestApp({
      clock,
      engine: { ...answering.engine, getNode: () => new Promise(() => undefined) },
    });
    const port = start(deaf, clock);
    using client = await rawSocket(port.port);
    client.send(get);
    await eventually(() => clock.pendingTimers === 1, "the deadline");
    const stopping = port.stop();
    await eventually(() => clock.pendingTimers === 2, "the grace");
    clock.advance(limits.shutdownGraceMs);
    await eventually(() => clock.pendingTimers === 2, "the farewell");
    clock.advance(1_000);
    await stopping;
    await client.untilClosed();
    expect(heardStatuses(client)).toEqual([]);
  });
});

test("an address that is taken is refused", () => {
  const { port } = listener;
  const { idleTimeoutMs, deadlineMs, shutdownGraceMs } = limits;
  const options = {
    host: "127.0.0.1",
    port,
    idleTimeoutMs,
    deadlineMs,
    shutdownGraceMs,
    clock: systemClock,
  };
  expect(() => startHttpListener(app.app, options)).toThrow();
});
