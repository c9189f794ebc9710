/**
 * Tenants, members, keys and audit as clients reach them: the same story over Connect, over
 * REST and from the command line, against a whole server in trusted mode.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { runCli } from "../../src/cli/run.ts";
import { recordedContext } from "../harness/cli-context.ts";
import { startTestServer, type TestServer } from "../harness/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ autoCreateTenants: false });
});
afterAll(() => server[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into, member by member
type Json = any;

async function send(method: string, path: string, body?: object) {
  const headers = { "content-type": "application/json", "x-actor": "user:ada" };
  const init =
    body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(server.httpUrl + path, init);
  return { status: response.status, json: (await response.json()) as Json };
}

const get = (path: string) => send("GET", path);
const post = (path: string, body: object = {}) => send("POST", path, body);
const rpc = (method: string, body: object = {}) => post(`/entdb.v1.TenantService/${method}`, body);

async function cli(...argv: string[]) {
  const context = recordedContext();
  const target = ["--url", server.httpUrl];
  const code = await runCli([...argv, ...target], context);
  return { code, stdout: context.stdout(), stderr: context.stderr() };
}

async function cliJson(...argv: string[]): Promise<Json> {
  const { code, stdout, stderr } = await cli(...argv, "-o", "json");
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

const context = (tenantId: string) => ({ context: { tenantId, actor: "user:ada" } });

describe("over Connect", () => {
  test("a tenant's life", async () => {
    const made = await rpc("CreateTenant", { tenantId: "wire", admins: ["user:ada"] });
    expect(made).toMatchObject({
      status: 200,
      json: { tenant: { tenantId: "wire", state: "TENANT_STATE_ACTIVE", limits: {} } },
    });
    expect((await rpc("CreateTenant", { tenantId: "wire" })).status).toBe(409);
    expect((await rpc("GetTenant", { tenantId: "wire" })).json).toEqual(made.json);
    const { json } = await rpc("ListTenants", { pageSize: 1_000 });
    expect(json.tenants).toContainEqual(made.json.tenant);
    const limits = { requestsPerSecond: "5", requestBurst: "0" };
    const limited = await rpc("SetTenantLimits", { tenantId: "wire", limits });
    expect(limited.json.tenant.limits).toEqual(limits);
    expect((await rpc("SetTenantLimits", { tenantId: "wire" })).status).toBe(400);
    expect((await rpc("SuspendTenant", { tenantId: "wire" })).json.tenant.state).toBe(
      "TENANT_STATE_SUSPENDED",
    );
    expect((await rpc("ResumeTenant", { tenantId: "wire" })).json.tenant.state).toBe(
      "TENANT_STATE_ACTIVE",
    );
    expect((await rpc("DeleteTenant", { tenantId: "wire", confirm: "wir" })).status).toBe(400);
    expect(await rpc("DeleteTenant", { tenantId: "wire", confirm: "wire" })).toEqual({
      status: 200,
      json: {},
    });
    expect((await rpc("GetTenant", { tenantId: "wire" })).status).toBe(404);
  });

  test("members, roles, groups, the lock", async () => {
    await rpc("CreateTenant", { tenantId: "people" });
    const acme = context("people");
    const role = { name: "clerk", rights: ["data", "audit"] };
    expect((await rpc("PutRole", { ...acme, role })).json).toEqual({ role });
    const wrong = await rpc("PutRole", { ...acme, role: { name: "x", rights: ["fly"] } });
    expect([wrong.status, wrong.json.code]).toEqual([400, "invalid_argument"]);
    expect((await rpc("PutRole", acme)).status).toBe(400);
    expect((await rpc("PutGroup", { ...acme, name: "eng" })).json).toEqual({
      group: { name: "eng" },
    });
    expect(
      (await rpc("AddGroupMember", { ...acme, group: "eng", member: "user:bob" })).status,
    ).toBe(200);
    const member = { principal: "group:eng", roles: ["clerk"] };
    expect((await rpc("SetMember", { ...acme, member })).json).toEqual({ member });
    expect((await rpc("SetMember", acme)).status).toBe(400);
    expect((await rpc("ListMembers", acme)).json).toEqual({ members: [member] });
    expect((await rpc("ListGroups", acme)).json).toEqual({
      groups: [{ name: "eng", members: ["user:bob"] }],
    });
    const { json } = await rpc("ListRoles", acme);
    expect(json.roles.map(({ name }: Json) => name)).toEqual(["admin", "clerk"]);
    expect((await rpc("SetSchemaLock", { ...acme, locked: true })).json).toEqual({ locked: true });
    const gone = { ...acme, group: "eng", member: "user:x" };
    expect((await rpc("RemoveGroupMember", gone)).status).toBe(404);
    for (const [method, body] of [
      ["RemoveGroupMember", { group: "eng", member: "user:bob" }],
      ["RemoveMember", { principal: "group:eng" }],
      ["DeleteGroup", { name: "eng" }],
      ["DeleteRole", { name: "clerk" }],
    ] as const) {
      expect((await rpc(method, { ...acme, ...body })).json).toEqual({});
      expect((await rpc(method, { ...acme, ...body })).status).toBe(404);
    }
  });

  test("keys and audit", async () => {
    await rpc("CreateTenant", { tenantId: "keys" });
    const made = await rpc("CreateApiKey", { tenantId: "keys", actor: "user:ci", name: "ci" });
    expect(made.json.secret).toStartWith("edb_");
    const { key } = made.json;
    expect((await rpc("ListApiKeys", { tenantId: "keys" })).json.keys).toEqual([key]);
    const revoked = await rpc("RevokeApiKey", { keyId: key.keyId });
    expect(Number(revoked.json.key.revokedAt)).toBeGreaterThan(0);
    expect((await rpc("RevokeApiKey", { keyId: "none" })).status).toBe(404);
    const { json } = await rpc("ListAuditEvents", { tenantId: "keys" });
    expect(json.events.map(({ action }: Json) => action)).toEqual([
      "api_key_revoked",
      "api_key_created",
      "tenant_created",
    ]);
    expect(json.events[0]).toMatchObject({
      actor: "user:ada",
      outcome: "applied",
      count: "1",
      details: { key_id: key.keyId },
    });
    const none = await rpc("ListAuditEvents", { tenantId: "nobody" });
    expect(none.status).toBe(404);
  });
});

describe("over REST", () => {
  test("a tenant's life", async () => {
    const made = await post("/v1/tenants", { tenant_id: "rest", admins: ["user:ada"] });
    expect(made).toMatchObject({
      status: 200,
      json: { tenant_id: "rest", state: "active", limits: {} },
    });
    expect((await post("/v1/tenants", { tenant_id: "rest" })).json.error.reason).toBe(
      "TENANT_ALREADY_EXISTS",
    );
    expect((await get("/v1/tenants/rest")).json).toEqual(made.json);
    const page = await get("/v1/tenants?limit=1");
    expect([page.json.tenants.length, page.json.has_more]).toEqual([1, true]);
    const next = await get(`/v1/tenants?limit=1000&cursor=${page.json.next_cursor}`);
    expect([...page.json.tenants, ...next.json.tenants]).toContainEqual(made.json);
    const limits = { requests_per_second: 7 };
    expect((await post("/v1/tenants/rest/limits", limits)).json.limits).toEqual(limits);
    expect((await post("/v1/tenants/rest/limits", { request_burst: -1 })).status).toBe(400);
    expect((await post("/v1/tenants/rest/suspend")).json.state).toBe("suspended");
    const write = { tenant_id: "rest", operations: [{ op: "delete_node", id: "nd_x" }] };
    expect((await post("/v1/atomic", write)).status).toBeGreaterThanOrEqual(400);
    expect((await post("/v1/tenants/rest/resume")).json.state).toBe("active");
    expect((await post("/v1/tenants/rest/delete", { confirm: "" })).json.error.reason).toBe(
      "INVALID_REQUEST",
    );
    expect(await post("/v1/tenants/rest/delete", { confirm: "rest" })).toEqual({
      status: 200,
      json: {},
    });
    expect((await get("/v1/tenants/rest")).json.error.reason).toBe("TENANT_NOT_FOUND");
  });

  test("members, roles, groups, the lock", async () => {
    await post("/v1/tenants", { tenant_id: "folk" });
    const at = (path: string) => `/v1/tenants/folk/${path}`;
    const role = { name: "clerk", rights: ["data"] };
    expect((await post(at("roles"), role)).json).toEqual(role);
    expect((await post(at("roles"), { name: "x", rights: ["fly"] })).status).toBe(400);
    expect((await post(at("groups"), { name: "eng" })).json).toEqual({ name: "eng", members: [] });
    await post(at("groups/add_member"), { group: "eng", member: "user:bob" });
    const member = { principal: "group:eng", roles: ["clerk"] };
    expect((await post(at("members"), member)).json).toEqual(member);
    expect((await get(at("members"))).json).toEqual({ members: [member], has_more: false });
    expect((await get(at("groups"))).json.groups).toEqual([{ name: "eng", members: ["user:bob"] }]);
    expect((await get(at("roles"))).json.roles).toHaveLength(2);
    expect((await post(at("schema_lock"), { locked: false })).json).toEqual({ locked: false });
    for (const [path, body] of [
      ["groups/remove_member", { group: "eng", member: "user:bob" }],
      ["members/remove", { principal: "group:eng" }],
      ["groups/delete", { name: "eng" }],
      ["roles/delete", { name: "clerk" }],
    ] as const) {
      expect((await post(at(path), body)).json).toEqual({});
      expect((await post(at(path), body)).status).toBe(404);
    }
    expect((await get("/v1/tenants/nobody/members")).json.error.reason).toBe("TENANT_NOT_FOUND");
  });

  test("keys and audit", async () => {
    await post("/v1/tenants", { tenant_id: "safe" });
    const made = await post("/v1/keys", { tenant_id: "safe", actor: "user:ci", roles: ["admin"] });
    const { key, secret } = made.json;
    expect(secret).toContain(key.key_id);
    expect((await get("/v1/keys?tenant_id=safe")).json.keys).toEqual([key]);
    const ofServer = await post("/v1/keys", { actor: "system:backup" });
    expect((await get("/v1/keys")).json.keys).toContainEqual(ofServer.json.key);
    expect((await post("/v1/keys", { tenant_id: "safe", actor: "ci" })).json.error.reason).toBe(
      "INVALID_PRINCIPAL",
    );
    const revoked = await post(`/v1/keys/${key.key_id}/revoke`);
    expect(revoked.json.revoked_at).toBeGreaterThan(0);
    expect((await post("/v1/keys/none/revoke")).json.error.reason).toBe("API_KEY_NOT_FOUND");
    const audit = await get("/v1/audit?tenant_id=safe&limit=1");
    expect(audit.json).toMatchObject({
      events: [{ action: "api_key_revoked", actor: "user:ada", tenant_id: "safe" }],
      has_more: true,
    });
    const rest = await get(`/v1/audit?tenant_id=safe&cursor=${audit.json.next_cursor}`);
    expect(rest.status).toBe(200);
    expect(rest.json.events.map(({ action }: Json) => action)).toEqual([
      "api_key_created",
      "tenant_created",
    ]);
    expect((await get("/v1/audit")).json.error.reason).toBe("INVALID_TENANT_ID");
    const all = await get("/admin/audit?limit=1000");
    expect(all.json.events.map(({ tenant_id }: Json) => tenant_id)).toContain("safe");
    expect((await get("/v1/audit?tenant_id=safe&from=x")).status).toBe(400);
  });
});

describe("from the command line", () => {
  test("a tenant's life", async () => {
    const made = await cliJson("tenants", "create", "cli", "--admin", "user:ada");
    expect(made).toMatchObject({ tenant_id: "cli", state: "active" });
    expect((await cli("tenants", "create", "cli")).code).toBe(4);
    expect(await cliJson("tenants", "get", "cli")).toEqual(made);
    expect((await cli("tenants", "list")).stdout).toMatch(/^cli +active/m);
    expect(
      (await cliJson("tenants", "limits", "cli", "--requests-per-second", "9")).limits,
    ).toEqual({ requests_per_second: 9 });
    expect((await cliJson("tenants", "suspend", "cli")).state).toBe("suspended");
    expect((await cliJson("tenants", "resume", "cli")).state).toBe("active");
    const unsure = await cli("tenants", "delete", "cli");
    expect([unsure.code, unsure.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    const dry = await cli("tenants", "delete", "cli", "--dry-run");
    expect([dry.code, dry.stdout]).toEqual([0, ""]);
    expect(dry.stderr).toContain("would delete tenant cli for good");
    expect((await cli("tenants", "delete", "none", "--dry-run")).code).toBe(3);
    expect(await cliJson("tenants", "delete", "cli", "--yes")).toEqual({
      tenant_id: "cli",
      deleted: true,
    });
    expect((await cli("tenants", "get", "cli")).code).toBe(3);
  });

  test("members, roles, groups, the lock", async () => {
    await cliJson("tenants", "create", "crew");
    const crew = ["--tenant-id", "crew"];
    const role = { name: "clerk", rights: ["data", "keys"] };
    expect(await cliJson("roles", "put", "clerk", "--right", "data", "keys", ...crew)).toEqual(
      role,
    );
    await cliJson("groups", "put", "eng", ...crew);
    await cliJson("groups", "add", "eng", "user:bob", ...crew);
    await cliJson("members", "set", "group:eng", "--role", "clerk", ...crew);
    expect(await cliJson("members", "list", ...crew)).toEqual([
      { principal: "group:eng", roles: ["clerk"] },
    ]);
    expect(await cliJson("groups", "list", ...crew)).toEqual([
      { name: "eng", members: ["user:bob"] },
    ]);
    expect(await cliJson("roles", "list", ...crew)).toContainEqual(role);
    expect(await cliJson("schema", "lock", ...crew)).toEqual({ locked: true });
    expect(await cliJson("schema", "unlock", ...crew)).toEqual({ locked: false });
    await cliJson("groups", "remove", "eng", "user:bob", ...crew);
    expect((await cli("members", "remove", "group:eng", ...crew)).code).toBe(2);
    await cliJson("members", "remove", "group:eng", "--yes", ...crew);
    expect((await cli("members", "remove", "group:eng", "--yes", ...crew)).code).toBe(3);
    await cliJson("groups", "delete", "eng", "--yes", ...crew);
    await cliJson("roles", "delete", "clerk", "--yes", ...crew);
  });

  test("keys and audit", async () => {
    await cliJson("tenants", "create", "vault");
    const vault = ["--tenant-id", "vault"];
    const made = await cli("keys", "create", "--for", "user:ci", ...vault, "-o", "jsonl");
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining("not shown again")]);
    const { key, secret } = JSON.parse(made.stdout);
    expect(secret).toContain(key.key_id);
    expect(await cliJson("keys", "list", ...vault)).toEqual([key]);
    const dated = await cli("keys", "create", "--for", "user:ci", "--expires", "soon", ...vault);
    expect(dated.code).toBe(2);
    const server = await cli("keys", "create", "--server", "--for", "user:op", "-o", "json");
    expect(JSON.parse(server.stdout).key.tenant_id).toBe("");
    expect((await cli("keys", "list")).code).toBe(2);
    expect((await cli("keys", "revoke", key.key_id)).code).toBe(2);
    expect((await cliJson("keys", "revoke", key.key_id, "--yes")).revoked_at).toBeGreaterThan(0);
    const lines = await cli("audit", ...vault, "--from", "2020-01-01", "-o", "jsonl");
    const actions = lines.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).action);
    expect(actions).toEqual(["api_key_revoked", "api_key_created", "tenant_created"]);
    const shown = (await cli("audit", ...vault, "--limit", "1")).stdout;
    expect(shown).toMatch(
      /^at +action +tenant_id +actor +credential +outcome +count +wal_position +details\n\S+Z +api_key_revoked +vault .* applied +1 +0:\d+ /,
    );
    const some = await cli("audit", "--server", "--limit", "1", "-o", "jsonl");
    expect(some.stdout.trim().split("\n")).toHaveLength(1);
    expect(some.stderr).toContain("there are more");
    expect((await cli("audit")).code).toBe(2);
  });
});
