/**
 * Finds events by type and tags, over the indexes that appends keep for that. Every tag is a list of
 * global nonces in order, and so are the blocks that hold a type. They are gone through side by side,
 * each jumping to where the one that is farthest stands: so the list that is shortest says how
 * many steps it takes, not the longest.
 */
import type { Database } from "bun:sqlite";
import type { EventQueryItem } from "../../record/event.ts";
import { LazyStatement } from "../lazy-statement.ts";
import { EVENTS_PER_BLOCK, eventBlock } from "../migrations/event-tables.ts";

export class EventMatches {
  readonly #tagged: LazyStatement;
  readonly #typeAt: LazyStatement;
  readonly #block: LazyStatement;
  readonly #byType: LazyStatement;

  constructor(db: Database) {
    this.#tagged = new LazyStatement(
      db,
      `SELECT global_nonce FROM event_tags WHERE tag = ? AND global_nonce >= ?
       ORDER BY global_nonce LIMIT 1`,
    );
    this.#typeAt = new LazyStatement(db, "SELECT event_type FROM events WHERE global_nonce = ?");
    this.#block = new LazyStatement(
      db,
      `SELECT block FROM event_type_blocks WHERE event_type = ? AND block >= ?
       ORDER BY block LIMIT 1`,
    );
    this.#byType = new LazyStatement(
      db,
      `SELECT min(global_nonce) FROM events
       WHERE global_nonce >= ? AND global_nonce <= ? AND event_type = ?`,
    );
  }

  /** The first event behind a global nonce that the item matches. The item names a type or a tag. */
  firstBehind(after: number, { eventTypes, tags }: EventQueryItem): number | undefined {
    if (tags.length === 0) return this.#firstOfTypes(after + 1, eventTypes);
    let at: number | undefined = this.#firstOfTags(after + 1, tags);
    if (eventTypes.length === 0) return at;
    const types = new Set(eventTypes);
    while (at !== undefined) {
      const begin = this.#firstBlockOf(at, eventTypes);
      if (begin === undefined) return undefined;
      if (begin <= at) {
        if (types.has(this.#typeOf(at))) return at;
        at += 1;
      } else {
        at = begin;
      }
      at = this.#firstOfTags(at, tags);
    }
    return undefined;
  }

  /** The first event from a global nonce on that has all these tags. */
  #firstOfTags(from: number, tags: readonly string[]): number | undefined {
    let at = from;
    // How many tags in a row, the last ones looked at, the event has.
    let agreeing = 0;
    for (let i = 0; agreeing < tags.length; i = (i + 1) % tags.length) {
      const [row] = this.#tagged.ready.values(tags[i] as string, at) as [bigint][];
      if (row === undefined) return undefined;
      const found = Number(row[0]);
      agreeing = found === at ? agreeing + 1 : 1;
      at = found;
    }
    return at;
  }

  /** Where the first block begins that holds one of the types, from the block of a global nonce on. */
  #firstBlockOf(globalNonce: number, types: readonly string[]): number | undefined {
    let first: number | undefined;
    for (const type of types) {
      const block = this.#blockFrom(type, eventBlock(globalNonce));
      if (block !== undefined && (first === undefined || block < first)) first = block;
    }
    return first === undefined ? undefined : first * EVENTS_PER_BLOCK + 1;
  }

  #firstOfTypes(from: number, types: readonly string[]): number | undefined {
    let first: number | undefined;
    for (const type of types) {
      const found = this.#firstOfType(from, type);
      if (found !== undefined && (first === undefined || found < first)) first = found;
    }
    return first;
  }

  /** Only the block in which the search begins may hold the type and yet no match. */
  #firstOfType(from: number, type: string): number | undefined {
    let block = this.#blockFrom(type, eventBlock(from));
    for (let looked = 0; block !== undefined && looked < 2; looked++) {
      const end = (block + 1) * EVENTS_PER_BLOCK;
      const [row] = this.#byType.ready.values(from, end, type) as [bigint | null][];
      if (row?.[0] != null) return Number(row[0]);
      block = this.#blockFrom(type, block + 1);
    }
    return undefined;
  }

  #blockFrom(type: string, block: number): number | undefined {
    const [row] = this.#block.ready.values(type, block) as [bigint][];
    return row && Number(row[0]);
  }

  #typeOf(globalNonce: number): string {
    const [row] = this.#typeAt.ready.values(globalNonce) as [string][];
    return row?.[0] ?? "";
  }
}
