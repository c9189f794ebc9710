import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { AppendQueue, type PendingAppend } from "../append-queue.ts";
import { logClosed, logUnavailable, outcomeUnknown } from "../errors.ts";
import type { LogClock } from "../log-clock.ts";
import type { Appended, LogRecord, RecordType } from "../wal.ts";
import { type ActiveSegment, PartialWriteError } from "./active-segment.ts";
import { BatchEncoder } from "./batch-encoder.ts";
import { BATCH_HEADER_BYTES, RECORD_HEADER_BYTES } from "./batch-format.ts";
import { ReturningCallers } from "./returning-callers.ts";
import type { Segment, SegmentList } from "./segment.ts";
import { type Awake, SyncPolicy } from "./sync-policy.ts";

/** Who is told of the batches of a log. */
export interface Told {
  /** After the batch's sync, before its appends are answered. */
  readonly onDurable: (records: LogRecord[]) => void;
  /** After its appends were answered; not of a batch that failed. */
  readonly onAnswered: () => void;
}

/**
 * The one writer of a log: group commit.
 *
 * One batch is in flight at a time. It holds everything that waited when it was begun; it
 * is written at once, synced once, and exactly its appends are answered. While the disk
 * syncs, the next batch gathers: no timer, no minimum wait; only a few callers who were just
 * answered are waited for, who are on their way back. When write or sync fails, the
 * segment is sealed, its appends get "unknown", and the log goes on in a new segment; if
 * that cannot be had, appends are refused until it can, which is tried again on the next
 * append and every {@link RETRY_MS}.
 */
export class LogWriter {
  readonly #active: ActiveSegment;
  readonly #segments: SegmentList;
  readonly #time: LogClock;
  readonly #clock: Clock;
  readonly #told: Told;
  readonly #queue = new AppendQueue(RECORD_HEADER_BYTES);
  readonly #encoder = new BatchEncoder();
  readonly #policy: SyncPolicy;
  readonly #callers: ReturningCallers;
  #running = false;
  /** The run under way, or the one before. */
  #run: Promise<void> = Promise.resolve();
  #scheduled = false;
  #closed = false;
  #trouble: Error | undefined;
  #lastAttemptMs = Number.NEGATIVE_INFINITY;
  #cancelRetry: (() => void) | undefined;

  constructor(
    active: ActiveSegment,
    segments: SegmentList,
    time: LogClock,
    clock: Clock,
    told: Told,
    awake?: Awake,
  ) {
    this.#active = active;
    this.#segments = segments;
    this.#time = time;
    this.#clock = clock;
    this.#told = told;
    this.#policy = new SyncPolicy(clock, awake);
    this.#callers = new ReturningCallers(clock);
  }

  /** Why appends are refused now, or undefined. */
  get unavailable(): Error | undefined {
    return this.#trouble ?? this.#time.refusal();
  }

