import { type Defects, lives } from "../../harness/simulated-lives.ts";
import { Violation } from "../bed/violation.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";

const SEEDS = 1_000_000_000;
const LIVES = 8;

/**
 * The log on a disk in memory that keeps nothing but what was synced, names included, and of the
 * rest any sectors: stricter than any file system, and every operation can be the last.
 */
export const powerCutsSimulated: Scenario = {
  name: "power-cuts/simulated",
  kind: "other faults",
  cycles: 200,
  run: (run) => simulatedCuts(run),
};

/** The same on a disk with defects. Throws a {@link Violation}. */
export async function simulatedCuts(
  { cycles, random }: ScenarioRun,
  defects: Defects = {},
): Promise<Tally> {
  for (let cycle = 0; cycle < cycles; cycle++) {
    const seed = random.below(SEEDS);
    const complaint = await lives(seed, defects);
    if (complaint !== undefined) throw new Violation(`simulated disk, seed ${seed}: ${complaint}`);
  }
  return { faults: cycles * LIVES, acknowledged: 0 };
}
