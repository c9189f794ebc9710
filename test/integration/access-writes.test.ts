/**
 * Who may write what: each operation needs what it needs and no less, what may not be read
 * looks exactly as what is not there, grants hold until their time by the log, and nothing of
 * a refused operation is left behind.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { limits } from "../../src/base/limits.ts";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import { EVERYBODY, type Grant } from "../../src/record/access.ts";
import { NO_MAIL } from "../../src/record/transaction.ts";
import { PERMISSIONS, type Permission } from "../../src/schema/types.ts";
import {
  BOSS,
  EMAIL,
  GRAPH_SCHEMA,
  KNOWS,
  NAME,
  NEXT,
  OWNS,
  SINCE,
  TASK,
  TITLE,
  USER,
  WITNESS,
} from "../harness/graph-schema.ts";
import {
  createEdge,
  createNode,
  deleteEdge,
  deleteNode,
  edge,
  grant,
  int,
  ownId,
  purgeNode,
  ref,
  restoreNode,
  revoke,
  setVisibility,
  str,
  updateEdge,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";
import { readersOf, viewRows } from "../harness/view-rows.ts";

let partition: TestPartition;
let alice: TenantClient;
let bob: TenantClient;
let tenants = 0;

beforeAll(async () => {
  partition = await TestPartition.open();
  [alice, bob] = await freshTenant();
});
afterAll(() => partition[Symbol.asyncDispose]());

async function freshTenant(): Promise<[TenantClient, TenantClient]> {
  tenants += 1;
  const tenantId = `tenant-${tenants}`;
  const owner = partition.tenant(tenantId);
  await owner.register(GRAPH_SCHEMA);
  return [owner, partition.tenant(tenantId, "user:bob")];
}

const tenantId = () => alice.caller.tenantId;
const user = (...shared: [Permission, string][]) =>
  alice.make(createNode(USER, {}, shared.length === 0 ? {} : sharing(...shared)));
const sharing = (...grants: [Permission, string][]) => ({
  sharing: {
    grants: grants.map(([permission, principal]) => ({ permission, principal, expiresAt: 0 })),
    recipients: [],
    mail: NO_MAIL,
  },
});
const reasonOf = async (who: TenantClient, operation: RequestedOperation): Promise<string> =>
  (await refused(who.one(operation))).reason;
const deleted = (id: string) => alice.one(deleteNode(id)).then(() => id);

/** What the operation comes to for bob, on a node where he holds this permission. */
async function asBob(permission: Permission | undefined, operation: Asked): Promise<string> {
  const id = permission === undefined ? await user() : await user([permission, "user:bob"]);
  const outcome = await bob.one(await operation(id)).catch((error: unknown) => error);
  return outcome instanceof Error ? String(Reflect.get(outcome, "reason")) : "done";
}
type Asked = (id: string) => RequestedOperation | Promise<RequestedOperation>;

