import { must } from "../../base/assert.ts";
import { logTrimmed } from "../errors.ts";
import { type Place, placeBehindMark } from "./ledger.ts";
import type { PartitionReader } from "./partition-reader.ts";

/** A mark stands before the first record of an epoch and before every so-manyth record after it. */
export const RECORDS_PER_MARK = 8_192;

/**
 * Where in Kafka the log's offsets stand, as far as that is known: the place at which what is
 * kept begins, and those behind marks that somebody came by. From any of them the log can be
 * read on; what lies in between is found by looking for marks, backwards from where it can stand
 * at the latest (between two places there are at least as many messages as records).
 */
export class Places {
  readonly #reader: PartitionReader;
  /** In the order of offsets; never empty. */
  readonly #known: Place[];

  constructor(reader: PartitionReader, first: Place) {
    this.#reader = reader;
    this.#known = [first];
  }

  /** Where what is kept begins. */
  get first(): Place {
    return must(this.#known[0], "the first place is always known");
  }

  /** Remembers a place. */
  learn(place: Place): void {
    const at = this.#known.findLastIndex(({ kafkaOffset }) => kafkaOffset <= place.kafkaOffset);
    if (this.#known[at]?.kafkaOffset === place.kafkaOffset || at < 0) return;
    this.#known.splice(at + 1, 0, place);
  }

  /** A place not far before the offset; `end` is one behind it. Throws LOG_TRIMMED. */
  async before(offset: number, end: Place, signal: AbortSignal): Promise<Place> {
    if (offset < this.first.offset) throw logTrimmed(offset, this.first.offset);
    for (;;) {
      const lower = must(
        this.#known.findLast((place) => place.offset <= offset),
        "the first place is before every offset",
      );
      if (offset - lower.offset <= 2 * RECORDS_PER_MARK) return lower;
      const upper = this.#known.find((place) => place.offset > offset) ?? end;
      const latest = upper.kafkaOffset - (upper.offset - offset);
      if (!(await this.#learnBefore(lower.kafkaOffset, latest, signal))) return lower;
    }
  }

  /** Learns the last mark before Kafka's offset `until` that stands at or behind `from`; false when there is none. */
  async #learnBefore(from: number, until: number, signal: AbortSignal): Promise<boolean> {
    const found = await lastMark(this.#reader, from, until, signal);
    if (found === undefined) return false;
    this.learn(found);
    return true;
  }
}

/** The place behind the last true mark at Kafka's offsets in [from, until), looked for in growing steps. */
export async function lastMark(
  reader: PartitionReader,
  from: number,
  until: number,
  signal: AbortSignal,
): Promise<Place | undefined> {
  let top = until;
  for (let step = FIRST_STEP; top > from; step *= 4) {
    const bottom = Math.max(from, top - step);
    let found: Place | undefined;
    for await (const messages of reader.all(bottom, top, signal)) {
      for (const message of messages) found = placeBehindMark(message) ?? found;
    }
    if (found !== undefined) return found;
    top = bottom;
  }
  return undefined;
}

/** Messages; marks of a busy log are about {@link RECORDS_PER_MARK} apart, those of a quiet one closer. */
const FIRST_STEP = 1_024;
