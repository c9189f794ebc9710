/** The event store of the server. */

import { newIdempotencyKey } from "../calls/request-ids.ts";
import { resuming } from "../calls/resuming.ts";
import type { Session } from "../client/session.ts";
import { freshnessOf, type ReadOptions, readAnswer, type WriteOptions } from "../client/session.ts";
import type { EntDBError } from "../errors/entdb-error.ts";
import { NotFoundError } from "../errors/refusals.ts";
import type { Event as WireEvent } from "../gen/entdb/v1/event_model_pb.ts";
import { checkedKey } from "../plan/atomic.ts";
import { type Grant, wireGrant } from "../plan/plan.ts";
import { type AggregateGrants, grantOf } from "../reads/grants.ts";
import { Listing, pageOf } from "../reads/listing.ts";
import { safeNumber } from "../values/value.ts";
import { type EventDefaults, type RecordedEvent, recordedEvent } from "./event.ts";
import type {
  AggregateHead,
  AggregateListOptions,
  Append,
  Appended,
  EventStore,
  ReadAggregateOptions,
  ReadEventsOptions,
  SubscribeOptions,
} from "./event-store.ts";
import { appendedOf, headOf, wireAppend, wireCheckpoint, wireFilter, wireNonce } from "./wire.ts";

/** What events carry besides what they say themselves, asked for at each append. */
export type EventDefaultsSource = () => EventDefaults;

/** What a subscription to the server can be told besides. */
export interface ClientSubscribeOptions extends SubscribeOptions {
  /** How often the server says that it is there, in milliseconds, 100 to 60,000. Defaults to 1,000. */
  readonly keepAliveMs?: number;
  /** Told of each break, before the subscription goes on. */
  readonly onReconnect?: (error: EntDBError, attempt: number) => void;
}

const KEEP_ALIVE_MS = 1_000;

/** Made by `client.events`. */
export class ClientEventStore implements EventStore {
  readonly #session: Session;
  readonly #defaults: EventDefaultsSource;

  constructor(session: Session, defaults: EventDefaultsSource = () => ({})) {
    this.#session = session;
    this.#defaults = defaults;
  }

