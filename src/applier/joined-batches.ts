import type { LogRecord } from "../wal/wal.ts";

/** Records that are applied at once where nobody waits for a turn: a page that many of them change is then written once. */
export const JOINED_RECORDS = 8_192;
/** Large records fill a batch sooner, so that what is held of the log stays bounded. */
const JOINED_BYTES = 16 * 1024 * 1024;

/**
 * Makes fewer batches of the log's, each of {@link JOINED_RECORDS} and one of the log's own at most,
 * until an offset is reached; from there on they stay as they are. No stage between log and
 * applier: a turn more would be one more for every write.
 */
export class JoinedBatches {
  readonly #until: number;
  #joined: LogRecord[] = [];
  #bytes = 0;

  constructor(until: number) {
    this.#until = until;
  }

  /** What is to be applied now that this batch is here; undefined: it waits for the next, which is there. */
  add(batch: readonly LogRecord[]): readonly LogRecord[] | undefined {
    const isLast = (batch.at(-1)?.offset ?? -1) + 1 >= this.#until;
    if (isLast && this.#joined.length === 0) return batch;
    for (const record of batch) {
      this.#joined.push(record);
      this.#bytes += record.body.length;
    }
    const isFull = this.#joined.length >= JOINED_RECORDS || this.#bytes >= JOINED_BYTES;
    if (!(isFull || isLast)) return undefined;
    const joined = this.#joined;
    this.#joined = [];
    this.#bytes = 0;
    return joined;
  }
}
