/**
 * A map from whole numbers, none below 0, to what is under way: a `Map` for entries that come and go
 * thousands of times a second, which keeps nothing of those that have gone (`roster.ts` says what the
 * runtime's does). Open addressing: a number stands at its own place or in the next free one behind
 * it, and whoever leaves has those behind move up, so that no search meets a gap.
 */
export class NumberMap<Value> {
  #keys: number[];
  #values: (Value | undefined)[];
  /** Places less one; places are a power of two, at least twice the entries. */
  #mask: number;
  #size = 0;

  constructor() {
    this.#keys = places(FIRST_PLACES);
    this.#values = new Array(FIRST_PLACES).fill(undefined);
    this.#mask = FIRST_PLACES - 1;
  }

  get size(): number {
    return this.#size;
  }

  get(key: number): Value | undefined {
    return this.#values[this.#find(key)];
  }

  /** In the place of what stood under the number before. */
  set(key: number, value: Value): void {
    const at = this.#find(key);
    this.#values[at] = value;
    if (this.#keys[at] === key) return;
    this.#keys[at] = key;
    this.#size += 1;
    if (this.#size * 2 > this.#mask) this.#grow();
  }

  /** Whether there was one. */
  delete(key: number): boolean {
    const keys = this.#keys;
    const values = this.#values;
    let gap = this.#find(key);
    if (keys[gap] !== key) return false;
    for (let at = this.#after(gap); keys[at] !== FREE; at = this.#after(at)) {
      const home = this.#homeOf(keys[at] as number);
      // Whoever stands at home, or behind a home that is behind the gap, stays.
      if (((at - home) & this.#mask) < ((at - gap) & this.#mask)) continue;
      keys[gap] = keys[at] as number;
      values[gap] = values[at];
      gap = at;
    }
    keys[gap] = FREE;
    values[gap] = undefined;
    this.#size -= 1;
    return true;
  }

  /** As it is now; entries may go while it is walked. In no order. */
  entries(): [number, Value][] {
    const entries: [number, Value][] = [];
    for (const [at, key] of this.#keys.entries()) {
      if (key !== FREE) entries.push([key, this.#values[at] as Value]);
    }
    return entries;
  }

  /** As {@link entries}. */
  values(): Value[] {
    return this.entries().map(([, value]) => value);
  }

  clear(): void {
    this.#keys.fill(FREE);
    this.#values.fill(undefined);
    this.#size = 0;
  }

  /** Where the number stands, or the free place where it would. */
  #find(key: number): number {
    const keys = this.#keys;
    let at = this.#homeOf(key);
    while (keys[at] !== key && keys[at] !== FREE) at = this.#after(at);
    return at;
  }

  #homeOf(key: number): number {
    return (Math.imul(key, SPREAD) >>> SPREAD_SHIFT) & this.#mask;
  }

  #after(at: number): number {
    return (at + 1) & this.#mask;
  }

  #grow(): void {
    const entries = this.entries();
    const count = (this.#mask + 1) * 2;
    this.#keys = places(count);
    this.#values = new Array(count).fill(undefined);
    this.#mask = count - 1;
    for (const [key, value] of entries) {
      const at = this.#find(key);
      this.#keys[at] = key;
      this.#values[at] = value;
    }
  }
}

const FIRST_PLACES = 16;
const FREE = -1;
/** Numbers that follow on each other are far apart (2^32 by the golden ratio). */
const SPREAD = 0x9e3779b1;
/** The upper bits of a product are the mixed ones; there are 20 of them, enough for a million places. */
const SPREAD_SHIFT = 12;

function places(count: number): number[] {
  return new Array<number>(count).fill(FREE);
}
