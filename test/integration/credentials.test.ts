/** Credentials of a whole server: its first key, keys that come and go, what the audit is told. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CallOptions, ConnectError, createClient } from "@connectrpc/connect";
import { EntDBService } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { TenantService } from "../../gen/entdb/v1/tenant_service_pb.ts";
import { makeApiKey } from "../../src/access/api-key.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Config } from "../../src/config/options.ts";
import { startServer } from "../../src/server/server.ts";
import { refused } from "../harness/refusal.ts";
import { SecuredServer } from "../harness/secured-server.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { serverConfig } from "../harness/test-server.ts";
import { fillTenant } from "../harness/two-tenants.ts";
import { transportOf } from "../harness/wire.ts";

const as = (credential: string): CallOptions => ({
  headers: { authorization: `Bearer ${credential}` },
});
const clientsOf = ({ grpcUrl }: { readonly grpcUrl: string }) => {
  const transport = transportOf("grpc", grpcUrl, "2");
  return {
    graph: createClient(EntDBService, transport),
    tenants: createClient(TenantService, transport),
  };
};
const reasonOf = async (call: Promise<unknown>) =>
  await call.then(
    () => "ok",
    (error: unknown) => /UNAUTHENTICATED|\[[a-z_]+\]/.exec(String(ConnectError.from(error)))?.[0],
  );

describe("the first key", () => {
  const setup = () => {
    const directory = temporaryDirectory();
    const dataDir = join(directory.path, "data");
    const file = join(directory.path, "admin.key");
    const told: string[] = [];
    const start = async (settings: Partial<Config> = {}) =>
      await startServer(serverConfig({ wal: "file", dataDir, auth: "required", ...settings }), {
        tellAdminKey: async (key) => void told.push(key),
      });
    return { directory, file, told, start };
  };

  test("is told once, and may do everything", async () => {
    const { directory, told, start } = setup();
    using _ = directory;
    const server = await start();
    expect(told).toHaveLength(1);
    const { tenants } = clientsOf(server);
    await tenants.createTenant({ tenantId: "acme" }, as(told[0] ?? ""));
    await server.stop();
    const again = await start();
    expect(told).toHaveLength(1);
    const { tenant } = await clientsOf(again).tenants.getTenant(
      { tenantId: "acme" },
      as(told[0] ?? ""),
    );
    expect(tenant?.tenantId).toBe("acme");
    await again.stop();
  });

  test("is put into a file that its owner alone reads, and told nobody", async () => {
    const { directory, file, told, start } = setup();
    using _ = directory;
    const server = await start({ adminKeyFile: file });
    expect(told).toEqual([]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const key = readFileSync(file, "utf8").trim();
    await clientsOf(server).tenants.listTenants({}, as(key));
    await server.stop();
    const again = await start({ adminKeyFile: file });
    await clientsOf(again).tenants.listTenants({}, as(key));
    expect(readFileSync(file, "utf8").trim()).toBe(key);
    await again.stop();
  });

  test("may be the operator's own, which the file holds already", async () => {
    const { directory, file, start } = setup();
    using _ = directory;
    const { text } = makeApiKey(systemRandom);
    writeFileSync(file, text);
    const server = await start({ adminKeyFile: file });
    await clientsOf(server).tenants.listTenants({}, as(text));
    await server.stop();
  });

  test("is not put over something else, and then nothing is made", async () => {
    const { directory, file, told, start } = setup();
    using _ = directory;
    writeFileSync(file, "a letter");
    expect((await refused(start({ adminKeyFile: file }))).reason).toBe("CONFIG_INVALID");
    expect(readFileSync(file, "utf8")).toBe("a letter");
    const nowhere = join(directory.path, "nowhere", "admin.key");
    expect((await refused(start({ adminKeyFile: nowhere }))).reason).toBe("CONFIG_INVALID");
    expect((await refused(start({ adminKeyFile: directory.path }))).reason).toBe("CONFIG_INVALID");
    const server = await start();
    expect(told).toHaveLength(1);
    await server.stop();
  });

  test("is not made where nobody is asked for one", async () => {
    const { directory, file, told, start } = setup();
    using _ = directory;
    const server = await start({ auth: "trusted", adminKeyFile: file });
    expect([told, existsSync(file)]).toEqual([[], false]);
    await server.stop();
  });
});

describe("keys", () => {
  test("stop holding at once when they are revoked, and with their tenant, in every later life of its id", async () => {
    await using server = await SecuredServer.start(async () => undefined);
    const { graph, tenants } = clientsOf(server);
    const admin = as(server.adminKey);
    const newTenant = async () => await tenants.createTenant({ tenantId: "acme" }, admin);
    const newKey = async () =>
      await tenants.createApiKey({ tenantId: "acme", actor: "user:app" }, admin);
    const schemaWith = async (key: string) => await reasonOf(graph.getSchema({}, as(key)));
    await newTenant();
    const [first, second] = [await newKey(), await newKey()];
    expect(await schemaWith(first.secret)).toBe("ok");
    expect(await schemaWith(second.secret)).toBe("ok");
    await tenants.revokeApiKey({ keyId: first.key?.keyId ?? "" }, admin);
    expect(await schemaWith(first.secret)).toBe("[unauthenticated]");
    expect(await schemaWith(second.secret)).toBe("ok");
    await tenants.deleteTenant({ tenantId: "acme", confirm: "acme" }, admin);
    expect(await schemaWith(second.secret)).toBe("[unauthenticated]");
    await newTenant();
    expect(await schemaWith(second.secret)).toBe("[unauthenticated]");
    expect(await schemaWith((await newKey()).secret)).toBe("ok");
  });

  test("of the server do not make a tenant by writing to one that is not there", async () => {
    await using server = await SecuredServer.start(async () => undefined);
    const { graph } = clientsOf(server);
    const request = { context: { tenantId: "fresh" }, schema: {} };
    expect(await reasonOf(graph.registerSchema(request, as(server.adminKey)))).toBe("[not_found]");
  });
});

test("a server whose token keys cannot be read does not start, and says which", async () => {
  using directory = temporaryDirectory();
  const tokens = { auth: "required", jwtIssuer: "https://id", jwtAudience: "entdb" } as const;
  const keys = join(directory.path, "keys.json");
  const start = () =>
    startServer(serverConfig({ dataDir: directory.path, ...tokens, jwtKeysFile: keys }));
  const missing = await refused(start());
  expect([missing.reason, missing.message]).toEqual([
    "CONFIG_INVALID",
    "ENTDB_JWT_KEYS_FILE names a file that cannot be read: ENOENT.",
  ]);
  writeFileSync(keys, '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}');
  const shared = await refused(start());
  expect(shared.reason).toBe("CONFIG_INVALID");
  expect(shared.message).not.toContain("c2VjcmV0");
});

test("the audit learns who acted for whom, and where credentials did not hold, when the server stops", async () => {
  const server = await SecuredServer.start(async ({ httpUrl }) => {
    await fillTenant(httpUrl, "acme");
  });
  try {
    const { graph } = clientsOf(server);
    const request = { context: { tenantId: "acme", actor: "user:bob" } };
    for (let i = 0; i < 3; i++) await graph.getSchema(request, as(server.adminKey));
    for (let i = 0; i < 5; i++) await graph.getSchema(request, as("wrong")).catch(() => undefined);
    await server.server.stop();
    const open = await startServer(
      serverConfig({ wal: "file", dataDir: server.dataDir, auth: "trusted" }),
    );
    const { tenants } = clientsOf(open);
    const { events } = await tenants.listAuditEvents({});
    await open.stop();
    const keyId = server.adminKey.split("_")[1];
    expect(events.find(({ action }) => action === "acted_for")).toMatchObject({
      tenantId: "acme",
      actor: "user:bob",
      credential: `key:${keyId}`,
      count: 3n,
    });
    expect(events.find(({ action }) => action === "authentication_failed")).toMatchObject({
      count: 5n,
      details: { source: "127.0.0.1" },
    });
    expect(events.find(({ action }) => action === "api_key_created")?.actor).toBe("system:start");
  } finally {
    await server[Symbol.asyncDispose]();
  }
});
