/**
 * What threads that only read must know of views, in memory that all of them see: how far
 * everything is applied, and for each view that is published its opening, its versions, and
 * how far what is committed to it has been told.
 *
 * The engine's thread writes, each number after the commit that it speaks of and before anybody
 * is told of that commit; versions before the end. A place whose opening is 0 is nobody's.
 */
const WORDS_PER_PLACE = 4;
const APPLIED_END = 0;
const FIRST_PLACE = 1;

export interface PublishedVersions {
  readonly membershipVersion: number;
  readonly schemaVersion: number;
}

export class ViewBoard {
  readonly #words: BigInt64Array;

  /** Over memory of {@link ViewBoard.bytes}, zeroed. */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new BigInt64Array(memory);
  }

  static bytes(places: number): number {
    return (FIRST_PLACE + places * WORDS_PER_PLACE) * BigInt64Array.BYTES_PER_ELEMENT;
  }

  /** Every record below it is applied, but for tenants whose views are not published. */
  get appliedEnd(): number {
    return this.#get(APPLIED_END);
  }

  setAppliedEnd(end: number): void {
    this.#set(APPLIED_END, end);
  }

  /** Which opening of which file may be read; 0: none. */
  openingAt(place: number): number {
    return this.#get(at(place));
  }

  setOpening(place: number, opening: number): void {
    this.#set(at(place), opening);
  }

  versionsAt(place: number): PublishedVersions {
    return { membershipVersion: this.#get(at(place) + 1), schemaVersion: this.#get(at(place) + 2) };
  }

  setVersions(place: number, { membershipVersion, schemaVersion }: PublishedVersions): void {
    this.#set(at(place) + 1, membershipVersion);
    this.#set(at(place) + 2, schemaVersion);
  }

  /** The versions are those of every commit of a record below it. */
  endAt(place: number): number {
    return this.#get(at(place) + 3);
  }

  setEnd(place: number, end: number): void {
    this.#set(at(place) + 3, end);
  }

  #get(word: number): number {
    return Number(Atomics.load(this.#words, word));
  }

  #set(word: number, value: number): void {
    Atomics.store(this.#words, word, BigInt(value));
  }
}

function at(place: number): number {
  return FIRST_PLACE + place * WORDS_PER_PLACE;
}
