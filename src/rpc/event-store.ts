/**
 * `entdb.v1.EventStoreService`: the event store in EntDB's own words, one function an RPC. Its
 * writes are transactions of one kind of operation, and go the way of ExecuteAtomic.
 */
import { create } from "@bufbuild/protobuf";
import type { EventFilter as WireFilter } from "../../gen/entdb/v1/event_model_pb.ts";
import {
  EventStoreService,
  GetAggregateResponseSchema,
  GetCheckpointResponseSchema,
  ListAggregateGrantsResponseSchema,
  ListAggregatesResponseSchema,
  type ReadAggregateRequest,
  ReadAggregateResponseSchema,
  type ReadEventsRequest,
  ReadEventsResponseSchema,
  SetAggregateGrantsResponseSchema,
  StoreCheckpointResponseSchema,
  type SubscribeEventsRequest,
  SubscribeEventsResponseSchema,
} from "../../gen/entdb/v1/events_pb.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Engine, RequestedOperation, TransactionReceipt, WaitMode } from "../engine/engine.ts";
import type { EventBatch } from "../engine/events.ts";
import type { Caller } from "../record/caller.ts";
import { EVERY_EVENT, type EventFilter } from "../record/event.ts";
import type { CallContext } from "./call-context.ts";
import { decodeAppend, eventOperation } from "./decode-events.ts";
import { absentIsEmpty, decodeFreshness, emptyIsAbsent } from "./decode-read.ts";
import { misshapen } from "./decode-value.ts";
import { encodeGrant } from "./encode-access.ts";
import { encodeAggregate, encodeEvent } from "./encode-events.ts";
import { encodeAppendReceipt } from "./encode-outcome.ts";
import { waitMode } from "./graph-write.ts";
import { administratorOf, callerOf } from "./interceptors/identity.ts";
import { type RpcMethod, serverStreaming, unary, unaryInBytes } from "./methods.ts";
import { packBatch, packPage, writeEvent, writeUpTo } from "./pack-events.ts";
import { packAppendReceipt } from "./pack-outcome.ts";

export function eventStoreMethods(engine: Engine): RpcMethod[] {
  return [
    appendEvents(engine),
    readAggregate(engine),
    readEvents(engine),
    getAggregate(engine),
    listAggregates(engine),
    subscribeEvents(engine),
    getCheckpoint(engine),
    storeCheckpoint(engine),
    listAggregateGrants(engine),
    setAggregateGrants(engine),
  ];
}

function appendEvents(engine: Engine): RpcMethod {
  return unaryInBytes(
    EventStoreService.method.appendEvents,
    (request, call) => {
      const caller = callerOf(call, request.context);
      if (request.appends.length === 0) throw misshapen("appends", "at least one append is needed");
      const operations = request.appends.map((append, i) => decodeAppend(append, `appends[${i}]`));
      const wait = waitMode(request.wait);
      const transaction = {
        ...transactionOf(request.idempotencyKey, operations, wait),
        operationsField: "appends[]",
      };
      return engine.execute(caller, transaction, call.signal);
    },
    { encode: encodeAppendReceipt, pack: packAppendReceipt },
  );
}

function readAggregate({ events }: Engine): RpcMethod {
  const pageOf = (request: ReadAggregateRequest, call: CallContext) => {
    const { aggregateId, fromAggregateNonce: from, maxCount, backward } = request;
    return events.readAggregate(
      callerOf(call, request.context),
      { aggregateId, from, maxCount, backward },
      decodeFreshness(request.read),
      call.signal,
    );
  };
  return unaryInBytes(EventStoreService.method.readAggregate, pageOf, {
    encode: (page) =>
      create(ReadAggregateResponseSchema, {
        events: page.events.map(encodeEvent),
        isEnd: page.isEnd,
        nextFromAggregateNonce: BigInt(page.nextFrom),
        positionToken: page.positionToken,
      }),
    pack: (page) => packPage(page, writeEvent, page.positionToken),
  });
}

function readEvents({ events }: Engine): RpcMethod {
  const pageOf = (request: ReadEventsRequest, call: CallContext) => {
    const { fromGlobalNonce: from, maxCount, backward } = request;
    return events.readEvents(
      callerOf(call, request.context),
      { from, maxCount, backward, filter: filterOf(request.filter) },
      decodeFreshness(request.read),
      call.signal,
    );
  };
  return unaryInBytes(EventStoreService.method.readEvents, pageOf, {
    encode: (page) =>
      create(ReadEventsResponseSchema, {
        events: page.events.map(encodeEvent),
        isEnd: page.isEnd,
        nextFromGlobalNonce: BigInt(page.nextFrom),
        positionToken: page.positionToken,
      }),
    pack: (page) => packPage(page, writeEvent, page.positionToken),
  });
}

function getAggregate({ events }: Engine): RpcMethod {
  return unary(EventStoreService.method.getAggregate, async (request, call) => {
    const { aggregate, positionToken } = await events.getAggregate(
      callerOf(call, request.context),
      request.aggregateId,
      decodeFreshness(request.read),
      call.signal,
    );
    const encoded = encodeAggregate(aggregate);
    return create(GetAggregateResponseSchema, { aggregate: encoded, positionToken });
  });
}

