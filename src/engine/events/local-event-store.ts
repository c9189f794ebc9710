/**
 * The event store over the log and the views of this process. A tenant that does not exist has
 * no events: reads answer as they would of an empty one.
 */

import { rightDenied } from "../../applier/record-access.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import type { Caller } from "../../record/caller.ts";
import type { Aggregate, AppendEvents } from "../../record/event.ts";
import { heldBy } from "../../store/aggregate-visibility.ts";
import type { Applied } from "../../store/applied.ts";
import type { ReadWorkers } from "../../store/reader/read-workers.ts";
import type { TenantStore } from "../../store/tenant-store.ts";
import type { TenantStores } from "../../store/tenant-stores.ts";
import type { Gate } from "../../tenant/gate.ts";
import {
  checkAppend,
  checkConsumer,
  checkText,
  firstNonceOf,
  misshapen,
  NUMBERING_HINT,
  reachableNonce,
  requireText,
} from "../check-events.ts";
import type {
  AggregateAppend,
  AggregateAppended,
  AggregateGrants,
  AggregatePage,
  AggregateRead,
  AggregatesRequest,
  Checkpoint,
  EventBatch,
  EventPage,
  EventStore,
  EventSubscription,
  EventsRead,
} from "../events.ts";
import type { FreshReads } from "../fresh-reads.ts";
import type { OpenViews } from "../open-views.ts";
import type { Freshness, Read } from "../reading.ts";
import type { Submit } from "../submit.ts";
import type { Viewers } from "../viewers.ts";
import {
  aggregateNotFound,
  checkAggregateRead,
  checkAggregatesRequest,
  checkEventsRead,
  EventReads,
  nothing,
} from "./event-reads.ts";
import { SubscribeEvents } from "./subscribe-events.ts";

export interface LocalEventStoreDeps {
  readonly applied: Applied;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly stores: TenantStores;
  readonly views: OpenViews;
  readonly reads: FreshReads;
  readonly viewers: Viewers;
  readonly workers: ReadWorkers;
  readonly submit: Submit;
}

export class LocalEventStore implements EventStore {
  readonly #deps: LocalEventStoreDeps;
  readonly #reads: EventReads;
  readonly #subscribe: SubscribeEvents;

