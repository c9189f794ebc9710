/**
 * SIGKILL at the Nth call of write, pwrite64, fdatasync, rename, unlink or ftruncate, while a
 * server under load does a certain thing. Between any two calls a process may end; these are the
 * ones after which the disk looks different.
 */
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { History, type HistoryOptions } from "../bed/history.ts";
import { attach, whyNoStrace } from "../bed/strace.ts";
import { Violation } from "../bed/violation.ts";
import { within } from "../bed/within.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";
import { NthCall } from "./nth-call.ts";
import type { Operation, OperationScene } from "./operation.ts";

const CYCLES_PER_HISTORY = 12;
const OPERATION_MS_MAX = 200_000;
const GONE_MS = 10_000;

/** The scenario of an operation. */
export function killsDuring(operation: Operation, cycles: number): Scenario {
  return {
    name: `kills/during-${operation.name}`,
    kind: "kills",
    cycles,
    obstacle: whyNoStrace,
    run: (run) => killDuring(operation, run),
  };
}

/** The same on other executables. */
export async function killDuring(
  operation: Operation,
  run: ScenarioRun,
  options: Pick<HistoryOptions, "program"> = {},
): Promise<Tally> {
  const calls = new NthCall(run.random);
  const perHistory = operation.isFresh ? 1 : CYCLES_PER_HISTORY;
  let faults = 0;
  let acknowledged = 0;
  for (let cycle = 0; cycle < run.cycles; cycle += perHistory) {
    using directory = temporaryDirectory();
    const { random } = run;
    const settings = { ...operation.settings, ...options };
    const history = new History({ cwd: directory.path, random, ...settings });
    let last: Omit<OperationScene, "server"> | undefined;
    for (let i = cycle; i < Math.min(cycle + perHistory, run.cycles); i++) {
      if (await oneKill(operation, { history, random, cycle: i }, last, calls)) faults += 1;
      last = { history, random, cycle: i };
    }
    {
      await using server = await history.start();
      await history.check(server);
      if (last !== undefined) await operation.settle?.({ ...last, server });
    }
    await history.finish();
    acknowledged += history.acknowledged;
  }
  return { faults, acknowledged };
}

/** Whether the kill came before the operation had ended. */
async function oneKill(
  operation: Operation,
  scene: Omit<OperationScene, "server">,
  last: Omit<OperationScene, "server"> | undefined,
  calls: NthCall,
): Promise<boolean> {
  const { history } = scene;
  const { call, n } = calls.next();
  try {
    await using server = await history.start();
    await history.check(server);
    if (last !== undefined) await operation.settle?.({ ...last, server });
    await operation.prepare?.({ ...scene, server });
    let isKilled = false;
    let hasHappened = false;
    await history.underLoad(server, async () => {
      await using _ = await attach(server, { call, what: `signal=KILL:when=${n}` });
      const killed = server.exited.then(() => {
        isKilled = true;
      });
      // A call that fails because its server is dead fails a moment before that is known.
      const performed = operation.perform({ ...scene, server }).catch(async (error) => {
        await Promise.race([killed, Bun.sleep(GONE_MS)]);
        if (!isKilled) throw error;
      });
      await within(OPERATION_MS_MAX, "it ends or fails", Promise.race([performed, killed]));
      hasHappened = isKilled;
      await server.kill();
    });
    if (hasHappened) calls.came(call, n);
    else calls.didNotCome(call, n);
    return hasHappened;
  } catch (error) {
    const where = `${operation.name}, killed at call ${n} of ${call}`;
    throw new Violation(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
