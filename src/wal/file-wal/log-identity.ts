import { join } from "node:path";
import { systemErrorCode } from "../../base/durable-file.ts";
import { EntError } from "../../base/errors.ts";
import { logDamaged } from "../errors.ts";
import { isLogId } from "../log-id.ts";
import { isCount } from "../position.ts";
import { type Disk, readWhole, writeWhole } from "./disk.ts";
import { unfinishedPath } from "./segment-names.ts";
import { systemDisk } from "./system-disk.ts";

/**
 * `log.json`: which log this directory is. Written last when a log is made, so that a
 * directory without it holds nothing that was ever acknowledged; a directory that has
 * records but no such file has been tampered with.
 */
export interface LogIdentityFile {
  readonly logId: string;
  readonly partition: number;
  /** The offset of the log's very first record. */
  readonly firstOffset: number;
  /** Where the log begins since it was trimmed; undefined: with its first segment. Older files are leftovers. */
  readonly trimmedTo?: LogStart | undefined;
}

/** The oldest segment of a trimmed log. */
export interface LogStart {
  readonly sequence: number;
  readonly firstOffset: number;
}

const FILE_NAME = "log.json";
/** A log that was never trimmed is what every version reads; of a trimmed one the first would miss segments. */
const WHOLE_FORMAT = 1;
const TRIMMED_FORMAT = 2;
const MAX_BYTES = 4096;

/** Makes the file durable: written beside its place, synced, renamed, the directory synced. */
export async function writeLogIdentity(
  directory: string,
  identity: LogIdentityFile,
  disk: Disk,
): Promise<void> {
  const path = join(directory, FILE_NAME);
  const unfinished = unfinishedPath(path);
  const file = await disk.create(unfinished);
  try {
    try {
      await writeWhole(file, Buffer.from(`${contentOf(identity)}\n`), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(unfinished, path);
  } catch (error) {
    await disk.remove(unfinished).catch(() => undefined);
    throw error;
  }
  await disk.syncDirectory(directory);
}

function contentOf({ logId, partition, firstOffset, trimmedTo }: LogIdentityFile): string {
  const content = {
    format: trimmedTo === undefined ? WHOLE_FORMAT : TRIMMED_FORMAT,
    log_id: logId,
    partition,
    first_offset: firstOffset,
    ...(trimmedTo && {
      trimmed_to: { segment: trimmedTo.sequence, first_offset: trimmedTo.firstOffset },
    }),
  };
  return JSON.stringify(content, undefined, 2);
}

/** LOG_DAMAGED: the directory has what `there` names, but not the file that says of which log. `path` goes into the details. */
export function identityMissing(
  directory: string,
  there: string,
  path = join(directory, FILE_NAME),
): EntError {
  return logDamaged(`${join(directory, FILE_NAME)} is missing, yet there are ${there}`, { path });
}

/** What the file says; undefined when there is none. Throws LOG_DAMAGED, FORMAT_TOO_NEW. */
export async function readLogIdentity(
  directory: string,
  disk: Disk = systemDisk,
): Promise<LogIdentityFile | undefined> {
  const path = join(directory, FILE_NAME);
  const content = await readSmallFile(path, disk);
  if (content === undefined) return undefined;
  const fields = parse(content.toString("utf8"));
  const { format, log_id: logId, partition, first_offset: firstOffset } = fields;
  if (typeof format === "number" && format > TRIMMED_FORMAT) throw logTooNew(path, format);
  const trimmedTo = format === TRIMMED_FORMAT ? logStart(fields["trimmed_to"]) : undefined;
  const valid =
    (format === WHOLE_FORMAT || trimmedTo !== undefined) &&
    typeof logId === "string" &&
    isLogId(logId) &&
    isCount(partition) &&
    isCount(firstOffset);
  if (!valid) {
    throw logDamaged(`${path} does not say which log this is`, { path });
  }
  return { logId, partition, firstOffset, trimmedTo };
}

function logStart(value: unknown): LogStart | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { segment: sequence, first_offset: firstOffset }: Record<string, unknown> = { ...value };
  return isCount(sequence) && isCount(firstOffset) ? { sequence, firstOffset } : undefined;
}

/** A file of the log that a later version wrote. */
export function logTooNew(path: string, format: number): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "FORMAT_TOO_NEW",
    message: `${path} has format ${format}, which this version does not know`,
    hint: "Start the version that wrote it, or a later one.",
    details: { path, format: String(format) },
  });
}

async function readSmallFile(path: string, disk: Disk): Promise<Buffer | undefined> {
  try {
    const file = await disk.open(path, "read");
    try {
      const content = Buffer.alloc(Math.min(await file.size(), MAX_BYTES));
      return content.subarray(0, await readWhole(file, content, content.length, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