  constructor(deps: LocalEventStoreDeps) {
    this.#deps = deps;
    this.#reads = new EventReads(deps);
    this.#subscribe = new SubscribeEvents({
      ...deps,
      eventReads: this.#reads,
      checkpointOf: (caller, consumer) =>
        this.#checkpointIn(deps.views.open(caller.tenantId), caller, consumer),
    });
  }

  get count(): number {
    return this.#subscribe.count;
  }

  async append(
    caller: Caller,
    request: AggregateAppend,
    signal: CancelSignal,
  ): Promise<AggregateAppended> {
    const operation = appendOf(request);
    return await this.#deps.submit.appendEvents(caller, operation, signal);
  }

  async readAggregate(
    caller: Caller,
    request: AggregateRead,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<EventPage>> {
    checkAggregateRead(request);
    return await this.#reading(caller, freshness, signal, nothing(request), (store) =>
      this.#reads.readAggregate(store, caller, request),
    );
  }

  async readEvents(
    caller: Caller,
    request: EventsRead,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<EventPage>> {
    checkEventsRead(request);
    return await this.#reading(caller, freshness, signal, nothing(request), (store) =>
      this.#reads.readEvents(store, caller, request, signal),
    );
  }

  async getAggregate(
    caller: Caller,
    aggregateId: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ readonly aggregate: Aggregate }>> {
    requireText(aggregateId, "aggregate_id", "aggregateTextBytes");
    if (!this.#exists(caller.tenantId)) throw aggregateNotFound();
    return await this.#deps.reads.read(caller, freshness, signal, (store) => ({
      aggregate: this.#reads.getAggregate(store, caller, aggregateId),
    }));
  }

  async listAggregates(
    caller: Caller,
    request: AggregatesRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<AggregatePage>> {
    checkAggregatesRequest(request);
    const none = { aggregates: [], nextCursor: undefined, hasMore: false, lastGlobalNonce: 0 };
    return await this.#reading<AggregatePage>(caller, freshness, signal, none, (store) =>
      this.#reads.listAggregates(store, caller, request, signal),
    );
  }

  subscribe(
    caller: Caller,
    request: EventSubscription,
    signal: CancelSignal,
  ): AsyncIterable<EventBatch> {
    return this.#subscribe.subscribe(caller, request, signal);
  }

  async getCheckpoint(
    caller: Caller,
    consumer: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<Checkpoint>> {
    checkConsumer(consumer, "consumer");
    return await this.#reading(caller, freshness, signal, NO_CHECKPOINT, (store) =>
      this.#checkpointIn(store, caller, consumer),
    );
  }

  async listAggregateGrants(
    caller: Caller,
    aggregateType: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<AggregateGrants>> {
    requireText(aggregateType, "aggregate_type", "aggregateTextBytes");
    return await this.#deps.reads.read(caller, freshness, signal, (store) => {
      const viewer = this.#deps.viewers.of(store, caller);
      const found = store.reads.aggregateVisibility.grantsOf(aggregateType);
      const held = heldBy(found.grants, viewer);
      if (viewer.seesAll || held.some(({ permission }) => permission === "admin")) return found;
      throw rightDenied("data");
    });
  }

  /** Of another's consumer nothing is said. */
  #checkpointIn(store: TenantStore, caller: Caller, consumer: string): Checkpoint {
    const found = store.reads.aggregates.consumer(consumer);
    if (found === undefined) return NO_CHECKPOINT;
    const { ownerActor, globalNonce, updatedAt } = found;
    const mayKnow = ownerActor === caller.actor || this.#deps.viewers.of(store, caller).seesAll;
    return mayKnow ? { globalNonce, updatedAt } : NO_CHECKPOINT;
  }

  #exists(tenantId: string): boolean {
    return this.#deps.stores.findEntry(tenantId) !== undefined;
  }

  async #reading<T extends object>(
    caller: Caller,
    freshness: Freshness,
    signal: CancelSignal,
    none: T,
    read: (store: TenantStore) => T | Promise<T>,
  ): Promise<Read<T>> {
    if (!this.#exists(caller.tenantId)) return { ...none, positionToken: new Uint8Array(0) };
    return await this.#deps.reads.read(caller, freshness, signal, read);
  }
}

const NO_CHECKPOINT: Checkpoint = { globalNonce: 0, updatedAt: 0 };

/** The request as an operation. Throws INVALID_REQUEST, EVENT_ALREADY_EXISTS, LIMIT_EXCEEDED. */
function appendOf(request: AggregateAppend): AppendEvents {
  const { aggregateId, aggregateType, expectedNonce, idempotencyKey, events } = request;
  checkText(idempotencyKey, "idempotency_key");
  for (const [i, { eventId, nonce }] of events.entries()) {
    if (eventId === "") requireText(eventId, placeInRequest("event_id", i), "eventTextBytes");
    if (nonce === 0n) {
      throw misshapen(placeInRequest("aggregate_nonce", i), "is 0", NUMBERING_HINT);
    }
  }
  const operation: AppendEvents = {
    op: "append_events",
    aggregateId,
    aggregateType,
    expected: { kind: "exact", nonce: reachableNonce(expectedNonce) },
    firstNonce: firstNonceOf(
      events.map(({ nonce }) => nonce),
      placeInRequest,
    ),
    events,
    condition: undefined,
    contentKey: idempotencyKey,
  };
  return checkAppend(operation, placeInRequest, NO_IDS).resolved;
}

/** In the words of the shared wire, which speaks of one append at a time. */
function placeInRequest(member: string, event?: number): string {
  return event === undefined ? member : `events[${event}].meta.${member}`;
}

function NO_IDS(): string {
  throw new Error("every event of this wire has an id");
}
