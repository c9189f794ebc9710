/**
 * Members, roles and groups through the log: what they come to, what is refused, that nobody
 * gives away what he does not hold, the lock of the schema, and the audit of all of it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { limits } from "../../src/base/limits.ts";
import type { Caller } from "../../src/record/caller.ts";
import type { MembershipStep } from "../../src/record/transaction.ts";
import {
  createNode,
  grant,
  lockSchema,
  membership,
  ownId,
  revoke,
  setVisibility,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { schemaOf } from "../harness/schemas.ts";
import { TenantClient } from "../harness/tenant-client.ts";
import { viewRows } from "../harness/view-rows.ts";

const SCHEMA = { node_types: [{ type_id: 1, name: "Thing", fields: [] }] };
const FIELD = { field_id: 1, name: "a", kind: "str" };
const MORE = { node_types: [{ type_id: 1, name: "Thing", fields: [FIELD] }] };

let partition: TestPartition;
let tenants = 0;

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

/** A tenant's administrator, and others of the tenant by their names. */
async function freshTenant() {
  tenants += 1;
  const tenantId = `tenant-${tenants}`;
  const admin = partition.tenant(tenantId, "user:root", ["admin"]);
  await admin.register(SCHEMA);
  const as = (name: string, ...roles: string[]) =>
    partition.tenant(tenantId, `user:${name}`, roles);
  const rows = (sql: string) => viewRows(partition, tenantId, sql);
  return { tenantId, admin, as, rows };
}

const steps = async (who: TenantClient, ...all: MembershipStep[]) => {
  for (const step of all) await who.one(membership(step));
};
const reasonOf = async (who: TenantClient, step: MembershipStep): Promise<string> =>
  (await refused(who.one(membership(step)))).reason;

const putRole = (role: string, ...rights: string[]) =>
  ({ action: "put_role", role, rights }) as MembershipStep;
const deleteRole = (role: string): MembershipStep => ({ action: "delete_role", role });
const putGroup = (group: string): MembershipStep => ({ action: "put_group", group });
const deleteGroup = (group: string): MembershipStep => ({ action: "delete_group", group });
const add = (group: string, member: string): MembershipStep => ({
  action: "add_to_group",
  group,
  member,
});
const remove = (group: string, member: string): MembershipStep => ({
  action: "remove_from_group",
  group,
  member,
});
const setMember = (principal: string, ...roles: string[]): MembershipStep => ({
  action: "set_member",
  principal,
  roles,
});
const removeMember = (principal: string): MembershipStep => ({
  action: "remove_member",
  principal,
});

