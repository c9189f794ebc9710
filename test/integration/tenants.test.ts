/**
 * The life of tenants: created, suspended, resumed, deleted, created again, through the engine
 * and over the log on disk. What a deleted tenant was is gone: from every answer at once, from
 * the disk, and for whoever creates the id again; after a crash at any place, too.
 */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Identity, TRUSTED } from "../../src/access/identity.ts";
import { limits } from "../../src/base/limits.ts";
import { turn } from "../../src/base/turn.ts";
import type { CreateApiKey } from "../../src/engine/administration.ts";
import { EMAIL, GRAPH_SCHEMA, USER } from "../harness/graph-schema.ts";
import { createNode, ownId, str } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";

const never = new AbortController().signal;
const PAGE = { pageSize: 0, cursor: undefined };
const NO_LIMITS = { requestsPerSecond: undefined, requestBurst: undefined };
const CANARY = "canary-3f9c1d7e";

/** As the operator of the server. */
const OPERATOR: Identity = { ...TRUSTED, actor: "user:root", credential: "key:root" };

/** A credential of one tenant. */
function identityOf(tenantId: string, actor: string, change: Partial<Identity> = {}): Identity {
  const credential = "key:tenant";
  return { ...TRUSTED, tenantId, actor, mayActAs: [], roles: [], credential, ...change };
}

let partition: TestPartition;

beforeEach(async () => {
  partition = await TestPartition.open({
    wal: "file",
    autoCreateTenants: false,
    busyTimeoutMs: 1,
  });
});
afterEach(() => partition[Symbol.asyncDispose]());

const admin = () => partition.engine.administration;
const create = (tenantId: string, admins: string[] = []) =>
  admin().createTenant(OPERATOR, { tenantId, admins }, never);
const remove = (tenantId: string) => admin().deleteTenant(OPERATOR, tenantId, never);

async function filled(tenantId: string, text = CANARY) {
  const tenant = partition.tenant(tenantId);
  await tenant.register(GRAPH_SCHEMA);
  await tenant.one(createNode(USER, { [EMAIL]: str(text) }, { id: ownId("nd", 1) }), {
    key: "first",
  });
  return tenant;
}

/** Every file below the directory that holds the text, the log's apart. */
function filesWith(text: string): string[] {
  const found: string[] = [];
  const look = (directory: string) => {
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      if (statSync(path).isDirectory()) look(path);
      else if (readFileSync(path).includes(text)) found.push(path);
    }
  };
  look(join(partition.dataDir, "tenants"));
  look(join(partition.dataDir, "checkpoint"));
  return found;
}

const directories = () => readdirSync(join(partition.dataDir, "tenants")).sort();

