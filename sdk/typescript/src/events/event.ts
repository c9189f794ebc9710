/**
 * Events as programs see them. What an event says is its payload; programs that do not choose
 * bytes of their own write and read it as JSON.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "../errors/refusals.ts";
import type { NewEventSchema, Event as WireEvent } from "../gen/entdb/v1/event_model_pb.ts";
import { safeNumber } from "../values/value.ts";

/** An event to be appended. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  /** Dotted: "account.opened". */
  readonly type: Type;
  /** What it says, as JSON; `payload` takes bytes instead. Left out with it: nothing. */
  readonly data?: Data;
  /** What it says, as bytes of `contentType`. */
  readonly payload?: Uint8Array;
  /** Version of what it says; upcasters go by it. Defaults to 1. */
  readonly version?: number;
  /** No other event of the tenant may have it. Left out: the store makes one. */
  readonly id?: string;
  /** Defaults to "application/json" for data. */
  readonly contentType?: string;
  readonly contentSchema?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  /** Who caused it, as the program sees it: kept, and never used for access. */
  readonly actorId?: string;
  /** When it happened, where that is not when it is recorded. */
  readonly timestamp?: Date;
  readonly headers?: Readonly<Record<string, string>>;
  /** By which conditions and reads find it: "account:42". At most 32. */
  readonly tags?: readonly string[];
}

/** An event as it stands. */
export interface RecordedEvent<Type extends string = string, Data = unknown> {
  readonly id: string;
  readonly type: Type;
  readonly version: number;
  readonly aggregateId: string;
  readonly aggregateType: string;
  /** Place in the aggregate, from 1, without gaps. */
  readonly aggregateNonce: number;
  /** Place in the tenant, from 1, without gaps. */
  readonly globalNonce: number;
  readonly recordedAt: Date;
  /** When it happened, if its writer said so. */
  readonly timestamp: Date | undefined;
  /** What it says, where that is JSON; undefined for nothing and for other content. */
  readonly data: Data;
  readonly payload: Uint8Array;
  readonly contentType: string;
  readonly contentSchema: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly actorId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
}

/** What every event of a program carries, unless it says otherwise itself. */
export interface EventDefaults {
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly actorId?: string;
}

const JSON_TYPE = "application/json";
const NO_BYTES = new Uint8Array(0);

/** A new event whose bytes are made, and which says of itself all that there is to say. */
export interface SealedEvent extends Omit<Required<NewEvent>, "data" | "timestamp"> {
  readonly timestamp: Date | undefined;
}

/** Throws {@link InvalidArgumentError} for data that is no JSON, and for data and bytes together. */
export function seal(event: NewEvent, defaults: EventDefaults): SealedEvent {
  const hasData = event.data !== undefined;
  if (hasData && event.payload !== undefined) {
    throw unusable(event, "has data and a payload", "Give one of them.");
  }
  return {
    type: event.type,
    id: event.id ?? "",
    version: event.version ?? 1,
    payload: hasData ? jsonBytes(event) : (event.payload ?? NO_BYTES),
    contentType: event.contentType ?? (hasData ? JSON_TYPE : ""),
    contentSchema: event.contentSchema ?? "",
    correlationId: event.correlationId ?? defaults.correlationId ?? "",
    causationId: event.causationId ?? defaults.causationId ?? "",
    actorId: event.actorId ?? defaults.actorId ?? "",
    timestamp: event.timestamp,
    headers: event.headers ?? {},
    tags: event.tags ?? [],
  };
}

/** As requests carry it. */
export function wireEvent(event: SealedEvent): MessageInitShape<typeof NewEventSchema> {
  return {
    eventId: event.id,
    eventType: event.type,
    eventVersion: event.version,
    payload: event.payload as Uint8Array<ArrayBuffer>,
    contentType: event.contentType,
    contentSchema: event.contentSchema,
    correlationId: event.correlationId,
    causationId: event.causationId,
    actorId: event.actorId,
    timestampUnixMs: BigInt(event.timestamp?.getTime() ?? 0),
    headers: { ...event.headers },
    tags: [...event.tags],
  };
}

/** As answers carry it. */
export function recordedEvent(event: WireEvent): RecordedEvent {
  const { contentType, payload } = event;
  return {
    id: event.eventId,
    type: event.eventType,
    version: event.eventVersion,
    aggregateId: event.aggregateId,
    aggregateType: event.aggregateType,
    aggregateNonce: safeNumber(event.aggregateNonce, "aggregateNonce"),
    globalNonce: safeNumber(event.globalNonce, "globalNonce"),
    recordedAt: new Date(Number(event.recordedTimeUnixMs)),
    timestamp: event.timestampUnixMs === 0n ? undefined : new Date(Number(event.timestampUnixMs)),
    data: dataOf(contentType, payload),
    payload,
    contentType,
    contentSchema: event.contentSchema,
    correlationId: event.correlationId,
    causationId: event.causationId,
    actorId: event.actorId,
    headers: event.headers,
    tags: event.tags,
  };
}

/** What the bytes say, if they are JSON; writers of other programs may call bytes JSON that are none. */
export function dataOf(contentType: string, payload: Uint8Array): unknown {
  if (payload.length === 0 || !/^application\/(?:[\w.-]+\+)?json\b/.test(contentType)) {
    return undefined;
  }
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}

function jsonBytes(event: NewEvent): Uint8Array {
  let text: string | undefined;
  try {
    text = JSON.stringify(event.data);
  } catch (cause) {
    throw unusable(event, "has data that is no JSON", "Give JSON, or bytes as payload.", cause);
  }
  if (text === undefined) {
    throw unusable(event, "has data that is no JSON", "Give JSON, or bytes as payload.");
  }
  return new TextEncoder().encode(text);
}

function unusable(event: NewEvent, what: string, hint: string, cause?: unknown) {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `The event ${JSON.stringify(event.type)} ${what}.`,
    hint,
    cause,
  });
}
