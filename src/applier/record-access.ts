/**
 * What the actor of a record may do, at that record's place in the log: from the record, the
 * grants and the membership that the view holds there, and log time. Nothing else.
 */
import { EntError } from "../base/errors.ts";
import { type Grant, permissionLevel, type Right } from "../record/access.ts";
import type { Node } from "../record/graph.ts";
import type { Permission } from "../schema/types.ts";
import type { GrantReader } from "../store/reader/grant-reader.ts";
import type { MembershipReader } from "../store/reader/membership-reader.ts";

/** Access came with rules 2. Records of rules 1 do what they did: everything. */
const FIRST_RULES_WITH_ACCESS = 2;
const REMEMBERED_STANDINGS = 1_000;
const EVERY_LEVEL = permissionLevel("admin");

/** What a record says about who wrote it. */
export interface Author {
  readonly rulesVersion: number;
  readonly actor: string;
  readonly roles: readonly string[];
}

interface Standing {
  readonly principals: ReadonlySet<string>;
  readonly rights: ReadonlySet<Right>;
}

/**
 * What actors stand for in one tenant, remembered until membership changes.
 *
 * Invariant: equal to what the write connection would answer. Whoever changes membership, or
 * takes such a change back, says so by `forget`.
 */
export class Standings {
  readonly #membership: MembershipReader;
  readonly #known = new Map<string, Standing>();

  constructor(membership: MembershipReader) {
    this.#membership = membership;
  }

  of(actor: string, roles: readonly string[]): Standing {
    const key = roles.length === 0 ? actor : [actor, ...roles].join("\n");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { principals, rights } = this.#membership.standingOf(actor, roles);
    const standing = { principals: new Set(principals), rights };
    if (this.#known.size >= REMEMBERED_STANDINGS) this.#known.clear();
    this.#known.set(key, standing);
    return standing;
  }

  forget(): void {
    this.#known.clear();
  }
}

/** The checks of one record. The owner of a node costs no statement. */
export class RecordAccess {
  /** False for records from before there was access: to them everything is allowed. */
  readonly checked: boolean;
  readonly #grants: GrantReader;
  readonly #standings: Standings;
  readonly #author: Author;
  readonly #logTime: number;

  constructor(grants: GrantReader, standings: Standings, author: Author, logTime: number) {
    this.checked = author.rulesVersion >= FIRST_RULES_WITH_ACCESS;
    this.#grants = grants;
    this.#standings = standings;
    this.#author = author;
    this.#logTime = logTime;
  }

  mayRead(node: Pick<Node, "id" | "ownerActor">): boolean {
    return this.#mayEverything(node) || this.#levelOn(node.id) > 0;
  }

  /**
   * The permission of a node that there is. "missing" when it may not even be read: the caller
   * must then say what it says of a node that does not exist.
   */
  check(
    node: Pick<Node, "id" | "ownerActor">,
    permission: Permission,
  ): "granted" | "denied" | "missing" {
    if (this.#mayEverything(node)) return "granted";
    const level = this.#levelOn(node.id);
    if (level === 0) return "missing";
    return level >= permissionLevel(permission) ? "granted" : "denied";
  }

  /** Whether one of the grants gives the actor the permission, or his right to everything. */
  isGranted(grants: readonly Grant[], permission: Permission): boolean {
    if (!this.checked || this.#levelOf(grants) >= permissionLevel(permission)) return true;
    return this.has("data");
  }

  has(right: Right): boolean {
    return !this.checked || this.#standing.rights.has(right);
  }

  /** Throws PERMISSION_DENIED. */
  require(right: Right): void {
    if (!this.has(right)) throw rightDenied(right);
  }

  #mayEverything(node: Pick<Node, "ownerActor">): boolean {
    return !this.checked || node.ownerActor === this.#author.actor || this.has("data");
  }

  #levelOn(nodeId: string): number {
    return this.#levelOf(this.#grants.list(nodeId));
  }

  /** The highest that a grant gives which still holds; 0: none. */
  #levelOf(grants: readonly Grant[]): number {
    const { principals } = this.#standing;
    let highest = 0;
    for (const grant of grants) {
      if (!principals.has(grant.principal) || !holdsAt(grant, this.#logTime)) continue;
      highest = Math.max(highest, permissionLevel(grant.permission));
      if (highest === EVERY_LEVEL) break;
    }
    return highest;
  }

  get #standing(): Standing {
    return this.#standings.of(this.#author.actor, this.#author.roles);
  }
}

/** Whether a grant has not expired at this log time. */
export function holdsAt(grant: Pick<Grant, "expiresAt">, logTime: number): boolean {
  return grant.expiresAt === 0 || grant.expiresAt > logTime;
}

export function permissionDenied(permission: Permission, nodeId: string): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "PERMISSION_DENIED",
    message: `This needs the permission ${permission} on node ${nodeId}.`,
    hint: "Have its owner, or somebody with the permission admin on it, grant it to you.",
    details: { permission, node_id: nodeId },
  });
}

export function rightDenied(right: Right): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "PERMISSION_DENIED",
    message: `This needs the right ${right}.`,
    hint: "Have somebody with the right members give you a role that holds it.",
    details: { right },
  });
}
