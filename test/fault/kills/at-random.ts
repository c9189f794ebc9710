import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { History, type HistoryOptions } from "../bed/history.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";

/** A fresh history from time to time, so that starts with an empty directory are hit as well. */
const CYCLES_PER_HISTORY = 25;

/** SIGKILL at random moments under sixteen writers on four tenants. */
export const killsAtRandom: Scenario = {
  name: "kills/at-random",
  kind: "kills",
  cycles: 150,
  run: (run) => killLoop(run),
};

/** The same on other executables, or with other settings. */
export async function killLoop(
  { cycles, random }: ScenarioRun,
  options: Partial<HistoryOptions> = {},
): Promise<Tally> {
  let acknowledged = 0;
  for (let left = cycles; left > 0; left -= CYCLES_PER_HISTORY) {
    using directory = temporaryDirectory();
    const history = new History({ cwd: directory.path, random, ...options });
    for (let i = 0; i < Math.min(left, CYCLES_PER_HISTORY); i++) {
      await history.cycle((server) => server.kill());
    }
    await history.finish();
    acknowledged += history.acknowledged;
  }
  return { faults: cycles, acknowledged };
}
