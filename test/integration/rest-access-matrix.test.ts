/**
 * Every route of REST, as the server lists them itself, against every kind of credential.
 * A route without a row fails.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { systemClock } from "../../src/base/clock.ts";
import type { Things } from "../harness/access-rows.ts";
import { REST_ROWS, type RestRow } from "../harness/rest-access-rows.ts";
import { SecuredServer } from "../harness/secured-server.ts";
import { forgedToken } from "../harness/token-issuer.ts";
import { fillTenant, ofTenant } from "../harness/two-tenants.ts";

let server: SecuredServer;
let acme: Things;
const tokens = { acme: "", other: "" };
let strangers: readonly (readonly [string, string | undefined])[];

beforeAll(async () => {
  server = await SecuredServer.start(async ({ httpUrl }) => {
    acme = await fillTenant(httpUrl, "acme");
    await fillTenant(httpUrl, "other");
  });
  acme = await ofTenant(server, acme);
  const now = systemClock.now();
  tokens.acme = await server.token({ roles: ["admin"] });
  tokens.other = await server.token({ tenant_id: "other", roles: ["admin"] });
  strangers = [
    ["none", undefined],
    ["a key of nobody", `Bearer edb_${"0".repeat(26)}_${"A".repeat(43)}`],
    ["an expired token", `Bearer ${await server.token({ exp: Math.floor(now / 1_000) - 3_600 })}`],
    ["algorithm HS256", `Bearer ${await forgedToken(server.issuer, now, "HS256")}`],
    ["algorithm none", `Bearer ${await forgedToken(server.issuer, now, "none")}`],
    ["a key without the word Bearer", server.adminKey],
    ["a password", `Basic ${Buffer.from("admin:admin").toString("base64")}`],
  ];
});
afterAll(() => server[Symbol.asyncDispose]());

interface Answered {
  readonly status: number;
  /** "ok", or the reason of the refusal. */
  readonly reason: string;
  /** Without the request id. Of a stream the first event. */
  readonly text: string;
  readonly headers: Headers;
}

async function send(
  label: string,
  path: string,
  body: object | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Answered> {
  const method = label.split(" ")[0] ?? "GET";
  const abort = new AbortController();
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const init: RequestInit = { method, headers: { ...json, ...headers }, signal: abort.signal };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(`${server.httpUrl}${path}`, init);
  const text = await firstOf(response);
  abort.abort();
  const { error } = response.ok ? { error: undefined } : JSON.parse(text);
  return {
    status: response.status,
    reason: error?.reason ?? "ok",
    text: text.replace(/,"request_id":"[^"]*"/, ""),
    headers: response.headers,
  };
}

/** The whole body, or the first piece of one that goes on. */
async function firstOf(response: Response): Promise<string> {
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) {
    return await response.text();
  }
  for await (const chunk of response.body ?? []) return Buffer.from(chunk).toString("utf8");
  return "";
}

const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
const ask = (label: string, row: RestRow, things: Things, headers: Record<string, string>) =>
  send(label, row.path(things), row.body?.(things), headers);

test("every route has a row, and every row a route", async () => {
  const { text } = await send("GET", "/openapi.json", undefined, bearer(tokens.acme));
  const paths = Object.entries(JSON.parse(text).paths as Record<string, object>);
  const labels = paths.flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => {
      return `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
    }),
  );
  expect([...REST_ROWS.keys()].sort()).toEqual(labels.sort());
});

test("a path that is none tells strangers no more than one that is", async () => {
  const { status, text } = await send("GET", "/v1/nowhere", undefined, {});
  expect(status).toBe(401);
  expect(text).toBe((await send("GET", "/v1/schema", undefined, {})).text);
  const rpc = await send("POST", "/entdb.v1.EntDBService/Nowhere", {}, {});
  expect(rpc).toMatchObject({ status: 401, text });
});

test("the health of the server is told whole to who has a credential, in one word to others", async () => {
  const bare = '{"status":"healthy"}';
  for (const [, authorization] of strangers) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    expect((await send("GET", "/health", undefined, headers)).text).toBe(bare);
  }
  const whole = await send("GET", "/health", undefined, bearer(tokens.acme));
  expect(JSON.parse(whole.text)).toMatchObject({ status: "healthy", components: {} });
});

describe.each([...REST_ROWS])("%s", (label, row) => {
  test("tells strangers one constant thing, and how to come again", async () => {
    const texts = new Set<string>();
    for (const [what, authorization] of strangers) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const answer = await ask(label, row, acme, headers);
      const expected = row.who === "open" ? 200 : 401;
      expect(`${what}: ${answer.status}`).toBe(`${what}: ${expected}`);
      expect(answer.headers.get("www-authenticate")).toBe(row.who === "open" ? null : "Bearer");
      texts.add(answer.text);
    }
    expect(texts.size).toBe(1);
  });

  test("answers who may ask", async () => {
    const credential = row.who === "server" ? server.adminKey : tokens.acme;
    expect((await ask(label, row, acme, bearer(credential))).reason).toBe("ok");
  });

  if (row.who === "server") {
    test("is not for a credential of a tenant", async () => {
      expect([403, 404]).toContain((await ask(label, row, acme, bearer(tokens.acme))).status);
    });

    test("is not for the server's own credential in a user's name", async () => {
      for (const tenant of [{}, { "x-tenant-id": "acme" }]) {
        const headers = { ...bearer(server.adminKey), ...tenant, "x-actor": "user:bob" };
        const { reason } = await ask(label, row, acme, headers);
        expect(["PERMISSION_DENIED", "TENANT_NOT_FOUND"]).toContain(reason);
      }
    });
  }

  if (row.who === "credential" && label !== "GET /openapi.json") {
    test("does not know another tenant's things", async () => {
      const { reason, text } = await ask(label, row, acme, bearer(tokens.other));
      expect(reason).toBe(row.foreign);
      expect(text).not.toContain(acme.word);
    });
  }

  if (row.claims) {
    test("refuses another tenant in header, query and body, before anything is looked up", async () => {
      for (const tenant of ["other", "nobodys"]) {
        const authorization = bearer(tokens.acme);
        const header = await ask(label, row, acme, { ...authorization, "x-tenant-id": tenant });
        expect(header.reason).toBe("TENANT_MISMATCH");
        const path = row.path(acme);
        const query = `${path}${path.includes("?") ? "&" : "?"}tenant_id=${tenant}`;
        const body = row.body?.(acme);
        expect((await send(label, query, body, authorization)).reason).toBe("TENANT_MISMATCH");
        if (body === undefined) continue;
        const named = { ...body, tenant_id: tenant };
        expect((await send(label, path, named, authorization)).reason).toBe("TENANT_MISMATCH");
      }
    });
  }
});
