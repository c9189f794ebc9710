/** Cases' words as a face's, and back: appends, filters, events, heads. */
import {
  isList,
  isObject,
  type Json,
  type JsonObject,
} from "../../sdk/typescript/test/conformance/json.ts";
import type {
  FaceAggregate,
  FaceAppended,
  FaceCondition,
  FaceFilter,
  FaceHeads,
  NativeAppend,
  StoredFaceEvent,
} from "./event-store-face.ts";

const JSON_TYPE = "application/json";

type ProposedEvent = NativeAppend["events"][number];

let made = 0;

/** Events that say no nonce are numbered behind what is expected, where that is a nonce. */
export function appendOf(json: JsonObject): NativeAppend {
  const { aggregate, type = "Account", events, condition } = json;
  const expected = expectedOf(json["expected"]);
  const said = isList(events) ? events : Array<JsonObject>(events as number).fill({});
  const proposed = said.map((event, i) => {
    const behind = typeof expected === "bigint" ? expected + BigInt(i + 1) : 0n;
    return eventOf(event as JsonObject, behind);
  });
  const aggregateId = aggregate as string;
  const aggregateType = type as string;
  return {
    aggregateId,
    aggregateType,
    expected,
    events: proposed.map((event) => ({ ...event, aggregateId, aggregateType })),
    condition: isObject(condition) ? conditionOf(condition) : undefined,
  };
}

function expectedOf(expected: Json | undefined): bigint | "exists" | "any" {
  if (expected === "exists" || expected === "any") return expected;
  return expected === "none" ? 0n : nonceOf(expected);
}

/** As a number or, where that is no longer exact, as decimal text. */
export function nonceOf(json: Json | undefined): bigint {
  return BigInt((json ?? 0) as number | string);
}

function eventOf(
  json: JsonObject,
  behind: bigint,
): Omit<ProposedEvent, "aggregateId" | "aggregateType"> {
  made += 1;
  const said = <T>(name: string, otherwise: T) => (json[name] ?? otherwise) as T;
  const { data, payload } = json;
  return {
    eventId: said("id", `own-${made}`),
    eventType: said("type", "account.credited"),
    aggregateNonce: json["nonce"] === undefined ? behind : nonceOf(json["nonce"]),
    eventVersion: said("version", 1),
    contentType: said("content_type", data === undefined ? "" : JSON_TYPE),
    contentSchema: said("content_schema", ""),
    correlationId: said("correlation_id", ""),
    causationId: said("causation_id", ""),
    actorId: said("actor_id", ""),
    timestampUnixMs: nonceOf(json["timestamp"]),
    payloadSha256: bytesOf(json["payload_sha256"]),
    headers: said("headers", {}),
    tags: said("tags", []),
    payload: data === undefined ? bytesOf(payload) : new TextEncoder().encode(JSON.stringify(data)),
  };
}

function bytesOf(base64: Json | undefined): Uint8Array {
  return new Uint8Array(Buffer.from((base64 ?? "") as string, "base64"));
}

function conditionOf({ fail_if_any: items, after }: JsonObject): FaceCondition {
  const matching = (items as readonly JsonObject[]).map(filterOf);
  return { items: matching, after: nonceOf(after) };
}

/** Which events a step is about. */
export function filterOf(json: Json | undefined): FaceFilter {
  const {
    types = [],
    aggregate_types = [],
    prefix = "",
    tags = [],
  } = (json ?? {}) as {
    readonly [name: string]: readonly string[];
  } & { readonly prefix?: string };
  return { types, aggregateTypes: aggregate_types, prefix, tags };
}

/** An event as cases see it. */
export function caseEvent(event: StoredFaceEvent): JsonObject {
  const { payload, contentType, timestampUnixMs, tags } = event;
  return {
    id: event.eventId,
    type: event.eventType,
    version: event.eventVersion,
    aggregate: event.aggregateId,
    aggregate_type: event.aggregateType,
    nonce: Number(event.aggregateNonce),
    global: Number(event.globalNonce),
    recorded: event.recordedTimeUnixMs === 0n ? null : Number(event.recordedTimeUnixMs),
    timestamp: timestampUnixMs === 0n ? null : exact(timestampUnixMs),
    data: contentType === JSON_TYPE ? (JSON.parse(Buffer.from(payload).toString()) as Json) : null,
    payload: base64(payload),
    payload_sha256: base64(event.payloadSha256),
    content_type: contentType,
    content_schema: event.contentSchema,
    correlation_id: event.correlationId,
    causation_id: event.causationId,
    actor_id: event.actorId,
    headers: event.headers,
    ...(tags === undefined ? {} : { tags }),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function exact(number: bigint): number | string {
  return number < 2n ** 53n ? Number(number) : String(number);
}

/** Where an append has led, as cases see it. */
export function caseAppended({ aggregateId, first, last }: FaceAppended): JsonObject {
  return {
    aggregate: aggregateId,
    first: Number(first.aggregateNonce),
    last: Number(last.aggregateNonce),
    first_global: Number(first.globalNonce),
    last_global: Number(last.globalNonce),
  };
}

/** An aggregate's head, as cases see it. */
export function caseHead({ aggregateId, aggregateType, ...heads }: FaceAggregate): JsonObject {
  const { aggregateNonce, globalNonce } = heads;
  return {
    aggregate: aggregateId,
    aggregate_type: aggregateType,
    last: Number(aggregateNonce),
    last_global: Number(globalNonce),
  };
}

/** The details of a conflict. */
export function caseDetails(actual: FaceHeads | undefined): JsonObject {
  if (actual === undefined) return {};
  return {
    actual_last_aggregate_nonce: String(actual.aggregateNonce),
    actual_last_global_nonce: String(actual.globalNonce),
  };
}
