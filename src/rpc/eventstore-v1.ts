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
  AppendResponseSchema,
  type EventData,
  EventDataSchema,
  type EventMetadata,
  EventMetadataSchema,
  EventStore,
  ReadStreamResponseSchema,
  type SubscribeRequest,
  type SubscribeResponse,
  SubscribeResponseSchema,
} from "../../gen/eventstore/v1/eventstore_pb.ts";
import { unauthenticated } from "../access/refusals.ts";
import { EntError } from "../base/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { ProposedEvent } from "../engine/events.ts";
import type { Caller } from "../record/caller.ts";
import { EVERY_EVENT, type StoredEvent } from "../record/event.ts";
import { encodeEventMetadata } from "../record/event-metadata.ts";
import type { CallContext } from "./call-context.ts";
import { decodeFreshness } from "./decode-read.ts";
import { misshapen } from "./decode-value.ts";
import { fillEnvelope } from "./encode-events.ts";
import { callerInTenant } from "./interceptors/identity.ts";
import { type RpcMethod, serverStreaming, unary } from "./methods.ts";

/** Who acts in trusted mode when nobody is named. */
const NAMELESS_ACTOR = "user:eventstore";

export function eventstoreV1Methods(engine: Engine): RpcMethod[] {
  return [append(engine), readStream(engine), subscribe(engine)];
}

function append({ events }: Engine): RpcMethod {
  return unary(EventStore.method.append, async (request, call) => {
    const caller = callerOf(call, request.tenantId);
    const { aggregateId, aggregateType, idempotencyKey } = request;
    const proposed = {
      aggregateId,
      aggregateType,
      expectedNonce: request.expectedAggregateNonce,
      idempotencyKey,
      events: request.events.map((event, i) => proposedEvent(request, event, `events[${i}]`)),
    };
    try {
      const heads = await events.append(caller, proposed, call.signal);
      const response = create(AppendResponseSchema);
      response.lastGlobalNonce = BigInt(heads.lastGlobalNonce);
      response.lastAggregateNonce = BigInt(heads.lastAggregateNonce);
      return response;
    } catch (error) {
      throw ofAggregate(error, request);
    }
  });
}

function readStream({ events }: Engine): RpcMethod {
  return unary(EventStore.method.readStream, async (request, call) => {
    const { aggregateId, fromAggregateNonce: from, maxCount, forward } = request;
    const page = await events.readAggregate(
      callerOf(call, request.tenantId),
      { aggregateId, from, maxCount, backward: !forward },
      decodeFreshness(undefined),
      call.signal,
    );
    const response = create(ReadStreamResponseSchema);
    response.events = page.events.map((event) => encodeEventData(event, request.tenantId));
    response.isEnd = page.isEnd;
    response.nextFromAggregateNonce = BigInt(page.nextFrom);
    return response;
  });
}

function subscribe(engine: Engine): RpcMethod {
  return serverStreaming(EventStore.method.subscribe, (request, call) =>
    subscription(engine, request, call),
  );
}

async function* subscription(
  { events }: Engine,
  { tenantId, aggregateIdPrefix, fromGlobalNonce }: SubscribeRequest,
  call: CallContext,
): AsyncGenerator<SubscribeResponse> {
  const wanted = {
    fromGlobalNonce,
    consumer: "",
    filter: { ...EVERY_EVENT, aggregateIdPrefix },
    keepAliveMs: 0,
    expiresAt: call.identity.expiresAt,
  };
  for await (const batch of events.subscribe(callerOf(call, tenantId), wanted, call.signal)) {
    if (batch.events.length === 0) yield create(SubscribeResponseSchema);
    for (const event of batch.events) {
      const response = create(SubscribeResponseSchema);
      response.event = encodeEventData(event, tenantId);
      yield response;
    }
  }
  // The engine ends quietly when it is told to; the client is told why.
  if (call.signal.aborted) throw call.signal.reason;
}

/** Throws UNAUTHENTICATED for a request without a tenant, also one whose credential would name it. */
function callerOf(call: CallContext, tenantId: string): Caller {
  if (tenantId === "") throw unauthenticated();
  return callerInTenant(call, tenantId, NAMELESS_ACTOR);
}

/** Throws TENANT_MISMATCH, INVALID_REQUEST. */
function proposedEvent(
  request: AppendRequest,
  { meta, payload }: EventData,
  path: string,
): ProposedEvent {
  if (meta === undefined) throw misshapen(`${path}.meta`, "is missing");
  requireSame(meta, request, `${path}.meta`);
  const { eventId, eventType, aggregateNonce: nonce, headers } = meta;
  const metadata = encodeEventMetadata({ ...meta, headers: new Map(Object.entries(headers)) });
  return { eventId, eventType, nonce, metadata, payload, tags: [] };
}

/** What the event leaves blank is the request's; the rest must be the same. */
function requireSame(meta: EventMetadata, request: AppendRequest, path: string): void {
  if (meta.tenantId !== "" && meta.tenantId !== request.tenantId) throw tenantDiffers(path);
  for (const [name, own, asked] of [
    ["aggregate_id", meta.aggregateId, request.aggregateId],
    ["aggregate_type", meta.aggregateType, request.aggregateType],
  ] as const) {
    if (own === "" || own === asked) continue;
    throw misshapen(`${path}.${name}`, "differs from that of the request");
  }
}

function tenantDiffers(path: string): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "TENANT_MISMATCH",
    message: `${path}.tenant_id names another tenant than the request.`,
    hint: "Leave it out, or append to one tenant at a time.",
    details: { field: `${path}.tenant_id` },
  });
}

/** A refusal for the heads names the tenant and aggregate that the request named. */
function ofAggregate(thrown: unknown, { tenantId, aggregateId }: AppendRequest): unknown {
  if (!(thrown instanceof EntError) || thrown.reason !== "CONCURRENCY_CONFLICT") return thrown;
  const { code, reason, message, hint } = thrown;
  const details = { ...thrown.details, tenant_id: tenantId, aggregate_id: aggregateId };
  return new EntError({ code, reason, message, hint, details });
}

function encodeEventData(event: StoredEvent, tenantId: string): EventData {
  const meta = create(EventMetadataSchema);
  fillEnvelope(meta, event);
  meta.tenantId = tenantId;
  const message = create(EventDataSchema);
  message.meta = meta;
  message.payload = event.payload;
  return message;
}
