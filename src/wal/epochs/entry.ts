/**
 * What stands in messages, big-endian:
 *
 *     CRC-32C 4 · format 1 · kind 1 · type 1 · 0 1 · epoch 8 · sequence 8 · offset 8 · log time 8 · body
 *
 * A **record** is one of the log's. A **part** is a piece of a record that no message can hold
 * whole; its body says which (2), of how many (2). A **claim** begins an epoch: its writer says
 * "from here on I write", its body names the log (16) and the claim itself (16). A **mark**
 * restates, within an epoch, where the log is, so that nobody has to read it from its start; its
 * body names the log (16) and the position up to which its writer knew everything (8, or 24
 * where positions are longer).
 *
 * Of claims and marks, `offset` and `log time` are those of the log where they stand: the next
 * record's offset, the last record's time. The sum covers everything behind itself; those of
 * the backends are not checked by their clients.
 */
import { crc32c } from "../../base/crc32c.ts";
import { formatLogId, LOG_ID_BYTES, logIdBytes } from "../log-id.ts";
import { getU64, putU64 } from "../u64.ts";
import { RECORD_TYPE, type RecordType } from "../wal.ts";

interface Placed {
  readonly epoch: number;
  /** Counts the records of the epoch, from 0 on. */
  readonly sequence: number;
  readonly offset: number;
  readonly logTime: number;
}

export interface RecordEntry extends Placed {
  readonly kind: "record";
  readonly type: RecordType;
  readonly body: Uint8Array;
}

export interface PartEntry extends Placed {
  readonly kind: "part";
  readonly type: RecordType;
  /** From 0 on, below `parts`. */
  readonly part: number;
  readonly parts: number;
  readonly body: Uint8Array;
}

export interface ClaimEntry extends Placed {
  readonly kind: "claim";
  readonly logId: string;
  /** Random, in hexadecimal: whoever reads it back knows it for its own. */
  readonly claimId: string;
}

export interface MarkEntry extends Placed {
  readonly kind: "mark";
  readonly logId: string;
  /** The position at which the mark was meant to land. It counts there and nowhere else. */
  readonly at: bigint;
}

export type Entry = RecordEntry | PartEntry | ClaimEntry | MarkEntry;

const HEADER_BYTES = 40;
const FORMAT = 1;
const KIND = { record: 1, claim: 2, mark: 3, part: 4 } as const;
export const CLAIM_ID_BYTES = 16;
const PART_HEADER_BYTES = 4;
const SHORT_POSITION_BYTES = 8;
const LONG_POSITION_BYTES = 24;
/** What the largest mark takes. */
export const MARK_BYTES = HEADER_BYTES + LOG_ID_BYTES + LONG_POSITION_BYTES;
/** What a record takes besides its body. */
export const RECORD_OVERHEAD_BYTES = HEADER_BYTES;
/** What it takes in a batch: at most so much of the backend's own comes on top. */
export const ENTRY_OVERHEAD_BYTES = RECORD_OVERHEAD_BYTES + 32;
/** What a part of a record takes besides its piece of the body. */
export const PART_OVERHEAD_BYTES = HEADER_BYTES + PART_HEADER_BYTES;

export function encodeEntry(entry: Entry): Buffer {
  const body = bodyOf(entry);
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  bytes[4] = FORMAT;
  bytes[5] = KIND[entry.kind];
  bytes[6] = entry.kind === "record" || entry.kind === "part" ? entry.type : 0;
  putU64(view, 8, entry.epoch);
  putU64(view, 16, entry.sequence);
  putU64(view, 24, entry.offset);
  putU64(view, 32, entry.logTime);
  bytes.set(body, HEADER_BYTES);
  view.setUint32(0, crc32c(bytes, 0, 4, bytes.length));
  return bytes;
}

/** Undefined for anything that no writer of ours made; a record's body is a view of the bytes. */
export function decodeEntry(bytes: Uint8Array): Entry | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) !== crc32c(bytes, 0, 4, bytes.length) || bytes[4] !== FORMAT) {
    return undefined;
  }
  const placed = {
    epoch: getU64(view, 8),
    sequence: getU64(view, 16),
    offset: getU64(view, 24),
    logTime: getU64(view, 32),
  };
  const body = bytes.subarray(HEADER_BYTES);
  switch (bytes[5]) {
    case KIND.record:
      if (bytes[6] !== RECORD_TYPE.record) return undefined;
      return { ...placed, kind: "record", type: RECORD_TYPE.record, body };
    case KIND.part:
      if (bytes[6] !== RECORD_TYPE.record || body.length < PART_HEADER_BYTES) return undefined;
      return { ...placed, kind: "part", type: RECORD_TYPE.record, ...partIn(body) };
    case KIND.claim:
      if (body.length !== LOG_ID_BYTES + CLAIM_ID_BYTES) return undefined;
      return { ...placed, kind: "claim", logId: logIdIn(body), claimId: hex(body, LOG_ID_BYTES) };
    case KIND.mark:
      if (!MARK_BODY_BYTES.has(body.length)) return undefined;
      return { ...placed, kind: "mark", logId: logIdIn(body), at: positionIn(body) };
    default:
      return undefined;
  }
}

const MARK_BODY_BYTES: ReadonlySet<number> = new Set(
  [SHORT_POSITION_BYTES, LONG_POSITION_BYTES].map((bytes) => LOG_ID_BYTES + bytes),
);

function bodyOf(entry: Entry): Uint8Array {
  switch (entry.kind) {
    case "record":
      return entry.body;
    case "part": {
      const header = Buffer.alloc(PART_HEADER_BYTES);
      header.writeUInt16BE(entry.part, 0);
      header.writeUInt16BE(entry.parts, 2);
      return Buffer.concat([header, entry.body]);
    }
    case "claim":
      return Buffer.concat([logIdBytes(entry.logId), Buffer.from(entry.claimId, "hex")]);
    case "mark":
      return Buffer.concat([logIdBytes(entry.logId), positionBytes(entry.at)]);
  }
}

function partIn(body: Uint8Array): Pick<PartEntry, "part" | "parts" | "body"> {
  const header = Buffer.from(body.buffer, body.byteOffset, PART_HEADER_BYTES);
  const [part, parts] = [header.readUInt16BE(0), header.readUInt16BE(2)];
  return { part, parts, body: body.subarray(PART_HEADER_BYTES) };
}

function positionBytes(position: bigint): Uint8Array {
  const isShort = position < 2n ** 64n;
  const digits = 2 * (isShort ? SHORT_POSITION_BYTES : LONG_POSITION_BYTES);
  return Buffer.from(position.toString(16).padStart(digits, "0"), "hex");
}

function positionIn(body: Uint8Array): bigint {
  return BigInt(`0x${hex(body, LOG_ID_BYTES)}`);
}

function logIdIn(body: Uint8Array): string {
  return formatLogId(body.subarray(0, LOG_ID_BYTES));
}

function hex(bytes: Uint8Array, from: number): string {
  return Buffer.from(bytes.subarray(from)).toString("hex");
}
