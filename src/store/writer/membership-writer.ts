import type { Database } from "bun:sqlite";
import type { Right } from "../../record/access.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** The statements that change members, roles, groups and settings. Nothing is decided here. */
export class MembershipWriter {
  readonly #db: Database;
  readonly #statements = new Map<string, LazyStatement>();

  constructor(db: Database) {
    this.#db = db;
  }

  putRole(role: string, rights: readonly Right[]): void {
    this.#run(
      `INSERT INTO roles (name, rights) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET rights = excluded.rights`,
      role,
      rights.join(","),
    );
  }

  /** Also takes it from everybody who holds it. */
  deleteRole(role: string): void {
    this.#run("DELETE FROM member_roles WHERE role = ?", role);
    this.#run("DELETE FROM roles WHERE name = ?", role);
  }

  putGroup(group: string): void {
    this.#run("INSERT INTO member_groups (name) VALUES (?) ON CONFLICT (name) DO NOTHING", group);
  }

  /** Also takes it out of the groups that hold it, and its roles with it. */
  deleteGroup(group: string): void {
    const principal = `group:${group}`;
    this.#run("DELETE FROM group_members WHERE group_name = ?", group);
    this.#run("DELETE FROM group_members WHERE member = ?", principal);
    this.removeMember(principal);
    this.#run("DELETE FROM member_groups WHERE name = ?", group);
  }

  addToGroup(group: string, member: string): void {
    this.#run(
      `INSERT INTO group_members (group_name, member) VALUES (?, ?)
       ON CONFLICT (group_name, member) DO NOTHING`,
      group,
      member,
    );
  }

  removeFromGroup(group: string, member: string): void {
    this.#run("DELETE FROM group_members WHERE group_name = ? AND member = ?", group, member);
  }

  /** Makes it a member with these roles and no others. */
  setMember(principal: string, roles: readonly string[]): void {
    this.#run(
      "INSERT INTO members (principal) VALUES (?) ON CONFLICT (principal) DO NOTHING",
      principal,
    );
    this.#run("DELETE FROM member_roles WHERE principal = ?", principal);
    for (const role of roles) {
      this.#run("INSERT INTO member_roles (principal, role) VALUES (?, ?)", principal, role);
    }
  }

  /** Takes its roles with it; groups stay as they are. */
  removeMember(principal: string): void {
    this.#run("DELETE FROM member_roles WHERE principal = ?", principal);
    this.#run("DELETE FROM members WHERE principal = ?", principal);
  }

  /** Out of every group. */
  removeFromGroups(member: string): void {
    this.#run("DELETE FROM group_members WHERE member = ?", member);
  }

  setSchemaLocked(locked: boolean): void {
    if (!locked) return this.#run("DELETE FROM settings WHERE name = 'schema_locked'");
    this.#run(
      `INSERT INTO settings (name, value) VALUES ('schema_locked', '1')
       ON CONFLICT (name) DO NOTHING`,
    );
  }

  #run(sql: string, ...parameters: string[]): void {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = new LazyStatement(this.#db, sql);
      this.#statements.set(sql, statement);
    }
    statement.ready.run(...parameters);
  }
}
