import { join } from "node:path";
import { readIfExists, writeDurably } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { type ArchiveTail, parseTailLine, tailLine } from "./archive-tail.ts";
import { countIn, encodeStated, fieldsOf, textIn } from "./stated-fields.ts";

/**
 * Where the archiver resumes: every record below `offset` is in the archive and was read back
 * from it, or belongs to a tenant's life that is over; `tails` name the segments that hold the
 * last of them. It may be late, never early: the log is trimmed by it, and then the tails are what
 * tells that an archive is not whole. A file of its own, replaced whole.
 */
export interface ArchivePosition {
  readonly logId: string;
  readonly partition: number;
  /** Where this log began to be archived. */
  readonly begunAt: number;
  readonly offset: number;
  readonly tails: readonly ArchiveTail[];
}

const FORMAT = 1;

/** As bytes that say of themselves whether they are whole. */
export function encodeArchivePosition(position: ArchivePosition): Uint8Array {
  const content: JsonObject = {
    format: FORMAT,
    log_id: position.logId,
    partition: position.partition,
    begun_at: position.begunAt,
    offset: position.offset,
    // Tenant, life, day and number of its last segment, that one's last record and SHA-256.
    tails: position.tails.map(tailLine),
  };
  return encodeStated(content);
}

/** Reads it back. Throws an error that says what is wrong with it. */
export function decodeArchivePosition(bytes: Uint8Array): ArchivePosition {
  const fields = fieldsOf(bytes, FORMAT);
  const tails = fields["tails"];
  if (!Array.isArray(tails)) throw new Error("its tails are missing");
  return {
    logId: textIn(fields, "log_id"),
    partition: countIn(fields, "partition"),
    begunAt: countIn(fields, "begun_at"),
    offset: countIn(fields, "offset"),
    tails: tails.map(parseTailLine),
  };
}

function fileOf(directory: string, partition: number): string {
  return join(directory, `archived-${partition}.json`);
}

/** Undefined when nothing was archived yet. Throws DATA_DIR_INVALID when the file is none of ours. */
export async function readArchivePosition(
  directory: string,
  partition: number,
): Promise<ArchivePosition | undefined> {
  const file = fileOf(directory, partition);
  const bytes = await readIfExists(file);
  if (bytes === undefined) return undefined;
  try {
    const position = decodeArchivePosition(bytes);
    if (position.partition !== partition) throw new Error("it is another partition's");
    return position;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Durable when it resolves. */
export async function writeArchivePosition(
  directory: string,
  position: ArchivePosition,
): Promise<void> {
  await writeDurably(fileOf(directory, position.partition), encodeArchivePosition(position));
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
