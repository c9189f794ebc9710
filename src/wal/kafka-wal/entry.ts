/**
 * What stands in a message of the partition, big-endian:
 *
 *     CRC-32C 4 · format 1 · kind 1 · type 1 · 0 1 · epoch 8 · sequence 8 · offset 8 · log time 8 · body
 *
 * A **record** is one of the log's. A **claim** begins an epoch: its writer says "from here on I
 * write", its body names the log (16) and the claim itself (16). A **mark** restates, within an
 * epoch, where the log is, so that nobody has to read it from its start; its body names the log
 * (16) and the place in Kafka at which its writer expected it to land (8).
 *
 * Of claims and marks, `offset` and `log time` are those of the log where they stand: the next
 * record's offset, the last record's time. The sum covers everything behind itself; that of
 * Kafka is not checked by its client.
 */
import { crc32c } from "../../base/crc32c.ts";
import { formatLogId, LOG_ID_BYTES, logIdBytes } from "../log-id.ts";
import { getU64, putU64 } from "../u64.ts";
import { RECORD_TYPE, type RecordType } from "../wal.ts";

/** What a record takes besides its body: our header, and at most so much of Kafka's own. */
export const ENTRY_OVERHEAD_BYTES = 40 + 32;

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

export interface ClaimEntry extends Placed {
  readonly kind: "claim";
  readonly logId: string;
  /** Random, in hexadecimal: whoever reads it back knows it for its own. */
  readonly claimId: string;
}

export interface MarkEntry extends Placed {
  readonly kind: "mark";
  readonly logId: string;
  /** Kafka's offset at which the mark was meant to land. It counts there and nowhere else. */
  readonly kafkaOffset: number;
}

export type Entry = RecordEntry | ClaimEntry | MarkEntry;

const HEADER_BYTES = 40;
const FORMAT = 1;
const KIND = { record: 1, claim: 2, mark: 3 } as const;
export const CLAIM_ID_BYTES = 16;

export function encodeEntry(entry: Entry): Buffer {
  const body = bodyOf(entry);
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  bytes[4] = FORMAT;
  bytes[5] = KIND[entry.kind];
  bytes[6] = entry.kind === "record" ? entry.type : 0;
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
    case KIND.claim:
      if (body.length !== LOG_ID_BYTES + CLAIM_ID_BYTES) return undefined;
      return { ...placed, kind: "claim", logId: logIdIn(body), claimId: hex(body, LOG_ID_BYTES) };
    case KIND.mark:
      if (body.length !== LOG_ID_BYTES + 8) return undefined;
      return {
        ...placed,
        kind: "mark",
        logId: logIdIn(body),
        kafkaOffset: getU64(view, HEADER_BYTES + LOG_ID_BYTES),
      };
    default:
      return undefined;
  }
}

function bodyOf(entry: Entry): Uint8Array {
  if (entry.kind === "record") return entry.body;
  const logId = logIdBytes(entry.logId);
  if (entry.kind === "claim") return Buffer.concat([logId, Buffer.from(entry.claimId, "hex")]);
  const place = Buffer.alloc(8);
  putU64(new DataView(place.buffer, place.byteOffset, 8), 0, entry.kafkaOffset);
  return Buffer.concat([logId, place]);
}

function logIdIn(body: Uint8Array): string {
  return formatLogId(body.subarray(0, LOG_ID_BYTES));
}

function hex(bytes: Uint8Array, from: number): string {
  return Buffer.from(bytes.subarray(from)).toString("hex");
}
