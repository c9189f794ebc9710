import type { Clock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import { AppendQueue, type PendingAppend } from "../append-queue.ts";
import { logClosed, logUnavailable, outcomeUnknown } from "../errors.ts";
import type { LogClock } from "../log-clock.ts";
import type { Appended, LogRecord, RecordType } from "../wal.ts";
import { ENTRY_OVERHEAD_BYTES } from "./entry.ts";
import type { Owner, SentBatch } from "./owner.ts";
import type { Tail } from "./tail.ts";

/**
 * The one writer of a partition: group commit.
 *
 * One batch is in flight at a time; it holds what waited when it was begun, and exactly its
 * appends are answered when the backend has it and it counts. While it is under way the next one
 * gathers. A batch that takes longer than {@link PENDING_MS} makes the log unavailable: what
 * waits behind it and what comes is refused, surely unwritten, and its own appends are told
 * "unknown" at {@link UNKNOWN_MS}. It is sent again until the backend answers, and the log heals
 * by itself.
 */
export class EpochWriter {
  readonly #owner: Owner;
  readonly #tail: Tail;
  readonly #time: LogClock;
  readonly #clock: Clock;
  readonly #options: EpochWriterOptions;
  readonly #queue = new AppendQueue(ENTRY_OVERHEAD_BYTES);
  readonly #abandon = new AbortController();
  #running = false;
  #run: Promise<void> = Promise.resolve();
  #scheduled = false;
  #closed = false;
  #trouble: Error | undefined;
  /** Monotonic time of the last batch. */
  #sentAt: number;
  #cancelLook: (() => void) | undefined;
  /** A batch that is under way, or whose send was given up: then the next claim decides about it. */
  #undecided: UndecidedBatch | undefined;

  constructor(owner: Owner, tail: Tail, time: LogClock, options: EpochWriterOptions) {
    this.#owner = owner;
    this.#tail = tail;
    this.#time = time;
    this.#clock = options.waits;
    this.#options = options;
    this.#sentAt = options.waits.monotonic();
  }

  /** Claims the partition, or goes on trying to. To be called once. */
  async begin(): Promise<void> {
    this.#start();
    const patience = new AbortController();
    await Promise.race([this.#run, this.#clock.sleep(PENDING_MS, patience.signal)]);
    // A timer that is left would keep a process that is done from ending.
    patience.abort();
    this.#lookLater();
  }

  get unavailable(): Error | undefined {
    return this.#owner.replacement ?? this.#trouble ?? this.#time.refusal();
  }

  append(type: RecordType, body: Uint8Array, logTime?: number): Promise<Appended> {
    if (this.#closed) return Promise.reject(logClosed());
    const trouble = this.#owner.replacement ?? this.#trouble;
    if (trouble !== undefined) return Promise.reject(trouble);
    const appended = this.#queue.add(type, body, logTime);
    if (!(this.#running || this.#scheduled)) {
      this.#scheduled = true;
      setImmediate(() => this.#start());
    }
    return appended;
  }

  /** Finishes what was appended, as far as the backend takes it in {@link PENDING_MS}, and refuses the rest. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelLook?.();
    this.#start();
    const cancel = this.#clock.timer(PENDING_MS, () => this.#abandon.abort());
    await this.#run;
    cancel();
    this.#queue.rejectAll(logClosed());
    this.#giveUpOn(`the server stopped before ${this.#options.name} answered`);
  }

  #start(): void {
    this.#scheduled = false;
    if (this.#running) return;
    this.#running = true;
    this.#run = this.#drain();
  }

  /** Looks now and then whether somebody else writes, and takes the partition back after trouble. */
  #lookLater(): void {
    if (this.#closed) return;
    this.#cancelLook = this.#clock.timer(LOOK_MS, () => {
      this.#start();
      void this.#run.then(() => this.#lookLater());
    });
  }

  /** Sends batch after batch until nothing waits, or nothing can be sent. */
  async #drain(): Promise<void> {
    try {
      if (this.#queue.isEmpty && this.#owner.isOwner && !this.#closed) {
        await this.#watched(() => this.#tail.catchUp(this.#abandon.signal));
        this.#trouble = undefined;
        await this.#restateNowAndThen();
      }
      while (!this.#queue.isEmpty || !this.#owner.isOwner) {
        if (!(await this.#isOurs())) return;
        if (this.#queue.isEmpty) return;
        const logTime = this.#time.next();
        if (typeof logTime !== "number") return this.#queue.rejectAll(logTime);
        await this.#commit(logTime);
      }
    } catch (error) {
      this.#refuse(error);
    } finally {
      // In the same turn as the last look at the queue: an append after it starts a new run.
      this.#running = false;
    }
  }

  async #restateNowAndThen(): Promise<void> {
    const isDue = this.#clock.monotonic() - this.#sentAt > RESTATE_MS;
    if (!(isDue && this.#owner.isOwner)) return;
    await this.#watched(() => this.#owner.restate(this.#abandon.signal));
    this.#sentAt = this.#clock.monotonic();
  }

  /** Whether a batch can be sent; claims the partition when it was not, or no longer, ours. */
  async #isOurs(): Promise<boolean> {
    if (this.#owner.isOwner) return true;
    if (this.#owner.replacement === undefined && !this.#closed) {
      await this.#watched(() => this.#owner.claim(this.#abandon.signal));
    } else {
      await this.#tail.catchUp(this.#abandon.signal);
    }
    this.#decideUndecided();
    const { replacement } = this.#owner;
    if (replacement !== undefined) this.#queue.rejectAll(replacement);
    else this.#trouble = undefined;
    return this.#owner.isOwner;
  }

  async #commit(logTime: number): Promise<void> {
    const room = Math.max(this.#options.batchBytes, this.#queue.nextBytes);
    const appends = this.#queue.take(room, BATCH_RECORDS);
    let { offset } = this.#tail.place;
    const records = appends.map(
      ({ type, body, logTime: own = logTime }): LogRecord => ({
        offset: offset++,
        logTime: own,
        type,
        body,
      }),
    );
    const sent = this.#owner.batchOf(records);
    const isUnknown = `${this.#options.name} has not answered; the record may or may not be kept`;
    const forget = this.#clock.timer(UNKNOWN_MS, () => this.#giveUpOn(isUnknown));
    this.#undecided = { sent, appends, forget };
    await this.#watched(() => this.#owner.send(sent, this.#abandon.signal));
    this.#trouble = undefined;
    this.#sentAt = this.#clock.monotonic();
    this.#decideUndecided();
  }

  /** Answers the batch that is under way if the partition, as far as it is read, says everything about it. */
  #decideUndecided(): void {
    const undecided = this.#undecided;
    if (undecided === undefined || !this.#owner.isDecided(undecided.sent)) return;
    this.#undecided = undefined;
    const { sent, appends, forget } = undecided;
    forget();
    const landed = this.#owner.landedOf(sent);
    if (landed < appends.length) {
      const refused =
        this.#owner.replacement ??
        logUnavailable(`${this.#options.name} did not take the record; it is not in the log`);
      for (const { reject } of appends.slice(landed)) reject(refused);
    }
    if (landed === 0) return;
    this.#options.onCommit?.(landed);
    // A turn later, as the applier then comes first and answers find their records applied.
    setImmediate(() => {
      for (const [i, { offset, logTime }] of sent.records.slice(0, landed).entries()) {
        appends[i]?.resolve({ offset, logTime });
      }
    });
  }

  /** Lets go of the appends of a batch about which nothing is known. */
  #giveUpOn(why: string): void {
    for (const { reject } of this.#undecided?.appends ?? []) reject(outcomeUnknown(why));
    this.#undecided?.forget();
  }

  /** Does something that waits for the backend, and says so to whoever appends when that takes long. */
  async #watched(work: () => Promise<unknown>): Promise<void> {
    const cancelPending = this.#clock.timer(PENDING_MS, () =>
      this.#refuse(new Error(`no answer in ${PENDING_MS} ms`)),
    );
    try {
      await work();
    } finally {
      cancelPending();
    }
  }

  #refuse(cause: unknown): void {
    // What others say of themselves may name addresses; it stays in the cause.
    const why = cause instanceof EntError ? `: ${cause.message}` : "";
    const message = `${this.#options.name} takes no records at the moment${why}`;
    this.#trouble = logUnavailable(message, cause);
    this.#queue.rejectAll(this.#trouble);
  }
}

export interface EpochWriterOptions {
  /** Of the backend, for people. */
  readonly name: string;
  /** Times the waits for the backend. */
  readonly waits: Clock;
  /** What a batch may have; a larger record is sent by itself. */
  readonly batchBytes: number;
  readonly onCommit: ((records: number) => void) | undefined;
}

interface UndecidedBatch {
  readonly sent: SentBatch;
  readonly appends: readonly PendingAppend[];
  /** Cancels the moment at which its callers are told that nothing is known. */
  readonly forget: () => void;
}

/** How long a write may be under way before the log calls itself unavailable. */
const PENDING_MS = 5_000;
/** How long its caller waits for an answer. */
const UNKNOWN_MS = 15_000;
/** How often an idle writer looks whether somebody else has come. */
const LOOK_MS = 2_000;
/** How long an idle writer leaves the log without a word: far less than any backend keeps what it has. */
const RESTATE_MS = 60 * 60 * 1_000;
/** More records of one batch would hold up the event loop while they are encoded; their number gains nothing any more. */
const BATCH_RECORDS = 1_024;
