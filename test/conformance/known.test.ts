/**
 * What `known-failing.txt` and `known-flaky.txt` blame on the checker: it calls answers cut that
 * its own client did not read to their end. Read to the end, they are whole.
 */
import { describe, expect, test } from "bun:test";
import type { Engine } from "../../src/engine/engine.ts";
import { END_STREAM, FRAME, rawHttp2, rawSocket } from "../harness/raw-socket.ts";
import { eventually, startFace } from "../harness/rpc-face.ts";
import { untilAborted } from "../harness/scripted-engine.ts";

const PATH = "/entdb.v1.EntDBService/GetNode";
const getNode = (...[, , , signal]: Parameters<Engine["getNode"]>) => untilAborted(signal);

describe("an answer that the checker leaves unread is whole:", () => {
  test("to a content type that nobody speaks, over HTTP/1.1", async () => {
    await using face = await startFace();
    using client = await rawSocket(face.port);
    const head = `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg`;
    client.send(`${head}\r\nContent-Length: 8\r\nConnection: close\r\n\r\n12345678`);
    await client.untilClosed();
    const [headers = "", body = ""] = client.text().split("\r\n\r\n");
    expect(headers).toStartWith("HTTP/1.1 415");
    expect(headers.toLowerCase()).toContain(`content-length: ${body.length}`);
    expect(JSON.parse(body)).toMatchObject({ code: "unknown", message: expect.any(String) });
  });

  test("to the same, over HTTP/2", async () => {
    await using face = await startFace();
    using client = await rawHttp2(face.port);
    client.headers(1, PATH, { "content-type": "image/jpeg" });
    client.frame(FRAME.data, END_STREAM, 1, Buffer.from("12345678"));
    const body = () => client.frames().filter(({ type }) => type === FRAME.data);
    await eventually(() => body().some(({ flags }) => flags === END_STREAM), "the end");
    const text = Buffer.concat(body().map(({ payload }) => payload)).toString();
    expect(JSON.parse(text)).toMatchObject({ code: "unknown", message: expect.any(String) });
  });

  test.each([true, false])("to a deadline that has passed, thin path %p", async (thin) => {
    await using face = await startFace({ thin, engine: { getNode } });
    const response = await fetch(`${face.url}${PATH}`, {
      method: "POST",
      headers: { "content-type": "application/json", "connect-timeout-ms": "20" },
      body: JSON.stringify({ context: { tenantId: "acme", actor: "user:a" }, id: "x" }),
    });
    const body = await response.text();
    expect(response.status).toBe(504);
    expect(Number(response.headers.get("content-length"))).toBe(Buffer.byteLength(body));
    expect(JSON.parse(body)).toMatchObject({ code: "deadline_exceeded" });
  });
});