describe("creating", () => {
  test("a tenant, once; it is listed, and there after a crash", async () => {
    const made = await create("acme", ["user:ada"]);
    expect(made).toMatchObject({ tenantId: "acme", state: "active", limits: NO_LIMITS });
    expect(await refused(create("acme"))).toMatchObject({
      code: "already_exists",
      reason: "TENANT_ALREADY_EXISTS",
    });
    await create("beta");
    await partition.crash();
    const { items, hasMore } = admin().listTenants(OPERATOR, PAGE);
    expect(items.map((tenant) => tenant.tenantId)).toEqual(["acme", "beta"]);
    expect(hasMore).toBe(false);
    expect(admin().getTenant(OPERATOR, "acme")).toEqual(made);
    const members = admin().listMembers(partition.tenant("acme", "user:ada").caller, PAGE);
    expect(members.items).toEqual([{ principal: "user:ada", roles: ["admin"] }]);
  });

  test("twice at once makes one", async () => {
    const both = await Promise.allSettled([create("acme"), create("acme")]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("what is malformed is refused, and leaves no tenant", async () => {
    for (const id of ["", "_system", "a/b", "x".repeat(129)]) {
      expect((await refused(create(id))).reason).toBe("INVALID_TENANT_ID");
    }
    expect((await refused(create("acme", ["role:admin"]))).reason).toBe("INVALID_PRINCIPAL");
    expect(admin().listTenants(OPERATOR, PAGE).items).toEqual([]);
  });

  test("lists go on where a page ends, and nowhere else", async () => {
    for (const id of ["a", "b", "c"]) await create(id);
    const first = admin().listTenants(OPERATOR, { pageSize: 2, cursor: undefined });
    expect([first.items.map(({ tenantId }) => tenantId), first.hasMore]).toEqual([
      ["a", "b"],
      true,
    ]);
    const cursor = first.nextCursor;
    const second = admin().listTenants(OPERATOR, { pageSize: 2, cursor });
    expect([second.items.map(({ tenantId }) => tenantId), second.hasMore]).toEqual([["c"], false]);
    const stranger = { ...OPERATOR, actor: "user:other" };
    expect(() => admin().listTenants(stranger, { pageSize: 2, cursor })).toThrow("another");
    expect(() => admin().listTenants(OPERATOR, { pageSize: 1_001, cursor: undefined })).toThrow(
      "not allowed",
    );
  });
});

describe("suspending", () => {
  test("stops writes before the append and lets reads go on; resuming takes it back", async () => {
    await create("acme");
    const acme = await filled("acme");
    const suspended = await admin().suspendTenant(OPERATOR, "acme", never);
    expect(suspended.state).toBe("suspended");
    const { end } = partition.partition.wal;
    expect(await refused(acme.one(createNode(USER)))).toMatchObject({
      code: "failed_precondition",
      reason: "TENANT_SUSPENDED",
    });
    expect(partition.partition.wal.end).toBe(end);
    expect((await acme.node(ownId("nd", 1))).version).toBe(1);
    // Asked for once more it is a success that leaves no record.
    expect(await admin().suspendTenant(OPERATOR, "acme", never)).toEqual(suspended);
    expect(partition.partition.wal.end).toBe(end);
    await partition.crash();
    expect((await refused(acme.one(createNode(USER)))).reason).toBe("TENANT_SUSPENDED");
    expect((await admin().resumeTenant(OPERATOR, "acme", never)).state).toBe("active");
    await acme.one(createNode(USER));
  });

  test("a suspended tenant is not created by a write, whatever the setting", async () => {
    await create("acme");
    await admin().suspendTenant(OPERATOR, "acme", never);
    await partition.restart({ autoCreateTenants: true });
    const error = await refused(partition.tenant("acme").register(GRAPH_SCHEMA));
    expect(error.reason).toBe("TENANT_SUSPENDED");
  });

  test("a tenant that is not there: TENANT_NOT_FOUND", async () => {
    for (const call of [
      admin().suspendTenant(OPERATOR, "none", never),
      admin().resumeTenant(OPERATOR, "none", never),
      admin().setTenantLimits(OPERATOR, "none", NO_LIMITS, never),
      admin().deleteTenant(OPERATOR, "none", never),
    ]) {
      expect((await refused(call)).reason).toBe("TENANT_NOT_FOUND");
    }
  });
});

describe("limits", () => {
  test("are stored whole, shown, and there after a crash; nonsense is refused", async () => {
    await create("acme");
    const limits = { requestsPerSecond: 50, requestBurst: undefined };
    const set = await admin().setTenantLimits(OPERATOR, "acme", limits, never);
    expect(set.limits).toEqual(limits);
    await partition.crash();
    expect(admin().getTenant(OPERATOR, "acme").limits).toEqual(limits);
    for (const requestsPerSecond of [-1, 1.5, 2_000_000_000]) {
      const wrong = { requestsPerSecond, requestBurst: 1 };
      const error = await refused(admin().setTenantLimits(OPERATOR, "acme", wrong, never));
      expect(error.reason).toBe("INVALID_REQUEST");
    }
    const none = { requestsPerSecond: undefined, requestBurst: 0 };
    expect((await admin().setTenantLimits(OPERATOR, "acme", none, never)).limits).toEqual(none);
  });
});

describe("deleting", () => {
  test("leaves nothing outside the log: no answer, no file, no byte", async () => {
    await create("acme", ["user:alice"]);
    const acme = await filled("acme");
    await create("other");
    const other = await filled("other", "something else");
    await partition.checkpoint();
    expect(filesWith(CANARY)).not.toEqual([]);
    const before = directories();
    await remove("acme");
    expect(directories()).toHaveLength(before.length - 1);
    expect(filesWith(CANARY)).toEqual([]);
    for (const call of [
      acme.node(ownId("nd", 1)),
      acme.one(createNode(USER)),
      acme.receipt("first"),
      acme.query({ typeId: USER }),
      remove("acme"),
    ]) {
      expect((await refused(call)).reason).toBe("TENANT_NOT_FOUND");
    }
    expect(() => admin().getTenant(OPERATOR, "acme")).toThrow("no tenant");
    expect((await other.node(ownId("nd", 1))).version).toBe(1);
    await partition.crash();
    expect((await refused(acme.node(ownId("nd", 1)))).reason).toBe("TENANT_NOT_FOUND");
    expect(filesWith(CANARY)).toEqual([]);
  });

  test("an id that is created again sees no row, key or receipt of before", async () => {
    await create("acme");
    const acme = await filled("acme");
    const key = await admin().createApiKey(OPERATOR, keyFor("acme"), never);
    await remove("acme");
    await create("acme");
    expect((await refused(acme.node(ownId("nd", 1)))).reason).toBe("NODE_NOT_FOUND");
    expect((await acme.receipt("first")).state).toBe("unknown");
    expect((await acme.schema()).schema.nodeTypes).toEqual([]);
    expect(admin().listApiKeys(OPERATOR, "acme", PAGE).items).toEqual([]);
    expect(partition.partition.stores.keys.find(key.key.keyId)).toBeUndefined();
    expect((await refused(admin().revokeApiKey(OPERATOR, key.key.keyId, never))).reason).toBe(
      "API_KEY_NOT_FOUND",
    );
    // The same key of a transaction is another one's now.
    await filled("acme", "of the second life");
    // From the log alone it comes to the same.
    const rebuilt = await partition.engine.rebuildTenant("acme", never);
    expect(rebuilt.contentHashAfter).toBe(rebuilt.contentHashBefore);
    await partition.crash();
    const node = await acme.node(ownId("nd", 1));
    expect(node.fields.get(EMAIL)).toEqual(str("of the second life"));
    expect(filesWith(CANARY)).toEqual([]);
  });

  test("with a first write that creates tenants, a write begins the next life", async () => {
    await partition.restart({ autoCreateTenants: true });
    const acme = await filled("acme");
    await remove("acme");
    await filled("acme", "again");
    expect(partition.partition.stores.findEntry("acme")?.incarnation).toBe(2);
    expect(await acme.count({ typeId: USER })).toBe(1);
  });

  test("a record of a life that is over changes nothing and tells who waits", async () => {
    await create("acme");
    const acme = await filled("acme");
    partition.held.batches.close();
    // Both in the log before the applier sees either.
    const deleting = remove("acme");
    await until(() => partition.partition.wal.end > partition.partition.applied.end);
    const late = acme.one(createNode(USER, { [EMAIL]: str("late") }), { key: "late" });
    late.catch(() => undefined);
    await until(() => partition.partition.wal.end >= partition.partition.applied.end + 2);
    partition.held.batches.open();
    await deleting;
    expect(await refused(late)).toMatchObject({ reason: "TENANT_NOT_FOUND", retryable: false });
    await create("acme");
    expect((await acme.receipt("late")).state).toBe("unknown");
  });

  test("also when the next life has begun before the answer left", async () => {
    await create("acme");
    const acme = await filled("acme");
    const { held } = partition;
    held.batches.close();
    const deleting = remove("acme");
    await until(() => partition.partition.wal.end > partition.partition.applied.end);
    // The answer to the deletion's append has left by then.
    for (let turns = 0; turns < 5; turns++) await turn();
    held.answers.close();
    const late = acme.one(createNode(USER, { [EMAIL]: str("late") }), { key: "late" });
    late.catch(() => undefined);
    await until(() => partition.partition.wal.end >= partition.partition.applied.end + 2);
    held.batches.open();
    await deleting;
    const creating = create("acme");
    await until(() => partition.partition.stores.findEntry("acme")?.incarnation === 2);
    held.answers.open();
    await creating;
    // Not "unknown", which would have it sent again, into a life that it was not meant for.
    expect(await refused(late)).toMatchObject({ reason: "TENANT_NOT_FOUND", retryable: false });
  });

  test("a halted tenant too; it holds up no checkpoint any more", async () => {
    await create("acme");
    const acme = await filled("acme");
    await partition.appendRecord("acme", { rulesVersion: 99 });
    await until(() => partition.engine.logState().tenantsBehind.length === 1);
    const waiting = acme.node(ownId("nd", 1), { strong: true });
    waiting.catch(() => undefined);
    await remove("acme");
    expect(["TENANT_NOT_FOUND", "TENANT_HALTED"]).toContain((await refused(waiting)).reason);
    expect(partition.engine.logState().tenantsBehind).toEqual([]);
    await partition.checkpoint();
    const { checkpointOffset, endOffset } = partition.engine.logState();
    expect(checkpointOffset).toBe(endOffset);
    await create("acme");
    await filled("acme", "well again");
    expect(partition.engine.logState().tenantsBehind).toEqual([]);
  });

  test("a tenant whose file is being made again", async () => {
    await create("acme");
    await filled("acme");
    const rebuilding = partition.engine.rebuildTenant("acme", never);
    rebuilding.catch(() => undefined);
    await remove("acme");
    expect((await refused(rebuilding)).reason).toBe("TENANT_NOT_FOUND");
    expect(filesWith(CANARY)).toEqual([]);
    expect(partition.engine.logState().tenantsBehind).toEqual([]);
  });

  test("while the catalog itself is stalled: it waits, and then all is as ever", async () => {
    await create("acme");
    const acme = await filled("acme");
    const before = directories();
    const system = new Database(join(partition.directoryOf("_system"), "canonical.db"));
    system.run("BEGIN IMMEDIATE");
    const deleting = remove("acme");
    await until(() => partition.engine.logState().tenantsBehind.length === 1);
    expect((await acme.node(ownId("nd", 1))).version).toBe(1);
    expect((await refused(create("other"))).reason).toBe("TENANT_STALLED");
    system.run("ROLLBACK");
    system.close();
    await until(
      () => partition.engine.logState().tenantsBehind.length === 0,
      () => partition.fakeClock.advance(50),
    );
    await deleting;
    expect(directories()).toHaveLength(before.length - 1);
    expect((await refused(acme.node(ownId("nd", 1)))).reason).toBe("TENANT_NOT_FOUND");
    await create("acme");
    expect((await refused(acme.node(ownId("nd", 1)))).reason).toBe("NODE_NOT_FOUND");
  });

  test("its mailboxes go too, and nobody waits for them", async () => {
    await create("acme");
    const acme = partition.tenant("acme");
    await acme.register(GRAPH_SCHEMA);
    const mail = { thread: CANARY, metadata: new Map() };
    const sharing = { grants: undefined, recipients: ["user:bob"], mail };
    const operation = createNode(USER, {}, { sharing });
    await acme.one(operation);
    const { caller } = partition.tenant("acme", "user:bob");
    const request = { ...PAGE, userId: "", unreadOnly: false, typeId: 0, thread: "" };
    const strong = { atLeast: undefined, strong: true };
    const list = () => partition.engine.mailboxes.list(caller, request, strong, never);
    expect((await list()).items).toHaveLength(1);
    await partition.checkpoint();
    expect(filesWith(CANARY)).not.toEqual([]);
    await acme.one(operation);
    const reading = list();
    reading.catch(() => undefined);
    await remove("acme");
    await reading.catch((error) => expect(error).toMatchObject({ reason: "TENANT_NOT_FOUND" }));
    expect(filesWith(CANARY)).toEqual([]);
    expect((await refused(list())).reason).toBe("TENANT_NOT_FOUND");
    await create("acme");
    expect((await list()).items).toEqual([]);
  });

  test("ends who watches it, once and with the reason", async () => {
    await create("acme");
    const { caller } = await filled("acme");
    const request = {
      after: undefined,
      fromBeginning: true,
      typeIds: [],
      edgeTypeIds: [],
      withNodes: false,
      heartbeatMs: 0,
      expiresAt: Number.POSITIVE_INFINITY,
    };
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const batch of partition.engine.changes.watch(caller, request, never)) {
        seen.push(batch);
      }
    })();
    watching.catch(() => undefined);
    await until(() => seen.length > 0);
    await remove("acme");
    expect((await refused(watching)).reason).toBe("TENANT_NOT_FOUND");
  });

  test("what a crash left of it goes at the next start; what is nobody's of ours stays", async () => {
    await create("acme");
    await filled("acme");
    const directory = partition.directoryOf("acme");
    const name = directory.split("/").at(-1) as string;
    await remove("acme");
    await partition.crash({}, () => {
      const tenants = join(partition.dataDir, "tenants");
      for (const left of [name, `${name}.deleted`, `${name}.rebuild`, "0".repeat(26)]) {
        mkdirSync(join(tenants, left));
      }
      mkdirSync(join(tenants, "lost+found"));
    });
    expect(directories()).toEqual(["_system", "lost+found"]);
  });

  test("the catalog made from the log alone comes to the same", async () => {
    await create("acme");
    await filled("acme");
    await remove("acme");
    await create("acme", ["user:ada"]);
    await admin().suspendTenant(OPERATOR, "acme", never);
    await admin().createApiKey(OPERATOR, keyFor("acme"), never);
    const list = () =>
      admin().listAuditEvents(OPERATOR, { ...PAGE, tenantId: "", from: 0, until: 0 });
    const facts = () => ({
      tenant: admin().getTenant(OPERATOR, "acme"),
      entry: partition.partition.stores.findEntry("acme"),
      keys: admin().listApiKeys(OPERATOR, "acme", PAGE).items,
      audit: list().items,
      digest: partition.partition.stores.system.state().outcomeDigest,
    });
    const before = facts();
    await partition.stop();
    const system = join(partition.dataDir, "tenants", "_system", "canonical.db");
    for (const suffix of ["", "-wal", "-shm"]) {
      await Bun.file(system + suffix)
        .delete()
        .catch(() => undefined);
    }
    await partition.start();
    expect(facts()).toEqual(before);
  });
});

