/**
 * The ids in `event_ids`, found by their hashes. Nearly every id that is asked for is a new one,
 * and a look for it would read a page that nobody has read lately: the larger the tenant, the
 * surer. So a filter in memory knows most hashes that the table does not hold.
 *
 * The filter is made while ids are looked for, a few rows of the table at a time: up to which
 * hash it knows all of them is remembered, and beyond it the table is asked as before. What it
 * says follows from the table alone, and is never more than a short cut.
 *
 * Invariant: the filter was given every hash in the table below `#knownBelow`. Rows that are taken
 * back leave it too many, which is safe.
 */
import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import { IdFilter } from "./id-filter.ts";

/** Rows that are read for the filter with each look at the table. */
const SCAN_ROWS = 64;

export class FiledIds {
  readonly #idAt: LazyStatement;
  readonly #byHash: LazyStatement;
  readonly #behind: LazyStatement;
  readonly #file: LazyStatement;
  #filter: IdFilter | undefined;
  #knownBelow = 0;

  constructor(db: Database) {
    this.#idAt = new LazyStatement(db, "SELECT event_id FROM events WHERE global_nonce = ?");
    this.#byHash = new LazyStatement(db, "SELECT global_nonce FROM event_ids WHERE hash = ?");
    this.#behind = new LazyStatement(
      db,
      "SELECT hash FROM event_ids WHERE hash >= ? ORDER BY hash LIMIT ?",
    );
    this.#file = new LazyStatement(db, "INSERT INTO event_ids (hash, global_nonce) VALUES (?, ?)");
  }

  /** Global nonce of the event with this id. About so many ids are filed. */
  find(eventId: string, hash: number, filed: number): number | undefined {
    if (hash < this.#knownBelow && this.#filter?.excludes(hash)) return undefined;
    this.#learn(filed);
    for (const [globalNonce] of this.#byHash.ready.values(hash) as [bigint][]) {
      const [row] = this.#idAt.ready.values(globalNonce) as [string][];
      if (row?.[0] === eventId) return Number(globalNonce);
    }
    return undefined;
  }

  file(hash: number, globalNonce: number): void {
    this.#filter?.add(hash);
    this.#file.ready.run(hash, globalNonce);
  }

  /** Gives the filter the next rows, unless it has them all. One that has become too small begins anew. */
  #learn(filed: number): void {
    if (this.#filter === undefined || this.#filter.isOutgrown) {
      this.#filter = new IdFilter(Math.max(filed, 2 * (this.#filter?.count ?? 0)));
      this.#knownBelow = 0;
    }
    if (this.#knownBelow === Number.POSITIVE_INFINITY) return;
    const rows = this.#behind.ready.values(this.#knownBelow, SCAN_ROWS) as [bigint][];
    for (const [hash] of rows) this.#filter.add(Number(hash));
    const last = rows.at(-1);
    const isAll = rows.length < SCAN_ROWS || last === undefined;
    this.#knownBelow = isAll ? Number.POSITIVE_INFINITY : Number(last[0]) + 1;
  }
}
