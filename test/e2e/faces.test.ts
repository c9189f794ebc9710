/** Every face of the executable: REST, gRPC, Connect, gRPC-Web, reflection, health, metrics, OpenAPI. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ConnectError } from "@connectrpc/connect";
import { runProgram, type ServerProcess, startServerProcess } from "../harness/binary.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";
import {
  couple,
  PEOPLE_SCHEMA,
  PROTOCOLS,
  type Protocol,
  Rest,
  type RestAnswer,
  rpcClient,
} from "../harness/wire.ts";

let directory: TemporaryDirectory;
let server: ServerProcess;
let rest: Rest;
let graph: RestAnswer;
const context = { tenantId: "acme", actor: "user:ada" };

beforeAll(async () => {
  directory = temporaryDirectory();
  server = await startServerProcess({ cwd: directory.path });
  rest = new Rest(server.httpUrl);
  expect((await rest.post("/v1/schema", PEOPLE_SCHEMA)).status).toBe(200);
  graph = await rest.atomic("graph", couple("one"));
  expect(graph.status).toBe(200);
});

afterAll(async () => {
  await server.kill();
  directory[Symbol.dispose]();
});

/** Both ports take Connect and gRPC-Web; gRPC proper needs trailers, which only one has. */
const DOORS: [Protocol, "grpc" | "http"][] = PROTOCOLS.flatMap((protocol) => {
  const doors = protocol === "grpc" ? (["grpc"] as const) : (["grpc", "http"] as const);
  return doors.map((door): [Protocol, "grpc" | "http"] => [protocol, door]);
});

describe.each(DOORS)("%s on the %s port", (protocol, door) => {
  const rpc = () => rpcClient(protocol, door === "grpc" ? server.grpcUrl : server.httpUrl);

  test("writes, and reads its own write and REST's", async () => {
    const name = { kind: { case: "strValue", value: `by ${protocol}` } } as const;
    const points = { kind: { case: "intValue", value: -(2n ** 63n) } } as const;
    const { results, positionToken } = await rpc().executeAtomic({
      context,
      idempotencyKey: `${protocol} ${door}`,
      operations: [
        {
          operation: {
            case: "createNode",
            value: { typeId: 1, alias: "x", fields: { 1: name, 3: points } },
          },
        },
      ],
    });
    const id = results[0]?.nodeId ?? "";
    const own = await rpc().getNode({ context, id, read: { atLeast: positionToken } });
    expect(own.node).toMatchObject({ id, version: 1n });
    expect(own.node?.fields[3]?.kind).toEqual(points.kind);
    const seen = await rest.get(`/v1/nodes/${id}`);
    expect(seen.body.payload).toEqual({ name: `by ${protocol}`, points: "-9223372036854775808" });

    const a = graph.body.results[0].node_id;
    const { edges, nodes } = await rpc().listEdges({ context, nodeId: a, withNodes: true });
    expect(edges).toMatchObject([{ fromId: a, toId: graph.body.results[1].node_id }]);
    expect(nodes[0]?.fields[1]?.kind).toEqual({ case: "strValue", value: "one b" });
  });

  test("refuses with code, reason and request id", async () => {
    const id = "nd_00000000000000000000000000";
    const error = ConnectError.from(
      await rpc()
        .getNode({ context, id })
        .catch((e: unknown) => e),
    );
    expect(error.code).toBe(5);
    expect(error.metadata.get("x-request-id")).toBeTruthy();
    const kinds = error.details.map((detail) => ("type" in detail ? detail.type : ""));
    expect(kinds).toContain("google.rpc.ErrorInfo");
  });
});

test("Connect is JSON that curl can send", async () => {
  const url = `${server.httpUrl}/entdb.v1.EntDBService/QueryNodes`;
  const body = JSON.stringify({ context: { tenantId: "acme", actor: "user:ada" }, typeId: 1 });
  const command = ["curl", "-sS", url, "-H", "content-type: application/json", "-d", body];
  const { exitCode, stdout } = await runProgram(command, { cwd: directory.path });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).nodes[0].fields["1"]).toEqual({ strValue: expect.any(String) });
});

test("the same key gives the same answer over another protocol", async () => {
  const [a, b] = graph.body.results;
  const str = (value: string) => ({ kind: { case: "strValue", value } }) as const;
  const int = (value: bigint) => ({ kind: { case: "intValue", value } }) as const;
  const again = await rpcClient("grpc", server.grpcUrl).executeAtomic({
    context,
    idempotencyKey: "graph",
    operations: [
      {
        operation: {
          case: "createNode",
          value: { typeId: 1, alias: "a", fields: { 1: str("one a"), 3: int(1n) } },
        },
      },
      {
        operation: {
          case: "createNode",
          value: { typeId: 1, alias: "b", fields: { 1: str("one b"), 3: int(2n) } },
        },
      },
      {
        operation: {
          case: "createEdge",
          value: { edgeTypeId: 100, fromId: "$a.id", toId: "$b.id" },
        },
      },
    ],
  });
  expect(again.results.slice(0, 2).map(({ nodeId }) => nodeId)).toEqual([a.node_id, b.node_id]);
  expect(again.walPosition).toBe(graph.body.wal_position);
});

