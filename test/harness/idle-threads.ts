import { readdirSync, readFileSync } from "node:fs";

/** SCHED_IDLE, and where it stands behind the thread's name. */
const IDLE_POLICY = "5";
const POLICY_FIELD = 38;

/** How many threads of a process on Linux get only what processor time nobody else wants. */
export function idleThreads(pid: number): number {
  const directory = `/proc/${pid}/task`;
  return readdirSync(directory).filter((task) => policyOf(`${directory}/${task}`) === IDLE_POLICY)
    .length;
}

function policyOf(task: string): string | undefined {
  try {
    // Behind the name, which is in brackets and may hold anything.
    return readFileSync(`${task}/stat`, "utf8").split(") ").at(-1)?.split(" ")[POLICY_FIELD];
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
