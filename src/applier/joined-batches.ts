import type { LogRecord } from "../wal/wal.ts";

/** Records that are applied at once where nobody waits for a turn: a page that many of them change is then written once. */
export const JOINED_RECORDS = 8_192;
/** Large records fill a batch sooner, so that what is held of the log stays bounded. */
const JOINED_BYTES = 16 * 1024 * 1024;

/**
 * The log's batches, and until the offset `until` fewer of them: each of {@link JOINED_RECORDS} and
 * one of the log's own at most. Those that are not whole when the log is followed no more are left out.
 */
export async function* joinedBatches(
  batches: AsyncIterable<readonly LogRecord[]>,
  until: number,
): AsyncGenerator<readonly LogRecord[]> {
  let joined: LogRecord[] = [];
  let bytes = 0;
  for await (const batch of batches) {
    const end = (batch.at(-1)?.offset ?? -1) + 1;
    if (joined.length === 0 && end >= until) {
      yield batch;
      continue;
    }
    for (const record of batch) {
      joined.push(record);
      bytes += record.body.length;
    }
    if (joined.length < JOINED_RECORDS && bytes < JOINED_BYTES && end < until) continue;
    yield joined;
    joined = [];
    bytes = 0;
  }
}
