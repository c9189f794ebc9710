/**
 * Appends, checkpoints and grants from JSON: payloads become bytes, numbers nonces. Everything
 * else about them is the engine's to judge.
 */
import type { JsonValue } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import {
  checkpointNonce,
  firstNonceOf,
  memberOf,
  misshapen,
  placesOf,
  reachableNonce,
} from "../../engine/check-events.ts";
import type { RequestedOperation } from "../../engine/engine.ts";
import type {
  AppendCondition,
  AppendEvents,
  AppendedEvent,
  ExpectedNonce,
} from "../../record/event.ts";
import { encodeEventMetadata } from "../../record/event-metadata.ts";
import { decodeBase64 } from "../../schema/value-json.ts";
import { isJsonType, JSON_TYPE } from "../json-payload.ts";
import { u64Of } from "../shapes/common.ts";
import type {
  JsonAggregateGrants,
  JsonAppend,
  JsonCheckpoint,
  JsonCondition,
  JsonEventOperation,
  JsonNewEvent,
} from "../shapes/events.ts";
import { grantOf } from "./sharing.ts";

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);

/** Throws INVALID_REQUEST, INVALID_VALUE. */
export function eventOperationOf(operation: JsonEventOperation, path: string): RequestedOperation {
  switch (operation.op) {
    case "append_events":
      return appendOf(operation, path);
    case "store_checkpoint":
      return checkpointOf(operation, path);
    case "set_aggregate_grants":
      return aggregateGrantsOf(operation, path);
  }
}

/** Throws INVALID_REQUEST, INVALID_VALUE. */
export function appendOf(append: JsonAppend, path: string): AppendEvents {
  const { events, condition } = append;
  const nonces = events.map((event) => nonceOf(event.aggregate_nonce));
  return {
    op: "append_events",
    aggregateId: append.aggregate_id,
    aggregateType: append.aggregate_type,
    expected: expectedOf(append.expected_nonce, `${path}.expected_nonce`),
    firstNonce: firstNonceOf(nonces, placesOf(path)),
    events: events.map((event, i) => eventOf(event, `${path}.events[${i}]`)),
    condition: condition && conditionOf(condition),
    contentKey: undefined,
  };
}

/** Throws INVALID_REQUEST. */
export function checkpointOf(checkpoint: JsonCheckpoint, path: string): RequestedOperation {
  const { consumer, global_nonce: at, expected_global_nonce: expected } = checkpoint;
  return {
    op: "store_checkpoint",
    consumer,
    globalNonce: checkpointNonce(nonceOf(at), path),
    expectedGlobalNonce: expected === undefined ? undefined : reachableNonce(nonceOf(expected)),
  };
}

/** Throws INVALID_REQUEST. */
export function aggregateGrantsOf(
  { aggregate_type: aggregateType, grants = [], reset = false }: JsonAggregateGrants,
  path: string,
): RequestedOperation {
  if (reset && grants.length > 0)
    throw misshapen(memberOf(path, "reset"), "goes without grants", "Send one of the two.");
  return {
    op: "set_aggregate_grants",
    aggregateType,
    grants: reset ? undefined : grants.map(grantOf),
  };
}

function expectedOf(expected: JsonValue, path: string): ExpectedNonce {
  if (expected === "none" || expected === "exists" || expected === "any") return { kind: expected };
  const nonce = u64Of(expected);
  if (nonce === undefined) {
    throw misshapen(
      path,
      "must be a nonce, none, exists or any",
      "Send the nonce of the last event that was read; 0 and none: there must be none.",
    );
  }
  return { kind: "exact", nonce: reachableNonce(nonce) };
}

function eventOf(event: JsonNewEvent, path: string): AppendedEvent {
  const metadata = encodeEventMetadata({
    eventVersion: event.event_version ?? 0,
    contentType: event.content_type ?? (event.payload === undefined ? "" : JSON_TYPE),
    contentSchema: event.content_schema ?? "",
    correlationId: event.correlation_id ?? "",
    causationId: event.causation_id ?? "",
    actorId: event.actor_id ?? "",
    timestampUnixMs: nonceOf(event.timestamp_unix_ms),
    payloadSha256: decodeBase64(event.payload_sha256 ?? "", `${path}.payload_sha256`),
    headers: new Map(Object.entries(event.headers ?? {})),
  });
  return {
    eventId: event.event_id ?? "",
    eventType: event.event_type,
    metadata,
    payload: payloadOf(event, path),
    tags: event.tags ?? [],
  };
}

function payloadOf(event: JsonNewEvent, path: string): Uint8Array {
  const { payload, payload_base64: base64, content_type: contentType } = event;
  if (payload === undefined) {
    return base64 === undefined ? NO_BYTES : decodeBase64(base64, `${path}.payload_base64`);
  }
  if (base64 !== undefined)
    throw misshapen(`${path}.payload_base64`, "goes without payload", "Send one of the two.");
  if (contentType === undefined || isJsonType(contentType)) {
    return encoder.encode(stringifyJson(payload));
  }
  throw misshapen(
    `${path}.payload`,
    "is JSON, which content_type says it is not",
    "Send what is no JSON as payload_base64.",
  );
}

function conditionOf({ fail_if_any: items, after_global_nonce: after }: JsonCondition) {
  const condition: AppendCondition = {
    items: items.map(({ event_types: eventTypes = [], tags = [] }) => ({ eventTypes, tags })),
    afterGlobalNonce: reachableNonce(nonceOf(after)),
  };
  return condition;
}

/** A number that a shape has let pass; 0 when there is none. */
function nonceOf(number: number | bigint | string | undefined): bigint {
  return BigInt(number ?? 0);
}
