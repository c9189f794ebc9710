import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { EVENT_ID_TABLES } from "../migrations/event-tables.ts";
import { entriesOf, hashesOf } from "./id-entries.ts";
import { BEFORE_ALL, BLOCK, IdRuns } from "./id-runs.ts";

const SEED = 20261122;
/** So many that runs of all four levels come to be. */
const BLOCKS = 4_500;
/** Of each block: enough for every step, and few for a quick test. */
const IDS = 16;

test("an id is found at its place while runs grow into runs of the last level, and stands there once", () => {
  const random = new SeededRandom(SEED);
  const db = new Database(":memory:", { safeIntegers: true });
  db.run(EVENT_ID_TABLES);
  const runs = new IdRuns(db);
  const all: (readonly [hash: number, nonce: number])[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const first = block * BLOCK + 1;
    const hashes = Array.from(
      { length: IDS },
      () => random.below(2 ** 20) * 2 ** 20 + random.below(2 ** 20),
    );
    runs.file(block, entriesOf(first, hashes));
    for (const [i, hash] of hashes.entries()) all.push([hash, first + i]);
    const [hash, nonce] = all[random.below(all.length)] ?? [0, 0];
    expect(runs.find(hash)).toContain(nonce);
  }
  expect(runs.countBlocks()).toBe(BLOCKS);
  for (const [hash, nonce] of all.filter((_, i) => i % 5 === 0)) {
    expect(runs.find(hash)).toEqual([nonce]);
  }
  const levels = db.query("SELECT level, count(DISTINCT run) FROM event_id_runs GROUP BY level");
  const found = levels.values().map(([level, count]) => [Number(level), Number(count)]);
  expect(found.map(([level]) => level)).toEqual([0, 1, 2, 3]);
  expect(found.every(([, count]) => (count ?? 0) <= 32)).toBe(true);
  expect(walked(runs).sort()).toEqual(all.map(([hash]) => hash).sort());
}, 60_000);

/** Every hash in the table, as whoever learns them all meets it. */
function walked(runs: IdRuns): number[] {
  const hashes: number[] = [];
  let place = BEFORE_ALL;
  for (;;) {
    const parts = runs.partsBehind(place, 1_000);
    for (const { entries } of parts) hashes.push(...hashesOf(entries));
    const last = parts.at(-1);
    if (last === undefined) return hashes;
    place = last.place;
  }
}
