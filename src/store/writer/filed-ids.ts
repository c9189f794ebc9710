/**
 * Event ids that are on disk, and a filter in memory before them: nearly every id that is asked for
 * is a new one, which the filter says of nearly all without a look at the file.
 *
 * The filter is made while ids are looked for, some rows at a time, and says something once it has
 * been given all that is filed. What it says follows from the table alone, and is never more than
 * a short cut.
 *
 * Invariant: the filter was given every hash up to `#learnt`, and each that was filed since. Rows
 * that are taken back leave it too many, which is safe.
 */
import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import { entriesOf, hashesOf } from "./id-entries.ts";
import { IdFilter } from "./id-filter.ts";
import { BEFORE_ALL, BLOCK, IdRuns, type RunPlace } from "./id-runs.ts";

/** Parts of runs that are read for the filter with each look at the table. */
const LEARN_PARTS = 16;

export class FiledIds {
  readonly #runs: IdRuns;
  readonly #idAt: LazyStatement;
  #filter: IdFilter | undefined;
  /** How far the filter has been given what is in the table; undefined: all of it. */
  #learnt: RunPlace | undefined = BEFORE_ALL;

  constructor(db: Database) {
    this.#runs = new IdRuns(db);
    this.#idAt = new LazyStatement(db, "SELECT event_id FROM events WHERE global_nonce = ?");
  }

  /** How many blocks of events are filed. */
  countBlocks(): number {
    return this.#runs.countBlocks();
  }

  /** Global nonce of the event with this id. So many blocks are filed. */
  find(eventId: string, hash: number, blocks: number): number | undefined {
    if (this.#learnt === undefined && this.#filter?.excludes(hash)) return undefined;
    this.#learn(blocks * BLOCK);
    for (const globalNonce of this.#runs.find(hash)) {
      const [row] = this.#idAt.ready.values(globalNonce) as [string][];
      if (row?.[0] === eventId) return globalNonce;
    }
    return undefined;
  }

  /** Files the ids of a block, the one behind those that are filed. */
  file(block: number, hashes: readonly number[]): void {
    for (const hash of hashes) this.#filter?.add(hash);
    this.#runs.file(block, entriesOf(block * BLOCK + 1, hashes));
  }

  /** To be called when blocks were taken back: what had moved on meanwhile is where it was. */
  forget(): void {
    if (this.#learnt !== undefined) this.#learnt = BEFORE_ALL;
  }

  /** Gives the filter the next rows, unless it has them all. One that has become too small begins anew. */
  #learn(filed: number): void {
    if (this.#filter === undefined || this.#filter.isOutgrown) {
      this.#filter = new IdFilter(Math.max(filed, 2 * (this.#filter?.count ?? 0)));
      this.#learnt = BEFORE_ALL;
    }
    if (this.#learnt === undefined) return;
    const parts = this.#runs.partsBehind(this.#learnt, LEARN_PARTS);
    for (const { entries } of parts) {
      for (const hash of hashesOf(entries)) this.#filter.add(hash);
    }
    this.#learnt = parts.length < LEARN_PARTS ? undefined : parts.at(-1)?.place;
  }
}
