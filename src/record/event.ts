import { EVERYBODY, type Grant } from "./access.ts";

/**
 * The words of the event store: events, what an append expects, conditions, filters.
 *
 * Nonces of what there is are plain numbers, since no tenant can hold 2^53 events. What clients
 * send may be any number of 64 bits, and is a bigint up to the check of its shape.
 */

/** What an event says about itself besides id, type and place. Kept whole and never looked into. */
export interface EventMetadata {
  /** At most 2^32 - 1. */
  readonly eventVersion: number;
  readonly contentType: string;
  readonly contentSchema: string;
  readonly correlationId: string;
  readonly causationId: string;
  /** Kept as sent; never used for access. */
  readonly actorId: string;
  /** The client's, 64 bits without a sign. */
  readonly timestampUnixMs: bigint;
  readonly payloadSha256: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
}

/** An event as it goes into the log. Its nonces follow from its place. */
export interface AppendedEvent {
  /** Any text but the empty one; no other event of the tenant has it. */
  readonly eventId: string;
  readonly eventType: string;
  /** As `event-metadata.ts` encodes it: equal metadata are equal bytes. */
  readonly metadata: Uint8Array;
  readonly payload: Uint8Array;
  /** Each once. */
  readonly tags: readonly string[];
}

/** An event as it stands. */
export interface StoredEvent extends AppendedEvent {
  readonly aggregateId: string;
  readonly aggregateType: string;
  /** Place in the aggregate, from 1. */
  readonly aggregateNonce: number;
  /** Place in the tenant, from 1. */
  readonly globalNonce: number;
  /** Log time, Unix milliseconds. */
  readonly recordedAt: number;
}

/** The number that log records carry: its place in the list, from 1. */
export const EXPECTATIONS = ["exact", "none", "exists", "any"] as const;

/** How an aggregate must stand before an append; `exact` names its last nonce. */
export type ExpectedNonce =
  | { readonly kind: "exact"; readonly nonce: number }
  | { readonly kind: "none" | "exists" | "any" };

/** Stands for every number from here on, and for nonces that do not follow on each other: no event ever has it. */
export const NONCE_OUT_OF_REACH = Number.MAX_SAFE_INTEGER;

/** An event matches when its type is one of these (none named: any) and it has all these tags. */
export interface EventQueryItem {
  readonly eventTypes: readonly string[];
  readonly tags: readonly string[];
}

/** Refuses an append when an event behind a global nonce matches one of the items. */
export interface AppendCondition {
  readonly items: readonly EventQueryItem[];
  readonly afterGlobalNonce: number;
}

/** Appends events to one aggregate. */
export interface AppendEvents {
  readonly op: "append_events";
  readonly aggregateId: string;
  readonly aggregateType: string;
  readonly expected: ExpectedNonce;
  /**
   * Nonce of the first event, the others follow on it; 0: the store numbers them;
   * {@link NONCE_OUT_OF_REACH}: the nonces as sent do not follow on each other.
   */
  readonly firstNonce: number;
  readonly events: readonly AppendedEvent[];
  readonly condition: AppendCondition | undefined;
  /**
   * Of an append of `eventstore.v1`: its batch is known by its content, and by this key within
   * the aggregate (empty: none). Undefined: the transaction is known by its own key, as any.
   */
  readonly contentKey: string | undefined;
}

/** Moves a consumer's checkpoint. */
export interface StoreCheckpoint {
  readonly op: "store_checkpoint";
  readonly consumer: string;
  /** Of the last event that the consumer is done with. */
  readonly globalNonce: number;
  /** Where it must stand before; 0 is also "there is none"; undefined: anywhere. */
  readonly expectedGlobalNonce: number | undefined;
}

/** Replaces who may read and append to aggregates of a type. */
export interface SetAggregateGrants {
  readonly op: "set_aggregate_grants";
  readonly aggregateType: string;
  /** Undefined: back to {@link DEFAULT_AGGREGATE_GRANTS}. */
  readonly grants: readonly Grant[] | undefined;
}

/** What holds for aggregates of a type for which nothing was set. */
export const DEFAULT_AGGREGATE_GRANTS: readonly Grant[] = [
  { principal: EVERYBODY, permission: "write", expiresAt: 0 },
];

/** What an append came to. Its events are one run, in the aggregate and in the tenant. */
export interface AppendResult {
  readonly aggregateId: string;
  readonly count: number;
  readonly lastAggregateNonce: number;
  readonly lastGlobalNonce: number;
}

/** An aggregate's head. */
export interface Aggregate {
  readonly aggregateId: string;
  readonly aggregateType: string;
  readonly lastAggregateNonce: number;
  /** Of its last event. */
  readonly lastGlobalNonce: number;
  /** Log times of its first and last event, Unix milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Which events. All that is named must hold. */
export interface EventFilter {
  /** Any of them; none: all. */
  readonly eventTypes: readonly string[];
  readonly aggregateTypes: readonly string[];
  /** Literal; empty: all. */
  readonly aggregateIdPrefix: string;
  /** All of them. */
  readonly tags: readonly string[];
}

export const EVERY_EVENT: EventFilter = {
  eventTypes: [],
  aggregateTypes: [],
  aggregateIdPrefix: "",
  tags: [],
};
