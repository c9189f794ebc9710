import type { Database } from "bun:sqlite";
import { ADMIN_ROLE, RIGHTS, type Right } from "../../record/access.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** Members, roles and groups as lists, each in the order of its names. */
export class MembershipLists {
  readonly #members: LazyStatement;
  readonly #member: LazyStatement;
  readonly #rolesOf: LazyStatement;
  readonly #roles: LazyStatement;
  readonly #groups: LazyStatement;
  readonly #membersOf: LazyStatement;

  constructor(db: Database) {
    this.#members = new LazyStatement(
      db,
      "SELECT principal FROM members WHERE principal > ? ORDER BY principal LIMIT ?",
    );
    this.#member = new LazyStatement(db, "SELECT 1 FROM members WHERE principal = ?");
    this.#rolesOf = new LazyStatement(
      db,
      "SELECT role FROM member_roles WHERE principal = ? ORDER BY role",
    );
    this.#roles = new LazyStatement(db, "SELECT name, rights FROM roles ORDER BY name");
    this.#groups = new LazyStatement(
      db,
      "SELECT name FROM member_groups WHERE name > ? ORDER BY name LIMIT ?",
    );
    this.#membersOf = new LazyStatement(
      db,
      "SELECT member FROM group_members WHERE group_name = ? ORDER BY member",
    );
  }

  /** At most `limit` members behind `after`. */
  members(after: string, limit: number): { principal: string; roles: string[] }[] {
    return texts(this.#members.ready.values(after, limit)).map((principal) => ({
      principal,
      roles: this.rolesOf(principal),
    }));
  }

  hasMember(principal: string): boolean {
    return this.#member.ready.values(principal).length > 0;
  }

  /** Those that it was given itself, not through groups. */
  rolesOf(principal: string): string[] {
    return texts(this.#rolesOf.ready.values(principal));
  }

  /** All of them, with the role admin. */
  roles(): { name: string; rights: readonly Right[] }[] {
    const stored = (this.#roles.ready.values() as [string, string][]).map(([name, rights]) => {
      const held = rights.split(",");
      return { name, rights: RIGHTS.filter((right) => held.includes(right)) };
    });
    const all = [...stored, { name: ADMIN_ROLE, rights: RIGHTS }];
    return all.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  /** At most `limit` groups behind `after`, without "group:". */
  groups(after: string, limit: number): { name: string; members: string[] }[] {
    return texts(this.#groups.ready.values(after, limit)).map((name) => ({
      name,
      members: this.membersOf(name),
    }));
  }

  membersOf(group: string): string[] {
    return texts(this.#membersOf.ready.values(group));
  }
}

function texts(rows: unknown[][]): string[] {
  return (rows as [string][]).map(([text]) => text);
}