describe("permissions", () => {
  const needs: [Permission, string, Asked][] = [
    ["read", "an edge to it", async (id) => createEdge(OWNS, await bob.make(createNode(USER)), id)],
    ["read", "a ref to it", (id) => createNode(TASK, { [TITLE]: str("t"), [NEXT]: ref(id) })],
    [
      "read",
      "a ref to it from an edge",
      async (id) => {
        const mine = await bob.make(createNode(USER));
        return createEdge(OWNS, mine, mine, { [WITNESS]: ref(id) });
      },
    ],
    ["write", "an update", (id) => updateNode(id, { [NAME]: str("b") })],
    [
      "write",
      "an edge from it",
      async (id) => createEdge(OWNS, id, await bob.make(createNode(USER))),
    ],
    ["delete", "a deletion", (id) => deleteNode(id)],
    ["delete", "a restore", async (id) => restoreNode(await deleted(id))],
    ["delete", "a purge", (id) => purgeNode(id)],
    ["delete", "a purge of a deleted node", async (id) => purgeNode(await deleted(id))],
    ["admin", "a grant", (id) => grant(id, "user:carol")],
    ["admin", "a revocation", (id) => revoke(id, "user:carol")],
    ["admin", "setting its visibility", (id) => setVisibility(id, "user:carol")],
  ];
  for (const [needed, what, operation] of needs) {
    test(`${what} needs ${needed}; each permission implies those before it`, async () => {
      const enough = PERMISSIONS.indexOf(needed);
      for (const [level, permission] of PERMISSIONS.entries()) {
        const wanted = level >= enough ? "done" : "PERMISSION_DENIED";
        expect([permission, await asBob(permission, operation)]).toEqual([permission, wanted]);
      }
      expect(await asBob(undefined, operation)).toBe("NODE_NOT_FOUND");
    });
  }

  test("a refusal names what is needed", async () => {
    const id = await user(["read", "user:bob"]);
    expect(await refused(bob.one(updateNode(id)))).toMatchObject({
      code: "permission_denied",
      message: `This needs the permission write on node ${id}.`,
      details: { permission: "write", node_id: id },
    });
  });

  test("the owner needs none, and cannot be taken out", async () => {
    const id = await user();
    await alice.one(setVisibility(id));
    await alice.one(revoke(id, "user:alice"));
    expect((await alice.one(updateNode(id))).version).toBe(2);
    expect(readersOf(partition, tenantId(), id)).toEqual([["user:alice", null]]);
  });

  test("come by roles of the credential, and to everybody of the tenant", async () => {
    const id = await user(["write", "role:editor"]);
    const editor = partition.tenant(tenantId(), "user:eve", ["editor"]);
    expect((await editor.one(updateNode(id))).version).toBe(2);
    expect(await reasonOf(bob, updateNode(id))).toBe("NODE_NOT_FOUND");
    await alice.one(grant(id, EVERYBODY, "write"));
    expect((await bob.one(updateNode(id))).version).toBe(3);
  });

  test("add up over whom grants mean: the highest counts, whichever comes first", async () => {
    const editor = partition.tenant(tenantId(), "user:eve", ["editor"]);
    for (const [toRole, toUser] of [
      ["read", "write"],
      ["write", "read"],
    ] as const) {
      const id = await user([toRole, "role:editor"], [toUser, "user:eve"], ["read", EVERYBODY]);
      expect((await editor.one(updateNode(id))).version).toBe(2);
      expect(await reasonOf(editor, deleteNode(id))).toBe("PERMISSION_DENIED");
    }
  });

  test("the right to all data holds for every node", async () => {
    const id = await user();
    const admin = partition.tenant(tenantId(), "user:root", ["admin"]);
    expect((await admin.one(updateNode(id))).version).toBe(2);
    await admin.one(grant(id, "user:bob", "write"));
    expect((await bob.one(updateNode(id))).version).toBe(3);
  });

  test("hold for what a transaction itself has made or granted", async () => {
    const id = await user(["admin", "user:bob"]);
    const { results } = await bob.execute([
      createNode(USER, {}, { alias: "mine" }),
      grant("$mine.id", "user:alice", "write"),
      revoke(id, "user:bob", "admin"),
      createEdge(KNOWS, "$mine.id", "$mine.id"),
    ]);
    expect(results).toHaveLength(4);
    expect(await reasonOf(bob, updateNode(id))).toBe("NODE_NOT_FOUND");
    const two = await user(["admin", "user:bob"]);
    const both = bob.execute([revoke(two, "user:bob"), updateNode(two)]);
    expect((await refused(both)).reason).toBe("NODE_NOT_FOUND");
    expect((await bob.one(updateNode(two))).version).toBe(2);
  });
});

