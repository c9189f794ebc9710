/** The ways to the event store over RPC, as its cases ask for them: one class a service. */
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import type { Aggregate, Event } from "../../gen/entdb/v1/event_model_pb.ts";
import { EventStoreService } from "../../gen/entdb/v1/events_pb.ts";
import {
  ConcurrencyErrorDetailSchema,
  type EventData,
  EventStore,
} from "../../gen/eventstore/v1/eventstore_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { ERROR_REASONS, type ErrorCode } from "../../src/base/errors.ts";
import {
  type EventStoreFace,
  type FaceAggregate,
  type FaceAppend,
  type FaceAppended,
  type FaceCondition,
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

/** `eventstore.v1` by any protocol that carries it. */
export class V1EventFace implements EventStoreFace {
  readonly #client;
  readonly #tenantId: string;

  constructor(transport: Transport, tenantId: string) {
    this.#client = createClient(EventStore, transport);
    this.#tenantId = tenantId;
  }

  async append({ expected, key, events, ...aggregate }: FaceAppend): Promise<FaceHeads> {
    const request = {
      ...aggregate,
      tenantId: this.#tenantId,
      expectedAggregateNonce: expected,
      idempotencyKey: key,
      events: events.map(({ payload, ...meta }) => ({ payload, meta })),
    };
    const heads = await refusing(this.#client.append(request));
    return { aggregateNonce: heads.lastAggregateNonce, globalNonce: heads.lastGlobalNonce };
  }

  async read({ from: fromAggregateNonce, ...request }: FaceRead): Promise<FacePage> {
    const tenantId = this.#tenantId;
    const page = await refusing(
      this.#client.readStream({ ...request, tenantId, fromAggregateNonce }),
    );
    const events = page.events.map(ofV1);
    return { events, isEnd: page.isEnd, next: page.nextFromAggregateNonce };
  }

  async *subscribe({ prefix, from }: FaceSubscription, signal: AbortSignal) {
    const request = {
      tenantId: this.#tenantId,
      aggregateIdPrefix: prefix,
      fromGlobalNonce: from,
    };
    yield* untilLeft(signal, this.#client.subscribe(request, { signal }), ({ event }) =>
      event === undefined ? undefined : ofV1(event),
    );
  }
}

/** The native service. */
export class NativeEventFace implements EventStoreFace {
  readonly #client: Client<typeof EventStoreService>;
  readonly #context: Context;
  readonly native: NativeEventStoreFace;

  constructor(transport: Transport, tenantId: string) {
    this.#client = createClient(EventStoreService, transport);
    this.#context = { tenantId, actor: "user:alice" };
    this.native = new NativeCalls(this.#client, this.#context);
  }

  async append({ key, events, ...append }: FaceAppend): Promise<FaceHeads> {
    const untagged = events.map((event) => ({ ...event, tags: [] }));
    const appends = [{ ...append, events: untagged, condition: undefined }];
    const [result] = await this.native.append(appends, key);
    if (result === undefined) throw new Error("an append has a result");
    return result.last;
  }

  async read({ from, forward, ...request }: FaceRead): Promise<FacePage> {
    const where = { fromAggregateNonce: from, backward: !forward };
    const page = await refusing(
      this.#client.readAggregate({ ...request, ...where, context: this.#context }),
    );
    const events = page.events.map(ofNative);
    return { events, isEnd: page.isEnd, next: page.nextFromAggregateNonce };
  }

  async *subscribe({ prefix, from, filter }: FaceSubscription, signal: AbortSignal) {
    const request = {
      context: this.#context,
      filter: { ...(filter && filterOf(filter)), aggregateIdPrefix: prefix },
      fromGlobalNonce: from,
    };
    yield* untilLeft(signal, this.#client.subscribeEvents(request, { signal }), ({ event }) =>
      event === undefined ? undefined : ofNative(event),
    );
  }
}

type Context = { readonly tenantId: string; readonly actor: string };

/** What the shared wire has not. */
class NativeCalls implements NativeEventStoreFace {
  readonly #client: Client<typeof EventStoreService>;
  readonly #context: Context;

  constructor(client: Client<typeof EventStoreService>, context: Context) {
    this.#client = client;
    this.#context = context;
  }

  async append(appends: readonly NativeAppend[], key: string): Promise<readonly FaceAppended[]> {
    const request = {
      context: this.#context,
      idempotencyKey: key,
      appends: appends.map(({ expected, events, condition, ...aggregate }) => ({
        ...aggregate,
        expected: { kind: expectedOf(expected) },
        events: events.map((event) => ({ ...event, tags: [...event.tags] })),
        ...(condition === undefined ? {} : { condition: conditionOf(condition) }),
      })),
    };
    const { results } = await refusing(this.#client.appendEvents(request));
    return results.map((result) => ({
      aggregateId: result.aggregateId,
      first: { aggregateNonce: result.firstAggregateNonce, globalNonce: result.firstGlobalNonce },
      last: headsOf(result),
    }));
  }

  async readAll(request: Parameters<NativeEventStoreFace["readAll"]>[0]): Promise<FacePage> {
    const { from, maxCount, forward } = request;
    const page = await refusing(
      this.#client.readEvents({
        context: this.#context,
        filter: filterOf(request.filter),
        fromGlobalNonce: from,
        backward: !forward,
        maxCount,
      }),
    );
    const events = page.events.map(ofNative);
    return { events, isEnd: page.isEnd, next: page.nextFromGlobalNonce };
  }

  async head(aggregateId: string): Promise<FaceAggregate> {
    const asked = { context: this.#context, aggregateId };
    const { aggregate } = await refusing(this.#client.getAggregate(asked));
    if (aggregate === undefined) throw new Error("an aggregate that is there has a head");
    return aggregateOf(aggregate);
  }

  async aggregates(type: string, prefix: string, pageSize: number): Promise<FaceAggregate[]> {
    const found: FaceAggregate[] = [];
    const asked = { aggregateType: type, aggregateIdPrefix: prefix, pageSize };
    for (let cursor: Uint8Array<ArrayBuffer> | undefined; ; ) {
      const from = cursor === undefined ? {} : { cursor };
      const request = { context: this.#context, ...asked, ...from };
      const page = await refusing(this.#client.listAggregates(request));
      found.push(...page.aggregates.map(aggregateOf));
      if (!page.hasMore) return found;
      cursor = new Uint8Array(page.nextCursor);
    }
  }

  async checkpoint(consumer: string): Promise<bigint> {
    const asked = { context: this.#context, consumer };
    return (await refusing(this.#client.getCheckpoint(asked))).globalNonce;
  }

  async storeCheckpoint(consumer: string, at: bigint, expected: bigint | undefined): Promise<void> {
    const stand = expected === undefined ? {} : { expectedGlobalNonce: expected };
    const checkpoint = { consumer, globalNonce: at, ...stand };
    await refusing(this.#client.storeCheckpoint({ context: this.#context, checkpoint }));
  }
}

/** A stream until whoever asked for it has left. */
export async function* untilLeft<T>(
  signal: AbortSignal,
  stream: AsyncIterable<T>,
  eventOf: (message: T) => StoredFaceEvent | undefined,
): AsyncGenerator<StoredFaceEvent | undefined> {
  try {
    for await (const message of stream) yield eventOf(message);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function ofV1({ meta, payload }: EventData): StoredFaceEvent {
  if (meta === undefined) throw new Error("an event without metadata");
  const { $typeName: _, $unknown: __, tenantId: ___, ...rest } = meta;
  return { ...rest, payload };
}

function ofNative({ $typeName: _, $unknown: __, ...event }: Event): StoredFaceEvent {
  return event;
}

function aggregateOf({ aggregateId, aggregateType, ...aggregate }: Aggregate): FaceAggregate {
  return { aggregateId, aggregateType, ...headsOf(aggregate) };
}

function headsOf(last: { lastAggregateNonce: bigint; lastGlobalNonce: bigint }): FaceHeads {
  return { aggregateNonce: last.lastAggregateNonce, globalNonce: last.lastGlobalNonce };
}

function filterOf({ types, aggregateTypes, prefix, tags }: FaceFilter) {
  return {
    eventTypes: [...types],
    aggregateTypes: [...aggregateTypes],
    aggregateIdPrefix: prefix,
    tags: [...tags],
  };
}

function expectedOf(expected: NativeAppend["expected"]) {
  if (typeof expected === "bigint") return { case: "exact", value: expected } as const;
  return { case: expected, value: true } as const;
}

function conditionOf({ items, after }: FaceCondition) {
  const failIfAny = items.map(({ types, tags }) => ({ eventTypes: [...types], tags: [...tags] }));
  return { failIfAny, afterGlobalNonce: after };
}

/** With what was refused as the contract knows it: by the wire's own code and details. */
async function refusing<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const code = CODES[error.code];
    const [detail] = error.findDetails(ConcurrencyErrorDetailSchema);
    const [info] = error.findDetails(ErrorInfoSchema);
    const reason = ERROR_REASONS.find((known) => known === info?.reason);
    if (code === undefined || reason === undefined) throw thrown;
    if (detail === undefined) throw new FaceRefusal(code, { reason, cause: thrown });
    const { actualLastAggregateNonce, actualLastGlobalNonce } = detail;
    const actual = {
      aggregateNonce: actualLastAggregateNonce,
      globalNonce: actualLastGlobalNonce,
    };
    throw new FaceRefusal(code, { reason, cause: thrown, actual });
  }
}

const CODES: Readonly<Partial<Record<Code, ErrorCode>>> = {
  [Code.InvalidArgument]: "invalid_argument",
  [Code.AlreadyExists]: "already_exists",
  [Code.Aborted]: "aborted",
  [Code.PermissionDenied]: "permission_denied",
  [Code.Unauthenticated]: "unauthenticated",
  [Code.NotFound]: "not_found",
  [Code.ResourceExhausted]: "resource_exhausted",
};
