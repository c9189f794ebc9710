import type { Permission } from "../../src/schema/types.ts";

/** Who asks, what for. Nodes, groups and actors are numbers; 0 is the first. */
export type AccessStep =
  | { readonly what: "create"; readonly node: number; readonly grants: readonly ModelGrant[] }
  | { readonly what: "update" | "delete" | "restore" | "purge"; readonly node: number }
  | { readonly what: "grant"; readonly node: number; readonly grant: ModelGrant }
  | {
      readonly what: "revoke";
      readonly node: number;
      readonly principal: string;
      readonly permission: Permission | undefined;
    }
  | { readonly what: "visible"; readonly node: number; readonly principals: readonly string[] }
  | { readonly what: "link"; readonly node: number; readonly to: number }
  | { readonly what: "unlink"; readonly node: number; readonly to: number };

export interface ModelGrant {
  readonly principal: string;
  readonly permission: Permission;
  /** Milliseconds from now; 0: never. */
  readonly forMs: number;
}

/** One change of who is in what. The administrator makes it. */
export interface MemberStep {
  readonly what: "join" | "leave" | "roles";
  readonly member: string;
  readonly group: string;
  readonly roles: readonly string[];
}

interface ModelNode {
  readonly owner: string;
  deleted: boolean;
  /** Expiry by "permission principal"; Infinity: never. */
  grants: Map<string, number>;
}

const LEVELS: readonly Permission[] = ["read", "write", "delete", "admin"];

/** Access as the documentation tells it, in maps and loops, without an index or a cache. */
export class AccessModel {
  readonly #nodes = new Map<number, ModelNode>();
  readonly #edges = new Set<string>();
  /** Pairs of group and member. */
  readonly #groups = new Set<string>();
  readonly #roles = new Map<string, readonly string[]>();

  /** What the step comes to: "done", or the reason of the refusal. */
  apply(actor: string, step: AccessStep, now: number): string {
    if (step.what === "create") return this.#create(actor, step, now);
    if (step.what === "link") return this.#link(actor, step, now);
    if (step.what === "unlink") return this.#unlink(actor, step, now);
    const node = this.#nodes.get(step.node);
    const refusal = this.#refusal(actor, node, NEEDED[step.what], now);
    if (node === undefined || refusal !== undefined) return refusal ?? "NODE_NOT_FOUND";
    switch (step.what) {
      case "update":
      case "delete":
        if (node.deleted) return "NODE_DELETED";
        node.deleted = step.what === "delete";
        return "done";
      case "restore":
        if (!node.deleted) return "NODE_NOT_DELETED";
        node.deleted = false;
        return "done";
      case "purge":
        this.#nodes.delete(step.node);
        for (const pair of this.#edges) {
          if (pair.split(" ").includes(String(step.node))) this.#edges.delete(pair);
        }
        return "done";
      default:
        this.#share(node, step, now);
        return "done";
    }
  }

  member(step: MemberStep): string {
    const pair = `${step.group} ${step.member}`;
    if (step.what === "roles") this.#roles.set(step.member, step.roles);
    else if (step.what === "leave") return this.#groups.delete(pair) ? "done" : "MEMBER_NOT_FOUND";
    else if (this.#holds(step.member, step.group)) return "GROUP_CYCLE";
    else this.#groups.add(pair);
    return "done";
  }

  /** The live nodes that the actor may read. */
  readable(actor: string, now: number): number[] {
    const readable = [...this.#nodes].filter(
      ([, node]) => !node.deleted && this.#level(actor, node, now) > 0,
    );
    return readable.map(([number]) => number).sort((a, b) => a - b);
  }

  #create(actor: string, step: AccessStep & { what: "create" }, now: number): string {
    if (this.#nodes.has(step.node)) return "NODE_ALREADY_EXISTS";
    const node = { owner: actor, deleted: false, grants: new Map<string, number>() };
    for (const grant of step.grants) addGrant(node, grant, now);
    this.#nodes.set(step.node, node);
    return "done";
  }

  #share(
    node: ModelNode,
    step: AccessStep & { what: "grant" | "revoke" | "visible" },
    now: number,
  ): void {
    if (step.what === "grant") return addGrant(node, step.grant, now);
    const goes = (key: string): boolean => {
      if (step.what === "visible") return key.startsWith("read ");
      return LEVELS.some(
        (level) =>
          key === `${level} ${step.principal}` &&
          (step.permission === undefined || step.permission === level),
      );
    };
    node.grants = new Map([...node.grants].filter(([key]) => !goes(key)));
    if (step.what === "revoke") return;
    for (const principal of step.principals)
      node.grants.set(`read ${principal}`, Number.POSITIVE_INFINITY);
  }

