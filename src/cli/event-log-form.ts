import type { JsonObject } from "../base/json.ts";
import type { Grant } from "../record/access.ts";
import type {
  AppendEvents,
  AppendedEvent,
  SetAggregateGrants,
  StoreCheckpoint,
} from "../record/event.ts";
import { decodeEventMetadata } from "../record/event-metadata.ts";

/** An operation of the event store as `entdb log` prints it. */
export function eventOperationForm(
  operation: AppendEvents | StoreCheckpoint | SetAggregateGrants,
): JsonObject {
  const { op } = operation;
  switch (op) {
    case "append_events":
      return appendForm(operation);
    case "store_checkpoint": {
      const { consumer, globalNonce, expectedGlobalNonce: expected } = operation;
      const before = expected !== undefined && { expected_global_nonce: expected };
      return { op, consumer, global_nonce: globalNonce, ...before };
    }
    case "set_aggregate_grants":
      return {
        op,
        aggregate_type: operation.aggregateType,
        ...(operation.grants && { grants: operation.grants.map(grantForm) }),
      };
  }
}

function appendForm(operation: AppendEvents): JsonObject {
  const { op, expected, condition, contentKey } = operation;
  return {
    op,
    aggregate_id: operation.aggregateId,
    aggregate_type: operation.aggregateType,
    expected: expected.kind === "exact" ? expected.nonce : expected.kind,
    first_nonce: operation.firstNonce,
    events: operation.events.map(eventForm),
    ...(condition && {
      after_global_nonce: condition.afterGlobalNonce,
      fail_if_any: condition.items.map(({ eventTypes, tags }) => ({
        event_types: eventTypes,
        tags,
      })),
    }),
    ...(contentKey !== undefined && { key: contentKey }),
  };
}

/** Payloads are the client's own encoding: their size is all that can be said of them. */
function eventForm({ eventId, eventType, metadata, payload, tags }: AppendedEvent): JsonObject {
  const { eventVersion, timestampUnixMs } = decodeEventMetadata(metadata);
  return {
    event_id: eventId,
    event_type: eventType,
    event_version: eventVersion,
    timestamp_unix_ms: timestampUnixMs.toString(),
    payload_bytes: payload.length,
    ...(tags.length > 0 && { tags }),
  };
}

export function grantForm({ principal, permission, expiresAt }: Grant): JsonObject {
  return { principal, permission, ...(expiresAt > 0 && { expires_at: expiresAt }) };
}
