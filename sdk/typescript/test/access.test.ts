/** Credentials, and the administration of tenants, members, roles, groups and keys. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import {
  CanceledError,
  type Client,
  ConflictError,
  DeadlineExceededError,
  InvalidArgumentError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitedError,
  SchemaError,
  UnauthenticatedError,
} from "@entdb/client";
import { DOORS } from "./fixtures/doors.ts";
import { refusal } from "./fixtures/refusal.ts";
import { User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

/** Long enough to be in the future still when a busy machine's server gets it. */
const KEY_LIFE_MS = 2_000;

describe("with credentials", () => {
  const suite = useServer({ args: ["--auth", "required", "--admin-key-file", "admin.key"] });
  let admin: Client;

  before(async () => {
    const credential = readFileSync(join(suite.server.directory, "admin.key"), "utf8").trim();
    admin = suite.client("grpc", { credential, tenantId: "acme", actor: "" });
    await admin.tenants.create("acme", { admins: ["user:ada"] });
  });

  const keyFor = async (actor: string, expiresAt?: Date) => {
    const { key, secret } = await admin.keys.create({
      actor,
      roles: ["admin"],
      name: "test",
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    return { key, secret };
  };

  for (const door of DOORS) {
    test(`over ${door}: a key is who asks; none, a wrong and a revoked one are refused`, async () => {
      const { key, secret } = await keyFor("user:ada");
      const client = suite.client(door, { credential: secret, tenantId: "", actor: "" });
      const { results } = await client.atomic((plan) => plan.create(User, { email: `${door}@x` }));
      assert.equal((await client.get(User, results.id))?.ownerActor, "user:ada");
      await refusal(
        client.as({ tenantId: "other" }).count(User),
        PermissionDeniedError,
        "TENANT_MISMATCH",
      );
      const nobody = suite.client(door, { tenantId: "acme" });
      const refused = await refusal(nobody.count(User), UnauthenticatedError, "UNAUTHENTICATED");
      assert.equal(refused.retryable, false);
      const wrong = suite.client(door, { credential: "edb_x_y", tenantId: "acme" });
      await refusal(wrong.count(User), UnauthenticatedError, "UNAUTHENTICATED");
      assert.notEqual((await admin.keys.revoke(key.keyId)).revokedAt, undefined);
      await refusal(client.count(User), UnauthenticatedError, "UNAUTHENTICATED");
      await refusal(
        client.watch()[Symbol.asyncIterator]().next(),
        UnauthenticatedError,
        "UNAUTHENTICATED",
      );
    });

    test(`over ${door}: an expired key is refused, and one that is renewed goes on`, async () => {
      const short = await keyFor("user:ada", new Date(Date.now() + KEY_LIFE_MS));
      const long = await keyFor("user:ada");
      await untilPast(short.key.expiresAt);
      const expired = suite.client(door, { credential: short.secret, tenantId: "acme", actor: "" });
      await refusal(expired.schema.get(), UnauthenticatedError, "UNAUTHENTICATED");
      let asked = 0;
      const credential = async () => {
        asked += 1;
        return long.secret;
      };
      const renewing = suite.client(door, { credential, tenantId: "acme", actor: "" });
      await renewing.schema.get();
      await renewing.schema.get();
      assert.equal(asked, 2, "before each try");
    });
  }

  test("a credential that cannot be got: its own error, and never a hang", async () => {
    const broken = new RangeError("no credential today");
    const failing = suite.client("grpc", { credential: () => Promise.reject(broken) });
    await assert.rejects(failing.health(), broken);
    await assert.rejects(failing.watch()[Symbol.asyncIterator]().next(), broken);
    const never = suite.client("grpc", { credential: () => new Promise<string>(() => undefined) });
    await refusal(never.health({ timeoutMs: 50 }), DeadlineExceededError, "DEADLINE_EXCEEDED");
    const signal = AbortSignal.timeout(50);
    await refusal(never.health({ signal }), CanceledError, "CANCELED");
  });

  test("keys are listed without what makes them one", async () => {
    const { key, secret } = await keyFor("user:app");
    const all = await admin.keys.all({ pageSize: 2 }).toArray();
    const found = all.find(({ keyId }) => keyId === key.keyId);
    assert.deepEqual(found, key);
    const hidden = secret.slice(`edb_${key.keyId}_`.length);
    assert.equal(JSON.stringify(all).includes(hidden), false);
    assert.equal((await admin.keys.all({ of: "server" }).toArray()).length, 1);
    const { action } = (await admin.audit.events({ pageSize: 1 }).first()) ?? {};
    assert.equal(action, "api_key_created");
  });
});

describe("administration", () => {
  const suite = useServer();
  let client: Client;

  before(async () => {
    client = suite.client("grpc", { tenantId: "acme", actor: "user:ada" });
    await client.tenants.create("acme", { admins: ["user:ada"] });
    await client.schema.register();
  });

  test("tenants: create, list, limits, suspend, resume, delete", async () => {
    const { tenants } = client;
    await tenants.create("second");
    const ids = (await tenants.all({ pageSize: 1 }).toArray()).map(({ tenantId }) => tenantId);
    assert.deepEqual(ids, ["acme", "second"]);
    const limited = await tenants.setLimits("second", { requestsPerSecond: 5, requestBurst: 1 });
    assert.deepEqual(limited.limits, { requestsPerSecond: 5, requestBurst: 1 });
    assert.equal((await tenants.suspend("second")).state, "suspended");
    const second = client.as({ tenantId: "second" });
    await refusal(
      suite.client("grpc", { tenantId: "second", retry: { maxAttempts: 5 } }).schema.register(),
      ConflictError,
      "TENANT_SUSPENDED",
    );
    assert.equal((await tenants.resume("second")).state, "active");
    await refusal(tenants.delete("second", "other"), InvalidArgumentError, "INVALID_REQUEST");
    await tenants.delete("second", "second");
    await refusal(tenants.get("second"), NotFoundError, "TENANT_NOT_FOUND");
    assert.equal(second.position, undefined);
  });

  test("rates: refused with when to come back, and then served", async () => {
    await client.tenants.create("slow");
    await client.tenants.setLimits("slow", { requestsPerSecond: 4, requestBurst: 1 });
    const once = suite.client("grpc", { tenantId: "slow", retry: { maxAttempts: 1 } });
    const calls = await Promise.allSettled(Array.from({ length: 5 }, () => once.schema.get()));
    const failed = calls.flatMap((call) => (call.status === "rejected" ? [call.reason] : []));
    assert.ok(failed.length > 0);
    for (const error of failed) {
      assert.ok(error instanceof RateLimitedError && error.retryable);
      assert.ok((error.retryAfterMs ?? 0) > 0);
    }
    const patient = suite.client("grpc", { tenantId: "slow", retry: { maxAttempts: 10 } });
    await Promise.all(Array.from({ length: 3 }, () => patient.schema.get()));
  });

  test("members, roles, groups", async () => {
    const { members, roles, groups } = client;
    await roles.put("auditor", ["data", "audit"]);
    assert.deepEqual(await roles.all(), [
      { name: "admin", rights: ["data", "schema", "members", "mailboxes", "keys", "audit"] },
      { name: "auditor", rights: ["data", "audit"] },
    ]);
    await members.set("user:erin", ["auditor"]);
    assert.deepEqual(
      (await members.all().toArray()).find(({ principal }) => principal === "user:erin"),
      { principal: "user:erin", roles: ["auditor"] },
    );
    await groups.put("eng");
    await groups.add("eng", "user:bob");
    assert.deepEqual(await groups.all().toArray(), [{ name: "eng", members: ["user:bob"] }]);
    const shared = { principals: ["group:eng"] };
    const { results } = await client.atomic((plan) =>
      plan.create(User, { email: "group@x" }, shared),
    );
    const bob = client.as({ actor: "user:bob" });
    assert.equal((await bob.get(User, results.id))?.id, results.id);
    await groups.remove("eng", "user:bob");
    await refusal(groups.remove("eng", "user:bob"), NotFoundError, "MEMBER_NOT_FOUND");
    await members.remove("user:erin");
    await roles.delete("auditor");
    await refusal(roles.delete("auditor"), NotFoundError, "ROLE_NOT_FOUND");
    await groups.delete("eng");
    await refusal(groups.delete("eng"), NotFoundError, "GROUP_NOT_FOUND");
  });

  test("a locked schema is only its keepers' to change", async () => {
    await client.tenants.lockSchema(true);
    assert.equal((await client.schema.get()).locked, true);
    const bob = client.as({ actor: "user:bob" });
    const { types } = await client.schema.get();
    const more = types.map((type) => ({ ...type, deprecated: true }));
    await refusal(
      bob.schema.register({ types: more, mode: "replace" }),
      SchemaError,
      "SCHEMA_LOCKED",
    );
    await client.tenants.lockSchema(false);
  });

  test("health", async () => {
    const health = await client.health();
    assert.equal(health.status, "healthy");
    assert.match(health.version, /^\d+\.\d+\.\d+/);
  });
});

/** Waits for a moment that the server's clock, which is this machine's, will pass. */
async function untilPast(moment: Date | undefined): Promise<void> {
  const left = (moment?.getTime() ?? 0) - Date.now() + 5;
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
}
