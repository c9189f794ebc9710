/**
 * Two kinds of canary. A word that stands in one tenant's texts, key names and group names is
 * found in nothing that another tenant is answered, in no metric, no log line and no file of
 * that tenant. And the secrets of keys and tokens are found nowhere at all.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { openLog } from "../../src/telemetry/log.ts";
import { ROWS, SERVICES, type Things } from "../harness/access-rows.ts";
import { callAny } from "../harness/any-call.ts";
import { REST_ROWS } from "../harness/rest-access-rows.ts";
import { SecuredServer } from "../harness/secured-server.ts";
import { fillTenant, ofTenant } from "../harness/two-tenants.ts";
import { transportOf } from "../harness/wire.ts";

let server: SecuredServer;
let acme: Things;
let other: Things;
let logged = "";
/** Every answer that the other tenant was given. */
const answered: string[] = [];
/** Every refusal that somebody was given who sent a secret in a wrong way. */
const refused: string[] = [];
const secrets: string[] = [];
let files: ReadonlyMap<string, Buffer> = new Map();
let metrics = "";

beforeAll(async () => {
  const log = openLog({
    level: "DEBUG",
    format: "json",
    clock: systemClock,
    target: {
      write: (bytes, done) => {
        logged += Buffer.from(bytes).toString("utf8");
        done(null, bytes.length);
      },
      writeSync: (bytes) => {
        logged += Buffer.from(bytes).toString("utf8");
      },
    },
  });
  server = await SecuredServer.start(
    async ({ httpUrl }) => {
      acme = await fillTenant(httpUrl, "acme");
      other = await fillTenant(httpUrl, "other");
    },
    { logLevel: "DEBUG" },
    { log },
  );
  acme = await ofTenant(server, acme);
  other = await ofTenant(server, other);
  const token = await server.token({ tenant_id: "other", roles: ["admin"] });
  secrets.push(server.adminKey.slice(31), token.split(".")[2] ?? "", token);
  await askEverything(token);
  await sendSecretsWrongly(token);
  const admin = { headers: { authorization: `Bearer ${server.adminKey}` } };
  metrics = await (await fetch(`${server.httpUrl}/metrics`, admin)).text();
  await server.server.stop();
  files = new Map(filesUnder(server.dataDir));
});
afterAll(() => server[Symbol.asyncDispose]());

/** Routes whose answers have no end. */
const STREAMS: ReadonlySet<string> = new Set(["GET /v1/watch", "GET /v1/events/subscribe"]);

/** As the other tenant, about its own things and about acme's, over every RPC and every route. */
async function askEverything(token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const transport = transportOf("grpc", server.grpcUrl, "2");
  for (const method of SERVICES.flatMap((service) => [...service.methods])) {
    const row = ROWS.get(`${method.parent.typeName}/${method.name}`);
    for (const things of [acme, other]) {
      const { text } = await callAny(transport, method, row?.ask(things) ?? {}, headers);
      answered.push(text);
    }
  }
  for (const [label, row] of REST_ROWS) {
    if (STREAMS.has(label)) continue;
    for (const things of [acme, other]) answered.push(await rest(label, row, things, headers));
  }
}

async function rest(
  label: string,
  row: { path: (things: Things) => string; body: ((things: Things) => object) | undefined },
  things: Things,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const method = label.split(" ")[0] ?? "GET";
  const body = row.body?.(things);
  const init: RequestInit = { method, headers: { ...headers, "content-type": "application/json" } };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(`${server.httpUrl}${row.path(things)}`, init);
  const text = await response.text();
  // A key that is made is shown this once, which is what it is made for.
  const made = /"secret":"edb_[0-9a-z]+_([^"]+)"/.exec(text)?.[1];
  if (made !== undefined) secrets.push(made);
  return made === undefined ? text : text.replace(made, "");
}

/** Every way in which a person might get the header wrong. */
async function sendSecretsWrongly(token: string): Promise<void> {
  for (const secret of [server.adminKey, token]) {
    for (const authorization of [
      secret,
      `Basic ${secret}`,
      `Bearer ${secret}x`,
      `Bearer ${secret.slice(0, -1)}`,
      `Bearer ${secret}, Bearer ${secret}`,
      `Bearer  ${secret} ${secret}`,
    ]) {
      const headers = { authorization, "x-tenant-id": "other" };
      const asked = await fetch(`${server.httpUrl}/v1/schema`, { headers });
      refused.push(await asked.text());
      const path = "/entdb.v1.EntDBService/GetSchema";
      const type = { "content-type": "application/json" };
      const init = { method: "POST", body: "{}", headers: { ...headers, ...type } };
      refused.push(await (await fetch(`${server.grpcUrl}${path}`, init)).text());
    }
  }
}

function* filesUnder(directory: string): Generator<[string, Buffer]> {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) yield* filesUnder(path);
    else yield [path, readFileSync(path)];
  }
}

test("what one tenant has is in nothing that another is answered", () => {
  const own = answered.filter((text) => text.includes(other.word));
  // So that the search is known to find what is there.
  expect(own.length).toBeGreaterThan(10);
  // What the asker named itself comes back to it: an id, a mail address, a group that is none.
  const strange = answered.filter((text) => text.includes(acme.word) && !isEcho(text));
  expect(strange).toEqual([]);
});

/** A refusal that repeats a name from the request. */
function isEcho(text: string): boolean {
  return /GROUP_NOT_FOUND|NODE_NOT_FOUND/.test(text) && !text.includes(`${acme.word} `);
}

test("nor in metrics and log lines, which tell no tenant's content at all", () => {
  for (const word of [acme.word, other.word]) {
    expect(metrics).not.toContain(word);
    expect(logged).not.toContain(word);
  }
  expect(metrics).toContain("entdb_requests_total");
});

test("nor in another tenant's files", () => {
  const holding = (word: string) =>
    new Set(
      [...files]
        .filter(([path, bytes]) => path.includes("/tenants/") && bytes.includes(word))
        .map(([path]) => path.split("/tenants/")[1]?.split("/")[0]),
    );
  // Words of its own questions may stand in a tenant's files; names of nodes may not.
  const [ofAcme, ofOther] = [holding(`${acme.word} a`), holding(`${other.word} a`)];
  expect([ofAcme.size, ofOther.size]).toEqual([1, 1]);
  expect(ofAcme).not.toEqual(ofOther);
});

test("the secrets of keys and tokens are in no file, no log line, no metric and no answer", () => {
  expect(secrets.length).toBeGreaterThan(3);
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(40);
    const found = [...files].filter(([, bytes]) => bytes.includes(secret)).map(([path]) => path);
    expect(found).toEqual([]);
    for (const text of [logged, metrics, ...answered, ...refused]) {
      expect(text.includes(secret)).toBe(false);
    }
  }
  expect(
    new Set(refused.map((text) => /"(?:reason|code)":"([A-Za-z_]+)"/.exec(text)?.[1])),
  ).toEqual(new Set(["UNAUTHORIZED", "INVALID_REQUEST", "unauthenticated"]));
});