function keyFor(tenantId: string, change: Partial<CreateApiKey> = {}): CreateApiKey {
  const none = { mayActAs: [], roles: [], name: "", expiresAt: 0 };
  return { tenantId, actor: "user:robot", ...none, ...change };
}

describe("who may", () => {
  test("a tenant's credential sees its own tenant and no other, and administers none", async () => {
    await create("acme", ["user:ada"]);
    await create("other");
    const ada = identityOf("acme", "user:ada");
    expect(admin().getTenant(ada, "acme").tenantId).toBe("acme");
    for (const id of ["other", "none"]) {
      expect(() => admin().getTenant(ada, id)).toThrow(`There is no tenant ${id}.`);
      expect((await refused(admin().suspendTenant(ada, id, never))).reason).toBe(
        "TENANT_NOT_FOUND",
      );
      expect((await refused(admin().deleteTenant(ada, id, never))).reason).toBe("TENANT_NOT_FOUND");
      expect(() => admin().listApiKeys(ada, id, PAGE)).toThrow("no tenant");
      expect(() =>
        admin().listAuditEvents(ada, { ...PAGE, tenantId: id, from: 0, until: 0 }),
      ).toThrow("no tenant");
    }
    for (const call of [
      admin().suspendTenant(ada, "acme", never),
      admin().resumeTenant(ada, "acme", never),
      admin().deleteTenant(ada, "acme", never),
      admin().setTenantLimits(ada, "acme", NO_LIMITS, never),
      admin().createTenant(ada, { tenantId: "mine", admins: [] }, never),
      admin().createApiKey(ada, keyFor(""), never),
    ]) {
      expect((await refused(call)).reason).toBe("PERMISSION_DENIED");
    }
    expect(() => admin().listTenants(ada, PAGE)).toThrow("credential of the server");
    expect(() => admin().listApiKeys(ada, "", PAGE)).toThrow("credential of the server");
  });

  test("members are listed and changed by whoever holds the right members", async () => {
    await create("acme", ["user:ada"]);
    const ada = partition.tenant("acme", "user:ada").caller;
    const bob = partition.tenant("acme", "user:bob").caller;
    await admin().putRole(ada, { name: "clerk", rights: ["keys", "data"] }, never);
    await admin().putGroup(ada, "eng", never);
    await admin().addGroupMember(ada, "eng", "user:bob", never);
    const set = await admin().setMember(ada, { principal: "group:eng", roles: ["clerk"] }, never);
    expect(set).toEqual({ principal: "group:eng", roles: ["clerk"] });
    expect(
      admin()
        .listRoles(ada)
        .map(({ name }) => name),
    ).toEqual(["admin", "clerk"]);
    expect(admin().listGroups(ada, PAGE).items).toEqual([{ name: "eng", members: ["user:bob"] }]);
    expect(() => admin().listMembers(bob, PAGE)).toThrow("right members");
    expect(() => admin().listRoles(bob)).toThrow("right members");
    expect(() => admin().listGroups(bob, PAGE)).toThrow("right members");
    for (const call of [
      admin().setMember(bob, { principal: "user:bob", roles: ["admin"] }, never),
      admin().putRole(bob, { name: "x", rights: [] }, never),
      admin().putGroup(bob, "x", never),
      admin().setSchemaLock(bob, true, never),
    ]) {
      expect((await refused(call)).reason).toBe("PERMISSION_DENIED");
    }
    await admin().setSchemaLock(ada, true, never);
    expect((await partition.tenant("acme", "user:ada").schema()).locked).toBe(true);
    await admin().removeGroupMember(ada, "eng", "user:bob", never);
    await admin().deleteGroup(ada, "eng", never);
    await admin().deleteRole(ada, "clerk", never);
    await admin().removeMember(ada, "user:ada", never);
    expect(() => admin().listRoles(ada)).toThrow("right members");
  });

  test("what names nobody is refused before anything is appended", async () => {
    await create("acme", ["user:ada"]);
    const ada = partition.tenant("acme", "user:ada").caller;
    const { end } = partition.partition.wal;
    const many = Array.from({ length: 101 }, (_, i) => `r${i}`);
    const refusals: [Promise<unknown>, string][] = [
      [admin().setMember(ada, { principal: "role:x", roles: [] }, never), "INVALID_PRINCIPAL"],
      [admin().setMember(ada, { principal: "tenant:*", roles: [] }, never), "INVALID_PRINCIPAL"],
      [admin().setMember(ada, { principal: "user:x", roles: ["a b"] }, never), "INVALID_REQUEST"],
      [admin().setMember(ada, { principal: "user:x", roles: many }, never), "LIMIT_EXCEEDED"],
      [admin().putRole(ada, { name: "role:x", rights: [] }, never), "INVALID_REQUEST"],
      [admin().putRole(ada, { name: "x", rights: ["fly" as "data"] }, never), "INVALID_REQUEST"],
      [admin().putGroup(ada, "", never), "INVALID_REQUEST"],
      [admin().addGroupMember(ada, "eng", "role:x", never), "INVALID_PRINCIPAL"],
    ];
    for (const [call, reason] of refusals)
      expect((await refused(call)).reason).toBe(reason as "INTERNAL");
    expect(partition.partition.wal.end).toBe(end);
  });
});

