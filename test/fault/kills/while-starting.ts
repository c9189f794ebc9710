import { StartRefused } from "../../harness/binary.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { History } from "../bed/history.ts";
import { underStrace, whyNoStrace } from "../bed/strace.ts";
import { Violation } from "../bed/violation.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";
import { NthCall } from "./nth-call.ts";

const CYCLES_PER_HISTORY = 12;
const KILLED = 128 + 9;

/**
 * SIGKILL at the Nth call of a start: the first one ever, which makes everything, and those after
 * a kill, which cut the log's end and replay it.
 */
export const killsWhileStarting: Scenario = {
  name: "kills/while-starting",
  kind: "kills",
  cycles: 24,
  obstacle: whyNoStrace,
  run: killStarts,
};

async function killStarts({ cycles, random }: ScenarioRun): Promise<Tally> {
  const calls = new NthCall(random);
  let faults = 0;
  let acknowledged = 0;
  for (let cycle = 0; cycle < cycles; cycle += CYCLES_PER_HISTORY) {
    using directory = temporaryDirectory();
    const history = new History({ cwd: directory.path, random });
    for (let i = cycle; i < Math.min(cycle + CYCLES_PER_HISTORY, cycles); i++) {
      const { call, n } = calls.next();
      const under = underStrace({ call, what: `signal=KILL:when=${n}` });
      if (await startEnds(history, under)) {
        faults += 1;
        calls.came(call, n);
      } else calls.didNotCome(call, n);
      // Every other time, so that starts that were cut off are also followed by such.
      if (i % 2 === 1) await history.cycle((server) => server.kill());
    }
    await history.finish();
    acknowledged += history.acknowledged;
  }
  return { faults, acknowledged };
}

/** Whether the server was killed before it was ready. */
async function startEnds(history: History, under: readonly string[]): Promise<boolean> {
  try {
    await using server = await history.start({ under });
    await server.kill();
    return false;
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    if (error.exitCode === KILLED) return true;
    throw new Violation(`the start ended with ${error.exitCode}: ${error.stderr}`, {
      cause: error,
    });
  }
}
