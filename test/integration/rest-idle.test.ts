/**
 * Connections on the REST port that say nothing, or not enough, are closed by the server. The
 * runtime's own time-outs do this, which no test can move: so this one waits for them, in
 * parallel, once. They are measured at about 12 s for a head.
 */
import { expect, test } from "bun:test";
import { once } from "node:events";
import { type RawSocket, rawSocket } from "../harness/raw-socket.ts";
import { startTestServer } from "../harness/test-server.ts";

const LIMIT_MS = 60_000;

test(
  "a connection without a word, with half a head, or with one that trickles is closed",
  async () => {
    await using server = await startTestServer();
    const port = Number(new URL(server.httpUrl).port);
    using silent = await rawSocket(port);
    using half = await rawSocket(port);
    using trickling = await rawSocket(port);
    const closed = (client: RawSocket) =>
      client.closed ? undefined : once(client.socket, "close");
    half.send("GET /livez HTTP/1.1\r\nHost: loc");
    trickling.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    const drip = setInterval(() => trickling.send("x"), 250);
    await Promise.all([silent, half, trickling].map(closed));
    clearInterval(drip);
    expect([silent, half, trickling].map((client) => client.text())).toEqual(["", "", ""]);
    expect((await fetch(`${server.httpUrl}/livez`)).status).toBe(200);
  },
  LIMIT_MS,
);
