import { must } from "../base/assert.ts";
import { firstIndex } from "../base/first-index.ts";
import { limits } from "../base/limits.ts";
import type { LogRecord } from "./wal.ts";

/**
 * The newest durable records, kept as they were appended, so that followers at the log's
 * end (the applier above all) neither read nor decode files. Whole batches, the oldest
 * dropped first, at most `limits.logTailBytes` of bodies and `limits.logTailRecords`.
 */
export class TailCache {
  readonly #batches: LogRecord[][] = [];
  /** Where the live part of the array begins; the dead part is cut off now and then. */
  #head = 0;
  #records = 0;
  #bytes = 0;

  push(batch: LogRecord[]): void {
    this.#batches.push(batch);
    this.#records += batch.length;
    this.#bytes += bodyBytes(batch);
    while (this.#bytes > limits.logTailBytes || this.#records > limits.logTailRecords) {
      this.#dropOldest();
    }
  }

  /**
   * Records from the offset on, at most `most`, all of one batch; undefined when the
   * offset is not (or no longer) here.
   */
  from(offset: number, most: number): readonly LogRecord[] | undefined {
    const oldest = this.#batches[this.#head]?.[0];
    if (oldest === undefined || offset < oldest.offset) return undefined;
    const batches = this.#batches;
    const behind = firstIndex(this.#head, batches.length, (i) => firstOffset(batches[i]) > offset);
    const batch = must(batches[behind - 1], "the oldest begins at or before it");
    const skipped = offset - firstOffset(batch);
    if (skipped >= batch.length) return undefined;
    return skipped === 0 && batch.length <= most ? batch : batch.slice(skipped, skipped + most);
  }

  #dropOldest(): void {
    const batch = this.#batches[this.#head];
    if (batch === undefined) return;
    this.#records -= batch.length;
    this.#bytes -= bodyBytes(batch);
    this.#batches[this.#head] = [];
    this.#head++;
    if (this.#head > COMPACT_AT && this.#head * 2 > this.#batches.length) {
      this.#batches.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

const COMPACT_AT = 1024;

function firstOffset(batch: readonly LogRecord[] | undefined): number {
  return must(batch?.[0], "a batch has records").offset;
}

function bodyBytes(batch: readonly LogRecord[]): number {
  let bytes = 0;
  for (const record of batch) bytes += record.body.length;
  return bytes;
}
