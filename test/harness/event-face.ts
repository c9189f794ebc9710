import { EntError } from "../../src/base/errors.ts";
import { firstNonceOf, placesOf } from "../../src/engine/check-events.ts";
import type { Engine, RequestedOperation } from "../../src/engine/engine.ts";
import type { Caller } from "../../src/record/caller.ts";
import {
  type Aggregate,
  type AppendEvents,
  EVERY_EVENT,
  type EventFilter,
  NONCE_OUT_OF_REACH,
  type StoredEvent,
} from "../../src/record/event.ts";
import { decodeEventMetadata, encodeEventMetadata } from "../../src/record/event-metadata.ts";
import {
  type EventStoreFace,
  type FaceAggregate,
  type FaceAppend,
  type FaceAppended,
  type FaceEvent,
  type FaceFilter,
  type FaceHeads,
  type FacePage,
  type FaceRead,
  FaceRefusal,
  type FaceSubscription,
  type NativeAppend,
  type NativeEventStoreFace,
  type StoredFaceEvent,
} from "../contract/event-store-face.ts";

const NOW = { atLeast: undefined, strong: false };

/** The engine itself, as the event store's contract asks for it. */
export class EngineEventFace implements EventStoreFace {
  readonly #engine: () => Engine;
  readonly #caller: Caller;

  constructor(engine: () => Engine, caller: Caller) {
    this.#engine = engine;
    this.#caller = caller;
  }

  get native(): NativeEventStoreFace {
    return new EngineNativeFace(this.#engine(), this.#caller);
  }

  async append(request: FaceAppend): Promise<FaceHeads> {
    const { aggregateId, aggregateType, expected, key, events } = request;
    const append = {
      aggregateId,
      aggregateType,
      expectedNonce: expected,
      idempotencyKey: key,
      events: events.map(proposed),
    };
    const { lastAggregateNonce, lastGlobalNonce } = await refusing(
      this.#engine().events.append(this.#caller, append, never()),
    );
    return { aggregateNonce: BigInt(lastAggregateNonce), globalNonce: BigInt(lastGlobalNonce) };
  }

  async read({ forward, ...request }: FaceRead): Promise<FacePage> {
    const read = { ...request, backward: !forward };
    const page = await refusing(
      this.#engine().events.readAggregate(this.#caller, read, NOW, never()),
    );
    return pageOf(page);
  }

  async *subscribe(
    { prefix, from, filter }: FaceSubscription,
    signal: AbortSignal,
  ): AsyncGenerator<StoredFaceEvent | undefined> {
    const request = {
      fromGlobalNonce: from,
      consumer: "",
      filter: {
        ...(filter === undefined ? EVERY_EVENT : filterOf(filter)),
        aggregateIdPrefix: prefix,
      },
      keepAliveMs: 0,
      expiresAt: Number.POSITIVE_INFINITY,
    };
    for await (const { events } of this.#engine().events.subscribe(this.#caller, request, signal)) {
      if (events.length === 0) yield undefined;
      yield* events.map(faceEventOf);
    }
  }
}

/** Appends as operations of a transaction, and the reads that the shared wire has not. */
class EngineNativeFace implements NativeEventStoreFace {
  readonly #engine: Engine;
  readonly #caller: Caller;

  constructor(engine: Engine, caller: Caller) {
    this.#engine = engine;
    this.#caller = caller;
  }

  async append(appends: readonly NativeAppend[], key: string): Promise<readonly FaceAppended[]> {
    const results = await this.#execute(() => appends.map(operationOf), key);
    return results.map(({ append }) => {
      if (append === undefined) throw new Error("an append has a result");
      const { aggregateId, count, lastAggregateNonce, lastGlobalNonce } = append;
      const first = headsOf(lastAggregateNonce - count + 1, lastGlobalNonce - count + 1);
      return { aggregateId, first, last: headsOf(lastAggregateNonce, lastGlobalNonce) };
    });
  }

