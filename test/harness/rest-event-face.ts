/** REST's way to the event store, as its cases ask for it. */
import { ERROR_REASONS, type ErrorCode } from "../../src/base/errors.ts";
import { REASON_TEXTS } from "../../src/base/reason-texts.ts";
import { eventsOf } from "../../src/cli/server-events.ts";
import {
  type EventStoreFace,
  type FaceAggregate,
  type FaceAppend,
  type FaceAppended,
  type FaceFilter,
  type FaceHeads,
  type FacePage,
  type FaceRead,
  FaceRefusal,
  type FaceSubscription,
  type NativeAppend,
  type NativeEventStoreFace,
  type StoredFaceEvent,
} from "../contract/event-store-face.ts";
import { untilLeft } from "./event-faces.ts";

/** The routes of REST. What they answer is looked at as it is: JSON. */
export class RestEventFace implements EventStoreFace {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly native: NativeEventStoreFace;

  constructor(url: string, tenantId: string) {
    this.#url = url;
    this.#headers = { "x-tenant-id": tenantId, "x-actor": "user:alice" };
    this.native = new RestNativeCalls((path, body) => this.#ask(path, body));
  }

  async append({ key, events, ...append }: FaceAppend): Promise<FaceHeads> {
    const untagged = events.map((event) => ({ ...event, tags: [] }));
    const appends = [{ ...append, events: untagged, condition: undefined }];
    const [result] = await this.native.append(appends, key);
    if (result === undefined) throw new Error("an append has a result");
    return result.last;
  }

  async read({ aggregateId, ...request }: FaceRead): Promise<FacePage> {
    const query = new URLSearchParams({ aggregate_id: aggregateId, ...pageQuery(request) });
    const page = await this.#ask(`/v1/aggregates/events?${query}`);
    const events = page.events.map(ofJson);
    return { events, isEnd: page.is_end, next: BigInt(page.next_from_aggregate_nonce) };
  }

  async *subscribe({ prefix, from, filter }: FaceSubscription, signal: AbortSignal) {
    const query = filterQuery({ types: [], aggregateTypes: [], tags: [], ...filter, prefix });
    query.set("from", String(from));
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

  async #ask(path: string, body?: object): Promise<Answer> {
    const json = { "content-type": "application/json" };
    const posted =
      body === undefined
        ? { headers: this.#headers }
        : { method: "POST", headers: { ...this.#headers, ...json }, body: JSON.stringify(body) };
    const response = await fetch(`${this.#url}${path}`, posted);
    const answer: unknown = await response.json();
    if (response.status === 200) return answer;
    throw refusalOf(answer as Refused);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what this face is there to find out
type Answer = any;

/** What the shared wire has not. */
class RestNativeCalls implements NativeEventStoreFace {
  readonly #ask: (path: string, body?: object) => Promise<Answer>;

  constructor(ask: (path: string, body?: object) => Promise<Answer>) {
    this.#ask = ask;
  }

  async append(appends: readonly NativeAppend[], key: string): Promise<readonly FaceAppended[]> {
    const body = { appends: appends.map(appendOf), idempotency_key: key };
    const { results } = await this.#ask("/v1/events/append", body);
    return results.map((result: Answer) => ({
      aggregateId: result.aggregate_id,
      first: {
        aggregateNonce: BigInt(result.first_aggregate_nonce),
        globalNonce: BigInt(result.first_global_nonce),
      },
      last: headsOf(result),
    }));
  }

  async readAll(request: Parameters<NativeEventStoreFace["readAll"]>[0]): Promise<FacePage> {
    const query = filterQuery(request.filter);
    for (const [name, value] of Object.entries(pageQuery(request))) query.set(name, value);
    const page = await this.#ask(`/v1/events?${query}`);
    const events = page.events.map(ofJson);
    return { events, isEnd: page.is_end, next: BigInt(page.next_from_global_nonce) };
  }

  async head(aggregateId: string): Promise<FaceAggregate> {
    const query = new URLSearchParams({ aggregate_id: aggregateId });
    return aggregateOf(await this.#ask(`/v1/aggregates/head?${query}`));
  }

  async aggregates(type: string, prefix: string, pageSize: number): Promise<FaceAggregate[]> {
    const found: FaceAggregate[] = [];
    const asked = { aggregate_type: type, aggregate_id_prefix: prefix, limit: String(pageSize) };
    const query = new URLSearchParams(asked);
    if (pageSize === 0) query.delete("limit");
    for (;;) {
      const page = await this.#ask(`/v1/aggregates?${query}`);
      found.push(...page.aggregates.map(aggregateOf));
      if (page.has_more !== true) return found;
      query.set("cursor", page.next_cursor);
    }
  }

  async checkpoint(consumer: string): Promise<bigint> {
    const query = new URLSearchParams({ consumer });
    return BigInt((await this.#ask(`/v1/events/checkpoint?${query}`)).global_nonce);
  }

  async storeCheckpoint(consumer: string, at: bigint, expected: bigint | undefined): Promise<void> {
    const stand = expected === undefined ? {} : { expected_global_nonce: String(expected) };
    await this.#ask("/v1/events/checkpoint", { consumer, global_nonce: String(at), ...stand });
  }
}

function appendOf({ expected, events, condition, ...append }: NativeAppend): object {
  return {
    aggregate_id: append.aggregateId,
    aggregate_type: append.aggregateType,
    expected_nonce: String(expected),
    events: events.map(jsonOf),
    condition: condition && {
      fail_if_any: condition.items.map(({ types, tags }) => ({ event_types: types, tags })),
      after_global_nonce: String(condition.after),
    },
  };
}

function pageQuery({ from, maxCount, forward }: Omit<FaceRead, "aggregateId">) {
  return { from: String(from), limit: String(maxCount), backward: String(!forward) };
}

function filterQuery({ types, aggregateTypes, prefix, tags }: FaceFilter): URLSearchParams {
  return new URLSearchParams({
    event_types: JSON.stringify(types),
    aggregate_types: JSON.stringify(aggregateTypes),
    aggregate_id_prefix: prefix,
    tags: JSON.stringify(tags),
  });
}

function headsOf(last: Answer): FaceHeads {
  return {
    aggregateNonce: BigInt(last.last_aggregate_nonce),
    globalNonce: BigInt(last.last_global_nonce),
  };
}

function aggregateOf(head: Answer): FaceAggregate {
  return {
    aggregateId: head.aggregate_id,
    aggregateType: head.aggregate_type,
    ...headsOf(head),
  };
}

function jsonOf(event: NativeAppend["events"][number]): object {
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
    tags: event.tags,
    payload_base64: Buffer.from(event.payload).toString("base64"),
  };
}

function ofJson(event: Answer): StoredFaceEvent {
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
    tags: event.tags ?? [],
    payload:
      event.payload === undefined
        ? bytes(event.payload_base64)
        : new TextEncoder().encode(JSON.stringify(event.payload)),
    globalNonce: BigInt(event.global_nonce),
    recordedTimeUnixMs: BigInt(event.recorded_time_unix_ms),
  };
}

type Refused = { readonly error: Readonly<Record<string, unknown>> };

function refusalOf({ error }: Refused): FaceRefusal {
  const reason = ERROR_REASONS.find((known) => known === error["reason"]);
  if (reason === undefined) throw new Error(JSON.stringify(error));
  const details = error["details"] as Readonly<Record<string, string>> | undefined;
  const aggregate = details?.["actual_last_aggregate_nonce"];
  const global = details?.["actual_last_global_nonce"];
  const code = REASON_TEXTS[reason].codes[0] as ErrorCode;
  if (aggregate === undefined || global === undefined) return new FaceRefusal(code, { reason });
  const actual = { aggregateNonce: BigInt(aggregate), globalNonce: BigInt(global) };
  return new FaceRefusal(code, { reason, actual });
}
