/**
 * The rules of HTTP on the RPC port, what browsers need, reflection and health. Requests
 * are written byte by byte where no client would send them.
 */
import { describe, expect, test } from "bun:test";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.ts";
import {
  ServerReflection,
  type ServerReflectionResponse,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { limits } from "../../src/base/limits.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { rawSocket } from "../harness/raw-socket.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";
import { nodeOf } from "../harness/scripted-engine.ts";

const PATH = "/entdb.v1.EntDBService/GetNode";
const engine: Partial<Engine> = {
  getNode: async () => ({ node: nodeOf(), positionToken: new Uint8Array(0) }),
};
const IDENTITY = { "x-tenant-id": "acme", "x-actor": "user:alice" };
const BODY = '{"id":"x"}';

/** The status and reason of a request written as it stands. */
async function said(face: TestFace, head: string, body = ""): Promise<[number, string]> {
  using client = await rawSocket(face.port);
  client.send(`${head.replaceAll("\n", "\r\n")}\r\n\r\n${body}`);
  await client.untilHeard("\r\n\r\n");
  const status = Number(client.text().split(" ")[1]);
  const reason = /"reason":"([A-Z_]+)"/;
  if (status !== 200 && status !== 404) await client.untilClosed();
  return [status, reason.exec(client.text())?.[1] ?? ""];
}

const POST = `POST ${PATH} HTTP/1.1`;
const REST = `Content-Type: application/json\nContent-Length: ${BODY.length}\nX-Tenant-Id: acme\nX-Actor: user:a`;

describe("a request", () => {
  const cases: [string, string, [number, string]][] = [
    ["to localhost", `${POST}\nHost: localhost\n${REST}`, [200, ""]],
    ["to localhost with a port", `${POST}\nHost: LOCALHOST:50051\n${REST}`, [200, ""]],
    ["to 127.0.0.1", `${POST}\nHost: 127.0.0.1:1\n${REST}`, [200, ""]],
    ["to [::1]", `${POST}\nHost: [::1]:50051\n${REST}`, [200, ""]],
    ["to a configured name", `${POST}\nHost: db.example:50051\n${REST}`, [200, ""]],
    ["to another name", `${POST}\nHost: evil.example\n${REST}`, [403, "HOST_REFUSED"]],
    [
      "to a name that only begins well",
      `${POST}\nHost: localhost.evil.example\n${REST}`,
      [403, "HOST_REFUSED"],
    ],
    ["without Host", `${POST}\n${REST}`, [400, "HOST_REFUSED"]],
    ["with two Hosts", `${POST}\nHost: localhost\nHost: localhost\n${REST}`, [400, "HOST_REFUSED"]],
    [
      "from a page of the server",
      `${POST}\nHost: localhost\nOrigin: http://localhost\n${REST}`,
      [200, ""],
    ],
    [
      "from an allowed page",
      `${POST}\nHost: localhost\nOrigin: https://app.example\n${REST}`,
      [200, ""],
    ],
    [
      "from a foreign page",
      `${POST}\nHost: localhost\nOrigin: https://evil.example\n${REST}`,
      [403, "ORIGIN_REFUSED"],
    ],
    [
      "from no page at all",
      `${POST}\nHost: localhost\nOrigin: null\n${REST}`,
      [403, "ORIGIN_REFUSED"],
    ],
    ["in HTTP/1.0", `POST ${PATH} HTTP/1.0\nHost: localhost\n${REST}`, [505, "INVALID_REQUEST"]],
    ["by TRACE", `TRACE ${PATH} HTTP/1.1\nHost: localhost`, [405, "METHOD_NOT_ALLOWED"]],
    ["by PUT", `PUT ${PATH} HTTP/1.1\nHost: localhost\n${REST}`, [405, "METHOD_NOT_ALLOWED"]],
    ["by CONNECT", "CONNECT localhost:1 HTTP/1.1\nHost: localhost", [405, ""]],
    [
      "with two Authorizations",
      `${POST}\nHost: localhost\nAuthorization: a\nauthorization: b\n${REST}`,
      [400, "INVALID_REQUEST"],
    ],
    [
      "with a doubled slash",
      `POST /${PATH} HTTP/1.1\nHost: localhost\n${REST}`,
      [400, "INVALID_REQUEST"],
    ],
    [
      "with a hidden slash",
      `POST /entdb.v1.EntDBService%2fGetNode HTTP/1.1\nHost: localhost\n${REST}`,
      [400, "INVALID_REQUEST"],
    ],
    ["with a NUL", `POST ${PATH}%00 HTTP/1.1\nHost: localhost\n${REST}`, [400, "INVALID_REQUEST"]],
    [
      "to a whole URL",
      `POST http://localhost${PATH} HTTP/1.1\nHost: localhost\n${REST}`,
      [400, "INVALID_REQUEST"],
    ],
    [
      "to nothing that is served",
      `POST /entdb.v1.Nope/Nope HTTP/1.1\nHost: localhost\n${REST}`,
      [404, "ROUTE_NOT_FOUND"],
    ],
    [
      "with two lengths",
      `${POST}\nHost: localhost\nTransfer-Encoding: chunked\n${REST}`,
      [400, ""],
    ],
    ["that is none", "HELO you", [400, ""]],
    [
      "with a head that is too long",
      `${POST}\nHost: localhost\nX: ${"x".repeat(20_000)}\n${REST}`,
      [431, ""],
    ],
  ];

  test.each(cases)("%s", async (_name, head, expected) => {
    await using face = await startFace({
      engine,
      policy: { allowedHosts: ["db.example"], allowedOrigins: ["https://app.example"] },
    });
    expect(await said(face, head, head.includes("Content-Length") ? BODY : "")).toEqual(expected);
    expect(face.seen.faults).toEqual([]);
  });

  test("heads have room up to the limit, and none past it", async () => {
    await using face = await startFace({ engine });
    const head = `${POST}\nHost: localhost\n${REST}\nX: `;
    // What separates headers is not counted: the limit is met a few bytes later than it says.
    const written = `${head}\n\n`.replaceAll("\n", "\r\n").length;
    const room = limits.requestHeadBytes - written;
    expect(await said(face, head + "x".repeat(room), BODY)).toEqual([200, ""]);
    expect(await said(face, head + "x".repeat(limits.requestHeadBytes), BODY)).toEqual([431, ""]);
  });

  test("asking to upgrade to HTTP/2 is answered in HTTP/1.1", async () => {
    await using face = await startFace({ engine });
    const upgrade =
      "Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAAQAAP__";
    expect(await said(face, `${POST}\nHost: localhost\n${upgrade}\n${REST}`, BODY)).toEqual([
      200,
      "",
    ]);
  });
});

describe("browsers", () => {
  test("read by GET, and nobody keeps the answer", async () => {
    await using face = await startFace({ engine });
    const query = `connect=v1&encoding=json&message=${encodeURIComponent(BODY)}`;
    for (const response of [
      await fetch(`${face.url}${PATH}?${query}`, { headers: IDENTITY }),
      await face.face.fetchHandler(
        new Request(`http://localhost${PATH}?${query}`, { headers: IDENTITY }),
      ),
    ]) {
      expect(response?.status).toBe(200);
      expect(response?.headers.get("cache-control")).toBe("private, no-store");
      expect(response?.headers.get("x-content-type-options")).toBe("nosniff");
      expect(await response?.text()).toContain(nodeOf().id);
    }
  });

  test("never change anything by GET", async () => {
    await using face = await startFace({ engine });
    const response = await fetch(
      `${face.url}/entdb.v1.EntDBService/ExecuteAtomic?connect=v1&encoding=json&message=%7B%7D`,
      { headers: IDENTITY },
    );
    expect(response.status).toBe(405);
    expect(response.headers.get("x-request-id")).not.toBeNull();
  });

  test("ask before they call from an allowed page, and may read what they need", async () => {
    await using face = await startFace({
      engine,
      policy: { allowedHosts: [], allowedOrigins: ["https://app.example"] },
    });
    const origin = { Origin: "https://app.example" };
    const asked = await fetch(face.url + PATH, { method: "OPTIONS", headers: origin });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(asked.headers.get("access-control-allow-methods")).toBe("POST, GET");
    expect(asked.headers.get("access-control-allow-headers")).toContain("x-tenant-id");
    const response = await fetch(face.url + PATH, {
      method: "POST",
      headers: { ...origin, ...IDENTITY, "content-type": "application/json" },
      body: BODY,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(response.headers.get("access-control-expose-headers")).toContain("x-request-id");
    expect(response.headers.get("vary")).toBe("Origin");
  });

  test("get long answers compressed when they ask for it, on every path", async () => {
    const long: Partial<Engine> = {
      getNode: async () => ({ node: nodeOf("x".repeat(10_000)), positionToken: new Uint8Array(0) }),
    };
    for (const thin of [true, false]) {
      await using face = await startFace({ engine: long, thin });
      const headers = {
        ...IDENTITY,
        "content-type": "application/json",
        "accept-encoding": "gzip",
      };
      const init = {
        method: "POST",
        headers: { ...headers, "content-length": String(BODY.length) },
        body: BODY,
      };
      const mounted = await face.face.fetchHandler(new Request(`http://localhost${PATH}`, init));
      expect(mounted?.headers.get("content-encoding")).toBe("gzip");
      const zipped = (await mounted?.arrayBuffer()) ?? new ArrayBuffer(0);
      const bytes = Bun.gunzipSync(new Uint8Array(zipped));
      expect(JSON.parse(Buffer.from(bytes).toString()).node.fields["1"].strValue).toHaveLength(
        10_000,
      );
      await using brief = await startFace({ engine, thin });
      const short = await brief.face.fetchHandler(new Request(`http://localhost${PATH}`, init));
      expect(short?.headers.get("content-encoding")).toBeNull();
      const direct = await fetch(face.url + PATH, { method: "POST", headers, body: BODY });
      expect(((await direct.json()) as { node: { id: string } }).node.id).toBe(nodeOf().id);
    }
  });
});

test("a path that is none of ours is left to the server that mounts us", async () => {
  await using face = await startFace({ engine });
  expect(await face.face.fetchHandler(new Request("http://localhost/v1/nodes/x"))).toBeUndefined();
  expect(await face.face.fetchHandler(new Request("http://localhost/"))).toBeUndefined();
});

test("gRPC learns in its own words that a method is not served", async () => {
  await using face = await startFace({ engine, reflection: false });
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: face.url }));
  const answers = client.serverReflectionInfo(
    (async function* () {
      yield { messageRequest: { case: "listServices" as const, value: "" } };
    })(),
  );
  const failed = await answers[Symbol.asyncIterator]()
    .next()
    .catch((error: unknown) => error);
  const error = ConnectError.from(failed);
  expect(error.code).toBe(Code.Unimplemented);
  expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe("ROUTE_NOT_FOUND");
});