describe("keys", () => {
  test("are made, listed and revoked; the secret is nowhere but in the answer", async () => {
    await create("acme", ["user:ada"]);
    const ada = identityOf("acme", "user:ada", { mayActAs: ["*"] });
    const made = await admin().createApiKey(
      ada,
      keyFor("acme", { roles: ["admin"], name: "ci", mayActAs: ["user:x", "user:x"] }),
      never,
    );
    expect(made.key).toMatchObject({ tenantId: "acme", actor: "user:robot", name: "ci" });
    expect(made.key.mayActAs).toEqual(["user:x"]);
    expect(made.secret).toContain(made.key.keyId);
    expect(admin().listApiKeys(ada, "acme", PAGE).items).toEqual([made.key]);
    await partition.checkpoint();
    const secret = made.secret.slice(-43);
    expect(filesWith(secret)).toEqual([]);
    const everything = Bun.spawnSync(["grep", "-rlaF", "-e", secret, partition.dataDir]);
    expect(everything.stdout.toString()).toBe("");
    const revoked = await admin().revokeApiKey(ada, made.key.keyId, never);
    expect(revoked.revokedAt).toBeGreaterThan(0);
    const { end } = partition.partition.wal;
    expect(await admin().revokeApiKey(ada, made.key.keyId, never)).toEqual(revoked);
    expect(partition.partition.wal.end).toBe(end);
    await partition.crash();
    expect(admin().listApiKeys(ada, "acme", PAGE).items).toEqual([revoked]);
  });

  test("of the server are the server's to make, to see and to revoke", async () => {
    await create("acme", ["user:ada"]);
    const ada = identityOf("acme", "user:ada");
    const made = await admin().createApiKey(
      OPERATOR,
      keyFor("", { actor: "system:backup", roles: ["admin"] }),
      never,
    );
    expect(admin().listApiKeys(OPERATOR, "", PAGE).items).toEqual([made.key]);
    expect((await refused(admin().revokeApiKey(ada, made.key.keyId, never))).reason).toBe(
      "API_KEY_NOT_FOUND",
    );
    // The whole key in the place of its id: what is answered, and may be logged, must not hold it.
    const misplaced = await refused(admin().revokeApiKey(OPERATOR, made.secret, never));
    expect(JSON.stringify([misplaced.message, misplaced.details])).not.toContain(
      made.secret.slice(31, 50),
    );
    await create("other");
    const others = await admin().createApiKey(OPERATOR, keyFor("other"), never);
    for (const id of [others.key.keyId, "none"]) {
      expect((await refused(admin().revokeApiKey(ada, id, never))).reason).toBe(
        "API_KEY_NOT_FOUND",
      );
    }
  });

  test("as many as a tenant may have; one that is revoked or has expired makes room", async () => {
    await partition.restart({ wal: "memory" });
    await create("acme");
    const inAWeek = partition.fakeClock.now() + 7 * 24 * 60 * 60_000;
    const make = (change: Partial<CreateApiKey> = {}) =>
      admin().createApiKey(OPERATOR, keyFor("acme", change), never);
    const first = await make({ expiresAt: inAWeek });
    const more = Array.from({ length: limits.apiKeysPerTenant - 2 }, () => make());
    const made = await Promise.all(more);
    const last = await make();
    expect(await refused(make())).toMatchObject({
      reason: "LIMIT_EXCEEDED",
      details: { limit: "apiKeysPerTenant", max: String(limits.apiKeysPerTenant) },
    });
    await admin().revokeApiKey(OPERATOR, last.key.keyId, never);
    await make();
    expect((await refused(make())).reason).toBe("LIMIT_EXCEEDED");
    for (let day = 0; day < 7; day++) partition.fakeClock.advance(24 * 60 * 60_000);
    expect(first.key.expiresAt).toBe(inAWeek);
    await make();
    expect(made).toHaveLength(limits.apiKeysPerTenant - 2);
  });

  test("nobody makes one that may do more than its maker", async () => {
    await create("acme", ["user:ada"]);
    const ada = partition.tenant("acme", "user:ada").caller;
    await admin().putRole(ada, { name: "keeper", rights: ["keys"] }, never);
    await admin().putRole(ada, { name: "reader", rights: ["audit"] }, never);
    await admin().putRole(ada, { name: "clerk", rights: ["keys", "data", "mailboxes"] }, never);
    await admin().putRole(ada, { name: "editor", rights: [] }, never);
    await admin().setMember(ada, { principal: "user:kim", roles: ["keeper"] }, never);
    await admin().setMember(ada, { principal: "user:kid", roles: ["editor"] }, never);
    await admin().setMember(ada, { principal: "user:cleo", roles: ["clerk"] }, never);
    const kim = identityOf("acme", "user:kim", { mayActAs: ["user:kid"] });
    const cleo = identityOf("acme", "user:cleo");
    const bob = identityOf("acme", "user:bob");
    const refusals: [Identity, Partial<CreateApiKey>, string][] = [
      // Without the right; with roles beyond the maker's; for somebody who has more by itself.
      [bob, { actor: "user:bob" }, "PERMISSION_DENIED"],
      [kim, { actor: "user:kim", roles: ["admin"] }, "PERMISSION_DENIED"],
      [kim, { actor: "user:kim", roles: ["reader"] }, "PERMISSION_DENIED"],
      [cleo, { actor: "user:ada" }, "PERMISSION_DENIED"],
      // With a role that has no right, but perhaps grants.
      [kim, { actor: "user:kim", roles: ["editor"] }, "PERMISSION_DENIED"],
      // For whom the maker could not be; acting for whom it may not act.
      [kim, { actor: "user:bob" }, "PERMISSION_DENIED"],
      [cleo, { actor: "user:bob", mayActAs: ["user:x"] }, "PERMISSION_DENIED"],
      [kim, { actor: "user:kim", mayActAs: ["*"] }, "PERMISSION_DENIED"],
      [cleo, { actor: "system:x" }, "PERMISSION_DENIED"],
      // What is not there, or no name.
      [kim, { actor: "user:kim", roles: ["none"] }, "ROLE_NOT_FOUND"],
      [kim, { actor: "role:x" }, "INVALID_PRINCIPAL"],
      [kim, { actor: "user:kim", name: "a\nb" }, "INVALID_REQUEST"],
      [kim, { actor: "user:kim", expiresAt: 1 }, "INVALID_REQUEST"],
    ];
    const { end } = partition.partition.wal;
    for (const [by, change, reason] of refusals) {
      const error = await refused(admin().createApiKey(by, keyFor("acme", change), never));
      expect([change, error.reason as string]).toEqual([change, reason]);
    }
    expect(partition.partition.wal.end).toBe(end);
    for (const actor of ["user:kim", "user:kid"]) {
      await admin().createApiKey(kim, keyFor("acme", { actor, roles: ["keeper"] }), never);
    }
    const roles = ["editor"];
    await admin().createApiKey(kim, keyFor("acme", { actor: "user:kid", roles }), never);
    await admin().createApiKey(cleo, keyFor("acme", { actor: "user:robot", roles }), never);
    expect(() => admin().listApiKeys(bob, "acme", PAGE)).toThrow("right keys");
    expect((await refused(admin().revokeApiKey(bob, "none", never))).reason).toBe(
      "PERMISSION_DENIED",
    );
  });
});

