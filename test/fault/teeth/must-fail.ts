import { StartRefused } from "../../harness/binary.ts";
import { Violation } from "../bed/violation.ts";
import type { Tally } from "../scenario.ts";

/**
 * A harness that cannot fail proves nothing: here the law is broken on purpose, and that is
 * found or this throws. A server that refuses to start on what was left has found it too.
 */
export async function mustFail(run: () => Promise<unknown>): Promise<Tally> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Violation) return found(error.message);
    if (error instanceof StartRefused) return found(`the start is refused: ${error.reason}`);
    throw error;
  }
  throw new Error("the law was broken and the harness did not notice");
}

function found(what: string): Tally {
  return { faults: 1, acknowledged: 0, found: what.slice(0, 140) };
}
