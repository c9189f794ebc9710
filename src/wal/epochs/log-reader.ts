import { anySignal, type CancelSignal } from "../../base/cancel-signal.ts";
import type { LogRecord } from "../wal.ts";
import { type Walk, walkLog } from "../walk.ts";
import { Ledger, placeBefore } from "./ledger.ts";
import type { MessageReader } from "./message-log.ts";
import { RECORDS_PER_MARK } from "./places.ts";
import type { Tail } from "./tail.ts";

/**
 * Walks a log: out of memory where that reaches, out of the backend otherwise, by a reading of its
 * own that begins at a place before the offset.
 */
export async function* readLog(
  tail: Tail,
  reader: MessageReader,
  walk: Walk,
): AsyncGenerator<readonly LogRecord[]> {
  const ended = new AbortController();
  const stop = anySignal(ended.signal, tail.closing, ...(walk.signal ? [walk.signal] : []));
  const history = new History(tail, reader, stop);
  const read = (offset: number, most: number) =>
    tail.cache.from(offset, most) ?? history.read(offset, most);
  try {
    yield* walkLog(tail, read, walk);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    ended.abort();
  }
}

/** Reads records out of the backend, forward, from wherever it is asked to begin. */
class History {
  readonly #tail: Tail;
  readonly #reader: MessageReader;
  readonly #signal: CancelSignal;
  #ledger: Ledger | undefined;
  /** Records that were read and not asked for yet. */
  #rest: LogRecord[] = [];

  constructor(tail: Tail, reader: MessageReader, signal: CancelSignal) {
    this.#tail = tail;
    this.#reader = reader;
    this.#signal = signal;
  }

  /** At most so many records from the offset on, of which the tail says that they are there; none when more has to be read first. */
  async read(offset: number, most: number): Promise<LogRecord[]> {
    if (this.#rest[0]?.offset !== offset) await this.#readOn(offset);
    const skipped = this.#rest.findIndex((record) => record.offset === offset);
    if (skipped < 0) {
      this.#rest = [];
      return [];
    }
    const found = this.#rest.slice(skipped, skipped + most);
    this.#rest = this.#rest.slice(skipped + most);
    return found;
  }

  /** Reads the next messages; from a place before the offset when that is not where reading stands. */
  async #readOn(offset: number): Promise<void> {
    const ledger = await this.#ledgerFor(offset);
    const { position } = this.#tail.place;
    const messages = await this.#reader.some(ledger.place.position, position, this.#signal);
    this.#rest = [];
    for (const message of messages) {
      for (const record of ledger.take(message)) this.#rest.push(record);
      const place = placeBefore(message);
      if (place !== undefined) this.#tail.places.learn(place);
    }
  }

  /** A reading that stands not far before the offset. */
  async #ledgerFor(offset: number): Promise<Ledger> {
    const ahead = offset - (this.#ledger?.place.offset ?? Number.POSITIVE_INFINITY);
    if (this.#ledger === undefined || ahead < 0 || ahead > 2 * RECORDS_PER_MARK) {
      const { places, place } = this.#tail;
      this.#ledger = new Ledger(await places.before(offset, place, this.#signal));
    }
    return this.#ledger;
  }
}
