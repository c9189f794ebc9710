import { Growth } from "../growth.ts";
import type { LogClock } from "../log-clock.ts";
import { TailCache } from "../tail-cache.ts";
import type { LogRecord } from "../wal.ts";
import type { FoundLog } from "./find-end.ts";
import { type Ledger, type Place, placeBehindMark } from "./ledger.ts";
import type { PartitionReader } from "./partition-reader.ts";
import type { Places } from "./places.ts";

/**
 * The end of the log as this process knows it: how far the partition has been read, the newest
 * records, and whoever waits for more. It grows in two ways: by messages read back from Kafka,
 * and by a batch of our own of which Kafka's answer says that nothing came between it and what
 * we knew, so that it need not be read.
 */
export class Tail {
  readonly places: Places;
  readonly growth = new Growth();
  readonly cache = new TailCache();
  readonly #ledger: Ledger;
  readonly #reader: PartitionReader;
  readonly #time: LogClock;
  readonly #closing = new AbortController();

  constructor({ places, ledger }: FoundLog, reader: PartitionReader, time: LogClock) {
    this.places = places;
    this.#ledger = ledger;
    this.#reader = reader;
    this.#time = time;
  }

  get place(): Place {
    return this.#ledger.place;
  }

  get claimId(): string {
    return this.#ledger.claimId;
  }

  get epochAsked(): number {
    return this.#ledger.epochAsked;
  }

  /** As {@link Ledger.recordsOf}. */
  recordsOf(epoch: number): number {
    return this.#ledger.recordsOf(epoch);
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Aborts when the log is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Reads on to what Kafka has now, and at least below its offset `until`. Throws LOG_DAMAGED. */
  async catchUp(signal: AbortSignal, until = 0): Promise<void> {
    const { high } = await this.#reader.watermarks(signal);
    const end = Math.max(high, until);
    for await (const messages of this.#reader.all(this.place.kafkaOffset, end, signal)) {
      const records: LogRecord[] = [];
      for (const message of messages) {
        const record = this.#ledger.take(message);
        if (record !== undefined) records.push(record);
        const place = placeBehindMark(message);
        if (place !== undefined) this.places.learn(place);
      }
      this.#grow(records);
    }
  }

  /** Takes over a batch of ours that landed behind `place`; Kafka's next offset is `kafkaOffset`. */
  append(records: LogRecord[], kafkaOffset: number, mark: Place | undefined): void {
    const lastLogTime = records.at(-1)?.logTime ?? this.place.lastLogTime;
    this.#ledger.advance(kafkaOffset, records.length, lastLogTime);
    if (mark !== undefined) this.places.learn(mark);
    this.#grow(records);
  }

  /** Followers and readers end. */
  close(): void {
    this.#closing.abort();
    this.growth.wakeAll();
  }

  #grow(records: LogRecord[]): void {
    const last = records.at(-1);
    if (last === undefined) return;
    this.#time.advance(last.logTime);
    this.cache.push(records);
    this.growth.wakeAll();
  }
}
