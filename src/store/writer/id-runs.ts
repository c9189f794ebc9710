/**
 * Event ids on disk, found by their hashes: sorted runs. A block of events is written as one run
 * when it is full, and sixteen runs become one of the next level, a little of them with every other
 * block that follows. So an id is written once a level, beside others of its part, and is found by a
 * look at the runs of each level, of which there are at most 32.
 *
 * A run of level 0 is of one block of events and in 8 parts by the hashes' beginnings; one of the
 * next level is of sixteen times as many events and has sixteen times the parts. A part is a row,
 * of some 512 entries whatever the level, which fill a page: parts lie apart from each other, and
 * smaller ones would have changed a page each for a fraction of it.
 *
 * Invariant: what the table holds follows from the events of the full blocks alone, and every id of
 * theirs is in it once.
 */
import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import { HASH_BITS, placesOf, WINDOW } from "./id-entries.ts";

/** Events of a run of level 0. */
export const BLOCK = 4_096;

/** Runs that become one. */
const FAN_OUT = 16;
const FAN_OUT_BITS = 4;
/** A run of the last level is of a window of events. Runs of it stay as they are. */
const LAST_LEVEL = 3;
/** The beginnings of hashes by which a run of level 0 is in parts. */
const FIRST_PART_BITS = 3;
/** One part of the runs of a level is put together with every so many blocks: sixteen runs are done when the next sixteen are there. */
const BLOCKS_A_PART = FAN_OUT / 2 ** FIRST_PART_BITS;

/** Where a part of a run is in the order of the table. */
export type RunPlace = readonly [level: number, part: number, run: number];

/** Before every part. */
export const BEFORE_ALL: RunPlace = [-1, 0, 0];

export class IdRuns {
  readonly #last: LazyStatement;
  readonly #put: LazyStatement;
  readonly #part: LazyStatement;
  readonly #group: LazyStatement;
  readonly #dropGroup: LazyStatement;
  readonly #behind: LazyStatement;

  constructor(db: Database) {
    const group = "level = ? AND part = ? AND run BETWEEN ? AND ?";
    this.#last = new LazyStatement(db, "SELECT max(run) FROM event_id_runs WHERE level = 0");
    this.#put = new LazyStatement(
      db,
      "INSERT INTO event_id_runs (level, part, run, entries) VALUES (?, ?, ?, ?)",
    );
    this.#part = new LazyStatement(
      db,
      "SELECT run, entries FROM event_id_runs WHERE level = ? AND part = ?",
    );
    this.#group = new LazyStatement(db, `SELECT entries FROM event_id_runs WHERE ${group}`);
    this.#dropGroup = new LazyStatement(db, `DELETE FROM event_id_runs WHERE ${group}`);
    this.#behind = new LazyStatement(
      db,
      `SELECT level, part, run, entries FROM event_id_runs WHERE (level, part, run) > (?, ?, ?)
       ORDER BY level, part, run LIMIT ?`,
    );
  }

  /** How many blocks are filed. */
  countBlocks(): number {
    const [row] = this.#last.ready.values() as [bigint | null][];
    return Number(row?.[0] ?? -1n) + 1;
  }

  /** Files the ids of a block, the one behind those that are filed. Sorts its entries. */
  file(block: number, entries: BigUint64Array): void {
    this.#write(0, block, entries);
    for (let level = 0; level < LAST_LEVEL; level++) this.#merge(level, block);
  }

  /** Global nonces of the events whose ids have this hash. */
  find(hash: number): number[] {
    const nonces: number[] = [];
    for (let level = 0; level <= LAST_LEVEL; level++) {
      const rows = this.#part.ready.values(level, partOf(hash, level)) as [bigint, Uint8Array][];
      for (const [run, entries] of rows) {
        const window = Math.floor(Number(run) / FAN_OUT ** (LAST_LEVEL - level));
        for (const place of placesOf(hash, entries)) nonces.push(window * WINDOW + place + 1);
      }
    }
    return nonces;
  }

  /**
   * So many parts behind a place. Whoever walks through all of them has then seen every id that was
   * filed when he began: ids move to higher levels, which come later.
   */
  partsBehind(place: RunPlace, count: number): { place: RunPlace; entries: Uint8Array }[] {
    const rows = this.#behind.ready.values(...place, count) as PartRow[];
    return rows.map(([level, part, run, entries]) => ({
      place: [Number(level), Number(part), Number(run)],
      entries,
    }));
  }

  /** The share of a block in making runs of a level into runs of the next. Levels take turns. */
  #merge(level: number, block: number): void {
    const blocks = FAN_OUT ** (level + 1);
    const sinceFirst = block - firstBlockOfMerges(level);
    if (sinceFirst < 0 || sinceFirst % BLOCKS_A_PART !== level % BLOCKS_A_PART) return;
    const run = Math.floor(sinceFirst / blocks);
    const part = Math.floor((sinceFirst % blocks) / BLOCKS_A_PART);
    const group = [level, part, run * FAN_OUT, (run + 1) * FAN_OUT - 1];
    const rows = this.#group.ready.values(...group) as [Uint8Array][];
    this.#dropGroup.ready.run(...group);
    const bytes = Buffer.concat(rows.map(([entries]) => entries));
    this.#write(level + 1, run, new BigUint64Array(new Uint8Array(bytes).buffer));
  }

  #write(level: number, run: number, entries: BigUint64Array): void {
    entries.sort();
    const words = new Uint32Array(entries.buffer, entries.byteOffset, 2 * entries.length);
    const shift = 32 - partBits(level);
    const partAt = (i: number) => (words[2 * i + 1] as number) >>> shift;
    for (let begin = 0, end = 0; begin < entries.length; begin = end) {
      const part = partAt(begin);
      while (end < entries.length && partAt(end) === part) end += 1;
      const bytes = new Uint8Array(
        entries.buffer,
        entries.byteOffset + 8 * begin,
        8 * (end - begin),
      );
      this.#put.ready.run(level, part, run, bytes);
    }
  }
}

type PartRow = [bigint, bigint, bigint, Uint8Array];

function partBits(level: number): number {
  return FIRST_PART_BITS + level * FAN_OUT_BITS;
}

function partOf(hash: number, level: number): number {
  return Math.floor(hash / 2 ** (HASH_BITS - partBits(level)));
}

/** The first block at which sixteen runs of a level are there, each of them whole. */
function firstBlockOfMerges(level: number): number {
  return level < 0 ? 0 : firstBlockOfMerges(level - 1) + FAN_OUT ** (level + 1);
}
