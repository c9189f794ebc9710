/** What operations about access, mailboxes and membership may look like, before they go into the log. */
import { describe, expect, test } from "bun:test";
import { createNode, ownId } from "../../test/harness/operations.ts";
import { refusal } from "../../test/harness/refusal.ts";
import { limits } from "../base/limits.ts";
import type { MembershipStep, NodeSharing } from "../record/transaction.ts";
import { NO_MAIL } from "../record/transaction.ts";
import { formatLogId } from "../wal/log-id.ts";
import { encodePositionToken } from "../wal/position.ts";
import { checkTransaction } from "./check-transaction.ts";
import type { RequestedOperation } from "./engine.ts";

const LOG = { logId: formatLogId(new Uint8Array(16).fill(7)), partition: 0 };
const NODE = ownId("nd", 1);

/** The one operation as it goes into the log. */
function check(operation: object) {
  const ids = { nodeId: () => NODE, edgeId: () => ownId("ed", 1), eventId: () => "e" };
  const asker = { actor: "user:alice", log: LOG };
  const { sent, resolved } = checkTransaction([operation as RequestedOperation], ids, asker);
  return { sent: sent[0], resolved: resolved[0] };
}

const reasonOf = (operation: object): string => refusal(() => check(operation)).reason;
const many = (count: number) => Array.from({ length: count }, (_, i) => `user:u${i}`);
const grant = (principal: string, expiresAt = 0) => ({
  op: "grant",
  nodeId: NODE,
  grant: { principal, permission: "read", expiresAt },
});
const visible = (principals: readonly string[]) => ({
  op: "set_visibility",
  nodeId: NODE,
  principals,
});
const shared = (sharing: Partial<NodeSharing>) =>
  Object.assign(createNode(1), {
    sharing: { grants: undefined, recipients: [], mail: NO_MAIL, ...sharing },
  });
const step = (membership: MembershipStep) => ({ op: "membership", step: membership });

describe("principals", () => {
  test.each(["user:alice", "system:x", "group:eng", "role:editor", "tenant:*", "user:zoë"])(
    "%s may be granted something",
    (principal) => {
      expect(check(grant(principal)).resolved).toEqual(grant(principal) as never);
    },
  );

  test.each([
    ...["", "alice", "user:", "tenant:acme", "tenant:**", "USER:alice", "nobody:x"],
    ...["user:a b", "user:a\nb", "user:\0", `user:${"a".repeat(252)}`],
  ])("%j is none", (principal) => {
    expect(reasonOf(grant(principal))).toBe("INVALID_PRINCIPAL");
    expect(reasonOf(visible([principal]))).toBe("INVALID_PRINCIPAL");
    expect(reasonOf({ op: "revoke", nodeId: NODE, principal })).toBe("INVALID_PRINCIPAL");
    expect(reasonOf(shared({ recipients: [principal] }))).toBe("INVALID_PRINCIPAL");
  });

  test("only actors have mailboxes", () => {
    for (const name of ["group:eng", "role:editor", "tenant:*"]) {
      expect(reasonOf(shared({ recipients: [name] }))).toBe("INVALID_PRINCIPAL");
    }
  });

  test("each counts once, and there is a most", () => {
    const most = limits.principalsPerNode;
    const twice = [...many(most), ...many(most)];
    expect(check(visible(twice)).resolved).toEqual(visible(many(most)) as never);
    expect(reasonOf(visible(many(most + 1)))).toBe("LIMIT_EXCEEDED");
  });

  test("a grant expires at a time", () => {
    for (const expiresAt of [-1, 0.5, 2 ** 53]) {
      expect(reasonOf(grant("user:bob", expiresAt))).toBe("INVALID_REQUEST");
    }
  });

  test("a node that is shared with nobody is as one without sharing", () => {
    expect(check(shared({})).resolved).not.toHaveProperty("sharing");
    expect(check(shared({ grants: [] })).resolved).toHaveProperty("sharing.grants", []);
  });
});

