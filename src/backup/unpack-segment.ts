import { gunzipSync } from "node:zlib";
import { type ArchivedRecords, readArchiveLines } from "./archive-lines.ts";

const MiB = 1024 * 1024;
/** A segment's lines: a full one, and the largest record behind it. Whatever claims more is no segment of ours. */
const LINES_BYTES_MAX = 64 * MiB;
const LINES_BYTES_USUAL = 8 * MiB;
/** Less than the runtime's own smallest piece makes no sense to ask for. */
const CHUNK_BYTES_MIN = 1_024;

/** A segment as it is stored, as plain data that threads hand each other. */
export interface StoredSegmentBytes {
  readonly tenantId: string;
  readonly bytes: Uint8Array;
  /** How much there may be of lines, as far as it is known: what is made room for in one piece. */
  readonly lineBytes?: number | undefined;
}

/** What a stored segment holds, with what can be said of it without its checksum. */
export interface UnpackedSegment {
  readonly records: ArchivedRecords;
  readonly lineBytes: number;
}

/** Inflates a stored segment, with a bound on what it may inflate to, and reads its lines. Throws what is wrong with them. Long for long segments. */
export function unpackSegment(segment: StoredSegmentBytes): UnpackedSegment {
  const { bytes, tenantId, lineBytes = LINES_BYTES_USUAL } = segment;
  // One byte more, so that the end is met within the first piece.
  const chunkSize = Math.min(Math.max(lineBytes + 1, CHUNK_BYTES_MIN), LINES_BYTES_MAX);
  const lines = gunzipSync(bytes, { maxOutputLength: LINES_BYTES_MAX, chunkSize });
  return { records: readArchiveLines(lines, tenantId), lineBytes: lines.length };
}