function listAggregates({ events }: Engine): RpcMethod {
  return unary(EventStoreService.method.listAggregates, async (request, call) => {
    const { aggregateType, aggregateIdPrefix, pageSize } = request;
    const page = await events.listAggregates(
      callerOf(call, request.context),
      { aggregateType, aggregateIdPrefix, pageSize, cursor: emptyIsAbsent(request.cursor) },
      decodeFreshness(request.read),
      call.signal,
    );
    return create(ListAggregatesResponseSchema, {
      aggregates: page.aggregates.map(encodeAggregate),
      nextCursor: absentIsEmpty(page.nextCursor),
      hasMore: page.hasMore,
      lastGlobalNonce: BigInt(page.lastGlobalNonce),
      positionToken: page.positionToken,
    });
  });
}

function subscribeEvents(engine: Engine): RpcMethod {
  async function* answer(request: SubscribeEventsRequest, call: CallContext) {
    for await (const { events, upToGlobalNonce } of batchesOf(engine, request, call)) {
      const last = events.at(-1);
      for (const event of events) {
        const response = create(SubscribeEventsResponseSchema);
        response.event = encodeEvent(event);
        response.upToGlobalNonce = BigInt(event === last ? upToGlobalNonce : event.globalNonce);
        yield response;
      }
      if (last !== undefined) continue;
      yield create(SubscribeEventsResponseSchema, { upToGlobalNonce: BigInt(upToGlobalNonce) });
    }
  }
  async function* pack(request: SubscribeEventsRequest, call: CallContext) {
    for await (const batch of batchesOf(engine, request, call)) {
      yield packBatch(batch, writeEvent, writeUpTo);
    }
  }
  return serverStreaming(EventStoreService.method.subscribeEvents, answer, pack);
}

async function* batchesOf(
  { events }: Engine,
  request: SubscribeEventsRequest,
  call: CallContext,
): AsyncGenerator<EventBatch> {
  const { fromGlobalNonce, consumer, keepAliveMs } = request;
  const caller = callerOf(call, request.context);
  if (consumer !== "" && fromGlobalNonce !== 0n) {
    throw misshapen("consumer", "it says where to begin, and so does from_global_nonce: send one");
  }
  const { expiresAt } = call.identity;
  const wanted = { fromGlobalNonce, consumer, keepAliveMs, expiresAt };
  const filter = filterOf(request.filter);
  yield* events.subscribe(caller, { ...wanted, filter }, call.signal);
  // The engine ends quietly when it is told to; the client is told why.
  if (call.signal.aborted) throw call.signal.reason;
}

function getCheckpoint({ events }: Engine): RpcMethod {
  return unary(EventStoreService.method.getCheckpoint, async (request, call) => {
    const { globalNonce, updatedAt, positionToken } = await events.getCheckpoint(
      callerOf(call, request.context),
      request.consumer,
      decodeFreshness(request.read),
      call.signal,
    );
    return create(GetCheckpointResponseSchema, {
      globalNonce: BigInt(globalNonce),
      updatedAt: BigInt(updatedAt),
      positionToken,
    });
  });
}

function storeCheckpoint(engine: Engine): RpcMethod {
  return unary(EventStoreService.method.storeCheckpoint, async (request, call) => {
    const caller = callerOf(call, request.context);
    const { checkpoint: value, idempotencyKey } = request;
    if (value === undefined) throw misshapen("checkpoint", "say which checkpoint");
    const operation = eventOperation({ case: "storeCheckpoint", value }, "checkpoint");
    const one = { idempotencyKey, operation, field: "checkpoint" };
    const place = await executeOne(engine, caller, one, call.signal);
    return create(StoreCheckpointResponseSchema, place);
  });
}

function listAggregateGrants({ events }: Engine): RpcMethod {
  return unary(EventStoreService.method.listAggregateGrants, async (request, call) => {
    const { grants, isDefault, positionToken } = await events.listAggregateGrants(
      administratorOf(call, request.context),
      request.aggregateType,
      decodeFreshness(request.read),
      call.signal,
    );
    const encoded = grants.map(encodeGrant);
    return create(ListAggregateGrantsResponseSchema, { grants: encoded, isDefault, positionToken });
  });
}

function setAggregateGrants(engine: Engine): RpcMethod {
  return unary(EventStoreService.method.setAggregateGrants, async (request, call) => {
    const caller = administratorOf(call, request.context);
    const { grants: value, idempotencyKey } = request;
    if (value === undefined) throw misshapen("grants", "say of which type");
    const operation = eventOperation({ case: "setAggregateGrants", value }, "grants");
    const one = { idempotencyKey, operation, field: "grants" };
    const place = await executeOne(engine, caller, one, call.signal);
    return create(SetAggregateGrantsResponseSchema, place);
  });
}

interface OneOperation {
  readonly idempotencyKey: string;
  readonly operation: RequestedOperation;
  /** What the request calls it. */
  readonly field: string;
}

/** Writes one operation, waits until it is applied, and answers with where it stands. */
async function executeOne(
  engine: Engine,
  caller: Caller,
  { idempotencyKey, operation, field }: OneOperation,
  signal: CancelSignal,
): Promise<Pick<TransactionReceipt, "positionToken" | "walPosition">> {
  const transaction = {
    ...transactionOf(idempotencyKey, [operation], "applied"),
    operationsField: field,
  };
  const { positionToken, walPosition } = await engine.execute(caller, transaction, signal);
  return { positionToken, walPosition };
}

function transactionOf(
  idempotencyKey: string,
  operations: readonly RequestedOperation[],
  wait: WaitMode,
) {
  return { idempotencyKey, operations, wait, schemaFingerprint: "", schema: undefined };
}

function filterOf(wire: WireFilter | undefined): EventFilter {
  if (wire === undefined) return EVERY_EVENT;
  const { eventTypes, aggregateTypes, aggregateIdPrefix, tags } = wire;
  return { eventTypes, aggregateTypes, aggregateIdPrefix, tags };
}
