/** Every trouble on the way has its own error, in time. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import {
  CanceledError,
  ConnectionError,
  ConnectionLostError,
  ConnectionRefusedError,
  createClient,
  DeadlineExceededError,
  type EntDBError,
  HostNotFoundError,
  InvalidArgumentError,
  NotEntDBError,
  TlsError,
} from "@entdb/client";
import { writeCertificate } from "./fixtures/certificate.ts";
import { clientOf, DOORS, type Door } from "./fixtures/doors.ts";
import { refusal } from "./fixtures/refusal.ts";
import { User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

/** Longer than anything here may take, shorter than the tests' own limit. */
const HANGS_MS = 10_000;
const TIMEOUT_MS = 1_000;

const PAGE = "HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nno";

type Expected = [abstract new (...parts: never[]) => EntDBError, string];

describe("trouble on the way", () => {
  const suite = useServer();
  const listeners: Server[] = [];
  const urls = new Map<string, string>();

  const listen = async (name: string, listener: Server, scheme = "http") => {
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    listeners.push(listener);
    const { port } = listener.address() as AddressInfo;
    urls.set(name, `${scheme}://localhost:${port}`);
  };
  const server = (take: (socket: Socket) => void) =>
    createServer((socket) => {
      socket.on("error", () => undefined);
      take(socket);
    });

  before(async () => {
    const { directory, grpcUrl, httpUrl } = suite.server;
    const { cert, key } = writeCertificate(directory);
    const options = {
      key: readFileSync(key),
      cert: readFileSync(cert),
      ALPNProtocols: ["h2", "http/1.1"],
    };
    const tls = createTlsServer(options, (socket) => socket.destroy());
    await listen("a certificate that nobody vouches for", tls as unknown as Server, "https");
    await listen(
      "silence",
      server(() => undefined),
    );
    await listen(
      "a reset",
      server((socket) => socket.once("data", () => socket.resetAndDestroy())),
    );
    await listen(
      "an end without an answer",
      server((socket) => socket.once("data", () => socket.end())),
    );
    await listen(
      "a web page",
      server((socket) => socket.once("data", () => socket.end(PAGE))),
    );
    const closed = createServer();
    await listen("nobody", closed);
    await new Promise((resolve) => closed.close(resolve));
    urls.set("a host without an address", "http://no-such-host.invalid:8080");
    urls.set("TLS to a port without", httpUrl.replace("http:", "https:"));
    urls.set("TLS to the port for gRPC", grpcUrl.replace("http:", "https:"));
    urls.set("a path of nobody", `${httpUrl}/nowhere`);
  });
  after(() => {
    for (const listener of listeners) listener.close();
  });

  const CASES: readonly [string, Expected][] = [
    ["nobody", [ConnectionRefusedError, "CONNECTION_REFUSED"]],
    ["a host without an address", [HostNotFoundError, "HOST_NOT_FOUND"]],
    ["TLS to a port without", [TlsError, "TLS_MISMATCH"]],
    ["TLS to the port for gRPC", [TlsError, "TLS_MISMATCH"]],
    ["a certificate that nobody vouches for", [TlsError, "CERTIFICATE_INVALID"]],
    ["silence", [DeadlineExceededError, "DEADLINE_EXCEEDED"]],
    ["a reset", [ConnectionLostError, "CONNECTION_LOST"]],
    ["an end without an answer", [ConnectionLostError, "CONNECTION_LOST"]],
    ["a web page", [NotEntDBError, "NOT_ENTDB"]],
    ["a path of nobody", [NotEntDBError, "NOT_ENTDB"]],
  ];
  for (const door of DOORS) {
    for (const [name, [expected, reason]] of CASES) {
      test(`over ${door}: ${name}`, async () => {
        const error = await refusal(failing(door, urls.get(name) ?? ""), expected, reason);
        assert.ok(error instanceof ConnectionError || error instanceof DeadlineExceededError);
        assert.notEqual(error.hint, undefined);
        assert.match(error.requestId ?? "", /^[A-Za-z0-9-]+$/);
      });
    }
  }

  test("gRPC to the port for REST", async () => {
    const error = await refusal(failing("grpc", suite.server.httpUrl), NotEntDBError, "NOT_ENTDB");
    assert.match(error.hint ?? "", /port for gRPC/);
  });

  /** A call that fails, in time. */
  async function failing(door: Door, endpoint: string): Promise<unknown> {
    const options = { endpoint, timeoutMs: TIMEOUT_MS, retry: { maxAttempts: 2, baseDelayMs: 1 } };
    const client = clientOf(door, suite.server, { ...options, tenantId: "t" });
    const guard = new AbortController();
    const hang = new Promise((resolve) => {
      const timer = setTimeout(() => resolve("a hang"), HANGS_MS);
      guard.signal.addEventListener("abort", () => clearTimeout(timer));
    });
    try {
      return await Promise.race([client.count(User), hang]);
    } finally {
      guard.abort();
      client.close();
    }
  }
});

describe("the end of a client", () => {
  const suite = useServer();
  for (const door of DOORS) {
    test(`over ${door}: calls and watches end, and none begins`, async () => {
      const client = suite.client(door);
      await client.atomic((plan) => plan.create(User, { email: "a@x" }));
      const watch = client.watch()[Symbol.asyncIterator]();
      const waiting = watch.next();
      client.close();
      await refusal(waiting, CanceledError, "CANCELED");
      await refusal(client.count(User), CanceledError, "CANCELED");
      await refusal(client.as({ tenantId: "other" }).count(User), CanceledError, "CANCELED");
    });
  }
});

describe("options that cannot be", () => {
  const ENDPOINTS = [
    "",
    "localhost:8080",
    "ftp://localhost",
    "http://a b",
    "http://u:p@h",
    "http://h?x=1",
  ];
  for (const endpoint of ENDPOINTS) {
    test(`the endpoint ${JSON.stringify(endpoint)}`, async () => {
      const error = await refusal(
        () => createClient({ endpoint }),
        InvalidArgumentError,
        "INVALID_REQUEST",
      );
      assert.match(error.hint ?? "", /http:\/\/localhost:8080/);
    });
  }
  for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
    test(`a timeout of ${timeoutMs}`, async () => {
      const make = () => createClient({ endpoint: "http://localhost:8080", timeoutMs });
      await refusal(make, InvalidArgumentError, "INVALID_REQUEST");
    });
  }
});