test("health, liveness, readiness", async () => {
  expect(await rest.get("/livez")).toMatchObject({ status: 200 });
  expect(await rest.get("/readyz")).toMatchObject({ status: 200 });
  const { status, body } = await rest.get("/health");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: "healthy",
    components: { wal: "connected", sqlite: "ok" },
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
});

test("metrics are Prometheus text, all named entdb_*", async () => {
  const { status, headers, body } = await rest.get("/metrics");
  expect(status).toBe(200);
  expect(headers.get("content-type")).toStartWith("text/plain");
  const names = String(body)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(/[{ ]/)[0] ?? "");
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !/^(entdb|process|nodejs)_/.test(name))).toEqual([]);
  expect(names.some((name) => name.startsWith("entdb_wal_append"))).toBe(true);
});

test("the OpenAPI document describes what is served", async () => {
  const { status, body } = await rest.get("/openapi.json");
  expect(status).toBe(200);
  expect(body.openapi).toMatch(/^3\./);
  const paths = Object.keys(body.paths);
  const headers = { "x-tenant-id": "acme", "x-actor": "user:ada" };
  for (const path of ["/v1/atomic", "/v1/nodes/{id}", "/v1/nodes", "/v1/schema", "/health"]) {
    expect(paths).toContain(path);
  }
  for (const path of paths) {
    for (const method of Object.keys(body.paths[path])) {
      if (method !== "get") continue;
      const answer = await fetch(`${server.httpUrl}${path.replace(/\{\w+\}/g, "x")}`, { headers });
      // A stream of changes has no end, and is no refusal.
      if (answer.ok) {
        await answer.body?.cancel();
        continue;
      }
      expect(await answer.json()).not.toMatchObject({ error: { reason: "ROUTE_NOT_FOUND" } });
    }
  }
});

test("errors of REST have the envelope", async () => {
  const { status, body } = await rest.get("/v1/nodes/nd_00000000000000000000000000");
  expect(status).toBe(404);
  expect(body.error).toMatchObject({
    code: "NOT_FOUND",
    reason: "NODE_NOT_FOUND",
    message: expect.any(String),
    request_id: expect.any(String),
  });
});

const grpcurl = Bun.which("grpcurl");

/** As in the README; skipped, audibly, where grpcurl is not installed. */
describe.skipIf(grpcurl === null)("grpcurl", () => {
  const run = async (...args: string[]) => {
    const host = new URL(server.grpcUrl).host;
    const at = args.indexOf("HOST");
    const command = ["grpcurl", "-plaintext", ...args.with(at, host)];
    const result = await runProgram(command, { cwd: directory.path });
    expect({ ...result, stdout: "" }).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    return result.stdout;
  };

  test("lists the services by reflection", async () => {
    const services = (await run("HOST", "list")).trim().split("\n");
    expect(services).toContain("entdb.v1.EntDBService");
    expect(services).toContain("entdb.v1.OperationsService");
    expect(services).toContain("grpc.health.v1.Health");
  });

  test("describes and calls a method", async () => {
    expect(await run("HOST", "describe", "entdb.v1.EntDBService.GetNode")).toContain(
      "GetNodeRequest",
    );
    const id = graph.body.results[0].node_id;
    const request = { context: { tenant_id: "acme", actor: "user:ada" }, id };
    const { node } = JSON.parse(
      await run("-d", JSON.stringify(request), "HOST", "entdb.v1.EntDBService/GetNode"),
    );
    expect(node).toMatchObject({ id, typeId: 1, ownerActor: "user:ada", version: "1" });
  });

  test("asks for health", async () => {
    expect(await run("HOST", "grpc.health.v1.Health/Check")).toContain("SERVING");
  });

  test("watches health for as long as it likes", async () => {
    const host = new URL(server.grpcUrl).host;
    const watch = ["-plaintext", "-max-time", "1", host, "grpc.health.v1.Health/Watch"];
    const { exitCode, stdout, stderr } = await runProgram(["grpcurl", ...watch], {
      cwd: directory.path,
    });
    expect(JSON.parse(stdout)).toEqual({ status: "SERVING" });
    expect(stderr).toContain("DeadlineExceeded");
    expect(exitCode).not.toBe(0);
  });

  test.each(["v1", "v1alpha"])("asks reflection %s in its own words", async (version) => {
    const method = `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const services = JSON.parse(await run("-d", '{"list_services":"*"}', "HOST", method));
    const names = services.listServicesResponse.service.map(({ name }: { name: string }) => name);
    expect(names).toContain("entdb.v1.EntDBService");
    const symbol = '{"file_containing_symbol":"entdb.v1.EntDBService"}';
    const described = JSON.parse(await run("-d", symbol, "HOST", method));
    expect(described.fileDescriptorResponse.fileDescriptorProto.length).toBeGreaterThan(0);
  });
});
