/**
 * `eventstore.v1`: the event store as clients of several languages share it. What stands here is
 * what that contract says about its own fields: who is refused before anything is looked at, and
 * what an event takes over from its request. All else is the engine's.
 *
 * Its requests name a tenant and no actor: the credential says who acts. In trusted mode it is
 * the header x-actor, or, for clients that know no actors, {@link NAMELESS_ACTOR}. The actor of
 * an event is data: it is kept as sent and decides nothing.
 */
import { create } from "@bufbuild/protobuf";
import {
  type AppendRequest,
  type EventData,
  type EventMetadata,
  EventStore,
  type ReadStreamRequest,
  ReadStreamResponseSchema,
  type SubscribeRequest,
  SubscribeResponseSchema,
} from "../../gen/eventstore/v1/eventstore_pb.ts";
import { EntError, invalid } from "../base/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { EventBatch, ProposedEvent } from "../engine/events.ts";
import type { Caller } from "../record/caller.ts";
import { EVERY_EVENT } from "../record/event.ts";
import { encodeEventMetadata } from "../record/event-metadata.ts";
import type { CallContext } from "./call-context.ts";
import { decodeFreshness } from "./decode-read.ts";
import { misshapen } from "./decode-value.ts";
import { encodeEventData } from "./encode-events.ts";
import { encodeAppended } from "./encode-outcome.ts";
import { callerInTenant } from "./interceptors/identity.ts";
import { type RpcMethod, serverStreaming, unary, unaryInBytes } from "./methods.ts";
import { eventDataOf, packBatch, packPage } from "./pack-events.ts";
import { packAppended } from "./pack-outcome.ts";

/** Who acts in trusted mode when nobody is named. */
const NAMELESS_ACTOR = "user:eventstore";

export function eventstoreV1Methods(engine: Engine): RpcMethod[] {
  return [append(engine), readStream(engine), subscribe(engine)];
}

function append({ events }: Engine): RpcMethod {
  const answer = async (request: AppendRequest, call: CallContext) => {
    const caller = callerOf(call, request.tenantId);
    const { aggregateId, aggregateType, idempotencyKey } = request;
    const proposed = {
      aggregateId,
      aggregateType,
      expectedNonce: request.expectedAggregateNonce,
      idempotencyKey,
      events: request.events.map((event, i) => proposedEvent(request, event, i)),
    };
    try {
      return await events.append(caller, proposed, call.signal);
    } catch (error) {
      throw ofAggregate(error, request);
    }
  };
  return unaryInBytes(EventStore.method.append, answer, {
    encode: encodeAppended,
    pack: packAppended,
  });
}

function readStream({ events }: Engine): RpcMethod {
  const pageOf = (request: ReadStreamRequest, call: CallContext) => {
    const { aggregateId, fromAggregateNonce: from, maxCount, forward } = request;
    return events.readAggregate(
      callerOf(call, request.tenantId),
      { aggregateId, from, maxCount, backward: !forward },
      decodeFreshness(undefined),
      call.signal,
    );
  };
  const answer = async (request: ReadStreamRequest, call: CallContext) => {
    const page = await pageOf(request, call);
    const response = create(ReadStreamResponseSchema);
    response.events = page.events.map((event) => encodeEventData(event, request.tenantId));
    response.isEnd = page.isEnd;
    response.nextFromAggregateNonce = BigInt(page.nextFrom);
    return response;
  };
  const pack = async (request: ReadStreamRequest, call: CallContext) =>
    packPage(await pageOf(request, call), eventDataOf(request.tenantId));
  return unary(EventStore.method.readStream, answer, "short", pack);
}

