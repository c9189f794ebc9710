import type { Edge, Node } from "../record/graph.ts";
import type { MailboxChange, NodeSharing } from "../record/transaction.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import type { TransactionScope } from "./scope.ts";

/** What became of a node. `before` is absent for one that is created, `after` for one that is purged. */
export interface NodeEffect {
  readonly kind: "created" | "updated" | "deleted" | "restored" | "purged" | "access_changed";
  readonly type: CompiledNodeType;
  readonly before: Node | undefined;
  readonly after: Node | undefined;
  /** With `created`: whom it was shared with. */
  readonly sharing?: NodeSharing | undefined;
  /** With `access_changed` and `purged`: principals who could read it by the owner or a grant until now, and no longer can; sorted. */
  readonly lostReaders?: readonly string[] | undefined;
}

export interface EdgeEffect {
  readonly kind: "created" | "updated" | "deleted";
  readonly edge: Edge;
}

/**
 * Somebody who writes rows of their own for what operations do: changes for watchers, words
 * for the search, items for mailboxes. Called in the order of the operations, inside the
 * record's SQLite transaction, after the graph's own rows; must depend on nothing but what it
 * is told and the database.
 */
export interface EffectFollower {
  node?(scope: TransactionScope, effect: NodeEffect): void;
  edge?(scope: TransactionScope, effect: EdgeEffect): void;
  /** Somebody who may do so changes items of a mailbox. What the change comes to is the follower's. */
  mailbox?(scope: TransactionScope, change: MailboxChange): void;
  schemaChanged?(scope: TransactionScope): void;
}

/** Tells every follower, in the order in which they were given. */
export class Effects {
  readonly #followers: readonly EffectFollower[];

  constructor(followers: readonly EffectFollower[]) {
    this.#followers = followers;
  }

  node(scope: TransactionScope, effect: NodeEffect): void {
    for (const follower of this.#followers) follower.node?.(scope, effect);
  }

  edge(scope: TransactionScope, effect: EdgeEffect): void {
    for (const follower of this.#followers) follower.edge?.(scope, effect);
  }

  mailbox(scope: TransactionScope, change: MailboxChange): void {
    for (const follower of this.#followers) follower.mailbox?.(scope, change);
  }

  schemaChanged(scope: TransactionScope): void {
    for (const follower of this.#followers) follower.schemaChanged?.(scope);
  }
}
