import type { Database } from "bun:sqlite";
import { limits } from "../../base/limits.ts";
import { ADMIN_ROLE, EVERYBODY, RIGHTS, type Right } from "../../record/access.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** What stands for an actor in a tenant: whom grants may name, and what its roles allow. */
export interface Standing {
  /** The actor itself, its groups and theirs, its roles, and everybody; each once. */
  readonly principals: readonly string[];
  readonly rights: ReadonlySet<Right>;
}

/**
 * Members, roles and groups as the view has them. The same answers serve requests and the
 * applier, so both judge alike.
 */
export class MembershipReader {
  readonly #groupsOf: LazyStatement;
  readonly #rolesOf: LazyStatement;
  readonly #rights: LazyStatement;
  readonly #setting: LazyStatement;

  constructor(db: Database) {
    this.#groupsOf = new LazyStatement(db, "SELECT group_name FROM group_members WHERE member = ?");
    this.#rolesOf = new LazyStatement(db, "SELECT role FROM member_roles WHERE principal = ?");
    this.#rights = new LazyStatement(db, "SELECT rights FROM roles WHERE name = ?");
    this.#setting = new LazyStatement(db, "SELECT value FROM settings WHERE name = ?");
  }

  /** `carriedRoles` are those of the credential, by name. The principals are in a fixed order. */
  standingOf(actor: string, carriedRoles: readonly string[]): Standing {
    const holders = this.#withGroups(actor);
    const roles = new Set(carriedRoles);
    for (const holder of holders) for (const role of this.#rolesHeldBy(holder)) roles.add(role);
    const rights = new Set<Right>();
    for (const role of roles) for (const right of this.rightsOf(role)) rights.add(right);
    const names = [...roles].map((role) => `role:${role}`);
    // Whoever has more is meant by the first of them: himself and everybody among them always.
    const all = new Set([actor, EVERYBODY, ...holders, ...names]);
    const principals = [...all].slice(0, limits.principalsPerActor);
    return { principals, rights };
  }

  /** What a role allows; nothing for a role that the tenant does not know. */
  rightsOf(role: string): readonly Right[] {
    if (role === ADMIN_ROLE) return RIGHTS;
    const row = this.#rights.ready.values(role)[0] as [string] | undefined;
    if (row === undefined) return [];
    const names = row[0].split(",");
    return RIGHTS.filter((right) => names.includes(right));
  }

  get schemaLocked(): boolean {
    return this.#setting.ready.values("schema_locked").length > 0;
  }

  /** The actor, its groups and the groups that hold those, level by level. */
  #withGroups(actor: string): Set<string> {
    const found = new Set([actor]);
    let level = [actor];
    for (let depth = 0; depth < limits.groupDepth && level.length > 0; depth++) {
      const next: string[] = [];
      for (const member of level) {
        for (const [name] of this.#groupsOf.ready.values(member) as [string][]) {
          const group = `group:${name}`;
          if (found.has(group)) continue;
          found.add(group);
          next.push(group);
        }
      }
      level = next;
    }
    return found;
  }

  #rolesHeldBy(principal: string): string[] {
    return (this.#rolesOf.ready.values(principal) as [string][]).map(([role]) => role);
  }
}