  async readAll(request: Parameters<NativeEventStoreFace["readAll"]>[0]): Promise<FacePage> {
    const { forward, filter, ...where } = request;
    const read = { ...where, backward: !forward, filter: filterOf(filter) };
    return pageOf(await refusing(this.#engine.events.readEvents(this.#caller, read, NOW, never())));
  }

  async head(aggregateId: string): Promise<FaceAggregate> {
    const { events } = this.#engine;
    const found = await refusing(events.getAggregate(this.#caller, aggregateId, NOW, never()));
    return aggregateOf(found.aggregate);
  }

  async aggregates(type: string, prefix: string, pageSize: number): Promise<FaceAggregate[]> {
    const found: FaceAggregate[] = [];
    const asked = { aggregateType: type, aggregateIdPrefix: prefix, pageSize };
    for (let cursor: Uint8Array | undefined; ; ) {
      const request = { ...asked, cursor };
      const page = await refusing(
        this.#engine.events.listAggregates(this.#caller, request, NOW, never()),
      );
      found.push(...page.aggregates.map(aggregateOf));
      if (!page.hasMore) return found;
      cursor = page.nextCursor;
    }
  }

  async checkpoint(consumer: string): Promise<bigint> {
    const { events } = this.#engine;
    const found = await refusing(events.getCheckpoint(this.#caller, consumer, NOW, never()));
    return BigInt(found.globalNonce);
  }

  async storeCheckpoint(consumer: string, at: bigint, expected: bigint | undefined): Promise<void> {
    const expectedGlobalNonce = expected === undefined ? undefined : Number(expected);
    const stored: RequestedOperation = {
      op: "store_checkpoint",
      consumer,
      globalNonce: Number(at),
      expectedGlobalNonce,
    };
    await this.#execute(() => [stored], "");
  }

  async #execute(operations: () => readonly RequestedOperation[], idempotencyKey: string) {
    const plain = { wait: "applied", schemaFingerprint: "", schema: undefined } as const;
    const executed = async () => {
      const transaction = { idempotencyKey, operations: operations(), ...plain };
      return await this.#engine.execute(this.#caller, transaction, never());
    };
    return (await refusing(executed())).results;
  }
}

function never(): AbortSignal {
  return new AbortController().signal;
}

function proposed({ aggregateNonce, eventId, eventType, payload, ...rest }: FaceEvent) {
  const metadata = encodeEventMetadata({ ...rest, headers: new Map(Object.entries(rest.headers)) });
  return { eventId, eventType, nonce: aggregateNonce, metadata, payload, tags: [] };
}

function operationOf(append: NativeAppend): AppendEvents {
  const { aggregateId, aggregateType, expected, events, condition } = append;
  const nonces = events.map(({ aggregateNonce }) => aggregateNonce);
  return {
    op: "append_events",
    aggregateId,
    aggregateType,
    expected:
      typeof expected === "string"
        ? { kind: expected }
        : { kind: "exact", nonce: expected < 2n ** 53n ? Number(expected) : NONCE_OUT_OF_REACH },
    firstNonce: firstNonceOf(nonces, placesOf("append")),
    events: events.map((event) => {
      const { nonce: _, ...rest } = proposed(event);
      return { ...rest, tags: event.tags };
    }),
    condition: condition && {
      items: condition.items.map(({ types, tags }) => ({ eventTypes: types, tags })),
      afterGlobalNonce: Number(condition.after),
    },
    contentKey: undefined,
  };
}

function filterOf({ types, aggregateTypes, prefix, tags }: FaceFilter): EventFilter {
  return { eventTypes: types, aggregateTypes, aggregateIdPrefix: prefix, tags };
}

function pageOf(page: {
  readonly events: readonly StoredEvent[];
  readonly isEnd: boolean;
  readonly nextFrom: number;
}): FacePage {
  const events = page.events.map(faceEventOf);
  return { events, isEnd: page.isEnd, next: BigInt(page.nextFrom) };
}

function headsOf(aggregateNonce: number, globalNonce: number): FaceHeads {
  return { aggregateNonce: BigInt(aggregateNonce), globalNonce: BigInt(globalNonce) };
}

function aggregateOf({
  lastAggregateNonce,
  lastGlobalNonce,
  ...aggregate
}: Aggregate): FaceAggregate {
  return { ...aggregate, ...headsOf(lastAggregateNonce, lastGlobalNonce) };
}

function faceEventOf(event: StoredEvent): StoredFaceEvent {
  const { headers, ...metadata } = decodeEventMetadata(event.metadata);
  return {
    ...metadata,
    headers: Object.fromEntries(headers),
    eventId: event.eventId,
    eventType: event.eventType,
    aggregateId: event.aggregateId,
    aggregateType: event.aggregateType,
    aggregateNonce: BigInt(event.aggregateNonce),
    tags: event.tags,
    payload: event.payload,
    globalNonce: BigInt(event.globalNonce),
    recordedTimeUnixMs: BigInt(event.recordedAt),
  };
}

/** With what was refused as the contract knows it. */
async function refusing<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    if (!(error instanceof EntError)) throw error;
    const { actual_last_aggregate_nonce: aggregate, actual_last_global_nonce: global } =
      error.details;
    const heads =
      aggregate === undefined || global === undefined
        ? {}
        : { actual: { aggregateNonce: BigInt(aggregate), globalNonce: BigInt(global) } };
    throw new FaceRefusal(error.code, { ...heads, reason: error.reason, cause: error });
  }
}
