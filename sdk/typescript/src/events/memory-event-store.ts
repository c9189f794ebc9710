/**
 * An event store in memory, for programs' own tests: the same answers and refusals as the server's,
 * without one. Nothing is durable, and it is one tenant's.
 */
import type { WriteOptions } from "../client/session.ts";
import { canceled } from "../errors/classify.ts";
import { EntDBError } from "../errors/entdb-error.ts";
import {
  ConcurrencyConflictError,
  ConflictError,
  IdempotencyKeyReusedError,
  InvalidArgumentError,
} from "../errors/refusals.ts";
import {
  checkAggregateId,
  checkConsumer,
  checkFilter,
  checkRequest,
  idTaken,
  type SealedAppend,
} from "./append-shape.ts";
import { dataOf, type RecordedEvent, seal } from "./event.ts";
import type {
  AggregateHead,
  AggregateListOptions,
  Append,
  AppendCondition,
  Appended,
  EventFilter,
  EventStore,
  ExpectedNonce,
  ReadAggregateOptions,
  ReadEventsOptions,
  SubscribeOptions,
} from "./event-store.ts";
import { wireCheckpoint, wireNonce } from "./wire.ts";

/** What came of a request under its key: one that lost stays refused. */
interface Remembered {
  readonly request: string;
  readonly outcome: readonly Appended[] | EntDBError;
}

/** What is there. */
interface Kept {
  readonly events: RecordedEvent[];
  readonly ids: Set<string>;
  readonly heads: Map<string, AggregateHead>;
}

export class MemoryEventStore implements EventStore {
  readonly #now: () => Date;
  readonly #remembered = new Map<string, Remembered>();
  readonly #checkpoints = new Map<string, number>();
  readonly #kept: Kept = { events: [], ids: new Set(), heads: new Map() };
  #wake = Promise.withResolvers<void>();

  /** `now` is what recorded events say; defaults to the system's clock. */
  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  async append(
    appends: Append | readonly Append[],
    options: WriteOptions = {},
  ): Promise<readonly Appended[]> {
    const all = ("aggregateId" in appends ? [appends] : appends).map((append) => ({
      ...append,
      events: append.events.map((event) => seal(event, {})),
    }));
    checkRequest(all);
    const key = options.idempotencyKey;
    const request = JSON.stringify(all);
    const known = key === undefined ? undefined : this.#remembered.get(key);
    if (known !== undefined) {
      if (known.request !== request) throw keyReused();
      return answerOf(known.outcome);
    }
    const outcome = this.#decide(all);
    if (key !== undefined) this.#remembered.set(key, { request, outcome });
    return answerOf(outcome);
  }

  async *readAggregate(
    aggregateId: string,
    options: ReadAggregateOptions = {},
  ): AsyncGenerator<RecordedEvent, void, void> {
    checkAggregateId(aggregateId);
    wireNonce(options.from ?? 0, "from");
    const mine = this.#kept.events.filter((event) => event.aggregateId === aggregateId);
    yield* inOrder(mine, options, (event) => event.aggregateNonce);
  }

  async *readEvents(options: ReadEventsOptions = {}): AsyncGenerator<RecordedEvent, void, void> {
    checkFilter(options);
    wireNonce(options.from ?? 0, "from");
    const matching = this.#kept.events.filter((event) => matches(event, options));
    yield* inOrder(matching, options, (event) => event.globalNonce);
  }

  async head(aggregateId: string): Promise<AggregateHead | undefined> {
    checkAggregateId(aggregateId);
    return this.#kept.heads.get(aggregateId);
  }

  async *aggregates(options: AggregateListOptions = {}): AsyncGenerator<AggregateHead, void, void> {
    const { aggregateType, aggregateIdPrefix = "" } = options;
    const heads = [...this.#kept.heads.values()].sort((a, b) =>
      a.aggregateId < b.aggregateId ? -1 : 1,
    );
    for (const head of heads) {
      if (aggregateType !== undefined && head.aggregateType !== aggregateType) continue;
      if (head.aggregateId.startsWith(aggregateIdPrefix)) yield head;
    }
  }