  /** `logTime` is that of a record which comes from another log; undefined: now. */
  append(type: RecordType, body: Uint8Array, logTime?: number): Promise<Appended> {
    if (this.#closed) return Promise.reject(logClosed());
    if (this.#trouble && !this.#running) {
      const pause = this.#clock.monotonic() - this.#lastAttemptMs;
      if (pause < ATTEMPT_PAUSE_MS) return Promise.reject(this.#trouble);
    }
    const appended = this.#queue.add(type, body, logTime);
    this.#schedule();
    return appended;
  }

  /** Finishes what was appended and refuses the rest. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#start();
    await this.#run;
    this.#cancelRetry?.();
    await this.#active.close();
  }

  #schedule(): void {
    if (this.#running || this.#scheduled) return;
    this.#scheduled = true;
    // One turn of the event loop, about 1 µs: whatever arrived with this append comes along.
    setImmediate(() => this.#start());
  }

  #start(): void {
    this.#scheduled = false;
    if (this.#running) return;
    this.#running = true;
    this.#run = this.#drain();
  }

  /** Commits batch after batch until nothing waits and the segment is in order, or cannot be. */
  async #drain(): Promise<void> {
    try {
      while (!this.#queue.isEmpty || this.#active.isSealed) {
        const wanted = BATCH_HEADER_BYTES + this.#queue.nextBytes;
        if (this.#active.room < wanted && !(await this.#roll())) return;
        if (this.#queue.isEmpty) return;
        if (!this.#closed) await this.#callers.gather(this.#queue);
        const logTime = this.#time.next();
        if (typeof logTime !== "number") return this.#queue.rejectAll(logTime);
        await this.#commit(logTime);
      }
    } finally {
      // In the same turn as the last look at the queue: an append after it starts a new run.
      this.#running = false;
    }
  }

  /** Goes on in a new segment; false when there is none to be had, and then nothing waits any more. */
  async #roll(): Promise<boolean> {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    try {
      await this.#active.roll();
      this.#trouble = undefined;
      return true;
    } catch (error) {
      const trouble = logUnavailable("the log cannot begin a new segment", error);
      this.#trouble = trouble;
      this.#lastAttemptMs = this.#clock.monotonic();
      this.#queue.rejectAll(trouble);
      if (!this.#closed) this.#cancelRetry = this.#clock.timer(RETRY_MS, () => this.#start());
      return false;
    }
  }

  async #commit(logTime: number): Promise<void> {
    const segment = this.#segments.last;
    const room = Math.min(segment.room - BATCH_HEADER_BYTES, limits.logBatchBytes);
    const batch = this.#queue.take(room);
    const bytes = this.#encode(segment, batch, logTime);
    try {
      this.#active.write(bytes);
      const alone = this.#queue.isEmpty && this.#callers.areAllOfFew(batch.length);
      const sync = this.#policy.sync(this.#active.file, alone);
      if (sync !== undefined) await sync;
    } catch (error) {
      await this.#fail(batch, error);
      return;
    }
    const first = segment.end;
    this.#active.advance(batch.length, bytes.length);
    const records = batch.map(({ type, body, logTime: own = logTime }, i) => ({
      offset: first + i,
      logTime: own,
      type,
      body,
    }));
    this.#time.advance(records.at(-1)?.logTime ?? logTime);
    this.#callers.durable(batch.length, this.#queue.length);
    this.#told.onDurable(records);
    // A turn later: who follows the log applies the batch first, and then finds its writers
    // with nothing left to wait for, instead of with a wait that has to be set up and taken down.
    setImmediate(() => {
      let offset = first;
      for (const { logTime: own = logTime, resolve } of batch) {
        resolve({ offset: offset++, logTime: own });
      }
      // Another turn later, when the answers of those who wrote are on their way.
      setImmediate(() => {
        this.#callers.answered();
        this.#told.onAnswered();
      });
    });
  }

  #encode(segment: Segment, batch: readonly PendingAppend[], logTime: number): Uint8Array {
    this.#encoder.begin(segment.header.salt, segment.end);
    for (const { type, body, logTime: own = logTime } of batch) {
      this.#encoder.add(type, own, body);
    }
    return this.#encoder.finish();
  }

  async #fail(batch: readonly PendingAppend[], error: unknown): Promise<void> {
    const nothingWritten = error instanceof PartialWriteError && error.writtenBytes === 0;
    const answer = nothingWritten
      ? logUnavailable("the log could not be written", error)
      : outcomeUnknown(
          "the log could not make the record durable; it may or may not be kept",
          error,
        );
    this.#trouble = logUnavailable("the log's storage failed", error);
    await this.#active.seal();
    for (const pending of batch) pending.reject(answer);
  }
}

/** How often a log that cannot write tries by itself. */
const RETRY_MS = 1_000;
/** Appends that come sooner after a failed attempt are refused without another one. */
const ATTEMPT_PAUSE_MS = 100;