describe.each([
  ["v1", ServerReflection],
  ["v1alpha", ServerReflectionAlpha],
] as const)("reflection %s", (_version, service) => {
  type Question = { case: string; value: unknown };

  async function ask(face: TestFace, ...questions: Question[]) {
    const client = createClient(
      service as typeof ServerReflection,
      createGrpcTransport({ baseUrl: face.url }),
    );
    const requests = (async function* () {
      for (const messageRequest of questions)
        yield { host: "h", messageRequest: messageRequest as never };
    })();
    const answers: ServerReflectionResponse["messageResponse"][] = [];
    for await (const answer of client.serverReflectionInfo(requests))
      answers.push(answer.messageResponse);
    return answers;
  }

  test("lists the services", async () => {
    await using face = await startFace();
    const [listed] = await ask(face, { case: "listServices", value: "" });
    const names =
      listed?.case === "listServicesResponse" ? listed.value.service.map(({ name }) => name) : [];
    expect(names).toEqual([
      "entdb.v1.EntDBService",
      "entdb.v1.EventStoreService",
      "entdb.v1.OperationsService",
      "entdb.v1.TenantService",
      "eventstore.v1.EventStore",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
  });

  test.each([
    ["fileByFilename", "google/protobuf/struct.proto", "google/protobuf/struct.proto"],
    ["fileContainingSymbol", "entdb.v1.EntDBService", "entdb/v1/entdb_service.proto"],
    ["fileContainingSymbol", "entdb.v1.EntDBService.GetNode", "entdb/v1/entdb_service.proto"],
    ["fileContainingSymbol", "entdb.v1.Value.kind", "entdb/v1/model.proto"],
    ["fileContainingSymbol", "entdb.v1.FIELD_KIND_STR", "entdb/v1/model.proto"],
    ["fileContainingSymbol", "google.rpc.ErrorInfo", "google/rpc/error_details.proto"],
    ["fileContainingSymbol", "eventstore.v1.EventStore", "eventstore/v1/eventstore.proto"],
    [
      "fileContainingSymbol",
      "eventstore.v1.ConcurrencyErrorDetail",
      "eventstore/v1/eventstore.proto",
    ],
  ])("answers %s %s with the file and what it imports", async (question, value, name) => {
    await using face = await startFace();
    const [answer] = await ask(face, { case: question, value });
    const bytes = answer?.case === "fileDescriptorResponse" ? answer.value.fileDescriptorProto : [];
    const files = bytes.map((each) => fromBinary(FileDescriptorProtoSchema, each));
    expect(files[0]?.name).toBe(name);
    const names = new Set(files.map((file) => file.name));
    expect(names.size).toBe(files.length);
    for (const file of files) for (const needed of file.dependency) expect(names).toContain(needed);
  });

  test("goes on after a name that it does not know", async () => {
    await using face = await startFace();
    const answers = await ask(
      face,
      { case: "fileContainingSymbol", value: "no.such.Thing" },
      { case: "fileByFilename", value: "no/such.proto" },
      { case: "fileContainingExtension", value: { containingType: "a.B", extensionNumber: 1 } },
      { case: "allExtensionNumbersOfType", value: "entdb.v1.Value" },
      { case: "listServices", value: "" },
    );
    expect(answers.map((answer) => answer?.case)).toEqual([
      "errorResponse",
      "errorResponse",
      "errorResponse",
      "allExtensionNumbersResponse",
      "listServicesResponse",
    ]);
  });
});

test("health says how the server is, and knows the services by name", async () => {
  let status: "healthy" | "unhealthy" = "healthy";
  await using face = await startFace({
    engine: { health: () => ({ status, components: {}, applierLagMs: 0, version: "" }) },
  });
  const client = createClient(Health, createGrpcTransport({ baseUrl: face.url }));
  const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
  expect((await client.check({})).status).toBe(SERVING);
  expect((await client.check({ service: "entdb.v1.EntDBService" })).status).toBe(SERVING);
  status = "unhealthy";
  expect((await client.check({})).status).toBe(NOT_SERVING);
  const unknown = await client
    .check({ service: "no.such.Service" })
    .catch((error: unknown) => error);
  expect(ConnectError.from(unknown).code).toBe(Code.NotFound);
});
