/**
 * Events by their places: of one aggregate, or of the tenant. Every read is a range of an index
 * with a limit, which is also one of bytes: a page ends with the event that reaches it.
 */
import type { Database } from "bun:sqlite";
import type { AppendedEvent, EventFilter, StoredEvent } from "../../record/event.ts";
import { LazyStatement } from "../lazy-statement.ts";
import { prefixEnd } from "./aggregate-reader.ts";

/** How much one read may give. */
export interface EventBudget {
  readonly rows: number;
  readonly bytes: number;
}

export class EventReader {
  readonly #lastNonce: LazyStatement;
  readonly #place: LazyStatement;
  readonly #run: LazyStatement;
  readonly #byKey: LazyStatement;
  readonly #ofAggregate: { readonly forward: LazyStatement; readonly backward: LazyStatement };
  readonly #ofTenant: { readonly forward: LazyStatement; readonly backward: LazyStatement };
  readonly #matching: { readonly forward: LazyStatement; readonly backward: LazyStatement };

  constructor(db: Database) {
    this.#lastNonce = new LazyStatement(db, "SELECT max(global_nonce) FROM events");
    this.#place = new LazyStatement(
      db,
      "SELECT aggregate, aggregate_nonce FROM events WHERE global_nonce = ?",
    );
    this.#run = new LazyStatement(
      db,
      `SELECT global_nonce, append_size, event_id, event_type, metadata, tags, payload FROM events
       WHERE aggregate = ? AND aggregate_nonce >= ? ORDER BY aggregate_nonce LIMIT ?`,
    );
    this.#byKey = new LazyStatement(
      db,
      "SELECT aggregate_nonce, append_size FROM events WHERE aggregate = ? AND append_key = ?",
    );
    const inAggregate = (compare: string, direction: string) =>
      new LazyStatement(
        db,
        `SELECT ${COLUMNS} FROM aggregates a JOIN events e ON e.aggregate = a.aggregate
         WHERE a.aggregate_id = ? AND e.aggregate_nonce ${compare} ?
         ORDER BY e.aggregate_nonce ${direction} LIMIT ?`,
      );
    this.#ofAggregate = { forward: inAggregate(">=", "ASC"), backward: inAggregate("<=", "DESC") };
    const inTenant = (compare: string, direction: string) =>
      new LazyStatement(
        db,
        `SELECT ${COLUMNS} FROM events e JOIN aggregates a ON a.aggregate = e.aggregate
         WHERE e.global_nonce ${compare} ? ORDER BY e.global_nonce ${direction} LIMIT ?`,
      );
    this.#ofTenant = { forward: inTenant(">=", "ASC"), backward: inTenant("<=", "DESC") };
    const matching = (direction: string) =>
      new LazyStatement(
        db,
        `SELECT ${COLUMNS} FROM events e JOIN aggregates a ON a.aggregate = e.aggregate
         WHERE e.global_nonce BETWEEN ?1 AND ?2
           AND (?3 IS NULL OR e.event_type IN (SELECT value FROM json_each(?3)))
           AND (?4 IS NULL OR a.aggregate_type IN (SELECT value FROM json_each(?4)))
           AND (?5 IS NULL OR a.aggregate_type NOT IN (SELECT value FROM json_each(?5)))
           AND a.aggregate_id >= ?6 AND (?7 IS NULL OR a.aggregate_id < CAST(?7 AS TEXT))
           AND (?8 IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(?8) wanted WHERE NOT EXISTS (
             SELECT 1 FROM event_tags t
             WHERE t.tag = wanted.value AND t.global_nonce = e.global_nonce)))
         ORDER BY e.global_nonce ${direction} LIMIT ?9`,
      );
    this.#matching = { forward: matching("ASC"), backward: matching("DESC") };
  }

  /** Of the tenant's last event; 0: there is none. */
  get lastGlobalNonce(): number {
    const [row] = this.#lastNonce.ready.values() as [bigint | null][];
    return Number(row?.[0] ?? 0n);
  }

  /** Row of the aggregate that an event is of, and its nonce there. */
  placeOf(globalNonce: number): { readonly aggregate: number; readonly nonce: number } | undefined {
    const row = this.#place.ready.values(globalNonce)[0] as [bigint, bigint] | undefined;
    return row && { aggregate: Number(row[0]), nonce: Number(row[1]) };
  }

  /** So many events of an aggregate from a nonce on, as they were appended. */
  run(aggregate: number, fromNonce: number, count: number): RunEvent[] {
    const rows = this.#run.ready.values(aggregate, fromNonce, count) as RunValues[];
    return rows.map((row) => ({
      globalNonce: Number(row[0]),
      appendSize: Number(row[1]),
      eventId: row[2],
      eventType: row[3],
      metadata: row[4],
      tags: tagsOf(row[5]),
      payload: row[6],
    }));
  }

  /** The append that a key of the aggregate was bound by. */
  appendOf(
    aggregate: number,
    key: string,
  ): { readonly firstNonce: number; readonly size: number } | undefined {
    const row = this.#byKey.ready.values(aggregate, key)[0] as [bigint, bigint] | undefined;
    return row && { firstNonce: Number(row[0]), size: Number(row[1]) };
  }

  /** Of one aggregate, from a nonce on. */
  ofAggregate(
    aggregateId: string,
    from: number,
    backward: boolean,
    budget: EventBudget,
  ): StoredEvent[] {
    const statement = backward ? this.#ofAggregate.backward : this.#ofAggregate.forward;
    return within(budget, statement.ready.iterate(aggregateId, from, budget.rows));
  }

  /** Of the tenant, from a global nonce on. */
  ofTenant(from: number, backward: boolean, budget: EventBudget): StoredEvent[] {
    const statement = backward ? this.#ofTenant.backward : this.#ofTenant.forward;
    return within(budget, statement.ready.iterate(from, budget.rows));
  }

  /** Of the tenant, between two global nonces (both included), as far as wanted and not hidden. */
  matching(range: EventRange, wanted: WantedEvents, budget: EventBudget): StoredEvent[] {
    const { filter, hiddenTypes } = wanted;
    const statement = range.backward ? this.#matching.backward : this.#matching.forward;
    const rows = statement.ready.iterate(
      range.low,
      range.high,
      listOf(filter.eventTypes),
      listOf(filter.aggregateTypes),
      listOf(hiddenTypes),
      filter.aggregateIdPrefix,
      prefixEnd(filter.aggregateIdPrefix),
      listOf(filter.tags),
      budget.rows,
    );
    return within(budget, rows);
  }
}

