import { gzipSync } from "node:zlib";
import { must } from "../base/assert.ts";
import { RECORD_TYPE } from "../wal/wal.ts";
import { archiveLine, archiveLineBytes, type RecordOwner } from "./archived-record.ts";

/** Quick: a log that is busy fills several segments in a second, and base64 of binary hardly shrinks further. */
const GZIP_LEVEL = 4;

/** Records that become a segment, as plain data that threads hand each other; in the order of the log. */
export interface RawSegment extends RecordOwner {
  readonly offsets: Float64Array;
  readonly logTimes: Float64Array;
  /** Bytes of each body. */
  readonly sizes: Float64Array;
  /** The bodies, one behind the other, cut anywhere. */
  readonly bodies: readonly Uint8Array[];
}

/** A segment as it is stored. */
export interface PackedSegment {
  readonly bytes: Uint8Array;
  /** Of the bytes, in hexadecimal. */
  readonly sha256: string;
  /** What its lines take without being compressed. */
  readonly lineBytes: number;
}

/** Makes lines of the records, and compresses and hashes those: the same bytes for the same records. Long for long segments. */
export function packSegment(segment: RawSegment): PackedSegment {
  const lines = linesOf(segment);
  const bytes = gzipSync(lines, { level: GZIP_LEVEL });
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  return { bytes, sha256, lineBytes: lines.length };
}

function linesOf(segment: RawSegment): Uint8Array {
  const { offsets, logTimes, sizes, bodies } = segment;
  const whole = "every record has its numbers";
  let length = 0;
  for (const [i, offset] of offsets.entries()) {
    const size = must(sizes[i], whole);
    length += archiveLineBytes(offset, must(logTimes[i], whole), size, segment);
  }
  const content = Buffer.concat(bodies);
  const lines = Buffer.allocUnsafeSlow(length);
  let [at, begin] = [0, 0];
  for (const [i, offset] of offsets.entries()) {
    const body = content.subarray(begin, begin + must(sizes[i], whole));
    const logTime = must(logTimes[i], whole);
    // A line is ASCII: its characters are its bytes.
    const line = archiveLine({ offset, logTime, type: RECORD_TYPE.record, body }, segment);
    at += lines.write(line, at, "latin1");
    begin += body.length;
  }
  return lines;
}
