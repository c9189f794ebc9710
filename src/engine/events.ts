import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Grant } from "../record/access.ts";
import type { Caller } from "../record/caller.ts";
import type { Aggregate, AppendedEvent, EventFilter, StoredEvent } from "../record/event.ts";
import type { Freshness, PageRequest, Read } from "./reading.ts";

/**
 * The event store as faces ask for it. A tenant that does not exist reads and subscribes as
 * empty, and so does what the caller may not read.
 *
 * Appends in EntDB's own words, alone or with changes of the graph, are operations
 * (`append_events`, `store_checkpoint`, `set_aggregate_grants`) of {@link Engine.execute}.
 */
export interface EventStore {
  /**
   * Appends a batch to one aggregate by the rules of `eventstore.v1`: known again by its
   * content, or by its key within the aggregate; then the answer is that of the first time.
   *
   * Throws CONCURRENCY_CONFLICT (aborted) with `aggregate_id`, `actual_last_aggregate_nonce` and
   * `actual_last_global_nonce` in the details; NONCE_NOT_CONSECUTIVE, AGGREGATE_TYPE_MISMATCH,
   * INVALID_REQUEST (invalid argument); EVENT_ALREADY_EXISTS, IDEMPOTENCY_KEY_REUSED (already
   * exists); LIMIT_EXCEEDED, PERMISSION_DENIED, and what every write throws.
   */
  append(
    caller: Caller,
    request: AggregateAppend,
    signal: CancelSignal,
  ): Promise<AggregateAppended>;

  /** Throws INVALID_REQUEST for an empty aggregate id. */
  readAggregate(
    caller: Caller,
    request: AggregateRead,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<EventPage>>;

  /** The tenant's events by global nonce. A page may be short, or empty, before the end: a read looks at so many events only. */
  readEvents(
    caller: Caller,
    request: EventsRead,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<EventPage>>;

  /** Throws AGGREGATE_NOT_FOUND. */
  getAggregate(
    caller: Caller,
    aggregateId: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ readonly aggregate: Aggregate }>>;

  /** By aggregate id, in the order of its bytes. Throws INVALID_CURSOR, LIMIT_EXCEEDED. */
  listAggregates(
    caller: Caller,
    request: AggregatesRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<AggregatePage>>;

  /**
   * Yields until the signal aborts, and then ends without an error: history first, then what
   * is appended, each event once and in the order of global nonces. A batch without events is a
   * keep-alive. A consumer that is slow slows its own subscription only. One of a tenant that
   * does not exist waits until it does.
   *
   * Throws INVALID_REQUEST, LIMIT_EXCEEDED for too many subscribers or too large a filter,
   * UNAUTHENTICATED when `expiresAt` has come, TENANT_NOT_FOUND when the tenant goes,
   * TENANT_HALTED once everything before the halt was sent, SERVER_STOPPING.
   */
  subscribe(
    caller: Caller,
    request: EventSubscription,
    signal: CancelSignal,
  ): AsyncIterable<EventBatch>;

  /** Where a consumer's checkpoint stands; 0, both: there is none. */
  getCheckpoint(
    caller: Caller,
    consumer: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<Checkpoint>>;

  /** Who may read and append to aggregates of a type. Throws PERMISSION_DENIED unless the caller may change that. */
  listAggregateGrants(
    caller: Caller,
    aggregateType: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<AggregateGrants>>;
}

/** An event as a client proposes it. */
export interface ProposedEvent extends AppendedEvent {
  /** Place in the aggregate, 64 bits without a sign; 0 is refused. */
  readonly nonce: bigint;
}

export interface AggregateAppend {
  readonly aggregateId: string;
  readonly aggregateType: string;
  /** 64 bits without a sign; 0: the aggregate must not exist. */
  readonly expectedNonce: bigint;
  /** For the whole batch, within the aggregate; empty: none. */
  readonly idempotencyKey: string;
  readonly events: readonly ProposedEvent[];
}

export interface AggregateAppended {
  readonly lastAggregateNonce: number;
  readonly lastGlobalNonce: number;
}

export interface AggregateRead {
  readonly aggregateId: string;
  /** Inclusive, 64 bits without a sign; 0: the first event, or backward the last. Backward from beyond the last begins at the last. */
  readonly from: bigint;
  /** 0: the server's page, to which more is cut. */
  readonly maxCount: number;
  readonly backward: boolean;
}

export interface EventsRead extends Omit<AggregateRead, "aggregateId"> {
  readonly filter: EventFilter;
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** Nothing follows. */
  readonly isEnd: boolean;
  /** What to ask for next: at the end of a forward read the last nonce + 1, of a backward one 0. */
  readonly nextFrom: number;
}

export interface AggregatesRequest extends PageRequest {
  /** Empty: every type. */
  readonly aggregateType: string;
  /** Literal; empty: all. */
  readonly aggregateIdPrefix: string;
}

export interface AggregatePage {
  readonly aggregates: readonly Aggregate[];
  readonly nextCursor: Uint8Array | undefined;
  readonly hasMore: boolean;
  /** Of the tenant's last event; 0: there is none. */
  readonly lastGlobalNonce: number;
}

export interface EventSubscription {
  /** Inclusive, 64 bits without a sign; 0: from the start. */
  readonly fromGlobalNonce: bigint;
  /** Instead, when not empty: behind this consumer's checkpoint. */
  readonly consumer: string;
  readonly filter: EventFilter;
  /** 0: the default, 200 ms. Else 100 ms to 60 s. */
  readonly keepAliveMs: number;
  /** When the caller's credential ends, Unix milliseconds; Infinity: never. */
  readonly expiresAt: number;
}

export interface EventBatch {
  readonly events: readonly StoredEvent[];
  /** Everything up to and including it has been sent, or is not asked for. */
  readonly upToGlobalNonce: number;
}

export interface Checkpoint {
  readonly globalNonce: number;
  /** Log time, Unix milliseconds. */
  readonly updatedAt: number;
}

export interface AggregateGrants {
  readonly grants: readonly Grant[];
  /** Nothing was set for the type: everybody of the tenant may read and append. */
  readonly isDefault: boolean;
}
