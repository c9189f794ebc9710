import { setPriority } from "node:os";

/** Of the range that goes up to 19; a thread that competes with one of 0 gets about a tenth of the processor. */
const BACKGROUND_NICE = 10;

/**
 * Lets the threads of others go first, as long as this one lives: for threads that nobody waits
 * for. Where a system has priorities for processes only, nothing changes.
 */
export function giveWayToOthers(): void {
  if (process.platform === "linux") setPriority(0, BACKGROUND_NICE);
}
