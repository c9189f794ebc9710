import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Caller } from "../record/caller.ts";
import type { ChangeKind } from "../record/change.ts";
import type { Node } from "../record/graph.ts";

/** What was applied, from a position on and then as it happens. */
export interface Changes {
  /**
   * Yields until the signal aborts, and then ends without an error. Every change that the
   * caller may see and asked for comes once, in log order, in the batch of its record; a batch
   * without changes is a heartbeat and says how far everything has been sent. The first batch
   * is one: it says where the watch begins. What may be seen is judged as a batch is sent.
   *
   * Throws CHANGES_TRIMMED, POSITION_FROM_ANOTHER_LOG, POSITION_BEYOND_LOG, INVALID_POSITION,
   * INVALID_REQUEST, TYPE_UNKNOWN, EDGE_TYPE_UNKNOWN, LIMIT_EXCEEDED for too many watchers or
   * types, UNAUTHENTICATED when `expiresAt` has come, TENANT_NOT_FOUND also later, when the
   * tenant goes, TENANT_HALTED once everything before the halt was sent, SERVER_STOPPING.
   */
  watch(caller: Caller, request: WatchRequest, signal: CancelSignal): AsyncIterable<ChangeBatch>;
}

export interface WatchRequest {
  /** A token, which stands before `fromBeginning`; undefined or empty: from now on, or from the beginning. */
  readonly after: Uint8Array | undefined;
  /** From the first change that is still kept. */
  readonly fromBeginning: boolean;
  /** Empty, both of them: all types. With one of them changes of the other sort do not come. */
  readonly typeIds: readonly number[];
  readonly edgeTypeIds: readonly number[];
  readonly withNodes: boolean;
  /** 0: the default. Else 1 to 60 s. */
  readonly heartbeatMs: number;
  /** When the caller's credential ends, Unix milliseconds; Infinity: never. */
  readonly expiresAt: number;
}

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
