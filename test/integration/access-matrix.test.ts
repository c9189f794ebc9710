/**
 * Every RPC, made from the protos, against every kind of credential: nobody without one gets
 * anything but one constant refusal, nobody gets past the tenant of a credential, and
 * another tenant's things are not there. An RPC without a row fails.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { DescMethod } from "@bufbuild/protobuf";
import { Code, type Transport } from "@connectrpc/connect";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { systemClock } from "../../src/base/clock.ts";
import { ROWS, type Row, SERVICES, type Things } from "../harness/access-rows.ts";
import { callAny } from "../harness/any-call.ts";
import { SecuredServer } from "../harness/secured-server.ts";
import { forgedToken } from "../harness/token-issuer.ts";
import { fillTenant, ofTenant } from "../harness/two-tenants.ts";
import { transportOf } from "../harness/wire.ts";

const HOUR = 3_600;

let server: SecuredServer;
let acme: Things;
let other: Things;
let transports: Readonly<Record<string, Transport>>;
let grpc: Transport;
const tokens = { acme: "", other: "" };
/** Credentials that are none, by what is wrong with them; undefined: nothing is sent. */
let strangers: readonly (readonly [string, string | undefined])[];

beforeAll(async () => {
  server = await SecuredServer.start(async ({ httpUrl }) => {
    acme = await fillTenant(httpUrl, "acme");
    other = await fillTenant(httpUrl, "other");
  });
  const { grpcUrl, httpUrl, issuer } = server;
  grpc = transportOf("grpc", grpcUrl, "2");
  transports = {
    gRPC: grpc,
    "Connect over HTTP/2": transportOf("connect", grpcUrl, "2"),
    "gRPC-Web over HTTP/1.1": transportOf("grpc-web", grpcUrl, "1.1"),
    "Connect with JSON on the REST port": transportOf("connect-json", httpUrl, "1.1"),
    "gRPC-Web on the REST port": transportOf("grpc-web", httpUrl, "1.1"),
  };
  const now = Math.floor(systemClock.now() / 1_000);
  tokens.acme = await server.token({ roles: ["admin"] });
  tokens.other = await server.token({ tenant_id: "other", roles: ["admin"] });
  strangers = [
    ["none", undefined],
    ["a key of nobody", `edb_${"0".repeat(26)}_${"A".repeat(43)}`],
    ["an expired token", await server.token({ exp: now - HOUR })],
    ["a token of algorithm HS256", await forgedToken(issuer, systemClock.now(), "HS256")],
    ["a token of algorithm none", await forgedToken(issuer, systemClock.now(), "none")],
    ["a token of another audience", await server.token({ aud: "somebody" })],
  ];
  acme = await ofTenant(server, acme);
  other = await ofTenant(server, other);
});
afterAll(() => server[Symbol.asyncDispose]());

const methods: readonly DescMethod[] = SERVICES.flatMap(
  (service): readonly DescMethod[] => service.methods,
);
const nameOf = (method: DescMethod) => `${method.parent.typeName}/${method.name}`;
const bearer = (credential: string | undefined) =>
  credential === undefined ? {} : { authorization: `Bearer ${credential}` };
const takesStreams = (method: DescMethod) =>
  method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";

function rowOf(method: DescMethod): Row {
  const row = ROWS.get(nameOf(method));
  if (row === undefined) throw new Error(`no row for ${nameOf(method)}: add one to access-rows.ts`);
  return row;
}

test("every RPC has a row, and every row an RPC", () => {
  expect([...ROWS.keys()].sort()).toEqual(methods.map(nameOf).sort());
});

test("every service that is served is among them", async () => {
  const [list] = ServerReflection.methods;
  const request = { messageRequest: { case: "listServices", value: "" } };
  const { text } = await callAny(grpc, list as DescMethod, request, bearer(server.adminKey));
  const served = [...text.matchAll(/"name":"([^"]+)"/g)].map(([, name]) => name);
  expect(served.sort()).toEqual(SERVICES.map(({ typeName }) => typeName).sort());
});

describe.each(methods.map((method) => [nameOf(method), method] as const))("%s", (_, method) => {
  const row = rowOf(method);
  const ask = (things: Things, credential: string | undefined, headers = {}, message = {}) =>
    callAny(
      grpc,
      method,
      { ...row.ask(things), ...message },
      { ...bearer(credential), ...headers },
    );

  test("tells strangers one constant thing, over every protocol", async () => {
    const answers = new Set<string>();
    for (const [name, transport] of Object.entries(transports)) {
      // What streams requests does not work over HTTP/1.1, whoever asks.
      if (takesStreams(method) && name !== "gRPC") continue;
      for (const [what, credential] of strangers) {
        const { code, text } = await callAny(transport, method, row.ask(acme), bearer(credential));
        const expected = row.who === "open" ? "ok" : Code.Unauthenticated;
        expect(`${name}, ${what}: ${code}`).toBe(`${name}, ${what}: ${expected}`);
        answers.add(text);
      }
    }
    expect(answers.size).toBe(1);
  });

  test("answers who may ask", async () => {
    const credential = row.who === "server" ? server.adminKey : tokens.acme;
    expect((await ask(acme, credential)).reason).toBe("ok");
  });

  if (row.who === "server") {
    test("is not for a credential of a tenant", async () => {
      // Of a tenant that it may not know of it is told that there is none.
      const refusals: unknown[] = [Code.PermissionDenied, Code.NotFound];
      expect(refusals).toContain((await ask(acme, tokens.acme)).code);
    });

    test("is not for the server's own credential in a user's name", async () => {
      for (const tenant of [{}, { "x-tenant-id": "acme" }]) {
        const headers = { ...tenant, "x-actor": "user:bob" };
        const { reason } = await ask(acme, server.adminKey, headers);
        expect(["PERMISSION_DENIED", "TENANT_NOT_FOUND"]).toContain(reason);
      }
    });
  }

  if (row.who === "tenant" && row.tenant !== "none") {
    test("refuses a header that names another tenant, before anything is looked up", async () => {
      for (const tenant of ["other", "nobodys"]) {
        const { reason } = await ask(acme, tokens.acme, { "x-tenant-id": tenant });
        expect(reason).toBe("TENANT_MISMATCH");
      }
    });

    test("does not know another tenant's things", async () => {
      const { reason, text } = await ask(acme, tokens.other);
      expect(reason).toBe(row.foreign);
      // A refusal may repeat the name that was asked for, never what is behind it.
      expect(text).not.toContain(row.foreign === "ok" ? acme.word : `${acme.word} a`);
    });
  }

  if (row.tenant === "context") {
    test("refuses a message that names another tenant, before anything is looked up", async () => {
      for (const tenantId of ["other", "nobodys"]) {
        const { reason } = await ask(other, tokens.acme, {}, { context: { tenantId } });
        expect(reason).toBe("TENANT_MISMATCH");
      }
      // And so with the other tenant's own credential in this tenant's name.
      const { reason } = await ask(acme, tokens.other, {}, { context: { tenantId: "acme" } });
      expect(reason).toBe("TENANT_MISMATCH");
    });
  }
});
