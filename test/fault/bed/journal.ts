/**
 * What the writers of a fault run know: every transaction they sent, and what they were
 * told of it. The journal is the only witness: the server's files are never asked what
 * they should hold.
 */
export const TENANTS = ["north", "east", "south", "west"] as const;

export type Step =
  /** Two nodes and the edge between them, in one transaction. */
  | { readonly kind: "pair"; readonly name: string; readonly paddingBytes: number }
  /** The writer's own counter, from this version to the next. */
  | { readonly kind: "count"; readonly nodeId: string; readonly from: number }
  /** A unique value that is taken: must be rejected, and stay rejected. */
  | { readonly kind: "clash"; readonly name: string };

/** What the server said: compared word for word when the same request is sent again. */
export interface Answer {
  readonly state: "applied" | "rejected";
  readonly ids: readonly string[];
  readonly versions: readonly number[];
  readonly reason: string;
  readonly position: string;
}

export interface Sent {
  readonly tenant: string;
  readonly writer: number;
  readonly key: string;
  readonly step: Step;
  /** Undefined while nobody knows: no answer came, or one that said so. */
  answer: Answer | undefined;
}

export interface Counter {
  readonly tenant: string;
  readonly nodeId: string;
  /** Version of the last answered step. */
  version: number;
}

export class Journal {
  readonly sent: Sent[] = [];
  readonly counters = new Map<number, Counter>();

  note(sent: Sent): Sent {
    this.sent.push(sent);
    return sent;
  }

  /** Sent, and nobody knows what became of it. */
  unknown(): Sent[] {
    return this.sent.filter((entry) => entry.answer === undefined);
  }

  answered(): (Sent & { answer: Answer })[] {
    return this.sent.filter(
      (entry): entry is Sent & { answer: Answer } => entry.answer !== undefined,
    );
  }

  /** Applied pairs of a tenant, once nothing is unknown. */
  pairsOf(tenant: string): number {
    return this.answered().filter(
      ({ step, answer, tenant: of }) =>
        of === tenant && step.kind === "pair" && answer.state === "applied",
    ).length;
  }

  /** Nodes that a tenant must hold, no more and no fewer, once nothing is unknown. */
  nodesOf(tenant: string): number {
    const counters = [...this.counters.values()].filter((counter) => counter.tenant === tenant);
    return this.pairsOf(tenant) * 2 + counters.length;
  }
}
