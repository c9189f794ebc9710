/**
 * What an object of the archive holds: lines of JSON, one for each record, compressed. Read back
 * whole or refused, with a bound on what it may inflate to.
 */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { messageOf } from "../base/errors.ts";
import { objectDamaged } from "../blob/errors.ts";
import type { LogRecord } from "../wal/wal.ts";
import { readArchiveLines } from "./archive-lines.ts";
import type { SegmentFacts } from "./segment-facts.ts";

const MiB = 1024 * 1024;
/** A segment's lines: a full one, and the largest record behind it. Whatever claims more is no segment of ours. */
const LINES_BYTES_MAX = 64 * MiB;
const LINES_BYTES_USUAL = 8 * MiB;
/** Less than the runtime's own smallest piece makes no sense to ask for. */
const CHUNK_BYTES_MIN = 1_024;

const unzip = promisify(gunzip);

/** SHA-256 in hexadecimal; on a pool thread, since segments are large. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Buffer.from(digest).toString("hex");
}

/** What a stored segment holds, with what can be said of it without its checksum. */
export interface SegmentRecords {
  readonly records: readonly LogRecord[];
  readonly lineBytes: number;
}

/**
 * The records of a stored segment, whose bodies share memory. Throws OBJECT_DAMAGED naming the
 * object. `lineBytes` is how much there may be of lines, as far as it is known: what is made room
 * for in one piece.
 */
export async function readSegment(
  place: string,
  key: string,
  tenantId: string,
  bytes: Uint8Array,
  lineBytes = LINES_BYTES_USUAL,
): Promise<SegmentRecords> {
  try {
    // One byte more, so that the end is met within the first piece.
    const chunkSize = Math.min(Math.max(lineBytes + 1, CHUNK_BYTES_MIN), LINES_BYTES_MAX);
    const lines = await unzip(bytes, { maxOutputLength: LINES_BYTES_MAX, chunkSize });
    const records = readArchiveLines(lines, tenantId);
    return { records, lineBytes: lines.length };
  } catch (error) {
    throw objectDamaged(place, key, messageOf(error), error);
  }
}

/** Throws OBJECT_DAMAGED unless the records are those that the checksum object tells of. */
export function requireAsStated(
  place: string,
  key: string,
  { records, lineBytes }: SegmentRecords,
  facts: SegmentFacts,
): void {
  const isSame =
    records.length === facts.records &&
    records[0]?.offset === facts.firstOffset &&
    records.at(-1)?.offset === facts.lastOffset &&
    lineBytes === facts.lineBytes;
  if (!isSame) throw objectDamaged(place, key, "it holds other records than its checksum says");
}