  /** The same store, whose events carry what the function gives at each append, unless they say otherwise. */
  withDefaults(defaults: EventDefaultsSource): ClientEventStore {
    return new ClientEventStore(this.#session, defaults);
  }

  async append(
    appends: Append | readonly Append[],
    options: WriteOptions = {},
  ): Promise<readonly Appended[]> {
    const { caller, events, identity, positions } = this.#session;
    const defaults = this.#defaults();
    const all = "aggregateId" in appends ? [appends] : appends;
    const request = {
      context: identity,
      idempotencyKey: checkedKey(options.idempotencyKey) ?? newIdempotencyKey(),
      appends: all.map((append) => wireAppend(append, defaults)),
    };
    const response = await caller.call(
      (stub) => events.appendEvents(request, stub),
      "safe",
      options,
    );
    positions.note(identity.tenantId, response.positionToken, response.walPosition);
    return response.results.map(appendedOf);
  }

  async *readAggregate(
    aggregateId: string,
    options: ReadAggregateOptions = {},
  ): AsyncGenerator<RecordedEvent, void, void> {
    const { events } = this.#session;
    const what = { aggregateId, backward: options.backwards ?? false };
    yield* this.#pages(options, async (from, read, stub) => {
      const request = { ...what, ...read, fromAggregateNonce: from };
      const page = await events.readAggregate(request, stub);
      return { ...page, next: page.nextFromAggregateNonce };
    });
  }

  async *readEvents(options: ReadEventsOptions = {}): AsyncGenerator<RecordedEvent, void, void> {
    const { events } = this.#session;
    const what = { filter: wireFilter(options), backward: options.backwards ?? false };
    yield* this.#pages(options, async (from, read, stub) => {
      const page = await events.readEvents({ ...what, ...read, fromGlobalNonce: from }, stub);
      return { ...page, next: page.nextFromGlobalNonce };
    });
  }

  async head(aggregateId: string, options: ReadOptions = {}): Promise<AggregateHead | undefined> {
    const { caller, events, identity } = this.#session;
    const request = { context: identity, aggregateId, read: freshnessOf(this.#session, options) };
    try {
      const { aggregate } = await readAnswer(
        this.#session,
        options,
        caller.call((stub) => events.getAggregate(request, stub), "safe", options),
      );
      return aggregate === undefined ? undefined : headOf(aggregate);
    } catch (error) {
      if (error instanceof NotFoundError && error.reason === "AGGREGATE_NOT_FOUND")
        return undefined;
      throw error;
    }
  }

  aggregates(options: AggregateListOptions = {}): Listing<AggregateHead> {
    const { caller, events, identity } = this.#session;
    return new Listing(options, async (page) => {
      const request = {
        context: identity,
        aggregateType: options.aggregateType ?? "",
        aggregateIdPrefix: options.aggregateIdPrefix ?? "",
        read: freshnessOf(this.#session, options),
        ...page,
      };
      const answer = await readAnswer(
        this.#session,
        options,
        caller.call((stub) => events.listAggregates(request, stub), "safe", options),
      );
      return pageOf(answer.aggregates.map(headOf), answer);
    });
  }

  /** Goes on where it was when its connection breaks, so that every event comes once. */
  async *subscribe(
    options: ClientSubscribeOptions = {},
  ): AsyncGenerator<RecordedEvent, void, void> {
    const { caller, events, identity } = this.#session;
    const { keepAliveMs = KEEP_ALIVE_MS, signal, onReconnect } = options;
    let from = wireNonce(options.from ?? 0, "from");
    const filter = wireFilter(options);
    const messages = resuming({
      caller,
      open: (stub) =>
        events.subscribeEvents(
          { context: identity, fromGlobalNonce: from, filter, keepAliveMs },
          stub,
        ),
      heartbeatMs: keepAliveMs,
      signal,
      onReconnect,
    });
    for await (const { event, upToGlobalNonce } of messages) {
      if (upToGlobalNonce >= from) from = upToGlobalNonce + 1n;
      if (event !== undefined) yield recordedEvent(event);
    }
  }

  async checkpoint(consumer: string, options: ReadOptions = {}): Promise<number> {
    const { caller, events, identity } = this.#session;
    const request = { context: identity, consumer, read: freshnessOf(this.#session, options) };
    const { globalNonce } = await readAnswer(
      this.#session,
      options,
      caller.call((stub) => events.getCheckpoint(request, stub), "safe", options),
    );
    return safeNumber(globalNonce, "globalNonce");
  }

  async storeCheckpoint(
    consumer: string,
    globalNonce: number,
    options: WriteOptions & { readonly expected?: number } = {},
  ): Promise<void> {
    const { caller, events, identity, positions } = this.#session;
    const request = {
      context: identity,
      idempotencyKey: checkedKey(options.idempotencyKey) ?? newIdempotencyKey(),
      checkpoint: wireCheckpoint(consumer, globalNonce, options.expected),
    };
    const answer = await caller.call(
      (stub) => events.storeCheckpoint(request, stub),
      "safe",
      options,
    );
    positions.note(identity.tenantId, answer.positionToken, answer.walPosition);
  }

  /** Who may read and append to aggregates of a type. For whoever may change that. */
  async grants(aggregateType: string, options: ReadOptions = {}): Promise<AggregateGrants> {
    const { caller, events, identity } = this.#session;
    const request = { context: identity, aggregateType, read: freshnessOf(this.#session, options) };
    const { grants, isDefault } = await readAnswer(
      this.#session,
      options,
      caller.call((stub) => events.listAggregateGrants(request, stub), "safe", options),
    );
    return { grants: grants.map(grantOf), isDefault };
  }

  /**
   * Says who may read ("read") and append ("write") to aggregates of a type, and change that
   * ("admin"), in place of what was said before. Nobody named: only who holds the right `data`.
   * "default": again everybody of the tenant may read and append.
   */
  async setGrants(
    aggregateType: string,
    grants: readonly Grant[] | "default",
    options: WriteOptions = {},
  ): Promise<void> {
    const { caller, events, identity, positions } = this.#session;
    const reset = grants === "default";
    const request = {
      context: identity,
      idempotencyKey: checkedKey(options.idempotencyKey) ?? newIdempotencyKey(),
      grants: { aggregateType, grants: reset ? [] : grants.map(wireGrant), reset },
    };
    const answer = await caller.call(
      (stub) => events.setAggregateGrants(request, stub),
      "safe",
      options,
    );
    positions.note(identity.tenantId, answer.positionToken, answer.walPosition);
  }

  /** Page after page, each asked for when the one before has been used up. */
  async *#pages(
    options: ReadAggregateOptions,
    fetch: (
      from: bigint,
      read: PageOfEvents,
      stub: Parameters<Session["events"]["readEvents"]>[1],
    ) => Promise<EventsAnswer>,
  ): AsyncGenerator<RecordedEvent, void, void> {
    const { caller, identity } = this.#session;
    let from = wireNonce(options.from ?? 0, "from");
    for (;;) {
      const read = {
        context: identity,
        maxCount: options.pageSize ?? 0,
        read: freshnessOf(this.#session, options),
      };
      const page = await readAnswer(
        this.#session,
        options,
        caller.call((stub) => fetch(from, read, stub), "safe", options),
      );
      for (const event of page.events) yield recordedEvent(event);
      if (page.isEnd) return;
      from = page.next;
    }
  }
}

interface PageOfEvents {
  readonly context: Session["identity"];
  readonly maxCount: number;
  readonly read: ReturnType<typeof freshnessOf>;
}

interface EventsAnswer {
  readonly events: readonly WireEvent[];
  readonly isEnd: boolean;
  readonly next: bigint;
}
