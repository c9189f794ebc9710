import { beforeAbort } from "../../base/abortable.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";

export interface Persistence {
  /** Times the pauses. */
  readonly clock: Clock;
  /** Ends trying. */
  readonly signal: CancelSignal;
  /** Whether trying again is of no use. */
  readonly isFinal: (error: unknown) => boolean;
}

/**
 * Does something again and again until it works, with pauses that grow. Rejects as soon as the
 * signal aborts, with what went wrong last, and at once with a final error.
 */
export async function persistently<T>(
  attempt: () => Promise<T>,
  { clock, signal, isFinal }: Persistence,
): Promise<T> {
  let last: unknown;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      signal.throwIfAborted();
      return await beforeAbort(attempt(), signal);
    } catch (error) {
      if (signal.aborted) throw last ?? error;
      if (isFinal(error)) throw error;
      last = error;
      await clock.sleep(pauseMs, signal);
    }
  }
}

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 250;
