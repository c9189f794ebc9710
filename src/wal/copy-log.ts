import { assert } from "../base/assert.ts";
import { EntError } from "../base/errors.ts";
import type { ImportingWal, Wal } from "./wal.ts";

/** What a log is copied from: its name, its ends, and its records. */
export type CopySource = Pick<Wal, "logId" | "partition" | "start" | "end" | "read">;

export interface CopyReport {
  readonly logId: string;
  /** The offset at which this copying began: above the start when an earlier one was cut off. */
  readonly from: number;
  /** The offset behind the last record, in both logs. */
  readonly end: number;
}

/**
 * Copies the records of a log into another one under their offsets and log times, up to where
 * the source ends when this begins; goes on where an earlier copying was cut off. The copy has
 * the source's name, so that positions that clients hold, and views that were made from the
 * source, are those of the copy too. Throws CONFIG_INVALID when the target is not a copy of the
 * source so far.
 */
export async function copyLog(
  source: CopySource,
  target: ImportingWal,
  progress: (offset: number) => Promise<void>,
): Promise<CopyReport> {
  requireCopyOf(source, target);
  const from = target.end;
  for await (const records of source.read(from)) {
    const appended = await Promise.all(records.map((record) => target.import(record)));
    const isSame = records.every(
      ({ offset, logTime }, i) =>
        appended[i]?.offset === offset && appended[i]?.logTime === logTime,
    );
    assert(isSame, "the target is written by this copying alone");
    await progress(target.end);
  }
  return { logId: source.logId, from, end: target.end };
}

/** Throws CONFIG_INVALID unless the target holds the source's first records, or none yet. */
export function requireCopyOf(
  source: CopySource,
  target: Pick<Wal, "logId" | "partition" | "start" | "end">,
): void {
  const { logId, start, end } = target;
  if (logId !== source.logId) {
    throw notACopy(`it holds log ${logId}, and the source is log ${source.logId}`);
  }
  if (start !== source.start && end !== start) {
    throw notACopy(`it begins at offset ${start}, and the source at ${source.start}`);
  }
  if (end < source.start || end > source.end) {
    throw notACopy(
      `it ends at offset ${end}, and the source holds ${source.start} to ${source.end}`,
    );
  }
}

function notACopy(why: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: `The target is not a copy of the source: ${why}.`,
    hint: "Copy into a new topic or an empty data directory.",
  });
}
