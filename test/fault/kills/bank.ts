import type { ServerProcess } from "../../harness/binary.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { Bank, type BankOptions } from "../bed/bank/bank.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";

const CYCLES_PER_BANK = 20;
const PROPOSALS = 80;
const LATER_MS = 20;

/**
 * SIGKILL at random moments of a bank of 1,000 aggregates, whose tellers go on with what nobody
 * knows, and whose subscribers come and go.
 */
export const killsOfBank: Scenario = {
  name: "kills/bank",
  kind: "kills",
  cycles: 20,
  run: (run) => killBank(run),
};

/** The same on other executables. */
export async function killBank(
  { cycles, random }: ScenarioRun,
  options: Pick<BankOptions, "program"> = {},
): Promise<Tally> {
  let acknowledged = 0;
  let joined = 0;
  for (let left = cycles; left > 0; left -= CYCLES_PER_BANK) {
    using directory = temporaryDirectory();
    const bank = new Bank({ cwd: directory.path, random, ...options });
    try {
      for (let i = 0; i < Math.min(left, CYCLES_PER_BANK); i++) {
        const killLater = async (server: ServerProcess) => {
          await Bun.sleep(random.below(LATER_MS));
          await server.kill();
        };
        await bank.cycle(killLater, random.below(PROPOSALS));
      }
      await bank.finish();
    } finally {
      await bank.close();
    }
    acknowledged += bank.ledger.done.length;
    joined += bank.joined;
  }
  const found = `subscribers joined ${joined} times, without a gap`;
  return { faults: cycles, acknowledged, found };
}
