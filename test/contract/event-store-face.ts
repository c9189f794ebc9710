/** The event store as its contract sees it, and what its tests are made of. */
import type { ErrorCode } from "../../src/base/errors.ts";

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
    request: { readonly prefix: string; readonly from: bigint },
    signal: AbortSignal,
  ): AsyncIterable<StoredFaceEvent | undefined>;
}

/** A refusal, whatever error carried it. */
export class FaceRefusal extends Error {
  override readonly name = "FaceRefusal";
  readonly code: ErrorCode;
  /** With `aborted`: the heads as they are. */
  readonly actual: FaceHeads | undefined;

  constructor(code: ErrorCode, options: ErrorOptions & { readonly actual?: FaceHeads }) {
    super(code, options);
    this.code = code;
    this.actual = options.actual;
  }
}

export interface EventStoreSubject {
  readonly name: string;
  /** The store of a tenant that does not exist yet. */
  open(): Promise<EventStoreFace>;
  /** Lets time pass, where the test owns it; else waits. */
  pass(ms: number): Promise<void>;
  /**
   * In EntDB's own words the store numbers events and names them where the client does not, and
   * a batch is known by the key of its transaction alone. Defaults to false.
   */
  readonly native?: boolean;
  /** Where nonces are numbers of 53 bits, those beyond them cannot be sent. Defaults to false. */
  readonly onlySafeNonces?: boolean;
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

/** The refusal of what must not succeed. */
export async function refusal(attempt: Promise<unknown>): Promise<FaceRefusal> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof FaceRefusal) return error;
    throw error;
  }
  throw new Error("it was accepted");
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
