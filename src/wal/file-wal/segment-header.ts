import { assert } from "../../base/assert.ts";
import { crc32c } from "../../base/crc32c.ts";
import { formatLogId, LOG_ID_BYTES, logIdBytes } from "../log-id.ts";
import { getU64, putU64 } from "../u64.ts";
import { getSalt, NO_SALT, putSalt, type Salt, sameSalt } from "./salt.ts";

/**
 * The head of a segment file: which log it belongs to, where it begins, and where the
 * segment before it *ends*. That last statement is what an opening believes over older
 * bytes: whatever the previous file holds behind it was never acknowledged.
 *
 * The head fills a block of its own, written and synced before the first batch, so that
 * no later write ever touches its sector. Big-endian; every byte is under the check sum.
 */
export const SEGMENT_HEADER_BYTES = 4096;
const SEGMENT_FORMAT = 1;

/** The segment before, as its successor knows it. */
export interface PreviousSegment {
  /** 0: there is none, this is the log's first segment. */
  readonly sequence: number;
  readonly salt: Salt;
  /** The byte at which its last acknowledged batch ends; its last offset is the successor's `firstOffset` − 1. */
  readonly endPosition: number;
}

export interface SegmentHeader {
  readonly logId: string;
  readonly partition: number;
  readonly sequence: number;
  readonly salt: Salt;
  readonly firstOffset: number;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly previous: PreviousSegment;
}

const MAGIC = Buffer.from("EntDBseg", "latin1");
const CRC_AT = SEGMENT_HEADER_BYTES - 4;

/** The block as it stands in the file. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  assert(!sameSalt(header.salt, NO_SALT), "a salt is not zero");
  const block = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  block.set(MAGIC, 0);
  view.setUint16(8, SEGMENT_FORMAT);
  view.setUint32(12, header.partition);
  block.set(logIdBytes(header.logId), 16);
  putSalt(view, 32, header.salt);
  putU64(view, 40, header.sequence);
  putU64(view, 48, header.firstOffset);
  putU64(view, 56, header.size);
  putU64(view, 64, header.previous.sequence);
  putSalt(view, 72, header.previous.salt);
  putU64(view, 80, header.previous.endPosition);
  view.setUint32(CRC_AT, crc32c(block, 0, 0, CRC_AT));
  return block;
}

/** What a block of bytes is: a head, one of a newer format, nothing yet (all zero), or damaged. */
export type HeaderReading =
  | { readonly kind: "header"; readonly header: SegmentHeader }
  | { readonly kind: "newer"; readonly format: number }
  | { readonly kind: "blank" }
  | { readonly kind: "damaged" };

/** Reads the first {@link SEGMENT_HEADER_BYTES} of a file; fewer bytes are damaged. */
export function decodeSegmentHeader(block: Uint8Array): HeaderReading {
  if (block.length < SEGMENT_HEADER_BYTES) return { kind: "damaged" };
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (
    crc32c(block, 0, 0, CRC_AT) !== view.getUint32(CRC_AT) ||
    !MAGIC.equals(block.subarray(0, 8))
  ) {
    const blank = block.every((byte) => byte === 0);
    return blank ? { kind: "blank" } : { kind: "damaged" };
  }
  const format = view.getUint16(8);
  if (format > SEGMENT_FORMAT) return { kind: "newer", format };
  return {
    kind: "header",
    header: {
      logId: formatLogId(block.subarray(16, 16 + LOG_ID_BYTES)),
      partition: view.getUint32(12),
      sequence: getU64(view, 40),
      salt: getSalt(view, 32),
      firstOffset: getU64(view, 48),
      size: getU64(view, 56),
      previous: {
        sequence: getU64(view, 64),
        salt: getSalt(view, 72),
        endPosition: getU64(view, 80),
      },
    },
  };
}
