import { EntError } from "../../src/base/errors.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Caller } from "../../src/record/caller.ts";
import { EVERY_EVENT, type StoredEvent } from "../../src/record/event.ts";
import { decodeEventMetadata, encodeEventMetadata } from "../../src/record/event-metadata.ts";
import {
  type EventStoreFace,
  type FaceAppend,
  type FaceEvent,
  type FaceHeads,
  type FacePage,
  type FaceRead,
  FaceRefusal,
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
    return {
      events: page.events.map(faceEventOf),
      isEnd: page.isEnd,
      next: BigInt(page.nextFrom),
    };
  }

  async *subscribe(
    { prefix, from }: { readonly prefix: string; readonly from: bigint },
    signal: AbortSignal,
  ): AsyncGenerator<StoredFaceEvent | undefined> {
    const request = {
      fromGlobalNonce: from,
      consumer: "",
      filter: { ...EVERY_EVENT, aggregateIdPrefix: prefix },
      keepAliveMs: 0,
      expiresAt: Number.POSITIVE_INFINITY,
    };
    for await (const { events } of this.#engine().events.subscribe(this.#caller, request, signal)) {
      if (events.length === 0) yield undefined;
      yield* events.map(faceEventOf);
    }
  }
}

function never(): AbortSignal {
  return new AbortController().signal;
}

function proposed({ aggregateNonce, eventId, eventType, payload, ...rest }: FaceEvent) {
  const metadata = encodeEventMetadata({ ...rest, headers: new Map(Object.entries(rest.headers)) });
  return { eventId, eventType, nonce: aggregateNonce, metadata, payload, tags: [] };
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
    throw new FaceRefusal(error.code, { ...heads, cause: error });
  }
}
