import type { Caller } from "../record/caller.ts";
import type { Node } from "../record/graph.ts";

/** What was applied, from a position on and then as it happens. */
export interface Changes {
  /**
   * Yields until the signal aborts, and then ends without an error. Every change that the
   * caller may see and asked for comes once, in log order, in the batch of its record; a batch
   * without changes is a heartbeat and says how far everything has been sent.
   *
   * Throws CHANGES_TRIMMED, POSITION_FROM_ANOTHER_LOG, POSITION_BEYOND_LOG, INVALID_POSITION,
   * LIMIT_EXCEEDED for too many watchers, UNAUTHENTICATED when `expiresAt` has come,
   * TENANT_HALTED and its like, SERVER_STOPPING.
   */
  watch(caller: Caller, request: WatchRequest, signal: AbortSignal): AsyncIterable<ChangeBatch>;
}

export interface WatchRequest {
  /** A token; undefined or empty: from now on, or from the beginning. */
  readonly after: Uint8Array | undefined;
  readonly fromBeginning: boolean;
  /** Empty, both of them: all types. */
  readonly typeIds: readonly number[];
  readonly edgeTypeIds: readonly number[];
  readonly withNodes: boolean;
  /** 0: the default. */
  readonly heartbeatMs: number;
  /** When the caller's credential ends, Unix milliseconds; Infinity: never. */
  readonly expiresAt: number;
}

/** In the order of their numbers on the wire, from 1. */
export const CHANGE_KINDS = [
  "node_created",
  "node_updated",
  "node_deleted",
  "node_restored",
  "node_purged",
  "node_access_changed",
  "edge_created",
  "edge_updated",
  "edge_deleted",
  "schema_changed",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export interface Change {
  readonly kind: ChangeKind;
  readonly actor: string;
  readonly changedAt: number;
  /** Empty for changes of edges and of the schema. */
  readonly nodeId: string;
  readonly typeId: number;
  readonly version: number;
  readonly edgeId: string;
  readonly edgeTypeId: number;
  readonly fromId: string;
  readonly toId: string;
  /** As it stands when the change is sent; undefined when not asked for, gone, or not to be seen. */
  readonly node: Node | undefined;
}

export interface ChangeBatch {
  readonly changes: readonly Change[];
  readonly positionToken: Uint8Array;
  readonly walPosition: string;
}
