import type { Grant } from "../../src/record/access.ts";
import type { Caller } from "../../src/record/caller.ts";
import { SeededRandom } from "./seeded-random.ts";

/**
 * Who may see what, written down a second time, slowly and without any of the product's code:
 * the yardstick for every read. Nothing here may import more than types and randomness.
 */
export interface ModelNode {
  readonly id: string;
  readonly typeId: number;
  readonly owner: string;
  readonly age: number | undefined;
  readonly email: string;
  deleted: boolean;
  grants: Grant[];
}

export interface ModelEdge {
  readonly from: string;
  readonly to: string;
}

/** Somebody who asks, and whom grants may name to mean them. */
export interface Asker {
  readonly actor: string;
  readonly roles: Caller["roles"];
  readonly principals: readonly string[];
  readonly seesAll: boolean;
}

/** Group inner is in group outer; the role boss holds the right to all data. */
export const ASKERS: readonly Asker[] = [
  asker("user:alice"),
  asker("user:bob", ["group:inner", "group:outer"]),
  asker("user:carol", ["group:outer", "role:editor"]),
  asker("user:dan"),
  asker("user:eve", ["role:visitor"], ["visitor"]),
  { ...asker("user:fay", ["role:boss"]), seesAll: true },
];

function asker(
  actor: string,
  others: readonly string[] = [],
  roles: readonly string[] = [],
): Asker {
  return { actor, roles, principals: [actor, ...others, "tenant:*"], seesAll: false };
}

export const PRINCIPALS = [
  ...ASKERS.map(({ actor }) => actor),
  ...["group:inner", "group:outer", "group:nobody", "role:editor", "role:visitor", "tenant:*"],
];

export class VisibilityModel {
  readonly nodes = new Map<string, ModelNode>();
  readonly edges: ModelEdge[] = [];
  now = 0;

  canRead(asker: Asker, node: ModelNode): boolean {
    if (asker.seesAll || node.owner === asker.actor) return true;
    return node.grants.some(
      ({ principal, expiresAt }) =>
        asker.principals.includes(principal) && (expiresAt === 0 || expiresAt > this.now),
    );
  }

  /** By id. */
  visible(asker: Asker, typeId: number, deleted = false): ModelNode[] {
    const mine = [...this.nodes.values()].filter(
      (node) => node.typeId === typeId && (deleted || !node.deleted) && this.canRead(asker, node),
    );
    return mine.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  live(asker: Asker, id: string): boolean {
    const node = this.nodes.get(id);
    return node !== undefined && !node.deleted && this.canRead(asker, node);
  }

  /** The other ends of a node's edges, by id. */
  neighbours(asker: Asker, id: string, direction: "out" | "in"): string[] {
    const ends = this.edges.flatMap(({ from, to }) => {
      if (direction === "out") return from === id ? [to] : [];
      return to === id ? [from] : [];
    });
    return ends.filter((end) => this.live(asker, end)).sort();
  }

  /** By distance, then by id. */
  reachable(asker: Asker, start: string, direction: "out" | "in", depth: number) {
    const distances = new Map([[start, 0]]);
    let ring = [start];
    for (let distance = 1; distance <= depth; distance++) {
      const next = new Set(ring.flatMap((id) => this.neighbours(asker, id, direction)));
      ring = [...next].filter((id) => !distances.has(id)).sort();
      for (const id of ring) distances.set(id, distance);
    }
    distances.delete(start);
    return [...distances].map(([id, distance]) => ({ id, distance }));
  }
}

/** Choices that a seed repeats. */
export class Dice {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  below(below: number): number {
    return this.#random.below(below);
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.#random.below(from.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }

  /** Never expires, has expired before it was made, or will some time. */
  grant(now: number): Grant {
    const permission = this.pick(["read", "read", "read", "write", "delete", "admin"] as const);
    const expiresAt = this.pick([0, 0, 1, now + 50, now + 500]);
    return { principal: this.pick(PRINCIPALS), permission, expiresAt };
  }
}
