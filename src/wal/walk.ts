import { assert } from "../base/assert.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { limits } from "../base/limits.ts";
import { logTrimmed, positionBeyondLog } from "./errors.ts";
import type { Growth } from "./growth.ts";
import type { LogRecord } from "./wal.ts";

/** A log as a walk sees it. */
export interface WalkedLog {
  /** The oldest offset that is kept, and one behind the newest; both move while it is walked. */
  readonly start: number;
  readonly end: number;
  readonly isClosed: boolean;
  readonly growth: Growth;
}

export interface Walk {
  readonly from: number;
  /** Ends the walk; without it the walk waits for more. */
  readonly until: number | undefined;
  readonly signal: CancelSignal | undefined;
}

/** At most so many records from the offset on, which the log says are there; none: ask again. */
export type ReadSome = (
  offset: number,
  most: number,
) => readonly LogRecord[] | Promise<readonly LogRecord[]>;

/**
 * Goes over a log from an offset on, in order and without a gap, until it is closed or the signal
 * aborts. Throws LOG_TRIMMED, also when the log is trimmed faster than it is walked, and
 * POSITION_BEYOND_LOG.
 */
export async function* walkLog(
  log: WalkedLog,
  readSome: ReadSome,
  { from, until, signal }: Walk,
): AsyncGenerator<readonly LogRecord[]> {
  assert(Number.isSafeInteger(from) && from >= 0, "an offset is a whole number from 0 on");
  if (from < log.start) throw logTrimmed(from, log.start);
  if (from > log.end) throw positionBeyondLog(from, log.end);
  using follower = log.growth.follow(signal);
  let next = from;
  while (!(log.isClosed || follower.aborted)) {
    if (next < log.start) throw logTrimmed(next, log.start);
    const stop = until ?? log.end;
    if (next < stop) {
      const some = readSome(next, Math.min(stop - next, limits.readBatchRecords));
      const records = some instanceof Promise ? await some : some;
      if (records.length === 0) continue;
      next += records.length;
      yield records;
    } else if (until === undefined) {
      await follower.wait();
    } else {
      return;
    }
  }
}