function subscribe(engine: Engine): RpcMethod {
  async function* answer(request: SubscribeRequest, call: CallContext) {
    for await (const batch of batchesOf(engine, request, call)) {
      if (batch.events.length === 0) yield create(SubscribeResponseSchema);
      for (const event of batch.events) {
        const response = create(SubscribeResponseSchema);
        response.event = encodeEventData(event, request.tenantId);
        yield response;
      }
    }
  }
  async function* pack(request: SubscribeRequest, call: CallContext) {
    const write = eventDataOf(request.tenantId);
    for await (const batch of batchesOf(engine, request, call)) yield packBatch(batch, write);
  }
  return serverStreaming(EventStore.method.subscribe, answer, pack);
}

async function* batchesOf(
  { events }: Engine,
  { tenantId, aggregateIdPrefix, fromGlobalNonce }: SubscribeRequest,
  call: CallContext,
): AsyncGenerator<EventBatch> {
  const wanted = {
    fromGlobalNonce,
    consumer: "",
    filter: { ...EVERY_EVENT, aggregateIdPrefix },
    keepAliveMs: 0,
    expiresAt: call.identity.expiresAt,
  };
  yield* events.subscribe(callerOf(call, tenantId), wanted, call.signal);
  // The engine ends quietly when it is told to; the client is told why.
  if (call.signal.aborted) throw call.signal.reason;
}

/** Throws UNAUTHENTICATED for a request without a tenant, also one whose credential would name it. */
function callerOf(call: CallContext, tenantId: string): Caller {
  if (tenantId === "") throw tenantMissing();
  return callerInTenant(call, tenantId, NAMELESS_ACTOR);
}

function tenantMissing(): EntError {
  return new EntError({
    code: "unauthenticated",
    reason: "UNAUTHENTICATED",
    message: "The request names no tenant.",
    hint: "Send it as tenant_id.",
    details: { field: "tenant_id" },
  });
}

/** Throws TENANT_MISMATCH, INVALID_REQUEST. */
function proposedEvent(
  request: AppendRequest,
  { meta, payload }: EventData,
  index: number,
): ProposedEvent {
  if (meta === undefined) throw misshapen(`events[${index}].meta`, "an event needs its metadata");
  requireSame(meta, request, index);
  const { eventId, eventType, aggregateNonce: nonce } = meta;
  const metadata = encodeEventMetadata(meta);
  return { eventId, eventType, nonce, metadata, payload, tags: [] };
}

/** What the event leaves blank is the request's; the rest must be the same. */
function requireSame(meta: EventMetadata, request: AppendRequest, index: number): void {
  const { tenantId, aggregateId, aggregateType } = meta;
  if (tenantId !== "" && tenantId !== request.tenantId) throw tenantDiffers(index);
  if (aggregateId !== "" && aggregateId !== request.aggregateId) {
    throw differs(index, "aggregate_id", "aggregate");
  }
  if (aggregateType !== "" && aggregateType !== request.aggregateType) {
    throw differs(index, "aggregate_type", "type");
  }
}

function tenantDiffers(index: number): EntError {
  const field = `events[${index}].meta.tenant_id`;
  return new EntError({
    code: "permission_denied",
    reason: "TENANT_MISMATCH",
    message: `${field} names another tenant than the request.`,
    hint: "Leave it out, or append to one tenant at a time.",
    details: { field },
  });
}

function differs(index: number, member: string, what: string): EntError {
  const field = `events[${index}].meta.${member}`;
  return invalid(
    "INVALID_REQUEST",
    `${field} names another ${what} than the request.`,
    "Leave it out, or append to one aggregate at a time.",
    { field },
  );
}

/** A refusal for the heads names the tenant and aggregate that the request named. */
function ofAggregate(thrown: unknown, { tenantId, aggregateId }: AppendRequest): unknown {
  if (!(thrown instanceof EntError) || thrown.reason !== "CONCURRENCY_CONFLICT") return thrown;
  const { code, reason, message, hint } = thrown;
  const details = { ...thrown.details, tenant_id: tenantId, aggregate_id: aggregateId };
  return new EntError({ code, reason, message, hint, details });
}
