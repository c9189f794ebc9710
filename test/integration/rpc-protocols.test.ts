/**
 * The RPC face over real sockets: every protocol that it speaks says the same of the same
 * engine, and says it with the same headers, codes and details. Every case runs with the
 * thin path and without.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  compressionBrotli,
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { createGrpcWebTransport as createFetchTransport } from "@connectrpc/connect-web";
import { EntDBService, ReceiptState } from "../../gen/entdb/v1/entdb_service_pb.ts";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.ts";
import { EntError } from "../../src/base/errors.ts";
import type { Caller } from "../../src/record/caller.ts";
import { eventually, startFace, type TestFace } from "../harness/rpc-face.ts";
import { nodeOf } from "../harness/scripted-engine.ts";
import { webTextFetch } from "../harness/web-text-fetch.ts";

const CONTEXT = { tenantId: "acme", actor: "user:alice" };

const TRANSPORTS: Record<string, (baseUrl: string) => Transport> = {
  "gRPC, HTTP/2": (baseUrl) => createGrpcTransport({ baseUrl }),
  "gRPC, gzip": (baseUrl) =>
    createGrpcTransport({ baseUrl, sendCompression: compressionGzip, compressMinBytes: 0 }),
  "gRPC, JSON": (baseUrl) => createGrpcTransport({ baseUrl, useBinaryFormat: false }),
  "Connect, HTTP/2": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" }),
  "Connect, HTTP/2, JSON": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false }),
  "Connect, HTTP/1.1": (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  "Connect, HTTP/1.1, brotli": (baseUrl) =>
    createConnectTransport({
      baseUrl,
      httpVersion: "1.1",
      sendCompression: compressionBrotli,
      compressMinBytes: 0,
    }),
  "Connect, HTTP/1.1, JSON, GET": (baseUrl) =>
    createConnectTransport({
      baseUrl,
      httpVersion: "1.1",
      useBinaryFormat: false,
      useHttpGet: true,
    }),
  "gRPC-Web, HTTP/2": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
  "gRPC-Web, HTTP/1.1": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "gRPC-Web, HTTP/1.1, JSON": (baseUrl) =>
    createGrpcWebTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
  "gRPC-Web as text": (baseUrl) => createFetchTransport({ baseUrl, fetch: webTextFetch() }),
  "gRPC-Web as text, in pieces": (baseUrl) =>
    createFetchTransport({ baseUrl, fetch: webTextFetch(5) }),
};

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof ConnectError) return outcome;
  throw new Error(`expected a ConnectError, got ${String(outcome)}`);
}

const asked: { caller: Caller; atLeast: Uint8Array | undefined; strong: boolean }[] = [];

const ENGINE = {
  getNode: async (
    caller: Caller,
    request: { id: string },
    freshness: { atLeast: Uint8Array | undefined; strong: boolean },
  ) => {
    asked.push({ caller, ...freshness });
    if (request.id === "missing") {
      throw new EntError({
        code: "not_found",
        reason: "NODE_NOT_FOUND",
        message: "There is no node “missing” – nirgends.",
        hint: "Look elsewhere.",
        details: { field: "id", node_id: "missing" },
      });
    }
    if (request.id === "busy") {
      throw new EntError({
        code: "resource_exhausted",
        reason: "OVERLOADED",
        message: "Later.",
        retryable: true,
      });
    }
    if (request.id === "broken") throw new Error("the secret path /var/lib/secret");
    const text = request.id === "long" ? "ä".repeat(100_000) : "hello";
    return { node: nodeOf(text), positionToken: Uint8Array.of(1, 2, 3) };
  },
  getReceipt: async () => ({ state: "pending" as const }),
};

for (const thin of [true, false]) {
  describe(thin ? "with the thin path" : "without the thin path", () => {
    let face: TestFace;
    beforeAll(async () => {
      face = await startFace({ engine: ENGINE, thin });
    });
    afterAll(() => face[Symbol.asyncDispose]());

    describe.each(Object.keys(TRANSPORTS))("%s", (name) => {
      const client = () => {
        const transport = TRANSPORTS[name]?.(face.url);
        if (transport === undefined) throw new Error(name);
        return createClient(EntDBService, transport);
      };

      test("answers with the node, its token and the request id that the client gave", async () => {
        let header = new Headers();
        const response = await client().getNode(
          { context: CONTEXT, id: "nd_x", read: { atLeast: Uint8Array.of(7), consistency: 1 } },
          {
            headers: { "x-request-id": "mine-1" },
            onHeader: (headers) => {
              header = headers;
            },
          },
        );
        expect(response.node?.fields[1]?.kind).toEqual({ case: "strValue", value: "hello" });
        expect(response.node?.version).toBe(1n);
        expect([...response.positionToken]).toEqual([1, 2, 3]);
        expect(header.get("x-request-id")).toBe("mine-1");
        const question = asked.at(-1);
        expect(question?.caller).toEqual({ ...CONTEXT, roles: [], credential: "" });
        expect([...(question?.atLeast ?? [])]).toEqual([7]);
        expect(question?.strong).toBe(true);
      });

      test("takes tenant and actor from the headers too, and makes a request id", async () => {
        let header = new Headers();
        await client().getNode(
          { id: "nd_x" },
          {
            headers: { "x-tenant-id": "acme", "x-actor": "user:bob", "x-request-id": "not ok!" },
            onHeader: (headers) => {
              header = headers;
            },
          },
        );
        expect(asked.at(-1)?.caller.actor).toBe("user:bob");
        expect(asked.at(-1)?.atLeast).toBeUndefined();
        expect(header.get("x-request-id")).toMatch(/^[0-9a-f]{20}-[0-9a-z]+$/);
      });

      test("carries code, sentence, reason, facts and the place in the request", async () => {
        const error = await failure(client().getNode({ context: CONTEXT, id: "missing" }));
        expect(error.code).toBe(Code.NotFound);
        expect(error.rawMessage).toBe("There is no node “missing” – nirgends.");
        const [info] = error.findDetails(ErrorInfoSchema);
        expect(info?.reason).toBe("NODE_NOT_FOUND");
        expect(info?.domain).toBe("entdb");
        expect(info?.metadata["node_id"]).toBe("missing");
        expect(info?.metadata["hint"]).toBe("Look elsewhere.");
        expect(info?.metadata["request_id"]).toMatch(/^[0-9a-f]{20}-/);
        const [bad] = error.findDetails(BadRequestSchema);
        expect(bad?.fieldViolations[0]?.field).toBe("id");
        expect(error.findDetails(RetryInfoSchema)).toHaveLength(0);
        expect(error.metadata.get("x-request-id")).toBe(info?.metadata["request_id"] ?? "");
      });

      test("says when to try again", async () => {
        const error = await failure(client().getNode({ context: CONTEXT, id: "busy" }));
        expect(error.code).toBe(Code.ResourceExhausted);
        expect(error.findDetails(RetryInfoSchema)).toHaveLength(1);
      });

      test("says nothing of a fault of ours but the request id, and logs its cause once", async () => {
        const faults = face.seen.faults.length;
        const error = await failure(client().getNode({ context: CONTEXT, id: "broken" }));
        expect(error.code).toBe(Code.Internal);
        expect(JSON.stringify([error.message, error.findDetails(ErrorInfoSchema)])).not.toContain(
          "secret",
        );
        expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe("INTERNAL");
        expect(face.seen.faults).toHaveLength(faults + 1);
      });

      test("refuses tenants and actors that disagree, lack or are malformed", async () => {
        const reasonOf = async (context: object, headers: Record<string, string>) => {
          const error = await failure(client().getNode({ context, id: "nd_x" }, { headers }));
          return error.findDetails(ErrorInfoSchema)[0]?.reason;
        };
        expect(await reasonOf(CONTEXT, { "x-tenant-id": "other" })).toBe("TENANT_MISMATCH");
        expect(await reasonOf(CONTEXT, { "x-actor": "user:other" })).toBe("INVALID_ACTOR");
        expect(await reasonOf({ actor: "user:a" }, {})).toBe("INVALID_TENANT_ID");
        expect(await reasonOf({ tenantId: "../x", actor: "user:a" }, {})).toBe("INVALID_TENANT_ID");
        expect(await reasonOf({ tenantId: "acme" }, {})).toBe("INVALID_ACTOR");
        expect(await reasonOf({ tenantId: "acme", actor: "system:x" }, {})).toBe(
          "PERMISSION_DENIED",
        );
      });

      test("carries long answers whole", async () => {
        const response = await client().getNode({ context: CONTEXT, id: "long" });
        const kind = response.node?.fields[1]?.kind;
        expect(kind?.case === "strValue" && kind.value.length).toBe(100_000);
      });

      test("answers what has no fields set", async () => {
        const response = await client().getReceipt({ context: CONTEXT, idempotencyKey: "k" });
        expect(response.state).toBe(ReceiptState.PENDING);
      });
    });

    /** A call is metered when its answer has gone, and its client may be quicker to read it. */
    const allMetered = () =>
      eventually(() => face.seen.calls.length === face.seen.started, "the end of every call");

    test("serves a Connect call over HTTP/1.1 whose length is told on that path", async () => {
      await allMetered();
      const answer = await fetch(`${face.url}/entdb.v1.EntDBService/GetNode`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ context: CONTEXT, id: "nd_x" }),
      });
      expect(await answer.json()).toMatchObject({ node: { ownerActor: "user:alice" } });
      expect(answer.headers.get("x-request-id")).toBeString();
      await allMetered();
      expect(face.seen.calls.at(-1)?.thin).toBe(thin);
    });

    describe("gRPC-Web as text", () => {
      const send = (path: string, body: string) =>
        fetch(`${face.url}${path}`, {
          method: "POST",
          headers: { "content-type": "application/grpc-web-text", "x-tenant-id": "acme" },
          body,
        });

      test.each([
        ["other characters", "AAAA*AAA"],
        ["padding that pads nothing", "AAAA===="],
        ["a group that is cut", "AAAAAA"],
      ])("refuses %s", async (_, body) => {
        const answer = await send("/entdb.v1.EntDBService/GetNode", body);
        expect(answer.status).toBe(200);
        expect(answer.headers.get("content-type")).toBe("application/grpc-web-text+proto");
        const text = Buffer.from(await answer.text(), "base64").toString("latin1");
        expect(text).toContain(`grpc-status: ${Code.InvalidArgument}`);
        expect(decodeURIComponent(text)).toContain("is not base64");
      });

      test("is answered so too where nothing is served", async () => {
        const answer = await send("/entdb.v1.EntDBService/Nothing", "AAAAAAA=");
        expect(answer.headers.get("content-type")).toBe("application/grpc-web-text+proto");
        expect(answer.headers.get("grpc-status")).toBe(String(Code.Unimplemented));
      });
    });

    test("meters every call once, with its code and reason", async () => {
      const client = createClient(EntDBService, createGrpcTransport({ baseUrl: face.url }));
      await allMetered();
      const before = face.seen.calls.length;
      await client.getNode({ context: CONTEXT, id: "nd_x" });
      await failure(client.getNode({ context: CONTEXT, id: "missing" }));
      await allMetered();
      const calls = face.seen.calls.slice(before);
      expect(calls.map(({ code, reason }) => [code, reason])).toEqual([
        ["ok", ""],
        ["not_found", "NODE_NOT_FOUND"],
      ]);
      expect(calls.map((call) => call.rpc)).toEqual(Array(2).fill("entdb.v1.EntDBService/GetNode"));
      expect(calls.every((call) => call.thin === thin)).toBe(true);
      expect(face.seen.started).toBe(face.seen.calls.length);
    });
  });
}
