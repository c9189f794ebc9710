/**
 * Subscriptions to what tenants' views hold and come to hold: for each subscriber all rows
 * behind its position that it may see, once and in order, then the next ones as they are
 * applied, with a sign of life in between. Generic over what the rows are.
 *
 * Guarantees: no gap and no duplicate, whatever happens between (slow consumers, files that
 * are closed or made again); rows are judged when they are handed over; nothing is held for a
 * subscriber but its position and the rows of one read.
 */
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import { type LimitName, limitDetails, limits } from "../../base/limits.ts";
import { SYSTEM_TENANT_ID } from "../../record/transaction.ts";
import type { Applied } from "../../store/applied.ts";
import { Feed } from "./feed.ts";
import { Pump } from "./pump.ts";
import type { PlacedRow, RowSource, TenantLife } from "./row-source.ts";
import { type Batch, Subscriber, type Subscription } from "./subscriber.ts";

export interface SubscriptionsDeps<Row extends PlacedRow, Interest, Item> {
  readonly source: RowSource<Row, Interest, Item>;
  readonly applied: Applied;
  readonly clock: Clock;
}

interface OpenFeed<Row extends PlacedRow, Interest, Item> {
  readonly feed: Feed<Row, Interest, Item>;
  readonly stopListening: () => void;
}

export class Subscriptions<Row extends PlacedRow, Interest, Item> {
  readonly #deps: SubscriptionsDeps<Row, Interest, Item>;
  readonly #pump: Pump;
  readonly #feeds = new Map<string, OpenFeed<Row, Interest, Item>>();
  readonly #perTenant = new Map<string, number>();
  #count = 0;
  #stopped: { readonly error: unknown } | undefined;

  constructor(deps: SubscriptionsDeps<Row, Interest, Item>) {
    this.#deps = deps;
    this.#pump = new Pump(deps.clock);
    deps.applied.onMove(SYSTEM_TENANT_ID, () => this.#checkLives());
    deps.applied.onClose((error) => {
      this.#stopped = { error };
      for (const { feed } of this.#feeds.values()) feed.end(error);
    });
  }

  /** Subscribers at this moment. */
  get count(): number {
    return this.#count;
  }

  /**
   * Begins with a batch without items, which says where it begins. Ends without an error
   * when the signal aborts. Throws LIMIT_EXCEEDED, UNAUTHENTICATED when the time is over,
   * and whatever ends the tenant's rows.
   */
  async *subscribe(
    wanted: Subscription<Interest>,
    signal: CancelSignal,
  ): AsyncGenerator<Batch<Item>, void> {
    if (signal.aborted) return;
    const { tenantId } = wanted.tenant;
    this.#enter(tenantId);
    try {
      yield* this.#run(wanted, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#leave(tenantId);
    }
  }

  async *#run(wanted: Subscription<Interest>, signal: CancelSignal): AsyncGenerator<Batch<Item>> {
    const feed = this.#feedOf(wanted.tenant);
    const group = feed.join(wanted.key, wanted.interest);
    try {
      yield* new Subscriber({ ...this.#deps, pump: this.#pump, feed, group }, wanted, signal).run();
    } finally {
      feed.leave(group);
      this.#forgetIfEmpty(feed);
    }
  }

  #feedOf(tenant: TenantLife): Feed<Row, Interest, Item> {
    if (this.#stopped !== undefined) throw this.#stopped.error;
    const { tenantId } = tenant;
    const known = this.#feeds.get(tenantId);
    if (known !== undefined && !known.feed.ended) return known.feed;
    known?.stopListening();
    const feed = new Feed(tenant, { ...this.#deps, pump: this.#pump });
    const stopListening = this.#deps.applied.onMove(tenantId, () => feed.moved());
    this.#feeds.set(tenantId, { feed, stopListening });
    return feed;
  }

  #forgetIfEmpty(feed: Feed<Row, Interest, Item>): void {
    const { tenantId } = feed.tenant;
    const open = this.#feeds.get(tenantId);
    if (open?.feed !== feed || !feed.isEmpty) return;
    open.stopListening();
    this.#feeds.delete(tenantId);
  }

  /** The catalog has changed: tenants may have gone. */
  #checkLives(): void {
    for (const { feed } of this.#feeds.values()) {
      if (this.#deps.source.deadEnd(feed.tenant) !== undefined) feed.moved();
    }
  }

  #enter(tenantId: string): void {
    const here = this.#perTenant.get(tenantId) ?? 0;
    if (here >= limits.watchersPerTenant) {
      throw tooManySubscribers(`Tenant ${tenantId} has`, "watchersPerTenant");
    }
    if (this.#count >= limits.watchers) throw tooManySubscribers("The server has", "watchers");
    this.#perTenant.set(tenantId, here + 1);
    this.#count += 1;
  }

  #leave(tenantId: string): void {
    this.#count -= 1;
    const here = this.#perTenant.get(tenantId) ?? 0;
    if (here > 1) this.#perTenant.set(tenantId, here - 1);
    else this.#perTenant.delete(tenantId);
  }
}

/** LIMIT_EXCEEDED, in words that begin with who has so many: "The server has". */
export function tooManySubscribers(whose: string, limit: LimitName): EntError {
  return new EntError({
    code: "resource_exhausted",
    reason: "LIMIT_EXCEEDED",
    message: `${whose} ${limits[limit]} subscribers already, as many as are allowed.`,
    hint: "Let several consumers share one subscription, or end those that nobody reads.",
    details: limitDetails(limit),
  });
}
