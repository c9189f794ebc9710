import type { LogRecord } from "../wal.ts";
import type { MarkEntry, RecordEntry } from "./entry.ts";
import type { Place } from "./ledger.ts";

/** Says where the log is at a place. */
export function markAt({ position, lastLogTime, ...here }: Place): MarkEntry {
  return { kind: "mark", ...here, logTime: lastLogTime, at: position };
}

/** The records that come next at a place. */
export function recordEntries(
  { epoch, sequence }: Place,
  records: readonly LogRecord[],
): RecordEntry[] {
  return records.map(({ offset, logTime, type, body }, i) => {
    return { kind: "record", epoch, sequence: sequence + i, offset, logTime, type, body };
  });
}
