import type { Database } from "bun:sqlite";
import type { Grant } from "../../record/access.ts";
import type { AppendedEvent } from "../../record/event.ts";
import { LazyStatement } from "../lazy-statement.ts";
import { eventBlock } from "../migrations/event-tables.ts";

/** Where the events of an append stand: one behind the other, in the tenant and in their aggregate. */
export interface AppendPlace {
  readonly firstGlobalNonce: number;
  /** Row of the aggregate. */
  readonly aggregate: number;
  readonly firstNonce: number;
  /** Log time, Unix milliseconds. */
  readonly recordedAt: number;
  /** Null: none. */
  readonly key: string | null;
}

/** Events that one statement adds, where an append has so many. */
const RUN_EVENTS = 16;

/** Types that are known to occur in a block. More than this many in one block are asked of the table. */
const REMEMBERED_TYPES = 1_000;

/**
 * The statements that add events. Many of one append are added by one statement, which costs a
 * quarter less; blocks of a type are written once.
 *
 * Invariant: what is remembered of blocks is in the file. Whoever takes writes back says so by
 * `forget`.
 */
export class EventWriter {
  readonly #aggregate: LazyStatement;
  readonly #event: LazyStatement;
  readonly #run: LazyStatement;
  readonly #tag: LazyStatement;
  readonly #typeBlock: LazyStatement;
  readonly #putGrants: LazyStatement;
  readonly #deleteGrants: LazyStatement;
  readonly #putConsumer: LazyStatement;
  readonly #typesOfBlock = new Set<string>();
  #block = -1;

  constructor(db: Database) {
    this.#aggregate = new LazyStatement(
      db,
      "INSERT INTO aggregates (aggregate, aggregate_id, aggregate_type) VALUES (?, ?, ?)",
    );
    this.#event = new LazyStatement(
      db,
      `${INSERT_EVENTS} (?1, ?2, ?3, ?5, ?6, ?4, ?10, ?11, ?7, ?8, ?9)`,
    );
    this.#run = new LazyStatement(db, `${INSERT_EVENTS} ${rowsOfRun().join(", ")}`);
    this.#tag = new LazyStatement(db, "INSERT INTO event_tags (tag, global_nonce) VALUES (?, ?)");
    this.#typeBlock = new LazyStatement(
      db,
      "INSERT INTO event_type_blocks (event_type, block) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    this.#putGrants = new LazyStatement(
      db,
      `INSERT INTO aggregate_grants (aggregate_type, grants) VALUES (?, ?)
       ON CONFLICT (aggregate_type) DO UPDATE SET grants = excluded.grants`,
    );
    this.#deleteGrants = new LazyStatement(
      db,
      "DELETE FROM aggregate_grants WHERE aggregate_type = ?",
    );
    this.#putConsumer = new LazyStatement(
      db,
      `INSERT INTO consumers (consumer, owner_actor, global_nonce, updated_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (consumer) DO UPDATE
         SET global_nonce = excluded.global_nonce, updated_at = excluded.updated_at`,
    );
  }

  addAggregate(aggregate: number, aggregateId: string, aggregateType: string): void {
    this.#aggregate.ready.run(aggregate, aggregateId, aggregateType);
  }

  addEvents(place: AppendPlace, events: readonly AppendedEvent[]): void {
    const { firstGlobalNonce, key } = place;
    if (events.length === 0) return;
    this.#event.ready.run(...valuesOf(place, events, 0, 1), events.length, key);
    let added = 1;
    for (; added + RUN_EVENTS <= events.length; added += RUN_EVENTS) {
      this.#run.ready.run(...valuesOf(place, events, added, RUN_EVENTS));
    }
    for (; added < events.length; added++) {
      this.#event.ready.run(...valuesOf(place, events, added, 1), 0, null);
    }
    for (const [i, { eventType, tags }] of events.entries()) {
      const globalNonce = firstGlobalNonce + i;
      for (const tag of tags) this.#tag.ready.run(tag, globalNonce);
      this.#noteType(eventType, eventBlock(globalNonce));
    }
  }

  #noteType(eventType: string, block: number): void {
    if (block !== this.#block) this.#typesOfBlock.clear();
    else if (this.#typesOfBlock.has(eventType)) return;
    this.#block = block;
    this.#typeBlock.ready.run(eventType, block);
    if (this.#typesOfBlock.size < REMEMBERED_TYPES) this.#typesOfBlock.add(eventType);
  }

  /** To be called when writes have been taken back. */
  forget(): void {
    this.#block = -1;
    this.#typesOfBlock.clear();
  }

  putGrants(aggregateType: string, grants: readonly Grant[]): void {
    this.#putGrants.ready.run(aggregateType, JSON.stringify(grants));
  }

  deleteGrants(aggregateType: string): void {
    this.#deleteGrants.ready.run(aggregateType);
  }

  /** The owner of one that is there stays. */
  putConsumer(consumer: string, owner: string, globalNonce: number, updatedAt: number): void {
    this.#putConsumer.ready.run(consumer, owner, globalNonce, updatedAt);
  }
}

const INSERT_EVENTS = `
  INSERT INTO events (global_nonce, aggregate, aggregate_nonce, event_id, event_type,
    recorded_at, append_size, append_key, metadata, tags, payload)
  VALUES`;

type EventValue = string | number | Uint8Array | null;

/** Four parameters of a statement that adds so many events from an index on, and five for each of these. */
function valuesOf(
  { firstGlobalNonce, aggregate, firstNonce, recordedAt }: AppendPlace,
  events: readonly AppendedEvent[],
  index: number,
  count: number,
): EventValue[] {
  const values: EventValue[] = [
    firstGlobalNonce + index,
    aggregate,
    firstNonce + index,
    recordedAt,
  ];
  for (let i = index; i < index + count; i++) {
    const { eventId, eventType, metadata, tags, payload } = events[i] as AppendedEvent;
    const list = tags.length === 0 ? null : JSON.stringify(tags);
    values.push(eventId, eventType, metadata, list, payload);
  }
  return values;
}

/** Rows behind the first of an append, which say nothing of it. */
function rowsOfRun(): string[] {
  return Array.from({ length: RUN_EVENTS }, (_, i) => {
    const value = (n: number) => `?${5 + 5 * i + n}`;
    const texts = `${value(0)}, ${value(1)}`;
    return `(?1 + ${i}, ?2, ?3 + ${i}, ${texts}, ?4, 0, NULL, ${value(2)}, ${value(3)}, ${value(4)})`;
  });
}