describe("what may not be read looks as what is not there", () => {
  /** The refusal, but for where in the log it was decided. */
  async function saidOf(who: TenantClient, operation: RequestedOperation, id: string) {
    const { code, reason, message, hint, details } = await refused(who.one(operation));
    const { wal_position: _, ...rest } = details;
    const text = JSON.stringify({ code, reason, message, hint, rest });
    return text.replaceAll(id, "THE ID");
  }

  const onNodes: [string, (id: string) => RequestedOperation][] = [
    ["an update", (id) => updateNode(id)],
    ["an update of an older version", (id) => updateNode(id, {}, { expectedVersion: 7 })],
    ["a deletion", (id) => deleteNode(id)],
    ["a restore", (id) => restoreNode(id)],
    ["a purge", (id) => purgeNode(id)],
    ["a grant", (id) => grant(id, "user:bob")],
    ["a revocation", (id) => revoke(id, "user:bob")],
    ["setting its visibility", (id) => setVisibility(id)],
    ["a ref", (id) => createNode(TASK, { [TITLE]: str("t"), [NEXT]: ref(id) })],
    ["an edge to it", (id) => createEdge(OWNS, id, id)],
  ];
  let missing = 0;
  for (const [what, operation] of onNodes) {
    test(`to ${what}, deleted or live`, async () => {
      missing += 1;
      const nowhere = ownId("nd", 500_000 + missing);
      const wanted = await saidOf(bob, operation(nowhere), nowhere);
      expect(wanted).toContain("NODE_NOT_FOUND");
      const hidden = await user();
      expect(await saidOf(bob, operation(hidden), hidden)).toBe(wanted);
      await deleted(hidden);
      expect(await saidOf(bob, operation(hidden), hidden)).toBe(wanted);
    });
  }

  test("to changes of an edge, by id and by ends, whichever end is hidden", async () => {
    const open = () => user(["write", "user:bob"]);
    const nowhere = ownId("ed", 400_000);
    for (const [from, to] of [
      [await open(), await user()],
      [await user(), await open()],
    ] as const) {
      const id = await alice.make(createEdge(KNOWS, from, to));
      for (const change of [updateEdge, deleteEdge]) {
        const byId = await saidOf(bob, change(edge(id)), id);
        expect(byId).toBe(await saidOf(bob, change(edge(nowhere)), nowhere));
        const said = await saidOf(bob, change(edge(KNOWS, from, to)), id);
        // No edge of that type is there at all.
        const none = await saidOf(bob, change(edge(OWNS, from, to)), id);
        expect(said.replaceAll(String(KNOWS), "TYPE")).toBe(none.replaceAll(String(OWNS), "TYPE"));
      }
      expect((await alice.allEdges({ nodeId: from })).map((each) => each.id)).toEqual([id]);
    }
  });

  test("an edge that may be read is changed with write on its from-node alone", async () => {
    const to = await user(["read", "user:bob"]);
    const from = await user(["read", "user:bob"]);
    const id = await alice.make(createEdge(KNOWS, from, to));
    expect(await reasonOf(bob, updateEdge(edge(id), { [SINCE]: int(1) }))).toBe(
      "PERMISSION_DENIED",
    );
    expect(await reasonOf(bob, deleteEdge(edge(id)))).toBe("PERMISSION_DENIED");
    await alice.one(grant(from, "user:bob", "write"));
    await bob.one(updateEdge(edge(id), { [SINCE]: int(1) }));
    await bob.one(deleteEdge(edge(KNOWS, from, to)));
    expect(await alice.allEdges({ nodeId: from })).toEqual([]);
  });

  test("an only edge that leads to where bob may not read is not named", async () => {
    const from = await user(["write", "user:bob"]);
    const [hidden, open] = [await user(), await user(["read", "user:bob"])];
    const id = await alice.make(createEdge(BOSS, from, hidden));
    const mine = await bob.make(createNode(USER));
    const refusal = await refused(bob.one(createEdge(BOSS, from, mine)));
    expect(refusal.reason).toBe("EDGE_ALREADY_EXISTS");
    expect(JSON.stringify([refusal.message, refusal.details])).not.toContain(id);
    expect(JSON.stringify([refusal.message, refusal.details])).not.toContain(hidden);
    await alice.one(deleteEdge(edge(id)));
    const seen = await alice.make(createEdge(BOSS, from, open));
    const named = await refused(bob.one(createEdge(BOSS, from, mine)));
    expect(named.details).toMatchObject({ edge_id: seen });
  });
});

