/** The ways to the event store over the wire, as its contract asks for them: one class a face. */
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import type { Event } from "../../gen/entdb/v1/event_model_pb.ts";
import { EventStoreService } from "../../gen/entdb/v1/events_pb.ts";
import {
  ConcurrencyErrorDetailSchema,
  type EventData,
  EventStore,
} from "../../gen/eventstore/v1/eventstore_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { ERROR_REASONS, type ErrorCode } from "../../src/base/errors.ts";
import { REASON_TEXTS } from "../../src/base/reason-texts.ts";
import { eventsOf } from "../../src/cli/server-events.ts";
import {
  type EventStoreFace,
  type FaceAppend,
  type FaceEvent,
  type FaceHeads,
  type FacePage,
  type FaceRead,
  FaceRefusal,
  type StoredFaceEvent,
} from "../contract/event-store-face.ts";

type Where = { readonly prefix: string; readonly from: bigint };

/** `eventstore.v1` by any protocol that carries it. */
export class V1EventFace implements EventStoreFace {
  readonly #client;
  readonly #tenantId: string;

  constructor(transport: Transport, tenantId: string) {
    this.#client = createClient(EventStore, transport);
    this.#tenantId = tenantId;
  }

  async append({ expected, key, events, ...aggregate }: FaceAppend): Promise<FaceHeads> {
    const request = {
      ...aggregate,
      tenantId: this.#tenantId,
      expectedAggregateNonce: expected,
      idempotencyKey: key,
      events: events.map(({ payload, ...meta }) => ({ payload, meta })),
    };
    const heads = await refusing(this.#client.append(request));
    return { aggregateNonce: heads.lastAggregateNonce, globalNonce: heads.lastGlobalNonce };
  }

  async read({ from: fromAggregateNonce, ...request }: FaceRead): Promise<FacePage> {
    const tenantId = this.#tenantId;
    const page = await refusing(
      this.#client.readStream({ ...request, tenantId, fromAggregateNonce }),
    );
    const events = page.events.map(ofV1);
    return { events, isEnd: page.isEnd, next: page.nextFromAggregateNonce };
  }

  async *subscribe({ prefix, from }: Where, signal: AbortSignal) {
    const request = {
      tenantId: this.#tenantId,
      aggregateIdPrefix: prefix,
      fromGlobalNonce: from,
    };
    yield* untilLeft(signal, this.#client.subscribe(request, { signal }), ({ event }) =>
      event === undefined ? undefined : ofV1(event),
    );
  }
}

/** The native service. */
export class NativeEventFace implements EventStoreFace {
  readonly #client;
  readonly #context: { readonly tenantId: string; readonly actor: string };

  constructor(transport: Transport, tenantId: string) {
    this.#client = createClient(EventStoreService, transport);
    this.#context = { tenantId, actor: "user:alice" };
  }

  async append({ expected, key, events, ...aggregate }: FaceAppend): Promise<FaceHeads> {
    const append = {
      ...aggregate,
      expected: { kind: { case: "exact" as const, value: expected } },
      events: [...events],
    };
    const { results } = await refusing(
      this.#client.appendEvents({
        context: this.#context,
        idempotencyKey: key,
        appends: [append],
      }),
    );
    const [result] = results;
    return {
      aggregateNonce: result?.lastAggregateNonce ?? 0n,
      globalNonce: result?.lastGlobalNonce ?? 0n,
    };
  }

  async read({ from, forward, ...request }: FaceRead): Promise<FacePage> {
    const where = { fromAggregateNonce: from, backward: !forward };
    const page = await refusing(
      this.#client.readAggregate({ ...request, ...where, context: this.#context }),
    );
    const events = page.events.map(ofNative);
    return { events, isEnd: page.isEnd, next: page.nextFromAggregateNonce };
  }

  async *subscribe({ prefix, from }: Where, signal: AbortSignal) {
    const request = {
      context: this.#context,
      filter: { aggregateIdPrefix: prefix },
      fromGlobalNonce: from,
    };
    yield* untilLeft(signal, this.#client.subscribeEvents(request, { signal }), ({ event }) =>
      event === undefined ? undefined : ofNative(event),
    );
  }
}

