/**
 * Says of most hashes that a set does not hold them, without a look at the set: a few bits in
 * memory for each that it does hold. What it was given it never calls absent. Of what it was not
 * given it calls more possible the fuller it is: about one in two hundred when it holds what it
 * was made for, one in ten at three times as much.
 */
export class IdFilter {
  readonly #words: Uint32Array;
  readonly #lineShift: number;
  #count = 0;

  /** Made for so many hashes, as far as its memory may go. */
  constructor(hashes: number) {
    let lineBits = LINE_BITS_MIN;
    while (lineBits < LINE_BITS_MAX && capacityOf(lineBits) < hashes) lineBits += 1;
    this.#words = new Uint32Array(2 ** lineBits * LINE_WORDS);
    this.#lineShift = LINE_BITS_MAX - lineBits;
  }

  /** How many hashes it has been given; one that was given twice is counted twice. */
  get count(): number {
    return this.#count;
  }

  /** It holds more than it was made for, and a larger one may be made. */
  get isOutgrown(): boolean {
    const lineBits = LINE_BITS_MAX - this.#lineShift;
    return lineBits < LINE_BITS_MAX && this.#count > capacityOf(lineBits);
  }

  /** A hash of 40 bits, each as good as random. */
  add(hash: number): void {
    this.#count += 1;
    const line = this.#lineOf(hash);
    for (const shift of PROBE_SHIFTS) {
      const bit = (hash >>> shift) & BIT_MASK;
      const word = line + (bit >>> 5);
      this.#words[word] = (this.#words[word] as number) | (1 << (bit & 31));
    }
  }

  /** Whether it was never given the hash, for certain. */
  excludes(hash: number): boolean {
    const line = this.#lineOf(hash);
    for (const shift of PROBE_SHIFTS) {
      const bit = (hash >>> shift) & BIT_MASK;
      if (((this.#words[line + (bit >>> 5)] as number) & (1 << (bit & 31))) === 0) return true;
    }
    return false;
  }

  /** The first word of the line that all bits of a hash are in: one cache line of the processor. */
  #lineOf(hash: number): number {
    return (Math.floor(hash / LINE_PART) >>> this.#lineShift) * LINE_WORDS;
  }
}

/** A line is 64 bytes; a hash sets four bits in one. */
const LINE_WORDS = 16;
const BIT_MASK = LINE_WORDS * 32 - 1;
/** Where in the lower 22 bits of a hash a bit's nine begin. */
const PROBE_SHIFTS = [0, 5, 9, 13] as const;
/** The upper 18 bits choose the line. */
const LINE_PART = 2 ** 22;
/** From 128 KiB to 16 MiB. */
const LINE_BITS_MIN = 11;
const LINE_BITS_MAX = 18;
const BITS_EACH = 16;

function capacityOf(lineBits: number): number {
  return (2 ** lineBits * LINE_WORDS * 32) / BITS_EACH;
}
