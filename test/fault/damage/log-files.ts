import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import type { HistoryOptions } from "../bed/history.ts";
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
  run: (run) => damageLog(run),
};

/** Every other time with all views lost too, so that everything is read. The same on other executables. */
export async function damageLog(
  { cycles, random }: ScenarioRun,
  options: Pick<HistoryOptions, "program"> = {},
): Promise<Tally> {
  using directory = temporaryDirectory();
  const ripe = await RipeDirectory.make(directory.path, random, options);
  for (let cycle = 0; cycle < cycles; cycle++) {
    const files = ripe.files("log");
    if (cycle % 2 === 1) ripe.lose("tenants", "backup/snapshots");
    await ripe.damaged(files, DAMAGES, () => ripe.servesAll(REASONS));
  }
  return { faults: cycles, acknowledged: ripe.history.acknowledged };
}
