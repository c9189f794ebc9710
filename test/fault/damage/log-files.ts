import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";
import { DAMAGES } from "./damage.ts";
import { RipeDirectory } from "./ripe.ts";

const REASONS = [
  "LOG_DAMAGED",
  "LOG_SHORTER_THAN_VIEWS",
  "FORMAT_TOO_NEW",
  "LOG_UNAVAILABLE",
] as const;

/** A file of the log is damaged, swapped or missing: a start is refused by name, unless nothing of it was needed. */
export const damagedLog: Scenario = {
  name: "damage/log-files",
  kind: "other faults",
  cycles: 24,
  run: damageLog,
};

async function damageLog({ cycles, random }: ScenarioRun): Promise<Tally> {
  using directory = temporaryDirectory();
  const ripe = await RipeDirectory.make(directory.path, random);
  for (let cycle = 0; cycle < cycles; cycle++) {
    const files = ripe.files("log");
    await ripe.damaged(files, DAMAGES, () => ripe.servesAll(REASONS));
  }
  return { faults: cycles, acknowledged: ripe.history.acknowledged };
}
