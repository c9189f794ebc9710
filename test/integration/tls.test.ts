/**
 * Both ports with certificates, through whole servers: every protocol and REST inside TLS,
 * who is let in, what is not spoken, and a certificate that is renewed while clients are
 * connected. And REST beside RPCs on the RPC port, with TLS and without.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { connect, type SecureVersion } from "node:tls";
import { must } from "../../src/base/assert.ts";
import { EntError } from "../../src/base/errors.ts";
import type { Config } from "../../src/config/options.ts";
import type { TlsMaterial, TlsSource } from "../../src/face/tls.ts";
import { Certificates } from "../../src/server/certificates.ts";
import { LevelLogger } from "../../src/telemetry/logger.ts";
import { makeCertificate, type TestCertificate } from "../harness/certificates.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { rawSocket } from "../harness/raw-socket.ts";
import { eventually, startFace } from "../harness/rpc-face.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";
import { PROTOCOLS, rpcClient } from "../harness/wire.ts";

const directory = temporaryDirectory();
let ours: TestCertificate;
let other: TestCertificate;
let secure: TestServer;
let plain: TestServer;

beforeAll(async () => {
  ours = makeCertificate(directory.path, "ours");
  other = makeCertificate(directory.path, "other");
  secure = await startTestServer({ tlsCertFile: ours.certFile, tlsKeyFile: ours.keyFile });
  plain = await startTestServer();
});

afterAll(async () => {
  await secure.server.stop();
  await plain.server.stop();
  directory[Symbol.dispose]();
});

const IDENTITY = { "x-tenant-id": "acme", "x-actor": "user:ada" };
const PEOPLE = {
  node_types: [
    { type_id: 1, name: "Person", fields: [{ field_id: 1, name: "name", kind: "str" }] },
  ],
};

/** REST at a port, over TLS or not. */
async function ask(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...IDENTITY, "content-type": "application/json" };
  return await fetch(`${url}${path}`, { headers, ...init, tls: { ca: ours.cert } });
}