describe("what membership comes to", () => {
  test("roles, groups and groups of groups let their members in, and out again", async () => {
    const { admin, as } = await freshTenant();
    await steps(admin, putGroup("eng"), putGroup("web"), add("eng", "group:web"));
    const id = await admin.make(createNode(1));
    await admin.one(grant(id, "group:eng", "write"));
    const bob = as("bob");
    const mayWrite = () =>
      bob.one(updateNode(id)).then(
        () => true,
        () => false,
      );
    expect(await mayWrite()).toBe(false);
    await steps(admin, add("web", "user:bob"));
    expect(await mayWrite()).toBe(true);
    await steps(admin, remove("eng", "group:web"));
    expect(await mayWrite()).toBe(false);
    await steps(admin, add("eng", "user:bob"));
    expect(await mayWrite()).toBe(true);
    await steps(admin, deleteGroup("eng"));
    expect(await mayWrite()).toBe(false);
    await steps(admin, putRole("editor"), setMember("group:web", "editor"));
    await admin.one(grant(id, "role:editor", "write"));
    expect(await mayWrite()).toBe(true);
    await steps(admin, deleteRole("editor"));
    expect(await mayWrite()).toBe(false);
  });

  test("a right to all data comes by a role, of a group too, and goes with it", async () => {
    const { admin, as } = await freshTenant();
    const id = await admin.make(createNode(1));
    const bob = as("bob");
    const read = () =>
      bob.node(id).then(
        () => true,
        () => false,
      );
    await steps(
      admin,
      putRole("keeper", "data"),
      putGroup("eng"),
      setMember("group:eng", "keeper"),
    );
    expect(await read()).toBe(false);
    await steps(admin, add("eng", "user:bob"));
    expect(await read()).toBe(true);
    expect((await bob.one(updateNode(id))).version).toBe(2);
    await steps(admin, putRole("keeper", "audit"));
    expect(await read()).toBe(false);
    expect((await refused(bob.one(updateNode(id)))).reason).toBe("NODE_NOT_FOUND");
  });

  test("within one transaction too: what comes behind a step is judged by it", async () => {
    const { admin, as } = await freshTenant();
    await steps(admin, putRole("manager", "members"), setMember("user:bob", "manager"));
    const both = as("bob").execute([membership(setMember("user:bob")), membership(putGroup("g"))]);
    expect((await refused(both)).reason).toBe("PERMISSION_DENIED");
    // And taken back whole: bob is a manager still.
    await steps(as("bob"), putGroup("g"));
  });

  test("who leaves the tenant leaves its groups", async () => {
    const { admin, rows } = await freshTenant();
    await steps(admin, putGroup("eng"), setMember("user:bob"), add("eng", "user:bob"));
    await steps(admin, removeMember("user:bob"));
    expect([rows("SELECT * FROM members"), rows("SELECT * FROM group_members")]).toEqual([[], []]);
  });

  test("a deleted role or group leaves nothing of itself", async () => {
    const { admin, rows } = await freshTenant();
    await steps(admin, putRole("r", "audit"), putGroup("a"), putGroup("b"), add("a", "group:b"));
    await steps(admin, add("b", "user:bob"), setMember("group:b", "r"), setMember("user:bob", "r"));
    await steps(admin, deleteGroup("b"), deleteRole("r"));
    expect(rows("SELECT name FROM member_groups")).toEqual([["a"]]);
    expect(rows("SELECT * FROM group_members")).toEqual([]);
    expect(rows("SELECT principal FROM members")).toEqual([["user:bob"]]);
    expect(rows("SELECT * FROM member_roles")).toEqual([]);
    expect(rows("SELECT * FROM roles")).toEqual([]);
  });

  test("a step says whether something came to be", async () => {
    const { admin } = await freshTenant();
    const created = async (step: MembershipStep) => (await admin.one(membership(step))).created;
    expect(await created(putRole("r"))).toBe(true);
    expect(await created(putRole("r", "audit"))).toBe(false);
    expect(await created(putGroup("g"))).toBe(true);
    expect(await created(putGroup("g"))).toBe(false);
    expect(await created(add("g", "user:bob"))).toBe(true);
    expect(await created(add("g", "user:bob"))).toBe(false);
    expect(await created(setMember("user:bob", "r"))).toBe(true);
    expect(await created(setMember("user:bob", "admin"))).toBe(false);
  });
});

