/**
 * Kills, power cuts and failing operations at random moments. Goal: what was acknowledged
 * is there, in its place; what is there was sent, once, and was not refused; the log opens
 * and goes on. Method: four writers on a simulated disk, a fate for each run from a seed
 * that is printed when it fails. The last tests leave syncs out: then this must fail.
 */
import { describe, expect, test } from "bun:test";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { lives } from "../../../test/harness/simulated-lives.ts";

describe("kills, power cuts and failing operations", () => {
  const first = Math.floor(new SeededRandom(process.pid).float() * 1e9);

  test("lose nothing that was acknowledged and invent nothing", async () => {
    for (let seed = first; seed < first + 150; seed++) {
      const complaint = await lives(seed);
      expect(complaint === undefined ? "" : `seed ${seed}: ${complaint}`).toBe("");
    }
  }, 120_000);

  test.each([{ ignoreFileSyncs: true }, { ignoreDirectorySyncs: true }])(
    "are noticed with %p",
    async (defects) => {
      const complaints: (string | undefined)[] = [];
      for (let seed = 1; seed <= 10; seed++) complaints.push(await lives(seed, defects));
      expect(complaints.filter((complaint) => complaint !== undefined).length).toBeGreaterThan(0);
    },
  );
});