  async *subscribe(options: SubscribeOptions = {}): AsyncGenerator<RecordedEvent, void, void> {
    checkFilter(options);
    const { signal } = options;
    let next = Math.max(Number(wireNonce(options.from ?? 1, "from")), 1);
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      for (;;) {
        if (signal?.aborted === true) throw canceled(signal);
        const woken = this.#wake.promise;
        for (; next <= this.#kept.events.length; next++) {
          const event = this.#kept.events[next - 1] as RecordedEvent;
          if (matches(event, options)) yield event;
        }
        await Promise.race([woken, aborted.promise]);
      }
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async checkpoint(consumer: string): Promise<number> {
    checkConsumer(consumer);
    return this.#checkpoints.get(consumer) ?? 0;
  }

  async storeCheckpoint(
    consumer: string,
    globalNonce: number,
    options: { readonly expected?: number } = {},
  ): Promise<void> {
    checkConsumer(consumer);
    wireCheckpoint(consumer, globalNonce, options.expected);
    const stands = this.#checkpoints.get(consumer) ?? 0;
    if (options.expected !== undefined && options.expected !== stands) {
      throw new ConflictError({
        code: "aborted",
        reason: "CHECKPOINT_CONFLICT",
        message: `The checkpoint stands at ${stands}, not at ${options.expected}.`,
        hint: "Read it again; another consumer of the same name is at work.",
        details: { actual_global_nonce: String(stands) },
      });
    }
    if (globalNonce > this.#kept.events.length) throw beyondHead(globalNonce);
    this.#checkpoints.set(consumer, globalNonce);
  }

  #decide(appends: readonly SealedAppend[]): Remembered["outcome"] {
    const batch = new Batch(this.#kept, this.#now());
    try {
      const answer = appends.map((append) => batch.append(append));
      batch.keep();
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
      return answer;
    } catch (error) {
      if (error instanceof EntDBError) return error;
      throw error;
    }
  }
}

/** Throws what was refused. */
function answerOf(outcome: Remembered["outcome"]): readonly Appended[] {
  if (outcome instanceof EntDBError) throw outcome;
  return outcome;
}

/** Appends that are kept together, or not at all. */
class Batch {
  readonly #kept: Kept;
  readonly #now: Date;
  readonly #events: RecordedEvent[] = [];
  readonly #ids = new Set<string>();
  readonly #heads = new Map<string, AggregateHead>();

  constructor(kept: Kept, now: Date) {
    this.#kept = kept;
    this.#now = now;
  }

  append(append: SealedAppend): Appended {
    const { aggregateId, aggregateType, events } = append;
    const head = this.#heads.get(aggregateId) ?? this.#kept.heads.get(aggregateId);
    const last = head?.lastAggregateNonce ?? 0;
    const lastGlobal = this.#kept.events.length + this.#events.length;
    if (!isAsExpected(append.expected, last)) throw conflict(append, last, lastGlobal);
    if (head !== undefined && head.aggregateType !== aggregateType) throw otherType(head);
    const behind = [...this.#kept.events.slice(append.condition?.after ?? 0), ...this.#events];
    checkCondition(behind, append.condition);
    for (const [i, event] of events.entries()) {
      const id = event.id === "" ? crypto.randomUUID() : event.id;
      if (this.#ids.has(id) || this.#kept.ids.has(id)) throw idTaken(id);
      this.#ids.add(id);
      this.#events.push({
        ...event,
        id,
        tags: [...new Set(event.tags)],
        data: dataOf(event.contentType, event.payload),
        aggregateId,
        aggregateType,
        aggregateNonce: last + i + 1,
        globalNonce: lastGlobal + i + 1,
        recordedAt: this.#now,
      });
    }
    const lastAggregateNonce = last + events.length;
    const lastGlobalNonce = lastGlobal + events.length;
    this.#heads.set(aggregateId, {
      ...{ aggregateId, aggregateType, lastAggregateNonce, lastGlobalNonce },
      createdAt: head?.createdAt ?? this.#now,
      updatedAt: this.#now,
    });
    return {
      ...{ aggregateId, lastAggregateNonce, lastGlobalNonce },
      firstAggregateNonce: last + 1,
      firstGlobalNonce: lastGlobal + 1,
    };
  }

  keep(): void {
    this.#kept.events.push(...this.#events);
    for (const id of this.#ids) this.#kept.ids.add(id);
    for (const [id, head] of this.#heads) this.#kept.heads.set(id, head);
  }
}

function isAsExpected(expected: ExpectedNonce, last: number): boolean {
  if (expected === "any") return true;
  if (expected === "exists") return last > 0;
  return last === (expected === "none" ? 0 : expected);
}

/** `behind` are the events behind the position that the condition names. */
function checkCondition(
  behind: readonly RecordedEvent[],
  condition: AppendCondition | undefined,
): void {
  for (const { types = [], tags = [] } of condition?.failIfAny ?? []) {
    if (!behind.some((event) => matches(event, { types, tags }))) continue;
    throw new ConflictError({
      code: "aborted",
      reason: "APPEND_CONDITION_FAILED",
      message: "An event matches the condition.",
      hint: "Read the events that the condition is about again, decide again, append again.",
    });
  }
}

function matches(event: RecordedEvent, filter: EventFilter): boolean {
  const { types = [], aggregateTypes = [], aggregateIdPrefix = "", tags = [] } = filter;
  return (
    (types.length === 0 || types.includes(event.type)) &&
    (aggregateTypes.length === 0 || aggregateTypes.includes(event.aggregateType)) &&
    event.aggregateId.startsWith(aggregateIdPrefix) &&
    tags.every((tag) => event.tags.includes(tag))
  );
}

function* inOrder(
  events: readonly RecordedEvent[],
  { from = 0, backwards = false }: ReadAggregateOptions,
  nonceOf: (event: RecordedEvent) => number,
): Generator<RecordedEvent, void, void> {
  if (!backwards) yield* events.filter((event) => nonceOf(event) >= from);
  else yield* events.filter((event) => from === 0 || nonceOf(event) <= from).reverse();
}

function conflict(append: SealedAppend, last: number, lastGlobal: number) {
  return new ConcurrencyConflictError({
    code: "aborted",
    reason: "CONCURRENCY_CONFLICT",
    message: `The aggregate ${append.aggregateId} stands at ${last}, not at ${append.expected}.`,
    hint: "Read it again, decide again, append again.",
    details: {
      actual_last_aggregate_nonce: String(last),
      actual_last_global_nonce: String(lastGlobal),
    },
  });
}

function beyondHead(globalNonce: number) {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `A checkpoint at ${globalNonce} lies beyond the tenant's last event.`,
    hint: "Name the last event that the consumer is done with.",
  });
}

function otherType(head: AggregateHead) {
  return new InvalidArgumentError({
    reason: "AGGREGATE_TYPE_MISMATCH",
    message: `The aggregate ${head.aggregateId} is of type ${head.aggregateType}.`,
    hint: "An aggregate keeps its type; append under that, or to another aggregate.",
  });
}

function keyReused() {
  return new IdempotencyKeyReusedError({
    code: "already_exists",
    reason: "IDEMPOTENCY_KEY_REUSED",
    message: "The idempotency key was used for another request.",
    hint: "Use a new key for a new request.",
  });
}