describe("refusals", () => {
  test("of what is not there", async () => {
    const { admin } = await freshTenant();
    await steps(admin, putGroup("eng"));
    const refusals: [MembershipStep, string][] = [
      [deleteRole("x"), "ROLE_NOT_FOUND"],
      [setMember("user:bob", "x"), "ROLE_NOT_FOUND"],
      [deleteGroup("x"), "GROUP_NOT_FOUND"],
      [add("x", "user:bob"), "GROUP_NOT_FOUND"],
      [add("eng", "group:x"), "GROUP_NOT_FOUND"],
      [remove("x", "user:bob"), "GROUP_NOT_FOUND"],
      [remove("eng", "user:bob"), "MEMBER_NOT_FOUND"],
      [setMember("group:x"), "GROUP_NOT_FOUND"],
      [removeMember("user:bob"), "MEMBER_NOT_FOUND"],
    ];
    for (const [step, reason] of refusals) {
      expect([step, await reasonOf(admin, step)]).toEqual([step, reason]);
    }
  });

  test("of a circle of groups, however long", async () => {
    const { admin } = await freshTenant();
    await steps(admin, putGroup("a"), putGroup("b"), putGroup("c"));
    await steps(admin, add("a", "group:b"), add("b", "group:c"));
    for (const [group, member] of [
      ["a", "group:a"],
      ["b", "group:a"],
      ["c", "group:a"],
    ] as const) {
      expect(await reasonOf(admin, add(group, member))).toBe("GROUP_CYCLE");
    }
    await steps(admin, add("a", "group:c"));
  });

  test("of groups nested deeper than is allowed, wherever the new step comes", async () => {
    const { admin, as } = await freshTenant();
    const most = limits.groupDepth;
    for (let i = 0; i <= most; i++) await steps(admin, putGroup(`g${i}`));
    // Two halves, joined in the middle.
    for (let i = 0; i < most; i++) {
      if (i !== 4) await steps(admin, add(`g${i}`, `group:g${i + 1}`));
    }
    const refusal = await refused(admin.one(membership(add("g4", "group:g5"))));
    expect(refusal.reason).toBe("GROUP_CYCLE");
    await steps(admin, remove(`g${most - 1}`, `group:g${most}`), add("g4", "group:g5"));
    expect(await reasonOf(admin, add(`g${most - 1}`, `group:g${most}`))).toBe("GROUP_CYCLE");
    // Who is in the innermost of as many as may be is in the outermost.
    await steps(admin, add(`g${most - 1}`, "user:bob"));
    const id = await admin.make(createNode(1));
    await admin.one(grant(id, "group:g0"));
    expect((await as("bob").node(id)).id).toBe(id);
  });

  test("of more groups around one actor than can stand for him", async () => {
    const { admin, as } = await freshTenant();
    // Besides them there are the actor himself and everybody.
    const most = limits.principalsPerActor - 2;
    const groups = Array.from({ length: most + 1 }, (_, i) => `g${i}`);
    for (const some of [groups.slice(0, 500), groups.slice(500)]) {
      await admin.execute(some.map((group) => membership(putGroup(group))));
    }
    const joining = groups.slice(0, most).map((group) => membership(add(group, "user:bob")));
    await admin.execute(joining.slice(0, 500));
    await admin.execute(joining.slice(500));
    expect(await reasonOf(admin, add(`g${most}`, "user:bob"))).toBe("LIMIT_EXCEEDED");
    const id = await admin.make(createNode(1));
    await admin.one(grant(id, `group:g${most - 1}`));
    expect((await as("bob").node(id)).id).toBe(id);
  }, 20_000);

  test("of more roles in a tenant than are allowed", async () => {
    const { admin } = await freshTenant();
    const roles = Array.from({ length: limits.rolesPerTenant }, (_, i) =>
      membership(putRole(`r${i}`)),
    );
    await admin.execute(roles);
    const refusal = await refused(admin.one(membership(putRole("more"))));
    expect([refusal.reason, refusal.details["max"]]).toEqual([
      "LIMIT_EXCEEDED",
      String(limits.rolesPerTenant),
    ]);
    await steps(admin, putRole("r1", "audit"), deleteRole("r2"), putRole("more"));
  });

  test("of more groups, or members of one, than are allowed", async () => {
    const { admin, tenantId } = await freshTenant();
    const per = limits.operationsPerTransaction;
    const fill = async (count: number, step: (i: number) => MembershipStep) => {
      for (let from = 0; from < count; from += per) {
        const some = Array.from({ length: Math.min(per, count - from) }, (_, i) =>
          membership(step(from + i)),
        );
        await admin.execute(some);
      }
    };
    await fill(limits.groupsPerTenant, (i) => putGroup(`g${i}`));
    expect(await reasonOf(admin, putGroup("more"))).toBe("LIMIT_EXCEEDED");
    await fill(limits.membersPerGroup, (i) => add("g0", `user:u${i}`));
    expect(await reasonOf(admin, add("g0", "user:more"))).toBe("LIMIT_EXCEEDED");
    await steps(admin, remove("g0", "user:u0"), add("g0", "user:more"));
    const count = viewRows(partition, tenantId, "SELECT COUNT(*) FROM group_members");
    expect(count).toEqual([[BigInt(limits.membersPerGroup)]]);
  }, 30_000);
});

