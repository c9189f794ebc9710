import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { readLogIdentity } from "../wal/file-wal/log-identity.ts";
import { observeLog } from "../wal/file-wal/observe-log.ts";
import type { LogRecord } from "../wal/wal.ts";
import type { LogTail } from "./restore-history.ts";

/**
 * The embedded log of a directory, whether or not a server runs on it; undefined when there is
 * none. Nothing in it is changed. Whoever reads it to its end is told LOG_DAMAGED where
 * acknowledged records stand behind what does not verify: what is made of the records before
 * them would lack these without a word. Once is enough, whoever reads it how often.
 */
export async function observedTail(directory: string, clock: Clock): Promise<LogTail | undefined> {
  const identity = await readLogIdentity(directory);
  if (identity === undefined) return undefined;
  const start = identity.trimmedTo?.firstOffset ?? identity.firstOffset;
  const { logId } = identity;
  let endIsSound = false;
  async function* read(from: number, signal: CancelSignal): AsyncGenerator<readonly LogRecord[]> {
    yield* observeLog({ directory, from, signal, clock, thorough: !endIsSound });
    endIsSound ||= !signal.aborted;
  }
  return { logId, start, read };
}
