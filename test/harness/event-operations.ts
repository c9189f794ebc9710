/** Operations and questions of the event store in few words, for tests of the engine. */
import type { EventsRead } from "../../src/engine/events.ts";
import type { Grant } from "../../src/record/access.ts";
import {
  type AppendEvents,
  type AppendedEvent,
  EVERY_EVENT,
  type EventFilter,
  type SetAggregateGrants,
  type StoreCheckpoint,
  type StoredEvent,
} from "../../src/record/event.ts";
import { encodeEventMetadata, NO_METADATA } from "../../src/record/event-metadata.ts";
import type { TenantClient } from "./tenant-client.ts";

const never = new AbortController().signal;
const NOW = { atLeast: undefined, strong: false };
const METADATA = encodeEventMetadata({ ...NO_METADATA, eventVersion: 1 });

let made = 0;

/** An event with an id of its own. */
export function event(change: Partial<AppendedEvent> = {}): AppendedEvent {
  made += 1;
  return {
    eventId: `event-${made}`,
    eventType: "account.credited",
    metadata: METADATA,
    payload: new Uint8Array([made % 256]),
    tags: [],
    ...change,
  };
}

/** Appends one event wherever the aggregate stands; `change` says what is otherwise. */
export function appending(aggregateId: string, change: Partial<AppendEvents> = {}): AppendEvents {
  return {
    op: "append_events",
    aggregateId,
    aggregateType: "Account",
    expected: { kind: "any" },
    firstNonce: 0,
    events: [event()],
    condition: undefined,
    contentKey: undefined,
    ...change,
  };
}

export function checkpoint(
  consumer: string,
  globalNonce: number,
  expectedGlobalNonce?: number,
): StoreCheckpoint {
  return { op: "store_checkpoint", consumer, globalNonce, expectedGlobalNonce };
}

/** Without grants: back to the default. */
export function aggregateGrants(
  aggregateType: string,
  grants?: readonly Omit<Grant, "expiresAt">[],
): SetAggregateGrants {
  const lasting = grants?.map((grant) => ({ ...grant, expiresAt: 0 }));
  return { op: "set_aggregate_grants", aggregateType, grants: lasting };
}

/** One tenant's event store, asked in few words. */
export class EventClient {
  readonly #tenant: TenantClient;

  constructor(tenant: TenantClient) {
    this.#tenant = tenant;
  }

  /** One append that is no part of anything larger; what it came to. */
  async append(aggregateId: string, change: Partial<AppendEvents> = {}) {
    const { append } = await this.#tenant.one(appending(aggregateId, change));
    if (append === undefined) throw new Error("an append has a result");
    return append;
  }

  async aggregate(aggregateId: string, backward = false): Promise<readonly StoredEvent[]> {
    const request = { aggregateId, from: 0n, maxCount: 0, backward };
    const { engine, caller } = this.#tenant;
    return (await engine.events.readAggregate(caller, request, NOW, never)).events;
  }

  /** One page. */
  page(request: Partial<EventsRead> = {}) {
    const read = { from: 0n, maxCount: 0, backward: false, filter: EVERY_EVENT, ...request };
    const { engine, caller } = this.#tenant;
    return engine.events.readEvents(caller, read, NOW, never);
  }

  /** Global nonces of all events of a filter, page by page. */
  async matching(filter: Partial<EventFilter>, backward = false, maxCount = 0): Promise<number[]> {
    const nonces: number[] = [];
    for (let from = 0n; ; ) {
      const wanted = { from, backward, maxCount, filter: { ...EVERY_EVENT, ...filter } };
      const page = await this.page(wanted);
      nonces.push(...page.events.map(({ globalNonce }) => globalNonce));
      if (page.isEnd) return nonces;
      from = BigInt(page.nextFrom);
    }
  }

  head(aggregateId: string) {
    const { engine, caller } = this.#tenant;
    return engine.events.getAggregate(caller, aggregateId, NOW, never);
  }

  /** Ids of all aggregates, page by page. */
  async ids(aggregateType = "", aggregateIdPrefix = "", pageSize = 0): Promise<string[]> {
    const { engine, caller } = this.#tenant;
    const ids: string[] = [];
    for (let cursor: Uint8Array | undefined; ; ) {
      const request = { aggregateType, aggregateIdPrefix, pageSize, cursor };
      const page = await engine.events.listAggregates(caller, request, NOW, never);
      ids.push(...page.aggregates.map(({ aggregateId }) => aggregateId));
      if (!page.hasMore) return ids;
      cursor = page.nextCursor;
    }
  }

  checkpoint(consumer: string) {
    const { engine, caller } = this.#tenant;
    return engine.events.getCheckpoint(caller, consumer, NOW, never);
  }

  grants(aggregateType: string) {
    const { engine, caller } = this.#tenant;
    return engine.events.listAggregateGrants(caller, aggregateType, NOW, never);
  }

  /** What a subscription gives up to so many events, and leaves then. */
  async follow(
    count: number,
    request: { from?: number; consumer?: string; filter?: Partial<EventFilter> } = {},
  ): Promise<StoredEvent[]> {
    const { engine, caller } = this.#tenant;
    const abort = new AbortController();
    const found: StoredEvent[] = [];
    const asked = {
      fromGlobalNonce: BigInt(request.from ?? 0),
      consumer: request.consumer ?? "",
      filter: { ...EVERY_EVENT, ...request.filter },
      keepAliveMs: 0,
      expiresAt: Number.POSITIVE_INFINITY,
    };
    for await (const { events } of engine.events.subscribe(caller, asked, abort.signal)) {
      found.push(...events);
      if (found.length >= count) abort.abort();
    }
    return found;
  }
}
