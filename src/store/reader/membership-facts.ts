import type { Database } from "bun:sqlite";
import { ADMIN_ROLE } from "../../record/access.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** What a change of membership is held against before it is made. Groups are named without "group:". */
export class MembershipFacts {
  readonly #role: LazyStatement;
  readonly #group: LazyStatement;
  readonly #member: LazyStatement;
  readonly #inGroup: LazyStatement;
  readonly #above: LazyStatement;
  readonly #below: LazyStatement;
  readonly #rolesOf: LazyStatement;
  readonly #roles: LazyStatement;
  readonly #groups: LazyStatement;
  readonly #members: LazyStatement;

  constructor(db: Database) {
    this.#role = new LazyStatement(db, "SELECT 1 FROM roles WHERE name = ?");
    this.#group = new LazyStatement(db, "SELECT 1 FROM member_groups WHERE name = ?");
    this.#member = new LazyStatement(db, "SELECT 1 FROM members WHERE principal = ?");
    this.#inGroup = new LazyStatement(
      db,
      "SELECT 1 FROM group_members WHERE group_name = ? AND member = ?",
    );
    this.#above = new LazyStatement(db, "SELECT group_name FROM group_members WHERE member = ?");
    // ";" is the character behind ":".
    this.#below = new LazyStatement(
      db,
      `SELECT member FROM group_members
       WHERE group_name = ? AND member >= 'group:' AND member < 'group;'`,
    );
    this.#rolesOf = new LazyStatement(db, "SELECT role FROM member_roles WHERE principal = ?");
    this.#roles = new LazyStatement(db, "SELECT COUNT(*) FROM roles");
    this.#groups = new LazyStatement(db, "SELECT COUNT(*) FROM member_groups");
    this.#members = new LazyStatement(
      db,
      "SELECT COUNT(*) FROM group_members WHERE group_name = ?",
    );
  }

  /** The role admin is there always. */
  hasRole(role: string): boolean {
    return role === ADMIN_ROLE || this.#role.ready.values(role).length > 0;
  }

  hasGroup(group: string): boolean {
    return this.#group.ready.values(group).length > 0;
  }

  hasMember(principal: string): boolean {
    return this.#member.ready.values(principal).length > 0;
  }

  /** Those that it was given itself, not through groups. */
  rolesOf(principal: string): string[] {
    return (this.#rolesOf.ready.values(principal) as [string][]).map(([role]) => role);
  }

  isInGroup(group: string, member: string): boolean {
    return this.#inGroup.ready.values(group, member).length > 0;
  }

  /** The groups that hold the group itself. */
  groupsAbove(group: string): string[] {
    return (this.#above.ready.values(`group:${group}`) as [string][]).map(([name]) => name);
  }

  /** The groups that the group itself holds. */
  groupsBelow(group: string): string[] {
    const rows = this.#below.ready.values(group) as [string][];
    return rows.map(([member]) => member.slice("group:".length));
  }

  /** Without the role admin. */
  countRoles(): number {
    return countOf(this.#roles.ready.values());
  }

  countGroups(): number {
    return countOf(this.#groups.ready.values());
  }

  countMembersOf(group: string): number {
    return countOf(this.#members.ready.values(group));
  }
}

function countOf(rows: unknown[][]): number {
  return Number(rows[0]?.[0]);
}
