import type { Edge, Node } from "../record/graph.ts";
import type { MailboxChange, NodeSharing } from "../record/transaction.ts";
import type { CompiledNodeType, SchemaRegistry } from "../schema/registry.ts";

/** The record that something was done by. Every try at a record has one of its own. */
export interface EffectScope {
  readonly offset: number;
  /** Unix milliseconds. */
  readonly logTime: number;
  readonly actor: string;
  /** The schema as it is after what was done. */
  readonly registry: SchemaRegistry;
}

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
  node?(scope: EffectScope, effect: NodeEffect): void;
  edge?(scope: EffectScope, effect: EdgeEffect): void;
  /** Somebody who may do so changes items of a mailbox. What the change comes to is the follower's. */
  mailbox?(scope: EffectScope, change: MailboxChange): void;
  schemaChanged?(scope: EffectScope): void;
}

/** Somebody who keeps rows of their own about nodes, and brings them to a new schema. */
export interface NodeFollower {
  /** Called at the beginning of each slice. */
  prepare(): void;
  /** Live nodes, in the order of their ids, with defaults filled in. */
  visit(node: Node): void;
  /** Brings the rows about a node back to what the old schema asks for. */
  takeBack(node: Node): void;
}

/** Tells every follower, in the order in which they were given. */
export class Effects {
  readonly #followers: readonly EffectFollower[];

  constructor(followers: readonly EffectFollower[]) {
    this.#followers = followers;
  }

  node(scope: EffectScope, effect: NodeEffect): void {
    for (const follower of this.#followers) follower.node?.(scope, effect);
  }

  edge(scope: EffectScope, effect: EdgeEffect): void {
    for (const follower of this.#followers) follower.edge?.(scope, effect);
  }

  mailbox(scope: EffectScope, change: MailboxChange): void {
    for (const follower of this.#followers) follower.mailbox?.(scope, change);
  }

  schemaChanged(scope: EffectScope): void {
    for (const follower of this.#followers) follower.schemaChanged?.(scope);
  }
}