describe("a mailbox", () => {
  const item = `mi_${"0".repeat(26)}`;
  const read = (change: object = {}) => ({
    op: "mark_read",
    userId: "user:bob",
    itemIds: [item],
    beforeOffset: 0,
    unread: false,
    ...change,
  });

  test("is one's own when nobody is named, in what is hashed too", () => {
    const { sent, resolved } = check(read({ userId: "" }));
    expect([sent, resolved]).toEqual([read({ userId: "user:alice" }), sent] as never);
  });

  test("is changed up to a token, the record that it names included", () => {
    const upTo = encodePositionToken({ ...LOG, offset: 41 });
    const { sent, resolved } = check(read({ upTo }));
    expect([sent, resolved]).toEqual([read({ beforeOffset: 42 }), sent] as never);
    expect(check(read({ upTo: new Uint8Array() })).resolved).toEqual(read() as never);
  });

  test("is not changed up to what is no token, or one of another log", () => {
    expect(reasonOf(read({ upTo: Uint8Array.of(1, 2) }))).toBe("INVALID_POSITION");
    const foreign = { logId: formatLogId(new Uint8Array(16)), partition: 0, offset: 1 };
    const upTo = encodePositionToken(foreign);
    expect(reasonOf(read({ upTo }))).toBe("POSITION_FROM_ANOTHER_LOG");
  });

  test("has items with ids, and so many at most", () => {
    expect(reasonOf(read({ itemIds: [NODE] }))).toBe("INVALID_ID");
    const ids = (count: number) =>
      Array.from({ length: count }, (_, i) => `mi_${String(i).padStart(26, "0")}`);
    const most = limits.mailboxItemsPerChange;
    expect(check(read({ itemIds: ids(most) })).resolved).toBeDefined();
    expect(reasonOf(read({ itemIds: ids(most + 1) }))).toBe("LIMIT_EXCEEDED");
  });
});

describe("membership", () => {
  test("names rights that there are, each once, in a fixed order", () => {
    const put = (...rights: string[]) => step({ action: "put_role", role: "r", rights } as never);
    expect(check(put("audit", "data", "audit")).sent).toEqual(put("data", "audit") as never);
    expect(reasonOf(put("everything"))).toBe("INVALID_REQUEST");
  });

  test("never changes the role admin", () => {
    expect(reasonOf(step({ action: "put_role", role: "admin", rights: [] }))).toBe(
      "INVALID_REQUEST",
    );
    expect(reasonOf(step({ action: "delete_role", role: "admin" }))).toBe("INVALID_REQUEST");
  });

  test.each(["", "a b", "\n", "x".repeat(252)])("%j names neither role nor group", (name) => {
    const steps: MembershipStep[] = [
      { action: "put_role", role: name, rights: [] },
      { action: "delete_role", role: name },
      { action: "put_group", group: name },
      { action: "delete_group", group: name },
      { action: "add_to_group", group: name, member: "user:bob" },
      { action: "set_member", principal: "user:bob", roles: [name] },
    ];
    for (const each of steps)
      expect([each, reasonOf(step(each))]).toEqual([each, "INVALID_REQUEST"]);
  });

  test.each(["bob", "role:editor", "tenant:*", "user:a b", "group:"])("%j is no member", (name) => {
    const steps: MembershipStep[] = [
      { action: "add_to_group", group: "eng", member: name },
      { action: "remove_from_group", group: "eng", member: name },
      { action: "set_member", principal: name, roles: [] },
      { action: "remove_member", principal: name },
    ];
    for (const each of steps) {
      expect([each, reasonOf(step(each))]).toEqual([each, "INVALID_PRINCIPAL"]);
    }
  });

  test("gives a member so many roles at most", () => {
    const set = (count: number) =>
      step({
        action: "set_member",
        principal: "user:bob",
        roles: Array.from({ length: count }, (_, i) => `r${i}`),
      });
    expect(check(set(limits.rolesPerMember)).resolved).toBeDefined();
    expect(reasonOf(set(limits.rolesPerMember + 1))).toBe("LIMIT_EXCEEDED");
  });
});
