/**
 * What aggregates, repositories and projections need of an event store: the same for the server's
 * and for the one in memory, which one suite of tests holds to it.
 */
import type { ReadOptions, WriteOptions } from "../client/session.ts";
import type { NewEvent, RecordedEvent } from "./event.ts";

/**
 * How an aggregate must stand before an append: its last nonce (0 is "none"), that it exists or
 * does not, or "any".
 */
export type ExpectedNonce = number | "none" | "exists" | "any";

/** Refuses an append when an event behind `after` matches one of the items. */
export interface AppendCondition {
  /** An event matches with one of these types (none: any) and all of these tags. */
  readonly failIfAny: readonly {
    readonly types?: readonly string[];
    readonly tags?: readonly string[];
  }[];
  /** Global nonce of the last event that the program has seen. Defaults to 0. */
  readonly after?: number;
}

/** Events for one aggregate. */
export interface Append {
  readonly aggregateId: string;
  readonly aggregateType: string;
  readonly expected: ExpectedNonce;
  readonly events: readonly NewEvent[];
  readonly condition?: AppendCondition;
}

/** Where an append has led. */
export interface Appended {
  readonly aggregateId: string;
  readonly firstAggregateNonce: number;
  readonly lastAggregateNonce: number;
  readonly firstGlobalNonce: number;
  readonly lastGlobalNonce: number;
}

/** Which events. All that is named must hold. */
export interface EventFilter {
  readonly types?: readonly string[];
  readonly aggregateTypes?: readonly string[];
  readonly aggregateIdPrefix?: string;
  /** All of them. */
  readonly tags?: readonly string[];
}

/** From where an aggregate is read, and which way. */
export interface ReadAggregateOptions extends ReadOptions {
  /** Inclusive. Left out: the first event, or backwards the last. */
  readonly from?: number;
  readonly backwards?: boolean;
  /** Events of one page. Left out: as many as the server likes. */
  readonly pageSize?: number;
}

/** From where a tenant's events are read, and which. */
export interface ReadEventsOptions extends ReadAggregateOptions, EventFilter {}

/** The head of an aggregate. */
export interface AggregateHead {
  readonly aggregateId: string;
  readonly aggregateType: string;
  readonly lastAggregateNonce: number;
  readonly lastGlobalNonce: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Which aggregates. */
export interface AggregateListOptions extends ReadOptions {
  readonly aggregateType?: string;
  readonly aggregateIdPrefix?: string;
  readonly pageSize?: number;
}

/** From where on events come, and which. */
export interface SubscribeOptions extends EventFilter {
  /** Inclusive. Left out: from the first event. */
  readonly from?: number;
  /** Ends the subscription with a `CanceledError`. */
  readonly signal?: AbortSignal;
}

/** Keeps events, and gives them out in order. */
export interface EventStore {
  /**
   * Appends to one or several aggregates, all or nothing, once per idempotency key. Throws
   * `ConcurrencyConflictError`.
   */
  append(appends: Append | readonly Append[], options?: WriteOptions): Promise<readonly Appended[]>;
  /** The events of an aggregate; nothing for one that does not exist. */
  readAggregate(aggregateId: string, options?: ReadAggregateOptions): AsyncIterable<RecordedEvent>;
  /** The events of the tenant, by global nonce. */
  readEvents(options?: ReadEventsOptions): AsyncIterable<RecordedEvent>;
  /** Undefined for an aggregate that does not exist. */
  head(aggregateId: string, options?: ReadOptions): Promise<AggregateHead | undefined>;
  /** Aggregates by id. */
  aggregates(options?: AggregateListOptions): AsyncIterable<AggregateHead>;
  /** What is there from a nonce on, and then what is appended, each event once and in order. */
  subscribe(options?: SubscribeOptions): AsyncIterable<RecordedEvent>;
  /** The last event that a consumer is done with; 0: none. */
  checkpoint(consumer: string, options?: ReadOptions): Promise<number>;
  /** Moves a consumer's checkpoint. Throws `ConflictError` when it does not stand where it is expected. */
  storeCheckpoint(
    consumer: string,
    globalNonce: number,
    options?: WriteOptions & { readonly expected?: number },
  ): Promise<void>;
}
