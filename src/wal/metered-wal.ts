import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import type { Appended, LogRecord, RecordType, Wal } from "./wal.ts";

/** What is counted of a log. */
export interface WalMeter {
  /** A record of so many bytes is durable, so long after it was handed in. */
  appended(bytes: number, seconds: number): void;
  appendFailed(reason: string): void;
}

/** A log that counts: the same log in everything else. */
export class MeteredWal implements Wal {
  readonly #wal: Wal;
  readonly #meter: WalMeter;
  readonly #clock: Clock;

  constructor(wal: Wal, meter: WalMeter, clock: Clock) {
    this.#wal = wal;
    this.#meter = meter;
    this.#clock = clock;
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

  async append(type: RecordType, body: Uint8Array): Promise<Appended> {
    const began = this.#clock.monotonic();
    try {
      const appended = await this.#wal.append(type, body);
      this.#meter.appended(body.length, (this.#clock.monotonic() - began) / 1000);
      return appended;
    } catch (error) {
      this.#meter.appendFailed(error instanceof EntError ? error.reason : "INTERNAL");
      throw error;
    }
  }

  follow(from: number, signal: CancelSignal): AsyncIterable<readonly LogRecord[]> {
    return this.#wal.follow(from, signal);
  }

  read(from: number, signal?: CancelSignal): AsyncIterable<readonly LogRecord[]> {
    return this.#wal.read(from, signal);
  }

  trim(before: number): Promise<void> {
    return this.#wal.trim(before);
  }

  close(): Promise<void> {
    return this.#wal.close();
  }
}
