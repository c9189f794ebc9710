/**
 * The log: the truth that every other file of EntDB is a view of.
 *
 * What every implementation guarantees (held by `test/contract/wal.ts`):
 *
 * 1. **Durable before answered.** `append` resolves only after the record is as
 *    durable as the backend can make it (embedded: fdatasync has returned).
 * 2. **Dense, ordered offsets.** The first record has offset 0, each next one is
 *    greater by one, in the order in which `append` was called.
 * 3. **Log time never goes back.** It is max(wall clock, time of the record before).
 * 4. **All or nothing.** A record is either wholly readable or was never there; a
 *    record whose append was answered is readable until it is trimmed.
 * 5. **Unknown is named.** When it cannot be said whether a record landed, `append`
 *    rejects with OUTCOME_UNKNOWN (retryable: the idempotency key makes it safe). When it
 *    surely did not land: LOG_UNAVAILABLE, CLOCK_JUMP or SERVER_STOPPING.
 * 6. **Readers see only what is durable**, in offset order, without gaps.
 *
 * Offsets and times are plain numbers: 2^53 records are more than a log can hold,
 * and implementations assert it.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";

/** A record as it stands in the log. `body` must not be changed by whoever reads it. */
export interface LogRecord {
  readonly offset: number;
  /** Unix milliseconds, assigned by the log's writer. The only time that apply knows. */
  readonly logTime: number;
  readonly type: RecordType;
  readonly body: Uint8Array;
}

/** What a record's body is; one byte on disk. 0 never occurs (zero is "end of log"). */
export const RECORD_TYPE = {
  /** A protobuf `entdb.wal.v1.Record`. */
  record: 1,
} as const;
export type RecordType = (typeof RECORD_TYPE)[keyof typeof RECORD_TYPE];

/** Proof that a record is in the log, and where. */
export interface Appended {
  readonly offset: number;
  readonly logTime: number;
}

export interface Wal {
  /** Names this log for ever; a position of another log is never compared with one of this. */
  readonly logId: string;
  /** The name that stands in positions shown to people: `entdb-wal` by default. */
  readonly topic: string;
  readonly partition: number;
  /** The offset that the next durable record will have: every record below it is durable and readable. */
  readonly end: number;
  /** The oldest offset that can still be read; equals `end` when nothing can. */
  readonly start: number;
  /** Log time of the last durable record; 0 when the log is empty. */
  readonly lastLogTime: number;
  /** Undefined while appends are accepted, otherwise why they are not (LOG_UNAVAILABLE, CLOCK_JUMP). Reads go on. */
  readonly unavailable: Error | undefined;

  /**
   * Appends one record. Many calls under way at once share one sync (group commit).
   * Refuses bodies over `limits.recordBytes` with LIMIT_EXCEEDED before anything is written,
   * and more than `limits.appendQueueRecords`/`appendQueueBytes` waiting with OVERLOADED.
   * The body is handed over, not copied: nobody may change it after the call.
   */
  append(type: RecordType, body: Uint8Array): Promise<Appended>;

  /**
   * Reads durable records from `from` (inclusive) on, in batches of at most
   * `limits.readBatchRecords`, and then follows the log as it grows. Ends quietly when the
   * signal aborts or the log is closed. Throws LOG_TRIMMED when `from` is below `start`,
   * POSITION_BEYOND_LOG when it is above `end`, LOG_DAMAGED when stored bytes do not verify.
   */
  follow(from: number, signal: CancelSignal): AsyncIterable<readonly LogRecord[]>;

  /** As `follow`, but ends at the end of the log as it is at the time of the call. */
  read(from: number, signal?: CancelSignal): AsyncIterable<readonly LogRecord[]>;

  /**
   * Lets go of records below `before`, of which the caller knows that they stand elsewhere: of
   * as many as the backend can drop at once, or of none where it keeps records by rules of its
   * own. `start` says how far it went. What is left is as durable as it was, whatever crashes on
   * the way. Who still reads below `start` gets LOG_TRIMMED. Rejects with what the disk says; then
   * some may have gone.
   */
  trim(before: number): Promise<void>;

  /** Finishes what was appended, refuses what comes after (SERVER_STOPPING), releases files. Idempotent. */
  close(): Promise<void>;
}

/** A log that can take over the records of another one, as they stand there. */
export interface ImportingWal extends Wal {
  /**
   * As `append`, with the log time that the record has already. It must not be below that of the
   * record before, and the record gets the next offset: whoever copies a log goes in its order.
   */
  import(record: LogRecord): Promise<Appended>;
}
