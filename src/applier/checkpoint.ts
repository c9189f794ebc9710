import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readIfExists, syncDirectory, writeDurably } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import { logShorterThanViews } from "../store/store-errors.ts";

/**
 * The partition checkpoint P: a start replays from here. It is written only after every
 * tenant with records below it has been synced past them, so it may be late, never early.
 * A file of its own, replaced whole.
 */
export interface Checkpoint {
  readonly logId: string;
  readonly partition: number;
  /** Every record below this offset is in synced views. */
  readonly offset: number;
}

const FORMAT = 1;

function fileOf(directory: string, partition: number): string {
  return join(directory, `partition-${partition}.json`);
}

/** Undefined when there is none, as on a first start. Throws when the file is not a checkpoint. */
export async function readCheckpoint(
  directory: string,
  partition: number,
): Promise<Checkpoint | undefined> {
  const file = fileOf(directory, partition);
  const text = await readIfExists(file);
  if (text === undefined) return undefined;
  try {
    const { format, log_id, partition: found, offset } = JSON.parse(text.toString("utf8"));
    if (format !== FORMAT || found !== partition || !Number.isSafeInteger(offset))
      throw new Error("not the content of a checkpoint");
    return { logId: String(log_id), partition, offset };
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, cause: unknown): EntError {
  return new EntError({
    code: "data_loss",
    reason: "DATA_DIR_INVALID",
    message: `The checkpoint ${file} cannot be read.`,
    hint: "Remove the file: EntDB then replays the log from its start.",
    cause,
  });
}

/** Makes sure that there is none. Durable when it resolves. */
export async function removeCheckpoint(directory: string, partition: number): Promise<void> {
  await rm(fileOf(directory, partition), { force: true });
  await syncDirectory(directory);
}

export async function writeCheckpoint(directory: string, checkpoint: Checkpoint): Promise<void> {
  const { logId, partition, offset } = checkpoint;
  const content = { format: FORMAT, log_id: logId, partition, offset };
  await writeDurably(fileOf(directory, partition), `${JSON.stringify(content)}\n`);
}

/**
 * Throws unless the log reaches as far as the views that were made from it: acknowledged
 * records would be missing, and serving would hide that.
 */
export function requireLogReaches(
  wal: { readonly logId: string; readonly end: number },
  checkpoint: Checkpoint,
): void {
  if (checkpoint.logId !== wal.logId) {
    throw new EntError({
      code: "failed_precondition",
      reason: "DATA_DIR_INVALID",
      message: `The views belong to log ${checkpoint.logId}; the log here is ${wal.logId}.`,
      hint: "Put the right log directory back, or start from an empty data directory.",
    });
  }
  if (checkpoint.offset <= wal.end) return;
  throw logShorterThanViews(wal.end, checkpoint.offset, "the checkpoint");
}