describe("uniqueness is the whole tenant's", () => {
  let values = 0;
  const value = () => {
    values += 1;
    return { [EMAIL]: str(`value-${values}`) };
  };

  test("a conflict names the field, and the node only to whoever may read it", async () => {
    const email = value();
    const id = await alice.make(createNode(USER, email));
    for (const operation of [
      createNode(USER, email),
      createNode(USER, email, { returnExisting: true }),
      updateNode(await bob.make(createNode(USER)), email),
    ]) {
      const hidden = await refused(bob.one(operation));
      expect([hidden.reason, hidden.details["key"]]).toEqual(["UNIQUE_CONFLICT", "email"]);
      expect(hidden.details).not.toHaveProperty("existing_node_id");
      expect(hidden.hint).not.toContain("RETURN_EXISTING");
      expect(JSON.stringify(hidden)).not.toContain(id);
    }
    await alice.one(grant(id, "user:bob"));
    const named = await refused(bob.one(createNode(USER, email)));
    expect(named.details).toMatchObject({ existing_node_id: id, key: "email" });
    const found = await bob.one(createNode(USER, email, { returnExisting: true }));
    expect(found).toMatchObject({ nodeId: id, created: false });
  });

  test("a restore that would take a hidden node's value does not name that node", async () => {
    const email = value();
    const mine = await bob.make(createNode(USER, email));
    await bob.one(deleteNode(mine));
    const id = await alice.make(createNode(USER, email));
    const refusal = await refused(bob.one(restoreNode(mine)));
    expect(refusal.reason).toBe("UNIQUE_CONFLICT");
    expect(JSON.stringify(refusal.details)).not.toContain(id);
  });

  test("an id of one's own that is taken is said to be taken", async () => {
    const id = await user();
    expect(await reasonOf(bob, createNode(USER, {}, { id }))).toBe("NODE_ALREADY_EXISTS");
  });
});

