import type { CancelSignal } from "../../base/cancel-signal.ts";
import { Growth } from "../growth.ts";
import type { LogClock } from "../log-clock.ts";
import { TailCache } from "../tail-cache.ts";
import type { LogRecord } from "../wal.ts";
import type { FoundLog } from "./find-log.ts";
import { type Ledger, type Place, placeBefore } from "./ledger.ts";
import type { MessageReader } from "./message-log.ts";
import type { Places } from "./places.ts";

/**
 * The end of the log as this process knows it: how far the partition has been read, the newest
 * records, and whoever waits for more. It grows in two ways: by messages read back,
 * and by a batch of our own of which the backend's answer says that nothing came between it and
 * what we knew, so that it need not be read.
 */
export class Tail {
  readonly places: Places;
  readonly growth = new Growth();
  readonly cache = new TailCache();
  readonly #ledger: Ledger;
  readonly #reader: MessageReader;
  readonly #time: LogClock;
  readonly #closing = new AbortController();

  constructor({ places, ledger }: FoundLog, reader: MessageReader, time: LogClock) {
    this.places = places;
    this.#ledger = ledger;
    this.#reader = reader;
    this.#time = time;
  }

  get place(): Place {
    return this.#ledger.place;
  }

  /** The oldest offset that is kept. */
  get start(): number {
    return this.places.first.offset;
  }

  /** One behind the newest record. */
  get end(): number {
    return this.place.offset;
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

  /** Reads on to what is there now, and at least up to the position. Throws LOG_DAMAGED, LOG_TRIMMED. */
  async catchUp(signal: CancelSignal, until = 0n): Promise<void> {
    for await (const messages of this.#reader.onwards(this.place.position, until, signal)) {
      const records: LogRecord[] = [];
      for (const message of messages) {
        for (const record of this.#ledger.take(message)) records.push(record);
        const place = placeBefore(message);
        if (place !== undefined) this.places.learn(place);
      }
      this.#grow(records);
    }
  }

  /** Takes over a batch of ours that landed right behind {@link place}, up to the position. */
  append(records: LogRecord[], position: bigint, isMarked: boolean): void {
    if (isMarked) this.places.learn(this.place);
    const lastLogTime = records.at(-1)?.logTime ?? this.place.lastLogTime;
    this.#ledger.advance(position, records.length, lastLogTime);
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
