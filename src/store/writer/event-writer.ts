import type { Database } from "bun:sqlite";
import type { Grant } from "../../record/access.ts";
import type { AppendedEvent } from "../../record/event.ts";
import { LazyStatement } from "../lazy-statement.ts";
import { eventBlock } from "../migrations/event-tables.ts";

/** Where an event stands. */
export interface EventPlace {
  readonly globalNonce: number;
  /** Row of its aggregate. */
  readonly aggregate: number;
  readonly aggregateNonce: number;
  /** Log time, Unix milliseconds. */
  readonly recordedAt: number;
  /** In the first event of an append how many it has, and 0 in the others. */
  readonly appendSize: number;
  /** In the first event of an append that has one; null: none. */
  readonly appendKey: string | null;
}

/** Types that are known to occur in a block. More than this many in one block are asked of the table. */
const REMEMBERED_TYPES = 1_000;

/**
 * The statements that add events. One insert an event; blocks of a type are written once.
 *
 * Invariant: what is remembered of blocks is in the file. Whoever takes writes back says so by
 * `forget`.
 */
export class EventWriter {
  readonly #aggregate: LazyStatement;
  readonly #event: LazyStatement;
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
      `INSERT INTO events (global_nonce, aggregate, aggregate_nonce, event_id, event_type,
         recorded_at, append_size, append_key, metadata, tags, payload)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
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

  addEvent(place: EventPlace, event: AppendedEvent): void {
    const { globalNonce } = place;
    const { eventType, tags } = event;
    this.#event.ready.run(
      globalNonce,
      place.aggregate,
      place.aggregateNonce,
      event.eventId,
      eventType,
      place.recordedAt,
      place.appendSize,
      place.appendKey,
      event.metadata,
      tags.length === 0 ? null : JSON.stringify(tags),
      event.payload,
    );
    for (const tag of tags) this.#tag.ready.run(tag, globalNonce);
    this.#noteType(eventType, eventBlock(globalNonce));
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