export interface EventRange {
  readonly low: number;
  readonly high: number;
  readonly backward: boolean;
}

/** Plain data: it also crosses to read workers. */
export interface WantedEvents {
  readonly filter: EventFilter;
  /** Types of aggregates that whoever asks may not read. */
  readonly hiddenTypes: readonly string[];
}

/** A list for SQL; null for an empty one. */
function listOf(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : JSON.stringify(texts);
}

/** An event of an append, and how many events the append has that begins with it (0: none does). */
export interface RunEvent extends AppendedEvent {
  readonly globalNonce: number;
  readonly appendSize: number;
}

type RunValues = [bigint, bigint, string, string, Uint8Array, string | null, Uint8Array];

const COLUMNS = `e.global_nonce AS globalNonce, a.aggregate_id AS aggregateId,
  a.aggregate_type AS aggregateType, e.aggregate_nonce AS aggregateNonce, e.event_id AS eventId,
  e.event_type AS eventType, e.recorded_at AS recordedAt, e.metadata, e.tags, e.payload`;

interface EventRow {
  readonly globalNonce: bigint;
  readonly aggregateId: string;
  readonly aggregateType: string;
  readonly aggregateNonce: bigint;
  readonly eventId: string;
  readonly eventType: string;
  readonly recordedAt: bigint;
  readonly metadata: Uint8Array;
  readonly tags: string | null;
  readonly payload: Uint8Array;
}

function within(budget: EventBudget, rows: Iterable<unknown>): StoredEvent[] {
  const events: StoredEvent[] = [];
  let bytes = 0;
  for (const row of rows as Iterable<EventRow>) {
    const event = storedEvent(row);
    events.push(event);
    bytes += event.payload.length + event.metadata.length;
    if (bytes >= budget.bytes) break;
  }
  return events;
}

function storedEvent(row: EventRow): StoredEvent {
  return {
    globalNonce: Number(row.globalNonce),
    aggregateId: row.aggregateId,
    aggregateType: row.aggregateType,
    aggregateNonce: Number(row.aggregateNonce),
    eventId: row.eventId,
    eventType: row.eventType,
    recordedAt: Number(row.recordedAt),
    metadata: row.metadata,
    tags: tagsOf(row.tags),
    payload: row.payload,
  };
}

const NO_TAGS: readonly string[] = [];

function tagsOf(text: string | null): readonly string[] {
  return text === null ? NO_TAGS : (JSON.parse(text) as string[]);
}