describe("grants", () => {
  const grantsOf = (id: string) =>
    viewRows(
      partition,
      tenantId(),
      "SELECT principal, permission, expires_at FROM grants WHERE node_id = ? ORDER BY 1, 2",
      id,
    );

  test("come with a new node: its own, else those of its type, else none", async () => {
    const [owner] = await freshTenant();
    await owner.register({
      node_types: [
        {
          type_id: 9,
          name: "Note",
          default_grants: [
            { principal: EVERYBODY, permission: "write" },
            { principal: "user:alice", permission: "read" },
          ],
        },
      ],
    });
    const stranger = partition.tenant(owner.caller.tenantId, "user:stranger");
    const open = await owner.make(createNode(9));
    expect((await stranger.one(updateNode(open))).version).toBe(2);
    const mailed = await owner.make(
      createNode(
        9,
        {},
        {
          sharing: { grants: undefined, recipients: ["user:carol"], mail: NO_MAIL },
        },
      ),
    );
    expect((await stranger.one(updateNode(mailed))).version).toBe(2);
    const closed = await owner.make(createNode(9, {}, sharing()));
    expect(await reasonOf(stranger, updateNode(closed))).toBe("NODE_NOT_FOUND");
    const shared = await owner.make(createNode(9, {}, sharing(["read", "user:stranger"])));
    expect(await reasonOf(stranger, updateNode(shared))).toBe("PERMISSION_DENIED");
    expect(readersOf(partition, owner.caller.tenantId, mailed)).toEqual([
      [EVERYBODY, null],
      ["user:alice", null],
      ["user:carol", null],
    ]);
  });

  test("to recipients let them read, and no more", async () => {
    const id = await alice.make(
      createNode(USER, {}, { sharing: { grants: [], recipients: ["user:bob"], mail: NO_MAIL } }),
    );
    expect((await bob.node(id)).id).toBe(id);
    expect(await reasonOf(bob, updateNode(id))).toBe("PERMISSION_DENIED");
  });

  test("expire by the log's time, and readers by the latest of their grants", async () => {
    const now = partition.fakeClock.now();
    const id = await user();
    await alice.one(grant(id, "user:bob", "write", now + 1_000));
    await alice.one(grant(id, "user:bob", "read", now + 2_000));
    expect(readersOf(partition, tenantId(), id)).toEqual([
      ["user:alice", null],
      ["user:bob", BigInt(now + 2_000)],
    ]);
    partition.fakeClock.advance(999);
    expect((await bob.one(updateNode(id))).version).toBe(2);
    partition.fakeClock.advance(1);
    expect(await reasonOf(bob, updateNode(id))).toBe("PERMISSION_DENIED");
    partition.fakeClock.advance(1_000);
    expect(await reasonOf(bob, updateNode(id))).toBe("NODE_NOT_FOUND");
    await alice.one(grant(id, "user:bob", "write"));
    expect((await bob.one(updateNode(id))).version).toBe(3);
    expect(readersOf(partition, tenantId(), id)[1]).toEqual(["user:bob", null]);
  });

  test("that are given again move their expiry, and raise no version", async () => {
    const id = await user();
    const now = BigInt(partition.fakeClock.now());
    await alice.one(grant(id, "user:bob", "read", Number(now) + 5_000));
    const again = await alice.one(grant(id, "user:bob", "read", Number(now) + 9_000));
    expect(again).toEqual({ nodeId: id, edgeId: "", version: 1, created: false, alias: "" });
    expect(grantsOf(id)).toEqual([["user:bob", 1n, now + 9_000n]]);
    expect((await alice.node(id)).version).toBe(1);
  });

  test("are revoked one by one, or all of a principal", async () => {
    const id = await user(["read", "user:bob"], ["write", "user:bob"], ["read", "user:carol"]);
    await alice.one(revoke(id, "user:bob", "read"));
    // Writing implies reading.
    expect((await bob.one(updateNode(id))).version).toBe(2);
    await alice.one(revoke(id, "user:bob"));
    expect(await reasonOf(bob, updateNode(id))).toBe("NODE_NOT_FOUND");
    await alice.one(revoke(id, "user:nobody"));
    expect(grantsOf(id)).toEqual([["user:carol", 1n, null]]);
    expect(readersOf(partition, tenantId(), id)).toEqual([
      ["user:alice", null],
      ["user:carol", null],
    ]);
  });

  test("set_visibility replaces those to read and no others", async () => {
    const id = await user(["read", "user:bob"], ["write", "user:carol"], ["read", "user:carol"]);
    await alice.one(setVisibility(id, "group:eng", "user:dave"));
    expect(grantsOf(id)).toEqual([
      ["group:eng", 1n, null],
      ["user:carol", 2n, null],
      ["user:dave", 1n, null],
    ]);
    await alice.one(setVisibility(id));
    expect(readersOf(partition, tenantId(), id)).toEqual([
      ["user:alice", null],
      ["user:carol", null],
    ]);
  });

  test("are so many on a node at most", async () => {
    const id = await user();
    const grants = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => grant(id, `user:u${from + i}`));
    await alice.execute(grants(0, limits.grantsPerNode));
    const refusal = await refused(alice.one(grant(id, "user:more")));
    expect([refusal.reason, refusal.details["max"]]).toEqual([
      "LIMIT_EXCEEDED",
      String(limits.grantsPerNode),
    ]);
    // One that is there may still be moved.
    await alice.one(grant(id, "user:u1", "read", partition.fakeClock.now() + 1));
    expect(grantsOf(id)).toHaveLength(limits.grantsPerNode);
  });

  test("go with their node when it is purged, and stay while it is deleted", async () => {
    const id = await user(["read", "user:bob"], ["write", "group:eng"]);
    await deleted(id);
    expect(readersOf(partition, tenantId(), id)).toHaveLength(3);
    await alice.one(grant(id, "user:carol"));
    await alice.one(purgeNode(id));
    expect([grantsOf(id), readersOf(partition, tenantId(), id)]).toEqual([[], []]);
  });

  test("are told once more with a purge: to those who could read it until then", async () => {
    const now = partition.fakeClock.now();
    const id = await user(["read", "user:bob"], ["admin", "group:eng"]);
    await alice.one(grant(id, "user:late", "read", now + 10));
    await alice.one(grant(id, "user:later", "read", now + 11));
    partition.fakeClock.advance(10);
    await alice.one(purgeNode(id));
    const sql = "SELECT readers FROM changes WHERE node_id = ? AND readers IS NOT NULL";
    const [[readers] = []] = viewRows(partition, tenantId(), sql, id);
    expect(JSON.parse(String(readers))).toEqual([
      "group:eng",
      "user:alice",
      "user:bob",
      "user:later",
    ]);
  });

  test("take the alias of a node that the transaction makes, or finds", async () => {
    const email = { [EMAIL]: str("alias@example.com") };
    const id = await alice.make(createNode(USER, email));
    const { results } = await alice.execute([
      createNode(USER, email, { alias: "a", returnExisting: true }),
      grant("$a.id", "user:bob", "write"),
      setVisibility("$a.id", "user:carol"),
      revoke("$a.id", "user:nobody"),
    ]);
    expect(results.map(({ nodeId }) => nodeId)).toEqual([id, id, id, id]);
    expect(grantsOf(id)).toEqual([
      ["user:bob", 2n, null],
      ["user:carol", 1n, null],
    ]);
  });

  test("are decided once for one key", async () => {
    const id = await user();
    const [first, second] = [
      await alice.execute([grant(id, "user:bob")], { key: `once-${id}` }),
      await alice.execute([grant(id, "user:bob")], { key: `once-${id}` }),
    ];
    expect(second.walPosition).toBe(first.walPosition);
    await alice.one(revoke(id, "user:bob"));
    await alice.execute([grant(id, "user:bob")], { key: `once-${id}` });
    expect(grantsOf(id)).toEqual([]);
  });

  test("of a transaction that is refused are not there", async () => {
    const id = await user();
    await refused(alice.execute([grant(id, "user:bob"), updateNode(ownId("nd", 600_000))]));
    expect([grantsOf(id), readersOf(partition, tenantId(), id)]).toEqual([
      [],
      [["user:alice", null]],
    ]);
  });
});

