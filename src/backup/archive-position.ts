import { join } from "node:path";
import { readIfExists, writeDurably } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";

/**
 * Where the archiver resumes: every record below `offset` is in the archive and was read back
 * from it, or belongs to a tenant's life that is over. It may be late, never early: the log is
 * trimmed by it. A file of its own, replaced whole.
 */
export interface ArchivePosition {
  readonly logId: string;
  readonly partition: number;
  /** Where this log began to be archived. */
  readonly begunAt: number;
  readonly offset: number;
}

const FORMAT = 1;

function fileOf(directory: string, partition: number): string {
  return join(directory, `archive-${partition}.json`);
}

/** Undefined when nothing was archived yet. Throws DATA_DIR_INVALID when the file is none of ours. */
export async function readArchivePosition(
  directory: string,
  partition: number,
): Promise<ArchivePosition | undefined> {
  const file = fileOf(directory, partition);
  const text = await readIfExists(file);
  if (text === undefined) return undefined;
  try {
    const {
      format,
      log_id,
      partition: found,
      begun_at: begunAt,
      offset,
    } = JSON.parse(text.toString("utf8"));
    const isWhole = [begunAt, offset].every((count) => Number.isSafeInteger(count) && count >= 0);
    if (format !== FORMAT || found !== partition || !isWhole) throw new Error("not a position");
    return { logId: String(log_id), partition, begunAt, offset };
  } catch (error) {
    throw unreadable(file, error);
  }
}

export async function writeArchivePosition(
  directory: string,
  { logId, partition, begunAt, offset }: ArchivePosition,
): Promise<void> {
  const content = { format: FORMAT, log_id: logId, partition, begun_at: begunAt, offset };
  await writeDurably(fileOf(directory, partition), `${JSON.stringify(content)}\n`);
}

function unreadable(file: string, cause: unknown): EntError {
  return new EntError({
    code: "data_loss",
    reason: "DATA_DIR_INVALID",
    message: `The archive's position ${file} cannot be read.`,
    hint: "Remove the file: EntDB then looks into the archive for what is there, and archives the rest of the log.",
    cause,
  });
}