describe("the audit", () => {
  const list = (by: Identity, change: object = {}) =>
    admin().listAuditEvents(by, { ...PAGE, tenantId: "", from: 0, until: 0, ...change });

  test("tells who did what, and what was refused, newest first, in pages", async () => {
    await create("acme", ["user:ada"]);
    const ada = identityOf("acme", "user:ada");
    partition.fakeClock.advance(1_000);
    const since = partition.fakeClock.now();
    await admin().createApiKey(OPERATOR, keyFor("acme", { name: "ci" }), never);
    partition.fakeClock.advance(1_000);
    await admin().suspendTenant(OPERATOR, "acme", never);
    await refused(create("acme"));
    const all = list(OPERATOR).items;
    expect(all.map(({ action, outcome }) => [action, outcome])).toEqual([
      ["tenant_created", "TENANT_ALREADY_EXISTS"],
      ["tenant_suspended", "applied"],
      ["api_key_created", "applied"],
      ["tenant_created", "applied"],
    ]);
    expect(all[0]).toMatchObject({
      actor: "user:root",
      credential: "key:root",
      tenantId: "acme",
      count: 1,
    });
    expect(all[2]?.details.get("name")).toBe("ci");
    // With the tenant's own, in one order.
    const own = list(ada, { tenantId: "acme" }).items;
    expect(own.map(({ action }) => action)).toEqual([
      "tenant_created",
      "tenant_suspended",
      "api_key_created",
      "set_member",
      "tenant_created",
    ]);
    expect(list(ada, { tenantId: "acme", from: since, until: since + 1 }).items).toMatchObject([
      { action: "api_key_created", at: since },
    ]);
    const paged: string[] = [];
    let cursor: Uint8Array | undefined;
    do {
      const page = list(ada, { tenantId: "acme", pageSize: 2, cursor });
      paged.push(...page.items.map(({ walPosition }) => walPosition));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(own.map(({ walPosition }) => walPosition));
  });

  test("needs the right, and shows a new life nothing of the one before", async () => {
    await create("acme", ["user:ada"]);
    await remove("acme");
    expect(list(OPERATOR, { tenantId: "acme" }).items.map(({ action }) => action)).toEqual([
      "tenant_deleted",
      "tenant_created",
    ]);
    await create("acme", ["user:bea"]);
    const bea = identityOf("acme", "user:bea");
    const own = list(bea, { tenantId: "acme" }).items;
    expect(own.map(({ action }) => action)).toEqual(["set_member", "tenant_created"]);
    expect(list(OPERATOR, { tenantId: "acme" }).items).toHaveLength(4);
    expect(() => list(identityOf("acme", "user:x"), { tenantId: "acme" })).toThrow("right audit");
    expect(() => list(bea)).toThrow("credential of the server");
    expect(() => list(OPERATOR, { tenantId: "none" })).toThrow("no tenant");
    expect(() => list(OPERATOR, { from: -1 })).toThrow("no time");
    const { nextCursor } = list(OPERATOR, { pageSize: 1 });
    expect(() => list(OPERATOR, { pageSize: 1, from: 1, cursor: nextCursor })).toThrow("another");
  });
});