/** The routes of REST. */
export class RestEventFace implements EventStoreFace {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, tenantId: string) {
    this.#url = url;
    this.#headers = { "x-tenant-id": tenantId, "x-actor": "user:alice" };
  }

  async append(request: FaceAppend): Promise<FaceHeads> {
    const append = {
      aggregate_id: request.aggregateId,
      aggregate_type: request.aggregateType,
      expected_nonce: String(request.expected),
      events: request.events.map(jsonOf),
    };
    const body = { appends: [append], idempotency_key: request.key };
    const { results } = await this.#ask("/v1/events/append", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const { last_aggregate_nonce: aggregate, last_global_nonce: global } = results[0];
    return { aggregateNonce: BigInt(aggregate), globalNonce: BigInt(global) };
  }

  async read({ aggregateId, from, maxCount, forward }: FaceRead): Promise<FacePage> {
    const query = new URLSearchParams({
      aggregate_id: aggregateId,
      from: String(from),
      limit: String(maxCount),
      backward: String(!forward),
    });
    const page = await this.#ask(`/v1/aggregates/events?${query}`);
    const events = page.events.map(ofJson);
    return { events, isEnd: page.is_end, next: BigInt(page.next_from_aggregate_nonce) };
  }

  async *subscribe({ prefix, from }: Where, signal: AbortSignal) {
    const query = new URLSearchParams({ aggregate_id_prefix: prefix, from: String(from) });
    const url = `${this.#url}/v1/events/subscribe?${query}`;
    const response = await fetch(url, { headers: this.#headers, signal }).catch(() => undefined);
    if (response === undefined) return;
    if (response.status !== 200) throw refusalOf((await response.json()) as Refused);
    yield* untilLeft(signal, eventsOf(response), ({ event, data }) => {
      const { error, event: found } = JSON.parse(data);
      if (event === "end") throw refusalOf({ error });
      return found === undefined ? undefined : ofJson(found);
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what this face is there to find out
  async #ask(path: string, init: RequestInit = {}): Promise<any> {
    const headers = { ...this.#headers, ...(init.headers as Record<string, string>) };
    const response = await fetch(`${this.#url}${path}`, { ...init, headers });
    const answer: unknown = await response.json();
    if (response.status === 200) return answer;
    throw refusalOf(answer as Refused);
  }
}

async function* untilLeft<T>(
  signal: AbortSignal,
  stream: AsyncIterable<T>,
  eventOf: (message: T) => StoredFaceEvent | undefined,
): AsyncGenerator<StoredFaceEvent | undefined> {
  try {
    for await (const message of stream) yield eventOf(message);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function ofV1({ meta, payload }: EventData): StoredFaceEvent {
  if (meta === undefined) throw new Error("an event without metadata");
  const { $typeName: _, $unknown: __, tenantId: ___, ...rest } = meta;
  return { ...rest, payload };
}

function ofNative({ $typeName: _, $unknown: __, tags: ___, ...event }: Event): StoredFaceEvent {
  return event;
}

function jsonOf(event: FaceEvent): object {
  return {
    event_id: event.eventId,
    event_type: event.eventType,
    aggregate_nonce: String(event.aggregateNonce),
    event_version: event.eventVersion,
    content_type: event.contentType,
    content_schema: event.contentSchema,
    correlation_id: event.correlationId,
    causation_id: event.causationId,
    actor_id: event.actorId,
    timestamp_unix_ms: String(event.timestampUnixMs),
    payload_sha256: Buffer.from(event.payloadSha256).toString("base64"),
    headers: event.headers,
    payload_base64: Buffer.from(event.payload).toString("base64"),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: an event as JSON.parse gives it
function ofJson(event: any): StoredFaceEvent {
  const bytes = (base64 = "") => new Uint8Array(Buffer.from(base64, "base64"));
  return {
    eventId: event.event_id,
    aggregateId: event.aggregate_id,
    aggregateType: event.aggregate_type,
    aggregateNonce: BigInt(event.aggregate_nonce),
    eventType: event.event_type,
    eventVersion: event.event_version ?? 0,
    contentType: event.content_type ?? "",
    contentSchema: event.content_schema ?? "",
    correlationId: event.correlation_id ?? "",
    causationId: event.causation_id ?? "",
    actorId: event.actor_id ?? "",
    timestampUnixMs: BigInt(event.timestamp_unix_ms ?? 0),
    payloadSha256: bytes(event.payload_sha256),
    headers: event.headers ?? {},
    payload:
      event.payload === undefined
        ? bytes(event.payload_base64)
        : new TextEncoder().encode(JSON.stringify(event.payload)),
    globalNonce: BigInt(event.global_nonce),
    recordedTimeUnixMs: BigInt(event.recorded_time_unix_ms),
  };
}

/** With what was refused as the contract knows it: by the wire's own code and details. */
async function refusing<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const code = CODES[error.code];
    const [detail] = error.findDetails(ConcurrencyErrorDetailSchema);
    const [info] = error.findDetails(ErrorInfoSchema);
    if (code === undefined || info === undefined) throw thrown;
    if (detail === undefined) throw new FaceRefusal(code, { cause: thrown });
    const { actualLastAggregateNonce, actualLastGlobalNonce } = detail;
    const actual = {
      aggregateNonce: actualLastAggregateNonce,
      globalNonce: actualLastGlobalNonce,
    };
    throw new FaceRefusal(code, { cause: thrown, actual });
  }
}

const CODES: Readonly<Partial<Record<Code, ErrorCode>>> = {
  [Code.InvalidArgument]: "invalid_argument",
  [Code.AlreadyExists]: "already_exists",
  [Code.Aborted]: "aborted",
  [Code.PermissionDenied]: "permission_denied",
  [Code.Unauthenticated]: "unauthenticated",
  [Code.NotFound]: "not_found",
};

type Refused = { readonly error: Readonly<Record<string, unknown>> };

function refusalOf({ error }: Refused): FaceRefusal {
  const reason = ERROR_REASONS.find((known) => known === error["reason"]);
  if (reason === undefined) throw new Error(JSON.stringify(error));
  const details = error["details"] as Readonly<Record<string, string>> | undefined;
  const aggregate = details?.["actual_last_aggregate_nonce"];
  const global = details?.["actual_last_global_nonce"];
  const code = REASON_TEXTS[reason].codes[0] as ErrorCode;
  if (aggregate === undefined || global === undefined) return new FaceRefusal(code, {});
  const actual = { aggregateNonce: BigInt(aggregate), globalNonce: BigInt(global) };
  return new FaceRefusal(code, { actual });
}