async function writePerson(url: string, name: string): Promise<string> {
  const body = {
    idempotency_key: name,
    schema: PEOPLE,
    operations: [{ op: "create_node", type_id: 1, payload: { name } }],
  };
  const answer = await ask(url, "/v1/atomic", { method: "POST", body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  const { results } = (await answer.json()) as { results: { node_id: string }[] };
  return must(results[0], "a transaction of one operation has one result").node_id;
}

/** What the server at the port shows, or why it does not get that far. */
function shown(port: number, options: object = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
    socket.once("secureConnect", () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

const portOf = (url: string) => Number(new URL(url).port);

describe("a server with a certificate", () => {
  test("says so in its addresses", () => {
    expect([secure.grpcUrl, secure.httpUrl].map((url) => new URL(url).protocol)).toEqual([
      "https:",
      "https:",
    ]);
  });

  describe.each(["grpcUrl", "httpUrl"] as const)("at its %s", (door) => {
    test.each(PROTOCOLS)("speaks %s over HTTP/2", async (protocol) => {
      const client = rpcClient(protocol, secure[door], "2", { ca: ours.cert });
      const { status } = await client.health({});
      expect(status).toBe("healthy");
    });

    test.each(["connect", "connect-json", "grpc-web"] as const)(
      "speaks %s over HTTP/1.1",
      async (protocol) => {
        const client = rpcClient(protocol, secure[door], "1.1", { ca: ours.cert });
        const { status } = await client.health({});
        expect(status).toBe("healthy");
      },
    );

    test("serves REST, with what REST's own port says", async () => {
      const id = await writePerson(secure[door], `rest over ${door}`);
      const answer = await ask(secure[door], `/v1/nodes/${id}`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(await answer.json()).toMatchObject({ id, payload: { name: `rest over ${door}` } });
      expect((await ask(secure[door], "/livez")).status).toBe(200);
    });

    test("speaks no plain text", async () => {
      using client = await rawSocket(portOf(secure[door]));
      client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await client.untilClosed();
      expect(client.text()).not.toContain("HTTP/1.1 200");
    });

    test("agrees on the protocol by name", async () => {
      const agreed = (...names: string[]) =>
        new Promise((resolve) => {
          const options = { port: portOf(secure[door]), host: "127.0.0.1", ca: ours.cert };
          const socket = connect({ ...options, ALPNProtocols: names }, () => {
            resolve(socket.alpnProtocol);
            socket.destroy();
          });
          socket.on("error", resolve);
        });
      expect(await agreed("h2", "http/1.1")).toBe("h2");
      expect(await agreed("http/1.1")).toBe("http/1.1");
    });

    test("takes nothing older than TLS 1.2", async () => {
      const at = (maxVersion: SecureVersion) =>
        shown(portOf(secure[door]), { minVersion: "TLSv1" as const, maxVersion });
      expect(await at("TLSv1.2")).toBe("ours");
      expect(await at("TLSv1.1")).toMatch(/PROTOCOL/);
    });
  });

  test("ends the connection of who does not come to terms in time", async () => {
    const tls = fixedSource({
      certificates: ours.cert,
      key: ours.key,
      clientAuthorities: undefined,
    });
    const clock = new FakeClock();
    await using face = await startFace({ clock, limits: { requestHeadTimeoutMs: 5_000 } });
    const listener = await face.face.listen("127.0.0.1", 0, { tls });
    using silent = await rawSocket(listener.port);
    await eventually(() => face.seen.connections === 1, "the connection");
    for (let second = 0; second < 15; second++) clock.advance(1_000);
    await silent.untilClosed();
    expect(face.seen.ended).toEqual(["idle"]);
    const stopping = listener.stop(0);
    await eventually(() => {
      clock.advance(10);
      return face.seen.connections === 0;
    }, "the end");
    await stopping;
  });
});

function fixedSource(current: TlsMaterial): TlsSource {
  return { current, onRenewed: () => undefined };
}

describe("authorities of clients", () => {
  test("let in who shows a certificate of one of them, and nobody else", async () => {
    await using server = await startTestServer({
      tlsCertFile: ours.certFile,
      tlsKeyFile: ours.keyFile,
      tlsClientCaFile: other.certFile,
    });
    for (const url of [server.grpcUrl, server.httpUrl]) {
      const withTls = (tls: object) => fetch(`${url}/livez`, { tls: { ca: ours.cert, ...tls } });
      expect((await withTls({ cert: other.cert, key: other.key })).status).toBe(200);
      await expect(withTls({})).rejects.toThrow();
      await expect(withTls({ cert: ours.cert, key: ours.key })).rejects.toThrow();
    }
    const client = rpcClient("grpc", server.grpcUrl, "2", { ca: ours.cert, ...other });
    expect((await client.health({})).status).toBe("healthy");
  });
});

const quiet = new LevelLogger("ERROR", () => undefined);

describe("files that change", () => {
  test("are taken within half a minute, and connections that are there live on", async () => {
    using place = temporaryDirectory();
    const files = renewable(place.path);
    const clock = new FakeClock();
    const certificates = new Certificates(files, clock, quiet);
    await using face = await startFace();
    const listener = await face.face.listen("127.0.0.1", 0, { tls: certificates });
    expect(await shown(listener.port)).toBe("ours");
    const before = rpcClient("grpc", `https://localhost:${listener.port}`, "2", { ca: ours.cert });
    await before.health({}).catch(() => undefined);
    const connections = face.seen.connections;
    copyFileSync(other.certFile, files.tlsCertFile);
    copyFileSync(other.keyFile, files.tlsKeyFile);
    clock.advance(30_000);
    expect(await shown(listener.port)).toBe("other");
    await before.health({}).catch(() => undefined);
    expect(face.seen.connections).toBe(connections);
    certificates.stop();
    await listener.stop(0);
  });

  test("that are no use leave the certificate before in force, and are said once", () => {
    using place = temporaryDirectory();
    const files = renewable(place.path);
    const clock = new FakeClock();
    const said: string[] = [];
    const log = new LevelLogger("ERROR", (_level, message) => void said.push(message));
    const certificates = new Certificates(files, clock, log);
    copyFileSync(other.certFile, files.tlsCertFile);
    clock.advance(30_000);
    clock.advance(30_000);
    expect(certificates.current.certificates).toBe(ours.cert);
    expect(said).toHaveLength(1);
    copyFileSync(other.keyFile, files.tlsKeyFile);
    clock.advance(30_000);
    expect(certificates.current.certificates).toBe(other.cert);
    certificates.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  function renewable(path: string) {
    const tlsCertFile = join(path, "cert.pem");
    const tlsKeyFile = join(path, "key.pem");
    copyFileSync(ours.certFile, tlsCertFile);
    copyFileSync(ours.keyFile, tlsKeyFile);
    return { tlsCertFile, tlsKeyFile, tlsClientCaFile: "" };
  }
});

describe("a start is refused", () => {
  const nonsense = join(directory.path, "nonsense.pem");
  const cases: [string, () => Partial<Config>, string][] = [
    [
      "without the file",
      () => ({ tlsCertFile: "/no/cert.pem", tlsKeyFile: ours.keyFile }),
      "ENOENT",
    ],
    [
      "with a file of something else",
      () => ({ tlsCertFile: nonsense, tlsKeyFile: ours.keyFile }),
      "no PEM",
    ],
    [
      "with a key of something else",
      () => ({ tlsCertFile: ours.certFile, tlsKeyFile: nonsense }),
      "no PEM",
    ],
    [
      "with the key of another certificate",
      () => ({ tlsCertFile: ours.certFile, tlsKeyFile: other.keyFile }),
      "key of another certificate",
    ],
    [
      "with authorities that are none",
      () => ({ tlsCertFile: ours.certFile, tlsKeyFile: ours.keyFile, tlsClientCaFile: nonsense }),
      "ENTDB_TLS_CLIENT_CA_FILE",
    ],
  ];

  test.each(cases)("%s", async (_name, settings, sentence) => {
    writeFileSync(nonsense, "-----BEGIN NOTHING-----\n");
    const error = await startTestServer(settings()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EntError);
    if (!(error instanceof EntError)) return;
    expect(error.reason).toBe("CONFIG_INVALID");
    expect(error.message).toContain(sentence);
  });
});

describe("the RPC port in plain text", () => {
  test("serves REST, health and metrics over HTTP/1.1", async () => {
    const id = await writePerson(plain.grpcUrl, "plain");
    const answer = await ask(plain.grpcUrl, `/v1/nodes/${id}`);
    expect(answer.status).toBe(200);
    const same = await ask(plain.httpUrl, `/v1/nodes/${id}`);
    expect(await answer.json()).toEqual(await same.json());
    expect((await ask(plain.grpcUrl, "/health")).status).toBe(200);
    expect(await (await ask(plain.grpcUrl, "/metrics")).text()).toContain("entdb_");
  });

  test("answers HEAD as GET without its body", async () => {
    const got = await ask(plain.grpcUrl, "/openapi.json");
    const length = String((await got.bytes()).length);
    const head = await ask(plain.grpcUrl, "/openapi.json", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      length,
      "",
    ]);
  });

  test("refuses as REST does, and tells pages of elsewhere nothing", async () => {
    const missing = await ask(plain.grpcUrl, "/v1/nodes/nd_00000000000000000000000000");
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ error: { reason: "NODE_NOT_FOUND" } });
    const origin = { ...IDENTITY, origin: "https://evil.example" };
    const foreign = await ask(plain.grpcUrl, "/v1/schema", { headers: origin });
    expect(foreign.status).toBe(403);
    const host = { ...IDENTITY, host: "evil.example" };
    expect((await ask(plain.grpcUrl, "/v1/schema", { headers: host })).status).toBe(403);
  });

  test.each(["/v1/../metrics", "/v1/%2e%2e/metrics", "//metrics", "/v1/./schema"])(
    "reads %s as nothing else than was sent",
    async (target) => {
      using client = await rawSocket(portOf(plain.grpcUrl));
      client.send(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await client.untilHeard("\r\n\r\n");
      expect(client.text()).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  test("cuts a body off at the limit of a message", async () => {
    const body = JSON.stringify({ operations: [], padding: "x".repeat(5 * 1024 * 1024) });
    const answer = await ask(plain.grpcUrl, "/v1/atomic", { method: "POST", body });
    expect(answer.status).toBe(413);
  });

  test("serves REST over HTTP/2 with prior knowledge", async () => {
    const session = connectHttp2(plain.grpcUrl);
    const stream = session.request({ ":path": "/v1/schema", ...IDENTITY });
    const status = await new Promise((resolve) => {
      stream.once("response", (headers) => resolve(headers[":status"]));
      stream.once("error", resolve);
    });
    stream.close();
    session.close();
    expect(status).toBe(200);
  });

  test("sends changes as events, and ends them when the server stops", async () => {
    await using server = await startTestServer();
    await writePerson(server.grpcUrl, "first");
    const answer = await ask(server.grpcUrl, "/v1/watch?from_beginning=true");
    expect(answer.headers.get("content-type")).toStartWith("text/event-stream");
    const reader = answer.body?.getReader();
    let text = "";
    const read = async () => {
      const chunk = await reader?.read();
      text += new TextDecoder().decode(chunk?.value);
      return chunk?.done === false;
    };
    while (!text.includes('"node_created"') && !text.includes("created")) await read();
    const stopping = server.server.stop();
    while (await read());
    await stopping;
    expect(text).toContain("event: end");
  });

  test("still says of a path of no RPC that it has none", async () => {
    const answer = await fetch(`${plain.grpcUrl}/entdb.v1.EntDBService/Nothing`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: "unimplemented" });
  });
});
