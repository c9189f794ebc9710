import type { Appended, LogRecord, RecordType, Wal } from "../../src/wal/wal.ts";

/** Lets everybody through, or nobody. */
export class Barrier {
  #closed: PromiseWithResolvers<void> | undefined;
  #waiting = 0;

  /** How many stand before it now. */
  get waiting(): number {
    return this.#waiting;
  }

  close(): void {
    this.#closed ??= Promise.withResolvers();
  }

  open(): void {
    this.#closed?.resolve();
    this.#closed = undefined;
  }

  /** Resolves once it is open, or the signal aborts. */
  async pass(signal?: AbortSignal): Promise<void> {
    this.#waiting += 1;
    while (this.#closed !== undefined && signal?.aborted !== true) {
      const aborted = Promise.withResolvers<void>();
      const onAbort = () => aborted.resolve();
      signal?.addEventListener("abort", onAbort, { once: true });
      await Promise.race([this.#closed.promise, aborted.promise]);
      signal?.removeEventListener("abort", onAbort);
    }
    this.#waiting -= 1;
  }
}

/**
 * A log that a test holds up: answers to appends, batches on their way to a follower, or
 * the end of a bounded read. Nothing is lost or changed by it.
 */
export class HeldWal implements Wal {
  /** Before the answer to an append; the record is in the log by then. */
  readonly answers = new Barrier();
  /** Before each batch of a follower. */
  readonly batches = new Barrier();
  /** Before the first batch of a bounded read. */
  readonly readStarts = new Barrier();
  /** Behind the last batch of a bounded read. */
  readonly readEnds = new Barrier();
  /** Called before each batch of a follower is handed out. */
  onBatch: () => void = () => undefined;
  /** Where the follower began. */
  followedFrom: number | undefined;
  readonly #wal: Wal;
  #failures: Error[] = [];

  constructor(wal: Wal) {
    this.#wal = wal;
  }

  get logId(): string {
    return this.#wal.logId;
  }

  get topic(): string {
    return this.#wal.topic;
  }

  get partition(): number {
    return this.#wal.partition;
  }

  get end(): number {
    return this.#wal.end;
  }

  get start(): number {
    return this.#wal.start;
  }

  get lastLogTime(): number {
    return this.#wal.lastLogTime;
  }

  get unavailable(): Error | undefined {
    return this.#wal.unavailable;
  }

  /** The next append gets this error and nothing into the log. */
  failNextAppend(error: Error): void {
    this.#failures.push(error);
  }

  async append(type: RecordType, body: Uint8Array): Promise<Appended> {
    const failure = this.#failures.shift();
    if (failure !== undefined) {
      await this.answers.pass();
      throw failure;
    }
    const appended = await this.#wal.append(type, body);
    await this.answers.pass();
    return appended;
  }

  async *follow(from: number, signal: AbortSignal): AsyncGenerator<readonly LogRecord[]> {
    this.followedFrom = from;
    for await (const batch of this.#wal.follow(from, signal)) {
      await this.batches.pass(signal);
      if (signal.aborted) return;
      this.onBatch();
      yield batch;
    }
  }

  async *read(from: number, signal?: AbortSignal): AsyncGenerator<readonly LogRecord[]> {
    await this.readStarts.pass(signal);
    yield* this.#wal.read(from, signal);
    await this.readEnds.pass(signal);
  }

  trim(before: number): Promise<void> {
    return this.#wal.trim(before);
  }

  close(): Promise<void> {
    return this.#wal.close();
  }
}
