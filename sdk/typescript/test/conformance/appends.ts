/** Appends of cases, alone and in transactions. */
import type { Append, Appended, NewEvent } from "@entdb/client";
import { isList, type JsonObject } from "./json.ts";
import { optional } from "./optional.ts";

export function appendOf(json: JsonObject): Append {
  const { events } = json;
  const said = isList(events) ? events : Array<JsonObject>(events as number).fill({});
  return {
    aggregateId: json["aggregate"] as string,
    aggregateType: (json["type"] ?? "Account") as string,
    expected: json["expected"] as Append["expected"],
    events: said.map((event) => newEvent(event as JsonObject)),
    ...optional("condition", conditionOf(json["condition"] as JsonObject | undefined)),
  };
}

export function appendedOf(one: Appended | undefined) {
  if (one === undefined) return null;
  return {
    aggregate: one.aggregateId,
    first: one.firstAggregateNonce,
    last: one.lastAggregateNonce,
    first_global: one.firstGlobalNonce,
    last_global: one.lastGlobalNonce,
  };
}

function newEvent(json: JsonObject): NewEvent {
  const payload = json["payload"] as string | undefined;
  const timestamp = json["timestamp"] as number | undefined;
  return {
    type: (json["type"] ?? "account.credited") as string,
    ...optional("id", json["id"] as string | undefined),
    ...optional("data", json["data"]),
    ...(payload === undefined ? {} : { payload: new Uint8Array(Buffer.from(payload, "base64")) }),
    ...optional("version", json["version"] as number | undefined),
    ...optional("contentType", json["content_type"] as string | undefined),
    ...optional("contentSchema", json["content_schema"] as string | undefined),
    ...optional("correlationId", json["correlation_id"] as string | undefined),
    ...optional("causationId", json["causation_id"] as string | undefined),
    ...optional("actorId", json["actor_id"] as string | undefined),
    ...(timestamp === undefined ? {} : { timestamp: new Date(timestamp) }),
    ...optional("headers", json["headers"] as Readonly<Record<string, string>> | undefined),
    ...optional("tags", json["tags"] as readonly string[] | undefined),
  };
}

function conditionOf(json: JsonObject | undefined): Append["condition"] {
  if (json === undefined) return undefined;
  return {
    failIfAny: json["fail_if_any"] as readonly { readonly tags?: readonly string[] }[],
    ...optional("after", json["after"] as number | undefined),
  };
}
