/**
 * The ids of the newest events, in memory: those of the block that is not full yet. Found by their
 * hashes, which are at hand, in a table of slots: whatever hash is there already is passed by. The
 * last that was added can be taken back, and leaves the slots as they were.
 */
import { BLOCK } from "./id-runs.ts";

/** Twice as many as ids, so that most hashes find their slot free. A power of two: the lowest bits of a hash are its slot. */
const SLOTS = 2 * BLOCK;
const SLOT_MASK = SLOTS - 1;

export class NewestIds {
  readonly #ids: string[] = [];
  readonly #hashes: number[] = [];
  /** Place of an id, from 1; 0: free. */
  readonly #slots = new Uint16Array(SLOTS);

  get size(): number {
    return this.#ids.length;
  }

  /** In the order of the events. */
  get hashes(): readonly number[] {
    return this.#hashes;
  }

  /** Place of the id, from 0; undefined: it is not here. */
  find(eventId: string, hash: number): number | undefined {
    for (let slot = hash & SLOT_MASK; ; slot = (slot + 1) & SLOT_MASK) {
      const place = (this.#slots[slot] as number) - 1;
      if (place < 0) return undefined;
      if (this.#hashes[place] === hash && this.#ids[place] === eventId) return place;
    }
  }

  add(eventId: string, hash: number): void {
    this.#ids.push(eventId);
    this.#hashes.push(hash);
    this.#slots[this.#slotOf(0, hash)] = this.#ids.length;
  }

  /** Takes the last so many back. */
  drop(count: number): void {
    for (let left = count; left > 0; left--) {
      const hash = this.#hashes.at(-1) as number;
      this.#slots[this.#slotOf(this.#ids.length, hash)] = 0;
      this.#ids.pop();
      this.#hashes.pop();
    }
  }

  clear(): void {
    this.#ids.length = 0;
    this.#hashes.length = 0;
    this.#slots.fill(0);
  }

  /** The slot that holds this, on the way of the hash. */
  #slotOf(held: number, hash: number): number {
    let slot = hash & SLOT_MASK;
    while (this.#slots[slot] !== held) slot = (slot + 1) & SLOT_MASK;
    return slot;
  }
}
