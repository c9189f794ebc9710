import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";
import { STRUCTURAL_DAMAGES } from "./damage.ts";
import { RipeDirectory } from "./ripe.ts";

/**
 * A tenant's file, or the catalog's, or what SQLite keeps beside it, is damaged, swapped with
 * another's or missing: it is made again and serves all that it did.
 */
export const damagedViews: Scenario = {
  name: "damage/views",
  kind: "other faults",
  cycles: 24,
  run: damageViews,
};

async function damageViews({ cycles, random }: ScenarioRun): Promise<Tally> {
  using directory = temporaryDirectory();
  const ripe = await RipeDirectory.make(directory.path, random);
  for (let cycle = 0; cycle < cycles; cycle++) {
    const files = ripe.files("tenants").filter((file) => !file.endsWith("-shm"));
    await ripe.damaged(files, STRUCTURAL_DAMAGES, () => ripe.servesAll([]));
  }
  return { faults: cycles, acknowledged: ripe.history.acknowledged };
}
