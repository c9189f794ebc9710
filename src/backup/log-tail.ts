import type { Clock } from "../base/clock.ts";
import { readLogIdentity } from "../wal/file-wal/log-identity.ts";
import { observeLog } from "../wal/file-wal/observe-log.ts";
import type { LogTail } from "./restore-history.ts";

/**
 * The embedded log of a directory, whether or not a server runs on it; undefined when there is
 * none. Nothing in it is changed.
 */
export async function observedTail(directory: string, clock: Clock): Promise<LogTail | undefined> {
  const identity = await readLogIdentity(directory);
  if (identity === undefined) return undefined;
  const start = identity.trimmedTo?.firstOffset ?? identity.firstOffset;
  const { logId } = identity;
  return { logId, start, read: (from, signal) => observeLog({ directory, from, signal, clock }) };
}