describe("nobody gives away what he does not hold", () => {
  test("without the right members nothing is changed at all", async () => {
    const { admin, as, rows } = await freshTenant();
    await steps(admin, putRole("other", "data", "schema", "mailboxes", "keys", "audit"));
    await steps(admin, putGroup("eng"), setMember("user:bob", "other"), add("eng", "user:bob"));
    const before = rows("SELECT * FROM member_roles");
    for (const step of [
      putRole("x"),
      deleteRole("other"),
      putGroup("x"),
      deleteGroup("eng"),
      add("eng", "user:eve"),
      remove("eng", "user:bob"),
      setMember("user:bob", "admin"),
      removeMember("user:bob"),
    ]) {
      for (const who of [as("bob"), as("stranger")]) {
        const refusal = await refused(who.one(membership(step)));
        expect([refusal.reason, refusal.details["right"]]).toEqual([
          "PERMISSION_DENIED",
          "members",
        ]);
      }
    }
    expect(rows("SELECT * FROM member_roles")).toEqual(before);
  });

  test("not by a role, nor by rights put into one, nor by a group that has one", async () => {
    const { admin, as } = await freshTenant();
    await steps(admin, putRole("manager", "members", "audit"), putRole("keeper", "data"));
    await steps(admin, setMember("user:bob", "manager"), putGroup("keepers"), putGroup("outer"));
    await steps(admin, setMember("group:outer", "keeper"), putGroup("inner"));
    await steps(admin, add("outer", "group:keepers"), add("inner", "user:bob"));
    const bob = as("bob");
    for (const step of [
      setMember("user:bob", "admin"),
      setMember("user:bob", "manager", "keeper"),
      setMember("user:eve", "keeper"),
      setMember("group:inner", "keeper"),
      putRole("manager", "members", "audit", "data"),
      putRole("mine", "data"),
      add("keepers", "user:bob"),
      add("outer", "group:inner"),
    ]) {
      expect([step, await reasonOf(bob, step)]).toEqual([step, "PERMISSION_DENIED"]);
    }
    // What he holds he may give, and what others hold already he may leave to them, or take.
    await steps(bob, putRole("readers", "audit"), setMember("user:eve", "readers", "manager"));
    await steps(admin, setMember("user:dan", "keeper"));
    await steps(
      bob,
      setMember("user:dan", "keeper", "readers"),
      putRole("keeper", "data", "audit"),
    );
    await steps(bob, setMember("user:dan"));
  });
});

describe("the lock of the schema", () => {
  test("lets only the right schema change it, whichever way types come", async () => {
    const { admin, as } = await freshTenant();
    const bob = as("bob");
    expect((await refused(bob.one(lockSchema()))).details["right"]).toBe("schema");
    await admin.one(lockSchema());
    expect((await refused(bob.register(MORE))).reason).toBe("SCHEMA_LOCKED");
    const attached = bob.execute([createNode(1)], { schema: schemaOf(MORE) });
    expect((await refused(attached)).reason).toBe("SCHEMA_LOCKED");
    // What changes nothing is no change.
    await bob.execute([createNode(1)], { schema: schemaOf(SCHEMA) });
    expect((await bob.register(SCHEMA)).changed).toBe(false);
    expect((await as("eve", "admin").register(MORE)).changed).toBe(true);
    await admin.one(lockSchema(false));
    const third = { node_types: [{ type_id: 3, name: "Third", fields: [] }] };
    expect((await bob.register(third)).changed).toBe(true);
  });
});

describe("the audit", () => {
  const COLUMNS = "seq, action, actor, credential, outcome, count, details";

  test("has a row for each operation that must be accounted for, done or refused", async () => {
    const { admin, rows, tenantId } = await freshTenant();
    const caller: Caller = {
      tenantId,
      actor: "user:root",
      roles: ["admin"],
      credential: "key:k1",
    };
    const keyed = new TenantClient(() => partition.engine, caller);
    const id = await keyed.make(createNode(1));
    const expiresAt = partition.fakeClock.now() + 1_000;
    await keyed.execute([
      updateNode(id),
      grant(id, "user:bob", "write", expiresAt),
      revoke(id, "user:bob"),
      setVisibility(id, "user:bob", "user:eve"),
      membership(putRole("r", "audit")),
      lockSchema(),
    ]);
    const refusedOnes = [membership(putGroup("g")), updateNode(ownId("nd", 1))];
    await refused(keyed.execute(refusedOnes, { key: "twice" }));
    await refused(keyed.execute(refusedOnes, { key: "twice" }));
    await admin.register(MORE);
    const found = rows(`SELECT ${COLUMNS} FROM audit WHERE action <> 'register_schema'`);
    const done = ["user:root", "key:k1", "applied", 1n];
    const details = (form: object) => JSON.stringify(form);
    expect(found).toEqual([
      [
        1n,
        "grant",
        ...done,
        details({
          expires_at: String(expiresAt),
          node_id: id,
          permission: "write",
          principal: "user:bob",
        }),
      ],
      [2n, "revoke", ...done, details({ node_id: id, permission: "all", principal: "user:bob" })],
      [3n, "set_visibility", ...done, details({ node_id: id, principals: "user:bob user:eve" })],
      [4n, "put_role", ...done, details({ rights: "audit", role: "r" })],
      [5n, "schema_lock", ...done, details({ locked: "true" })],
      [0n, "put_group", "user:root", "key:k1", "NODE_NOT_FOUND", 1n, details({ group: "g" })],
    ]);
    const schemas = rows("SELECT outcome, details FROM audit WHERE action = 'register_schema'");
    expect(schemas.map(([outcome]) => outcome)).toEqual(["applied", "applied"]);
    expect(JSON.parse(String(schemas[1]?.[1]))).toMatchObject({ mode: "merge" });
  });

  test("has types that came along and changed the schema", async () => {
    const { admin, rows } = await freshTenant();
    await admin.execute([createNode(1)], { schema: schemaOf(MORE) });
    await admin.execute([createNode(1)], { schema: schemaOf(MORE) });
    const found = rows(`SELECT ${COLUMNS} FROM audit WHERE details LIKE '%attached%'`);
    expect(found.map(([seq, action]) => [seq, action])).toEqual([[1n, "register_schema"]]);
  });

  test("stands at the place in the log where it was decided, at log time", async () => {
    const { admin, rows } = await freshTenant();
    const { walPosition } = await admin.execute([membership(putGroup("g"))]);
    const [[position, at] = []] = rows("SELECT position, at FROM audit WHERE action = 'put_group'");
    expect(`0:${position}`).toBe(walPosition);
    expect(at).toBe(BigInt(partition.fakeClock.now()));
  });
});

