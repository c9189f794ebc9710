import type { JsonWritable } from "../../base/json-write.ts";
import type { Aggregate, AppendResult, StoredEvent } from "../../record/event.ts";
import { decodeEventMetadata } from "../../record/event-metadata.ts";
import { integerToJson } from "../../schema/value-json.ts";
import { jsonPayload } from "../json-payload.ts";

/** An event as it stands. What it does not say of itself is left out. */
export function eventToJson(event: StoredEvent): JsonWritable {
  const metadata = decodeEventMetadata(event.metadata);
  const { timestampUnixMs, payloadSha256, headers } = metadata;
  const json = jsonPayload(metadata.contentType, event.payload);
  return {
    event_id: event.eventId,
    event_type: event.eventType,
    aggregate_id: event.aggregateId,
    aggregate_type: event.aggregateType,
    aggregate_nonce: event.aggregateNonce,
    global_nonce: event.globalNonce,
    recorded_time_unix_ms: event.recordedAt,
    ...(json === undefined ? { payload_base64: base64(event.payload) } : { payload: json }),
    event_version: metadata.eventVersion === 0 ? undefined : metadata.eventVersion,
    content_type: said(metadata.contentType),
    content_schema: said(metadata.contentSchema),
    correlation_id: said(metadata.correlationId),
    causation_id: said(metadata.causationId),
    actor_id: said(metadata.actorId),
    timestamp_unix_ms: timestampUnixMs === 0n ? undefined : integerToJson(timestampUnixMs),
    payload_sha256: said(base64(payloadSha256)),
    headers: headers.size === 0 ? undefined : Object.fromEntries(headers),
    tags: event.tags.length === 0 ? undefined : event.tags,
  };
}

export function aggregateToJson(aggregate: Aggregate): JsonWritable {
  return {
    aggregate_id: aggregate.aggregateId,
    aggregate_type: aggregate.aggregateType,
    last_aggregate_nonce: aggregate.lastAggregateNonce,
    last_global_nonce: aggregate.lastGlobalNonce,
    created_at: aggregate.createdAt,
    updated_at: aggregate.updatedAt,
  };
}

export function appendToJson(result: AppendResult): JsonWritable {
  const { aggregateId, count, lastAggregateNonce, lastGlobalNonce } = result;
  return {
    aggregate_id: aggregateId,
    first_aggregate_nonce: lastAggregateNonce - count + 1,
    last_aggregate_nonce: lastAggregateNonce,
    first_global_nonce: lastGlobalNonce - count + 1,
    last_global_nonce: lastGlobalNonce,
  };
}

function said(text: string): string | undefined {
  return text === "" ? undefined : text;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
