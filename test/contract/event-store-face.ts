/** The event store as its cases see it, and what other tests of it are made of. */
import type { ErrorCode, ErrorReason } from "../../src/base/errors.ts";

/** An event with all that it says, as it is sent and as it comes back. */
export interface FaceEvent {
  readonly eventId: string;
  readonly aggregateId: string;
  readonly aggregateType: string;
  readonly aggregateNonce: bigint;
  readonly eventType: string;
  readonly eventVersion: number;
  readonly contentType: string;
  readonly contentSchema: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly actorId: string;
  readonly timestampUnixMs: bigint;
  readonly payloadSha256: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

export interface StoredFaceEvent extends FaceEvent {
  /** Undefined where nobody has any. */
  readonly tags?: readonly string[];
  readonly globalNonce: bigint;
  readonly recordedTimeUnixMs: bigint;
}

export interface FaceAppend {
  readonly aggregateId: string;
  readonly aggregateType: string;
  readonly expected: bigint;
  /** Empty: none. */
  readonly key: string;
  readonly events: readonly FaceEvent[];
}

export interface FaceHeads {
  readonly aggregateNonce: bigint;
  readonly globalNonce: bigint;
}

export interface FaceRead {
  readonly aggregateId: string;
  readonly from: bigint;
  readonly maxCount: number;
  readonly forward: boolean;
}

export interface FacePage {
  readonly events: readonly StoredFaceEvent[];
  readonly isEnd: boolean;
  readonly next: bigint;
}

/** One tenant's event store. What it refuses is thrown as a {@link FaceRefusal}. */
export interface EventStoreFace {
  append(request: FaceAppend): Promise<FaceHeads>;
  read(request: FaceRead): Promise<FacePage>;
  /** Yields undefined for a keep-alive; ends in peace when the signal aborts. */
  subscribe(
    request: FaceSubscription,
    signal: AbortSignal,
  ): AsyncIterable<StoredFaceEvent | undefined>;
  /** What EntDB's own words have besides. */
  readonly native?: NativeEventStoreFace;
}

export interface FaceSubscription {
  readonly prefix: string;
  readonly from: bigint;
  /** In EntDB's own words alone. */
  readonly filter?: FaceFilter;
}

export interface FaceFilter {
  readonly types: readonly string[];
  readonly aggregateTypes: readonly string[];
  readonly prefix: string;
  readonly tags: readonly string[];
}

export interface NativeAppend {
  readonly aggregateId: string;
  readonly aggregateType: string;
  readonly expected: bigint | "exists" | "any";
  /** Without nonces (0) the store numbers them, without ids it names them. */
  readonly events: readonly (FaceEvent & { readonly tags: readonly string[] })[];
  readonly condition: FaceCondition | undefined;
}

export interface FaceCondition {
  readonly items: readonly {
    readonly types: readonly string[];
    readonly tags: readonly string[];
  }[];
  readonly after: bigint;
}

export interface FaceAppended {
  readonly aggregateId: string;
  readonly first: FaceHeads;
  readonly last: FaceHeads;
}

export interface FaceAggregate extends FaceHeads {
  readonly aggregateId: string;
  readonly aggregateType: string;
}

/** A tenant's event store in EntDB's own words. */
export interface NativeEventStoreFace {
  append(appends: readonly NativeAppend[], key: string): Promise<readonly FaceAppended[]>;
  /** The tenant's events by global nonce, one page. */
  readAll(
    request: Omit<FaceRead, "aggregateId"> & { readonly filter: FaceFilter },
  ): Promise<FacePage>;
  head(aggregateId: string): Promise<FaceAggregate>;
  /** All of them, asked for in pages of so many. */
  aggregates(type: string, prefix: string, pageSize: number): Promise<readonly FaceAggregate[]>;
  checkpoint(consumer: string): Promise<bigint>;
  storeCheckpoint(consumer: string, at: bigint, expected: bigint | undefined): Promise<void>;
}

interface FaceRefusalOptions extends ErrorOptions {
  readonly reason: ErrorReason;
  readonly actual?: FaceHeads;
}

/** A refusal, whatever error carried it. */
export class FaceRefusal extends Error {
  override readonly name = "FaceRefusal";
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  /** With a conflict of heads: as they are. */
  readonly actual: FaceHeads | undefined;

  constructor(code: ErrorCode, options: FaceRefusalOptions) {
    super(options.reason, options);
    this.code = code;
    this.reason = options.reason;
    this.actual = options.actual;
  }
}

/** An event at a place of an aggregate; the id says which. */
export function faceEvent(
  aggregateId: string,
  nonce: number | bigint,
  change: Partial<FaceEvent> = {},
): FaceEvent {
  return {
    eventId: `${aggregateId}/${nonce}`,
    aggregateId,
    aggregateType: "Account",
    aggregateNonce: BigInt(nonce),
    eventType: "account.credited",
    eventVersion: 1,
    contentType: "application/json",
    contentSchema: "",
    correlationId: "",
    causationId: "",
    actorId: "user:alice",
    timestampUnixMs: 1_700_000_000_000n,
    payloadSha256: new Uint8Array(0),
    headers: {},
    payload: new TextEncoder().encode(`{"nonce":${nonce}}`),
    ...change,
  };
}

/** So many events on from a head. */
export function faceEvents(aggregateId: string, head: number, count: number): FaceEvent[] {
  return Array.from({ length: count }, (_, i) => faceEvent(aggregateId, head + 1 + i));
}

/** An append on top of a head; `change` says what is otherwise. */
export function faceAppend(
  aggregateId: string,
  head: number,
  count: number,
  change: Partial<FaceAppend> = {},
): FaceAppend {
  return {
    aggregateId,
    aggregateType: "Account",
    expected: BigInt(head),
    key: "",
    events: faceEvents(aggregateId, head, count),
    ...change,
  };
}

/** Every event of an aggregate, page by page. */
export async function wholeAggregate(
  store: EventStoreFace,
  aggregateId: string,
): Promise<StoredFaceEvent[]> {
  const events: StoredFaceEvent[] = [];
  for (let from = 0n; ; ) {
    const page = await store.read({ aggregateId, from, maxCount: 0, forward: true });
    events.push(...page.events);
    if (page.isEnd) return events;
    from = page.next;
  }
}