/** Groups in groups, as pairs of outer and inner. */
class NestedGroups {
  readonly #held = new Set<string>();

  /** Whether whoever is in `inner` is in `outer` too. */
  leads(outer: string, inner: string): boolean {
    const next = [...this.#held].filter((pair) => pair.startsWith(`${outer} `));
    return outer === inner || next.some((pair) => this.leads(pair.slice(2), inner));
  }

  /** What the change comes to; makes it when it is allowed. */
  change({ kind, outer, inner }: GroupChange): string {
    const pair = `${outer} ${inner}`;
    if (kind === "remove") return this.#held.delete(pair) ? "done" : "MEMBER_NOT_FOUND";
    if (this.leads(inner, outer)) return "GROUP_CYCLE";
    this.#held.add(pair);
    return "done";
  }
}

interface GroupChange {
  readonly kind: "add" | "remove";
  readonly outer: string;
  readonly inner: string;
}

test("groups never close a circle, and hold exactly whoever they were made to hold", async () => {
  const { admin } = await freshTenant();
  const names = ["a", "b", "c", "d", "e"];
  const name = fc.constantFrom(...names);
  const kind = fc.constantFrom<GroupChange["kind"][]>("add", "add", "remove");
  const changes = fc.array(fc.record({ kind, outer: name, inner: name }), { maxLength: 25 });
  let run = 0;
  const history = async (all: readonly GroupChange[]) => {
    run += 1;
    const named = (group: string) => `${group}-${run}`;
    const model = new NestedGroups();
    await admin.execute(names.map((group) => membership(putGroup(named(group)))));
    await steps(admin, add(named("a"), "user:in-a"));
    for (const change of all) {
      const step = change.kind === "add" ? add : remove;
      const made = admin.one(membership(step(named(change.outer), `group:${named(change.inner)}`)));
      const outcome = await made.then(
        () => "done",
        (error: Error) => Reflect.get(error, "reason"),
      );
      expect(outcome).toBe(model.change(change));
    }
    const store = partition.partition.stores.open(admin.caller.tenantId);
    const principals = store?.reads.membership.standingOf("user:in-a", []).principals ?? [];
    const holding = names.filter((group) => principals.includes(`group:${named(group)}`));
    expect(holding).toEqual(names.filter((group) => model.leads(group, "a")));
    await admin.execute(names.map((group) => membership(deleteGroup(named(group)))));
  };
  await fc.assert(fc.asyncProperty(changes, history), { numRuns: 60 });
}, 60_000);

test("a rebuild comes to the same rows", async () => {
  const { admin } = await freshTenant();
  await steps(admin, putRole("r", "audit"), putGroup("g"), add("g", "user:bob"));
  await steps(admin, setMember("user:bob", "r"), setMember("group:g", "r"));
  await admin.one(lockSchema());
  const never = new AbortController().signal;
  const report = await partition.engine.rebuildTenant(admin.caller.tenantId, never);
  expect(report.contentHashAfter).toBe(report.contentHashBefore);
});
