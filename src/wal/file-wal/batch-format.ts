import { crc32c } from "../../base/crc32c.ts";
import { getU64 } from "../u64.ts";
import type { LogRecord, RecordType } from "../wal.ts";
import { RECORD_TYPE } from "../wal.ts";
import { putSalt, type Salt } from "./salt.ts";

/**
 * The unit on disk: a batch is written at once, synced at once, and counts as a whole or
 * not at all. Header, then its records, end to end, big-endian:
 *
 *     header  magic 4 · format 2 · 0 2 · salt 8 · first offset 8 · count 4 · length 4 · 0 4 · CRC-32C 4
 *     record  length 4 · type 1 · 0 3 · offset 8 · log time 8 · body
 *
 * `length` of the header counts the records' bytes, `length` of a record all of its own;
 * neither is ever zero, so that zero is always the end of the log. The sum covers header
 * (without itself) and records.
 */
export const BATCH_MAGIC = 0x45_42_61_74; // "EBat"
export const BATCH_FORMAT = 1;
export const BATCH_HEADER_BYTES = 40;
export const BATCH_CRC_AT = 36;
export const RECORD_HEADER_BYTES = 24;

/** A batch that verifies. */
export interface VerifiedBatch {
  readonly kind: "batch";
  readonly firstOffset: number;
  readonly count: number;
  /** Bytes of header and records. */
  readonly totalBytes: number;
}

/** What stands at a place in a segment. */
export type BatchReading =
  | VerifiedBatch
  /** Zeros where a header would be: the end of the log. */
  | { readonly kind: "zero" }
  /** The header promises more bytes than were given. */
  | { readonly kind: "short"; readonly totalBytes: number }
  | { readonly kind: "damaged" };

const ZERO: BatchReading = { kind: "zero" };
const DAMAGED: BatchReading = { kind: "damaged" };

/** The first 16 bytes of every batch of a segment: what to look for behind damage. */
export function batchPattern(salt: Salt): Buffer {
  const pattern = Buffer.alloc(16);
  pattern.writeUInt32BE(BATCH_MAGIC, 0);
  pattern.writeUInt16BE(BATCH_FORMAT, 4);
  putSalt(new DataView(pattern.buffer, pattern.byteOffset, pattern.length), 8, salt);
  return pattern;
}

/**
 * Looks at what stands at `at`. `room` is how many bytes there are from there to the end
 * of the segment; `bytes` may hold fewer, then the answer can be "short".
 */
export function readBatch(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  room: number,
  salt: Salt,
): BatchReading {
  if (room < BATCH_HEADER_BYTES) return ZERO;
  if (bytes.length - at < BATCH_HEADER_BYTES)
    return { kind: "short", totalBytes: BATCH_HEADER_BYTES };
  if (view.getUint32(at) !== BATCH_MAGIC)
    return isZero(bytes, at, BATCH_HEADER_BYTES) ? ZERO : DAMAGED;
  const ours =
    view.getUint16(at + 4) === BATCH_FORMAT &&
    view.getUint32(at + 8) === salt.high &&
    view.getUint32(at + 12) === salt.low;
  const count = view.getUint32(at + 24);
  const length = view.getUint32(at + 28);
  const totalBytes = BATCH_HEADER_BYTES + length;
  if (!ours || count === 0 || totalBytes > room) return DAMAGED;
  if (bytes.length - at < totalBytes) return { kind: "short", totalBytes };
  const head = crc32c(bytes, 0, at, at + BATCH_CRC_AT);
  const sum = crc32c(bytes, head, at + BATCH_HEADER_BYTES, at + totalBytes);
  if (sum !== view.getUint32(at + BATCH_CRC_AT)) return DAMAGED;
  return { kind: "batch", firstOffset: getU64(view, at + 16), count, totalBytes };
}

/**
 * The records of a verified batch at `at`; bodies are views of `bytes`, not copies.
 * Undefined when they do not fill the batch exactly or their offsets are not dense: bytes
 * that no writer of ours made.
 */
export function readRecords(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  batch: VerifiedBatch,
): LogRecord[] | undefined {
  const end = at + batch.totalBytes;
  const records: LogRecord[] = [];
  let next = at + BATCH_HEADER_BYTES;
  for (let i = 0; i < batch.count; i++) {
    if (end - next < RECORD_HEADER_BYTES) return undefined;
    const length = view.getUint32(next);
    const type = knownType(view.getUint8(next + 4));
    const offset = getU64(view, next + 8);
    const fits = length >= RECORD_HEADER_BYTES && length <= end - next;
    if (!fits || type === undefined || offset !== batch.firstOffset + i) return undefined;
    const logTime = getU64(view, next + 16);
    const body = bytes.subarray(next + RECORD_HEADER_BYTES, next + length);
    records.push({ offset, logTime, type, body });
    next += length;
  }
  return next === end ? records : undefined;
}

/** Whether a run of bytes is all zero. */
export function isZero(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (bytes[i] !== 0) return false;
  return true;
}

function knownType(byte: number): RecordType | undefined {
  return byte === RECORD_TYPE.record ? RECORD_TYPE.record : undefined;
}
