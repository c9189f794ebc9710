/**
 * Subscriptions to events: a request checked, made a subscription, and its batches put in words.
 * How history and live come without a gap is `subscription/`'s.
 */
import { abortable } from "../../base/abortable.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Caller } from "../../record/caller.ts";
import type { StoredEvent } from "../../record/event.ts";
import { SYSTEM_TENANT_ID } from "../../record/transaction.ts";
import type { Applied } from "../../store/applied.ts";
import type { CatalogEntry } from "../../store/reader/catalog-reader.ts";
import type { TenantStores } from "../../store/tenant-stores.ts";
import type { Gate } from "../../tenant/gate.ts";
import { checkConsumer, checkFilter, reachableNonce } from "../check-events.ts";
import type { Checkpoint, EventBatch, EventSubscription } from "../events.ts";
import type { OpenViews } from "../open-views.ts";
import { type SignOfLifeRange, signOfLifeMs } from "../subscription/sign-of-life.ts";
import { credentialExpired } from "../subscription/subscriber.ts";
import { Subscriptions, tooManySubscribers } from "../subscription/subscriptions.ts";
import { TenantLives } from "../subscription/tenant-lives.ts";
import type { EventReads } from "./event-reads.ts";
import { type EventInterest, type EventRow, EventSource } from "./event-source.ts";

export interface SubscribeEventsDeps {
  readonly applied: Applied;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly stores: TenantStores;
  readonly views: OpenViews;
  readonly eventReads: EventReads;
  /** Where a consumer's checkpoint stands, as the caller may know it. */
  checkpointOf(caller: Caller, consumer: string): Checkpoint;
}

const KEEP_ALIVE: SignOfLifeRange = {
  defaultMs: limits.eventKeepAliveMs,
  minMs: limits.eventKeepAliveMinMs,
  maxMs: limits.eventKeepAliveMaxMs,
};

export class SubscribeEvents {
  readonly #deps: SubscribeEventsDeps;
  readonly #subscriptions: Subscriptions<EventRow, EventInterest, StoredEvent>;
  /** Subscribers of tenants that do not exist. */
  #waiting = 0;

  constructor(deps: SubscribeEventsDeps) {
    this.#deps = deps;
    const source = new EventSource(new TenantLives(deps), deps.eventReads);
    this.#subscriptions = new Subscriptions({ ...deps, source });
  }

  get count(): number {
    return this.#subscriptions.count + this.#waiting;
  }

  async *subscribe(
    caller: Caller,
    request: EventSubscription,
    signal: CancelSignal,
  ): AsyncGenerator<EventBatch, void> {
    const heartbeatMs = signOfLifeMs(request.keepAliveMs, "keep_alive_ms", KEEP_ALIVE);
    checkFilter(request.filter, "filter");
    if (request.consumer !== "") checkConsumer(request.consumer, "consumer");
    if (signal.aborted) return;
    const tenant = yield* this.#untilThere(caller, request, heartbeatMs, signal);
    if (tenant === undefined) return;
    const after = this.#startOf(caller, request);
    const interest = { caller, filter: request.filter };
    const key = keyOf(interest);
    const { expiresAt } = request;
    const wanted = { tenant, interest, key, after, heartbeatMs, expiresAt };
    let isFirst = true;
    for await (const batch of this.#subscriptions.subscribe(wanted, signal)) {
      // The first only says where it begins, which whoever subscribes to events knows.
      if (!isFirst) yield { events: batch.items, upToGlobalNonce: batch.position };
      isFirst = false;
    }
  }

  #startOf(caller: Caller, { consumer, fromGlobalNonce }: EventSubscription): number {
    if (consumer !== "") return this.#deps.checkpointOf(caller, consumer).globalNonce;
    return before(fromGlobalNonce);
  }

  /** The tenant, once it exists; undefined when the signal aborts before. Until then keep-alives. */
  async *#untilThere(
    { tenantId }: Caller,
    request: EventSubscription,
    keepAliveMs: number,
    signal: CancelSignal,
  ): AsyncGenerator<EventBatch, CatalogEntry | undefined> {
    const { stores, gate, clock } = this.#deps;
    if (stores.findEntry(tenantId) !== undefined) return gate.admitRead(tenantId);
    if (this.count >= limits.watchers) throw tooManySubscribers("The server has", "watchers");
    this.#waiting += 1;
    try {
      let sentAtMs = clock.monotonic();
      while (stores.findEntry(tenantId) === undefined) {
        const left = sentAtMs + keepAliveMs - clock.monotonic();
        await this.#catalogMoves(Math.min(left, request.expiresAt - clock.now()), signal);
        if (signal.aborted) return undefined;
        if (clock.now() >= request.expiresAt) throw credentialExpired();
        if (clock.monotonic() < sentAtMs + keepAliveMs) continue;
        sentAtMs = clock.monotonic();
        // A consumer has no checkpoint where there is no tenant.
        yield { events: [], upToGlobalNonce: before(request.fromGlobalNonce) };
      }
      return gate.admitRead(tenantId);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Until the catalog has changed, so many milliseconds have gone, or the signal aborts. */
  async #catalogMoves(ms: number, signal: CancelSignal): Promise<void> {
    const { applied, clock } = this.#deps;
    if (ms <= 0) return;
    try {
      await abortable<void>(signal, (settle) => {
        const stop = applied.onMove(SYSTEM_TENANT_ID, () => settle.resolve());
        const cancel = clock.timer(ms, () => settle.resolve());
        return () => {
          stop();
          cancel();
        };
      });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** The position behind which a subscription from this nonce on begins. */
function before(fromGlobalNonce: bigint): number {
  return Math.max(0, reachableNonce(fromGlobalNonce) - 1);
}

/** The same for subscribers who get the same. */
function keyOf({ caller, filter }: EventInterest): string {
  const sorted = (texts: readonly string[]) => [...texts].sort();
  const { eventTypes, aggregateTypes, aggregateIdPrefix, tags } = filter;
  return JSON.stringify([
    caller.actor,
    caller.roles,
    sorted(eventTypes),
    sorted(aggregateTypes),
    aggregateIdPrefix,
    sorted(tags),
  ]);
}
