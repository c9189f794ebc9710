import { must } from "../../base/assert.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import { logTrimmed } from "../errors.ts";
import type { Place } from "./ledger.ts";
import type { MessageReader } from "./message-log.ts";

/** As many records may have to be read to reach one from the place before it. */
export const RECORDS_PER_MARK = 8_192;

/**
 * Where in the partition the log's offsets stand, as far as that is known: the place at which
 * what is kept begins, and those at marks that somebody came by. From any of them the log can be
 * read on; what lies in between is found by asking the backend for a place nearer by.
 */
export class Places {
  readonly #reader: MessageReader;
  /** In the order of offsets; never empty. */
  readonly #known: Place[];

  constructor(reader: MessageReader, first: Place) {
    this.#reader = reader;
    this.#known = [first];
  }

  /** Where what is kept begins. */
  get first(): Place {
    return must(this.#known[0], "the first place is always known");
  }

  /** Remembers a place, unless one is known so little before it that it is no use. */
  learn(place: Place): void {
    const near = this.#known.findLast(({ offset }) => offset <= place.offset);
    if (near !== undefined && place.offset - near.offset >= RECORDS_PER_MARK / 2) this.#add(place);
  }

  /** A place not far before the offset; `end` is one behind it. Throws LOG_TRIMMED. */
  async before(offset: number, end: Place, signal: CancelSignal): Promise<Place> {
    if (offset < this.first.offset) throw logTrimmed(offset, this.first.offset);
    for (;;) {
      const lower = must(
        this.#known.findLast((place) => place.offset <= offset),
        "the first place is before every offset",
      );
      if (offset - lower.offset <= 2 * RECORDS_PER_MARK) return lower;
      const upper = this.#known.find((place) => place.offset > offset) ?? end;
      const between = { first: lower, last: upper };
      const nearer = await this.#reader.placeBefore(offset, between, signal);
      if (nearer === undefined || nearer.offset <= lower.offset) return lower;
      this.#add(nearer);
    }
  }

  #add(place: Place): void {
    const at = this.#known.findLastIndex(({ position }) => position <= place.position);
    if (this.#known[at]?.position === place.position || at < 0) return;
    this.#known.splice(at + 1, 0, place);
  }
}