  #link(actor: string, { node, to }: { node: number; to: number }, now: number): string {
    const ends = [
      [node, "write"],
      [to, "read"],
    ] as const;
    for (const [number, permission] of ends) {
      const end = this.#nodes.get(number);
      const refusal = this.#refusal(actor, end, permission, now);
      if (refusal !== undefined) return refusal;
      if (end?.deleted) return "NODE_DELETED";
    }
    if (this.#edges.has(`${node} ${to}`)) return "EDGE_ALREADY_EXISTS";
    this.#edges.add(`${node} ${to}`);
    return "done";
  }

  #unlink(actor: string, { node, to }: { node: number; to: number }, now: number): string {
    const [from, end] = [this.#nodes.get(node), this.#nodes.get(to)];
    if (from === undefined || end === undefined) return "EDGE_NOT_FOUND";
    if (!this.#edges.has(`${node} ${to}`)) return "EDGE_NOT_FOUND";
    if (this.#level(actor, from, now) === 0) return "EDGE_NOT_FOUND";
    if (this.#level(actor, end, now) === 0) return "EDGE_NOT_FOUND";
    const refusal = this.#refusal(actor, from, "write", now);
    if (refusal === undefined) this.#edges.delete(`${node} ${to}`);
    return refusal ?? "done";
  }

  #refusal(
    actor: string,
    node: ModelNode | undefined,
    needed: Permission,
    now: number,
  ): string | undefined {
    const level = node === undefined ? 0 : this.#level(actor, node, now);
    if (level === 0) return "NODE_NOT_FOUND";
    return level <= LEVELS.indexOf(needed) ? "PERMISSION_DENIED" : undefined;
  }

  /** 0: none; 1 read to 4 admin. */
  #level(actor: string, node: ModelNode, now: number): number {
    if (node.owner === actor || this.#means(actor, "role:keeper")) return LEVELS.length;
    let highest = 0;
    for (const [key, until] of node.grants) {
      const [permission, principal] = key.split(" ") as [Permission, string];
      if (until <= now || !this.#means(actor, principal)) continue;
      highest = Math.max(highest, LEVELS.indexOf(permission) + 1);
    }
    return highest;
  }

  /** Whether a grant to the principal is one to the actor. */
  #means(actor: string, principal: string): boolean {
    if (principal === "tenant:*" || this.#holds(principal, actor)) return true;
    return [...this.#roles].some(
      ([member, roles]) =>
        roles.some((role) => principal === `role:${role}`) && this.#holds(member, actor),
    );
  }

  /** Whether the member is the holder, or in it, or in a group that is in it. */
  #holds(holder: string, member: string): boolean {
    if (holder === member) return true;
    const inside = [...this.#groups].filter((pair) => pair.startsWith(`${holder} `));
    return inside.some((pair) => this.#holds(pair.slice(holder.length + 1), member));
  }
}

const NEEDED = {
  update: "write",
  delete: "delete",
  restore: "delete",
  purge: "delete",
  grant: "admin",
  revoke: "admin",
  visible: "admin",
} as const;

function addGrant(node: ModelNode, grant: ModelGrant, now: number): void {
  const until = grant.forMs === 0 ? Number.POSITIVE_INFINITY : now + grant.forMs;
  node.grants.set(`${grant.permission} ${grant.principal}`, until);
}
