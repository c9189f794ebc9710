/**
 * Finds places in a shard of which only this can be asked: read on from its beginning, and which
 * is the first mark of what arrived since a time.
 */

import { FIRST_PLACE, Ledger, type Place, placeBefore } from "../epochs/ledger.ts";
import type { Message } from "../epochs/message.ts";
import { RECORDS_PER_MARK } from "../epochs/places.ts";
import { logRemoved } from "./kinesis-errors.ts";

/** The place at the first true mark of what arrived at or after a time, in Unix milliseconds; undefined when there is none. */
export type MarkSince = (time: number) => Promise<Place | undefined>;

/**
 * Where what is kept begins: behind the claim that made the log while that is there, else at the
 * first true mark. Nothing says whether something was removed before the first message; but a
 * claim that is not the beginning (one that was put twice) contradicts the first mark after it.
 * Undefined for a shard in which nothing is. Throws LOG_DAMAGED, and LOG_TRIMMED when what is left
 * does not tell.
 */
export async function findFirst(
  shard: AsyncIterable<readonly Message[]>,
): Promise<Place | undefined> {
  let beginning: Beginning | undefined;
  for await (const messages of shard) {
    for (const message of messages) {
      const marked = placeBefore(message);
      if (marked !== undefined) return beginning?.continuesWith(message) ? beginning.place : marked;
      beginning = beginning === undefined ? new Beginning(message) : beginning.with(message);
    }
  }
  if (beginning === undefined) return undefined;
  if (beginning.place.logId !== "") return beginning.place;
  throw logRemoved("what is left in its shard does not tell where it stood");
}

/** What the log begins with, if the first message of the shard is the first that there ever was. */
class Beginning {
  /** Behind the first message; without the name of a log when that cannot have been its first. */
  readonly place: Place;
  readonly #ledger = new Ledger(FIRST_PLACE);
  #isWhole: boolean;

  constructor(first: Message) {
    this.#isWhole = this.#takes(first);
    this.place = this.#isWhole ? this.#ledger.place : FIRST_PLACE;
  }

  with(message: Message): this {
    this.#isWhole &&= this.#takes(message);
    return this;
  }

  continuesWith(message: Message): boolean {
    return this.with(message).#isWhole;
  }

  #takes(message: Message): boolean {
    try {
      this.#ledger.take(message);
      return this.#ledger.place.logId !== "";
    } catch (error) {
      // What nobody of ours wrote is no question of where the log begins.
      if (message.entries === undefined) throw error;
      return false;
    }
  }
}

/** A place near the end: looked for in growing steps back from now. */
export async function findRecentMark(
  markSince: MarkSince,
  now: number,
  retentionMs: number,
): Promise<Place | undefined> {
  for (let backMs = FIRST_STEP_MS; backMs < retentionMs; backMs *= 4) {
    const found = await markSince(now - backMs);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * A place at or before the offset, nearer to it than `lower`, found by halving the time in which
 * it arrived; undefined where none is.
 */
export async function findMark(
  markSince: MarkSince,
  range: { readonly from: number; readonly until: number },
  offset: number,
  lower: Place,
): Promise<Place | undefined> {
  let { from, until } = range;
  let nearest = lower;
  while (until - from > RESOLUTION_MS && offset - nearest.offset > RECORDS_PER_MARK) {
    const middle = from + (until - from) / 2;
    const found = await markSince(middle);
    if (found === undefined || found.offset > offset) {
      until = middle;
    } else {
      from = middle;
      if (found.offset > nearest.offset) nearest = found;
    }
  }
  return nearest === lower ? undefined : nearest;
}

const FIRST_STEP_MS = 5_000;
/** As much as a shard takes in that time is read in a moment. */
const RESOLUTION_MS = 1_000;
