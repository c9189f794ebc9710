import { join } from "node:path";
import { systemErrorCode } from "../../base/durable-file.ts";
import { EntError } from "../../base/errors.ts";
import { logDamaged } from "../errors.ts";
import { isLogId } from "../log-id.ts";
import { type Disk, readWhole, systemDisk, writeWhole } from "./disk.ts";
import { unfinishedPath } from "./segment-names.ts";

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
}

const FILE_NAME = "log.json";
const FORMAT = 1;
const MAX_BYTES = 4096;

/** Makes the file durable: written beside its place, synced, renamed, the directory synced. */
export async function writeLogIdentity(
  directory: string,
  identity: LogIdentityFile,
  disk: Disk,
): Promise<void> {
  const content = {
    format: FORMAT,
    log_id: identity.logId,
    partition: identity.partition,
    first_offset: identity.firstOffset,
  };
  const path = join(directory, FILE_NAME);
  const file = await disk.create(unfinishedPath(path));
  try {
    await writeWhole(file, Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(unfinishedPath(path), path);
  await disk.syncDirectory(directory);
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
  if (typeof format === "number" && format > FORMAT) throw logTooNew(path, format);
  const valid =
    format === FORMAT &&
    typeof logId === "string" &&
    isLogId(logId) &&
    isCount(partition) &&
    isCount(firstOffset);
  if (!valid) {
    throw logDamaged(`${path} does not say which log this is`, { path });
  }
  return { logId, partition, firstOffset };
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

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
