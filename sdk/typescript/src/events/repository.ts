/** Where aggregates of one type are loaded from and saved to. */
import type { WriteOptions } from "../client/session.ts";
import {
  ConcurrencyConflictError,
  InvalidArgumentError,
  NotFoundError,
} from "../errors/refusals.ts";
import type { Aggregate, EmittedEvent, EventData } from "./aggregate.ts";
import type { Appended, EventStore } from "./event-store.ts";
import type { SnapshotStore } from "./snapshot.ts";
import { type Upcaster, Upcasters } from "./upcaster.ts";

/** How states are kept between loads. */
export interface SnapshotOptions<A> {
  readonly store: SnapshotStore;
  /** Of the state's form: count it up when the form changes, and older snapshots are left aside. */
  readonly version: number;
  /** A snapshot is made when a save passes a multiple of so many events. */
  readonly every: number;
  /** The aggregate's state as JSON. */
  take(aggregate: A): unknown;
  /** Puts such a state into a new aggregate. */
  restore(aggregate: A, state: never): void;
  /**
   * Told what `take` or the store's `save` threw, and of which aggregate. The events are recorded
   * by then, so that the repository's `save` succeeds, and the next load reads more of them. What
   * it throws itself is left aside. Absent: nobody is told.
   */
  readonly onSnapshotError?: (error: unknown, aggregateId: string) => void;
}

/** What a repository is made of. */
export interface RepositoryOptions<A> {
  readonly store: EventStore;
  readonly aggregateType: string;
  /** A new aggregate without any event. */
  create(id: string): A;
  readonly upcasters?: readonly Upcaster[];
  readonly snapshots?: SnapshotOptions<A>;
}

/** What {@link Repository.execute} can be told. */
export interface ExecuteOptions extends Omit<WriteOptions, "idempotencyKey"> {
  /** How often the command is tried against a state that somebody else had changed meanwhile. Defaults to 5. */
  readonly attempts?: number;
  /**
   * The command's own. The ids of its events are made of it, so that it is recorded once however
   * often it is sent: again, with another state before it, it is refused as EVENT_ALREADY_EXISTS.
   * An idempotency key would not do: one that lost stays refused.
   */
  readonly commandId?: string;
}

const ATTEMPTS = 5;

/** Loads and saves aggregates of one type. */
export class Repository<A extends Aggregate<Events>, Events extends EventData = EventData> {
  readonly #options: RepositoryOptions<A>;
  readonly #upcasters: Upcasters;

  constructor(options: RepositoryOptions<A>) {
    this.#options = options;
    this.#upcasters = new Upcasters(options.upcasters);
  }

  /** Whether it has any event. */
  async exists(id: string): Promise<boolean> {
    return (await this.#options.store.head(id)) !== undefined;
  }

  /** The aggregate as its events have left it. Throws {@link NotFoundError} when it has none. */
  async load(id: string): Promise<A> {
    const aggregate = await this.find(id);
    if (aggregate.exists) return aggregate;
    throw new NotFoundError({
      reason: "AGGREGATE_NOT_FOUND",
      message: `There is no ${this.#options.aggregateType} ${id}.`,
      hint: "Look at its id; `find` gives a new one instead.",
    });
  }

  /** The same, or a new one without any event. */
  async find(id: string): Promise<A> {
    const { store, create } = this.#options;
    const aggregate = create(id);
    await this.#restore(aggregate);
    const from = aggregate.nonce + 1;
    for await (const event of store.readAggregate(id, { from })) {
      aggregate["~replay"](this.#upcasters.apply(event));
    }
    return aggregate;
  }

  /**
   * Records what the aggregate has emitted; undefined when that is nothing. Throws
   * `ConcurrencyConflictError` when somebody else did so first: load it again, and decide again.
   * What is thrown never comes from a snapshot, which is made behind the recording: see
   * `onSnapshotError`.
   */
  async save(aggregate: A, options: WriteOptions = {}): Promise<Appended | undefined> {
    return await this.#record(aggregate, aggregate["~pending"](), options);
  }

  /**
   * Loads, has the function give commands, and saves; again from the start when somebody else
   * was first. What the function returns is returned.
   */
  async execute<R>(
    id: string,
    run: (aggregate: A) => R | Promise<R>,
    options: ExecuteOptions = {},
  ): Promise<R> {
    const { attempts = ATTEMPTS, commandId, ...write } = options;
    if (!Number.isInteger(attempts) || attempts < 1) throw noAttempts(attempts);
    for (let attempt = 1; ; attempt++) {
      const aggregate = await this.find(id);
      const result = await run(aggregate);
      try {
        await this.#record(aggregate, named(aggregate["~pending"](), commandId), write);
        return result;
      } catch (error) {
        if (!(error instanceof ConcurrencyConflictError) || attempt >= attempts) throw error;
      }
    }
  }

  async #record(
    aggregate: A,
    events: readonly EmittedEvent<Events>[],
    options: WriteOptions,
  ): Promise<Appended | undefined> {
    if (events.length === 0) return undefined;
    const { store, aggregateType } = this.#options;
    const before = aggregate.nonce;
    const append = { aggregateId: aggregate.id, aggregateType, expected: before, events };
    const [appended] = await store.append(append, options);
    if (appended === undefined) return undefined;
    aggregate["~recorded"](appended.lastAggregateNonce);
    await this.#snapshot(aggregate, before);
    return appended;
  }

  async #restore(aggregate: A): Promise<void> {
    const { snapshots, aggregateType } = this.#options;
    const snapshot = await snapshots?.store.load(aggregateType, aggregate.id);
    if (snapshots === undefined || snapshot?.version !== snapshots.version) return;
    snapshots.restore(aggregate, snapshot.state as never);
    aggregate["~standAt"](snapshot.aggregateNonce);
  }

  /** Never throws: whoever is told that a save failed saves again, and here it is done. */
  async #snapshot(aggregate: A, before: number): Promise<void> {
    const { snapshots } = this.#options;
    if (snapshots === undefined) return;
    const { every } = snapshots;
    if (Math.floor(before / every) === Math.floor(aggregate.nonce / every)) return;
    try {
      await this.#keep(aggregate, snapshots);
    } catch (error) {
      tell(snapshots, error, aggregate.id);
    }
  }

  async #keep(aggregate: A, snapshots: SnapshotOptions<A>): Promise<void> {
    await snapshots.store.save({
      aggregateId: aggregate.id,
      aggregateType: this.#options.aggregateType,
      aggregateNonce: aggregate.nonce,
      version: snapshots.version,
      state: snapshots.take(aggregate),
    });
  }
}

function tell<A>(snapshots: SnapshotOptions<A>, error: unknown, id: string): void {
  try {
    snapshots.onSnapshotError?.(error, id);
  } catch {
    // A log that fails is no reason to fail what is recorded.
  }
}

/** Events whose ids are made of their command's, and of their places in it. */
function named<E extends { readonly id?: string }>(
  events: readonly E[],
  commandId: string | undefined,
): readonly E[] {
  if (commandId === undefined) return events;
  return events.map((event, index) => ({ ...event, id: `${commandId}/${index + 1}` }));
}

function noAttempts(attempts: number): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `A command is to be tried ${attempts} times.`,
    hint: "Give a whole number of attempts, from 1 on.",
  });
}
