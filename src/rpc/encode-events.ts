import { create } from "@bufbuild/protobuf";
import {
  AggregateSchema,
  EventSchema,
  type Aggregate as WireAggregate,
  type Event as WireEvent,
} from "../../gen/entdb/v1/event_model_pb.ts";
import {
  type EventData,
  EventDataSchema,
  type EventMetadata,
  EventMetadataSchema,
} from "../../gen/eventstore/v1/eventstore_pb.ts";
import type { Aggregate, StoredEvent } from "../record/event.ts";
import { decodeEventMetadata } from "../record/event-metadata.ts";

/** An event as it stands, with what it says about itself. */
export function encodeEvent(event: StoredEvent): WireEvent {
  const message = create(EventSchema);
  fillEnvelope(message, event);
  message.payload = event.payload;
  message.tags = [...event.tags];
  return message;
}

/** The same in the words of `eventstore.v1`, which name the tenant too. */
export function encodeEventData(event: StoredEvent, tenantId: string): EventData {
  const meta = create(EventMetadataSchema);
  fillEnvelope(meta, event);
  meta.tenantId = tenantId;
  const message = create(EventDataSchema);
  message.meta = meta;
  message.payload = event.payload;
  return message;
}

/** Fills in what both contracts say of an event around its payload: its names, places and metadata. */
function fillEnvelope(message: WireEvent | EventMetadata, event: StoredEvent): void {
  const { headers, ...metadata } = decodeEventMetadata(event.metadata);
  Object.assign(message, metadata);
  message.headers = Object.fromEntries(headers);
  message.eventId = event.eventId;
  message.eventType = event.eventType;
  message.aggregateId = event.aggregateId;
  message.aggregateType = event.aggregateType;
  message.aggregateNonce = BigInt(event.aggregateNonce);
  message.globalNonce = BigInt(event.globalNonce);
  message.recordedTimeUnixMs = BigInt(event.recordedAt);
}

export function encodeAggregate(aggregate: Aggregate): WireAggregate {
  const { aggregateId, aggregateType } = aggregate;
  return create(AggregateSchema, {
    aggregateId,
    aggregateType,
    lastAggregateNonce: BigInt(aggregate.lastAggregateNonce),
    lastGlobalNonce: BigInt(aggregate.lastGlobalNonce),
    createdAt: BigInt(aggregate.createdAt),
    updatedAt: BigInt(aggregate.updatedAt),
  });
}