describe("mailboxes of others", () => {
  const read = (userId: string): RequestedOperation => ({
    op: "mark_read",
    userId,
    itemIds: [`mi_${"0".repeat(26)}`],
    beforeOffset: 0,
    unread: false,
  });

  test("are changed with the right to do so only", async () => {
    await bob.one(read(""));
    await bob.one(read("user:bob"));
    const refusal = await refused(bob.one(read("user:alice")));
    expect([refusal.reason, refusal.details["right"]]).toEqual(["PERMISSION_DENIED", "mailboxes"]);
    await partition.tenant(tenantId(), "user:root", ["admin"]).one(read("user:alice"));
  });
});

describe("records of rules 1", () => {
  test("are not asked who they are from, and leave nodes open to everybody", async () => {
    const [owner, other] = await freshTenant();
    const old = owner.caller.tenantId;
    const id = ownId("nd", 700_000);
    const write = async (operation: object, actor: string) => {
      const operations = [operation] as never;
      const body = { kind: "transaction", operations, attachedSchema: undefined } as const;
      await partition.appendRecord(old, { actor, rulesVersion: 1, body });
    };
    const closed = await owner.make(createNode(USER));
    await write(createNode(USER, {}, { id }), "user:alice");
    await write(updateNode(closed), "user:bob");
    expect((await owner.node(closed, { strong: true })).version).toBe(2);
    const everybody: Grant = { principal: EVERYBODY, permission: "admin", expiresAt: 0 };
    expect(readersOf(partition, old, id)).toEqual([
      [everybody.principal, null],
      ["user:alice", null],
    ]);
    expect((await other.one(updateNode(id))).version).toBe(2);
    await other.one(deleteNode(id));
    expect(await reasonOf(other, updateNode(closed))).toBe("NODE_NOT_FOUND");
  });
});

test("a rebuild comes to the same rows", async () => {
  const never = new AbortController().signal;
  const report = await partition.engine.rebuildTenant(tenantId(), never);
  expect(report.contentHashAfter).toBe(report.contentHashBefore);
});
