import type { Database } from "bun:sqlite";
import type { EventQueryItem } from "../../record/event.ts";
import { LazyStatement } from "../lazy-statement.ts";
import { EVENTS_PER_BLOCK, eventBlock } from "../migrations/event-tables.ts";

/** Finds events by type and tags, over the indexes that appends keep for that. */
export class EventMatches {
  readonly #byTags: LazyStatement;
  readonly #laterBlock: LazyStatement;
  readonly #byType: LazyStatement;

  constructor(db: Database) {
    this.#byTags = new LazyStatement(
      db,
      `SELECT t.global_nonce FROM event_tags t
       WHERE t.tag = ?1 AND t.global_nonce > ?2
         AND NOT EXISTS (SELECT 1 FROM json_each(?3) other WHERE NOT EXISTS (
           SELECT 1 FROM event_tags x
           WHERE x.tag = other.value AND x.global_nonce = t.global_nonce))
         AND (?4 IS NULL OR EXISTS (SELECT 1 FROM events e
           WHERE e.global_nonce = t.global_nonce
             AND e.event_type IN (SELECT value FROM json_each(?4))))
       ORDER BY t.global_nonce LIMIT 1`,
    );
    this.#laterBlock = new LazyStatement(
      db,
      `SELECT block FROM event_type_blocks WHERE event_type = ? AND block >= ?
       ORDER BY block LIMIT 2`,
    );
    this.#byType = new LazyStatement(
      db,
      `SELECT min(global_nonce) FROM events
       WHERE global_nonce > ? AND global_nonce <= ? AND event_type = ?`,
    );
  }

  /** The first event behind a global nonce that the item matches. The item names a type or a tag. */
  firstBehind(after: number, item: EventQueryItem): number | undefined {
    const [tag, ...others] = item.tags;
    if (tag === undefined) return this.#firstOfTypes(after, item.eventTypes);
    const types = item.eventTypes.length === 0 ? null : JSON.stringify(item.eventTypes);
    const rows = this.#byTags.ready.values(tag, after, JSON.stringify(others), types);
    return rows[0] === undefined ? undefined : Number(rows[0][0]);
  }

  #firstOfTypes(after: number, types: readonly string[]): number | undefined {
    let first: number | undefined;
    for (const type of types) {
      const found = this.#firstOfType(after, type);
      if (found !== undefined && (first === undefined || found < first)) first = found;
    }
    return first;
  }

  /** Only the block in which the position lies may hold the type and yet no match. */
  #firstOfType(after: number, type: string): number | undefined {
    const blocks = this.#laterBlock.ready.values(type, eventBlock(after + 1)) as [bigint][];
    for (const [block] of blocks) {
      const end = (Number(block) + 1) * EVENTS_PER_BLOCK;
      const [row] = this.#byType.ready.values(after, end, type) as [bigint | null][];
      if (row?.[0] != null) return Number(row[0]);
    }
    return undefined;
  }
}
