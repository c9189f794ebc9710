import type { CancelSignal } from "../base/cancel-signal.ts";
import { limits } from "../base/limits.ts";
import type { PendingAppend } from "./append-queue.ts";
import { appendQueueFull, logClosed, recordTooLarge } from "./errors.ts";
import { Growth } from "./growth.ts";
import { LogClock } from "./log-clock.ts";
import { newLogId } from "./log-id.ts";
import type { WalOptions } from "./options.ts";
import type { Appended, ImportingWal, LogRecord, RecordType } from "./wal.ts";
import { type Walk, type WalkedLog, walkLog } from "./walk.ts";

/**
 * The log in memory: for tests, and for whoever runs EntDB without keeping anything. It
 * keeps the whole contract of {@link Wal} except that "durable" means "as long as this
 * process lives". Appends become readable in groups, a turn later, as they do on a disk,
 * so that nobody comes to rely on a record being readable before it was answered.
 */
export class MemoryWal implements ImportingWal, WalkedLog {
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
  readonly #records: LogRecord[] = [];
  /** As a {@link WalkedLog}. */
  readonly growth = new Growth();
  readonly #time: LogClock;
  readonly #onCommit: ((records: number) => void) | undefined;
  #start: number;
  #waiting: PendingAppend[] = [];
  #waitingBytes = 0;
  #closed = false;

  constructor(options: WalOptions) {
    this.logId = options.logId ?? newLogId(options.random, options.clock.now());
    this.topic = options.topic;
    this.partition = options.partition;
    this.#start = options.firstOffset ?? 0;
    this.#onCommit = options.onCommit;
    this.#time = new LogClock(options.clock, 0, options.acceptClock ?? false);
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.start + this.#records.length;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get lastLogTime(): number {
    return this.#time.last;
  }

  get unavailable(): Error | undefined {
    return this.#time.refusal();
  }

  append(type: RecordType, body: Uint8Array): Promise<Appended> {
    return this.#add(type, body, undefined);
  }

  import({ type, body, logTime }: LogRecord): Promise<Appended> {
    return this.#add(type, body, logTime);
  }

  #add(type: RecordType, body: Uint8Array, logTime: number | undefined): Promise<Appended> {
    if (this.#closed) return Promise.reject(logClosed());
    if (body.length > limits.recordBytes) return Promise.reject(recordTooLarge(body.length));
    const full =
      this.#waiting.length >= limits.appendQueueRecords ||
      this.#waitingBytes + body.length > limits.appendQueueBytes;
    if (full) return Promise.reject(appendQueueFull());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ type, body, logTime, resolve, reject });
      this.#waitingBytes += body.length;
      if (this.#waiting.length === 1) queueMicrotask(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (batch.length === 0) return;
    const logTime = this.#time.next();
    if (typeof logTime !== "number") {
      for (const pending of batch) pending.reject(logTime);
      return;
    }
    const first = this.end;
    for (const { type, body, logTime: own = logTime } of batch) {
      this.#records.push({ offset: this.end, logTime: own, type, body });
      this.#time.advance(own);
    }
    this.growth.wakeAll();
    this.#onCommit?.(batch.length);
    for (const [i, pending] of batch.entries()) {
      pending.resolve({ offset: first + i, logTime: pending.logTime ?? logTime });
    }
  }

  follow(from: number, signal: CancelSignal): AsyncIterable<readonly LogRecord[]> {
    return this.#walk({ from, until: undefined, signal });
  }

  read(from: number, signal?: CancelSignal): AsyncIterable<readonly LogRecord[]> {
    return this.#walk({ from, until: this.end, signal });
  }

  #walk(walk: Walk): AsyncIterable<readonly LogRecord[]> {
    const read = (offset: number, most: number) =>
      this.#records.slice(offset - this.start, offset - this.start + most);
    return walkLog(this, read, walk);
  }

  trim(before: number): Promise<void> {
    const count = Math.max(0, Math.min(before, this.end) - this.start);
    this.#records.splice(0, count);
    this.#start += count;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#flush();
    this.#closed = true;
    this.growth.wakeAll();
    return Promise.resolve();
  }
}
