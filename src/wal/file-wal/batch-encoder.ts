import { assert } from "../../base/assert.ts";
import { crc32c } from "../../base/crc32c.ts";
import { putU64 } from "../u64.ts";
import type { RecordType } from "../wal.ts";
import {
  BATCH_CRC_AT,
  BATCH_FORMAT,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  RECORD_HEADER_BYTES,
} from "./batch-format.ts";
import { putSalt, type Salt } from "./salt.ts";

/**
 * Lays out one batch in a buffer that is used again for the next: a record's body is
 * copied once, from the caller's bytes to here. The buffer grows to the largest batch
 * there was, at most `limits.logBatchBytes` and its header.
 */
export class BatchEncoder {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #count = 0;
  #firstOffset = 0;

  /** Starts a batch for the segment of that salt, dropping the one before. */
  begin(salt: Salt, firstOffset: number): void {
    const view = this.#view;
    view.setUint32(0, BATCH_MAGIC);
    view.setUint16(4, BATCH_FORMAT);
    view.setUint16(6, 0);
    putSalt(view, 8, salt);
    putU64(view, 16, firstOffset);
    view.setUint32(32, 0);
    this.#at = BATCH_HEADER_BYTES;
    this.#count = 0;
    this.#firstOffset = firstOffset;
  }

  /** Adds a record; its offset is the first one plus the records before it in the batch. */
  add(type: RecordType, logTime: number, body: Uint8Array): void {
    const length = RECORD_HEADER_BYTES + body.length;
    if (this.#at + length > this.#bytes.length) this.#grow(this.#at + length);
    const at = this.#at;
    const view = this.#view;
    view.setUint32(at, length);
    // The type in the highest byte, three zero bytes behind it.
    view.setUint32(at + 4, type * 2 ** 24);
    putU64(view, at + 8, this.#firstOffset + this.#count);
    putU64(view, at + 16, logTime);
    this.#bytes.set(body, at + RECORD_HEADER_BYTES);
    this.#at = at + length;
    this.#count++;
  }

  /** The whole batch: valid until the next `begin`. */
  finish(): Uint8Array {
    assert(this.#count > 0, "a batch has records");
    const view = this.#view;
    view.setUint32(24, this.#count);
    view.setUint32(28, this.#at - BATCH_HEADER_BYTES);
    const head = crc32c(this.#bytes, 0, 0, BATCH_CRC_AT);
    view.setUint32(BATCH_CRC_AT, crc32c(this.#bytes, head, BATCH_HEADER_BYTES, this.#at));
    return this.#bytes.subarray(0, this.#at);
  }

  #grow(wantedBytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(wantedBytes, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

const INITIAL_BYTES = 64 * 1024;
