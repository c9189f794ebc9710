import type { Database } from "bun:sqlite";
import type { Grant } from "../../record/access.ts";
import type { Aggregate } from "../../record/event.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** An aggregate's row and head. */
export interface AggregateHead {
  readonly row: number;
  readonly aggregateType: string;
  readonly lastNonce: number;
}

/** A consumer's checkpoint. */
export interface ConsumerRow {
  readonly ownerActor: string;
  readonly globalNonce: number;
  readonly updatedAt: number;
}

/** Aggregates and their heads, who may use them, and how far consumers are. Reads by key, or by a range of ids with a limit. */
export class AggregateReader {
  readonly #head: LazyStatement;
  readonly #lastRow: LazyStatement;
  readonly #find: LazyStatement;
  readonly #list: LazyStatement;
  readonly #listOfType: LazyStatement;
  readonly #grants: LazyStatement;
  readonly #allGrants: LazyStatement;
  readonly #consumer: LazyStatement;

  constructor(db: Database) {
    this.#head = new LazyStatement(
      db,
      `SELECT aggregate, aggregate_type,
         (SELECT max(aggregate_nonce) FROM events WHERE events.aggregate = aggregates.aggregate)
       FROM aggregates WHERE aggregate_id = ?`,
    );
    this.#lastRow = new LazyStatement(db, "SELECT max(aggregate) FROM aggregates");
    this.#find = new LazyStatement(db, `${WHOLE} WHERE a.aggregate_id = ?`);
    this.#list = new LazyStatement(
      db,
      `${WHOLE} WHERE a.aggregate_id > ?1 AND a.aggregate_id >= ?2
         AND (?3 IS NULL OR a.aggregate_id < CAST(?3 AS TEXT))
       ORDER BY a.aggregate_id LIMIT ?4`,
    );
    this.#listOfType = new LazyStatement(
      db,
      `${WHOLE} WHERE a.aggregate_type = ?1 AND a.aggregate_id > ?2 AND a.aggregate_id >= ?3
         AND (?4 IS NULL OR a.aggregate_id < CAST(?4 AS TEXT))
       ORDER BY a.aggregate_id LIMIT ?5`,
    );
    this.#grants = new LazyStatement(
      db,
      "SELECT grants FROM aggregate_grants WHERE aggregate_type = ?",
    );
    this.#allGrants = new LazyStatement(
      db,
      "SELECT aggregate_type, grants FROM aggregate_grants ORDER BY aggregate_type",
    );
    this.#consumer = new LazyStatement(
      db,
      "SELECT owner_actor, global_nonce, updated_at FROM consumers WHERE consumer = ?",
    );
  }

  /** Undefined when there is none of this id. */
  head(aggregateId: string): AggregateHead | undefined {
    const row = this.#head.ready.values(aggregateId)[0] as [bigint, string, bigint] | undefined;
    if (row === undefined) return undefined;
    return { row: Number(row[0]), aggregateType: row[1], lastNonce: Number(row[2]) };
  }

  /** The greatest row of an aggregate; 0: there is none. */
  get lastRow(): number {
    const [row] = this.#lastRow.ready.values() as [bigint | null][];
    return Number(row?.[0] ?? 0n);
  }

  find(aggregateId: string): Aggregate | undefined {
    const row = this.#find.ready.values(aggregateId)[0] as AggregateValues | undefined;
    return row && aggregateOfRow(row);
  }

  /** Behind an id, in the order of their bytes, of those that begin with a prefix; of every type when it is empty. */
  list(after: string, prefix: string, aggregateType: string, limit: number): Aggregate[] {
    const range = [after, prefix, prefixEnd(prefix), limit];
    const rows = (
      aggregateType === ""
        ? this.#list.ready.values(...range)
        : this.#listOfType.ready.values(aggregateType, ...range)
    ) as AggregateValues[];
    return rows.map(aggregateOfRow);
  }

  /** What was set for aggregates of a type; undefined: nothing was. */
  grantsOf(aggregateType: string): readonly Grant[] | undefined {
    const row = this.#grants.ready.values(aggregateType)[0] as [string] | undefined;
    return row && (JSON.parse(row[0]) as Grant[]);
  }

  /** Every type for which something was set. */
  allGrants(): ReadonlyMap<string, readonly Grant[]> {
    const rows = this.#allGrants.ready.values() as [string, string][];
    return new Map(rows.map(([type, grants]) => [type, JSON.parse(grants) as Grant[]]));
  }

  consumer(consumer: string): ConsumerRow | undefined {
    const row = this.#consumer.ready.values(consumer)[0] as [string, bigint, bigint] | undefined;
    if (row === undefined) return undefined;
    return { ownerActor: row[0], globalNonce: Number(row[1]), updatedAt: Number(row[2]) };
  }
}

const WHOLE = `
  SELECT a.aggregate_id, a.aggregate_type, last.aggregate_nonce, last.global_nonce,
    first.recorded_at, last.recorded_at
  FROM aggregates a
  JOIN events first ON first.aggregate = a.aggregate AND first.aggregate_nonce = 1
  JOIN events last ON last.aggregate = a.aggregate AND last.aggregate_nonce =
    (SELECT max(aggregate_nonce) FROM events WHERE events.aggregate = a.aggregate)`;

type AggregateValues = [string, string, bigint, bigint, bigint, bigint];

function aggregateOfRow(row: AggregateValues): Aggregate {
  return {
    aggregateId: row[0],
    aggregateType: row[1],
    lastAggregateNonce: Number(row[2]),
    lastGlobalNonce: Number(row[3]),
    createdAt: Number(row[4]),
    updatedAt: Number(row[5]),
  };
}

/**
 * The first bytes behind all texts that begin with a prefix; null when every text does. SQLite
 * compares texts by their bytes, so that a text of these bytes is a border, though it is no UTF-8.
 */
export function prefixEnd(prefix: string): Uint8Array | null {
  if (prefix === "") return null;
  const bytes = Buffer.from(prefix, "utf8");
  // No byte of UTF-8 is 0xff.
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
  return bytes;
}
