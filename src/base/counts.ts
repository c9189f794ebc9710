/**
 * Counts that a limit is held against: of one thread, or of several that share the limit.
 *
 * A shared count is a row for each thread in memory that all of them see. A thread writes its
 * own row only, so that what one that died had counted can be taken away as a whole
 * ({@link SharedCounts.clear}). Whoever adds first and then looks at the total never lets
 * more in than the limit says, however many threads do so at once.
 */
export interface Count {
  /** Of all threads together. */
  readonly total: number;
  /** Returns the total with it. */
  add(amount: number): number;
}

/** Counts by a text of which there are many, such as an address. */
export interface CountsByKey {
  /** Returns the total of that key with it. */
  add(key: string, amount: number): number;
}

export class LocalCount implements Count {
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(amount: number): number {
    this.#total += amount;
    return this.#total;
  }
}

export class LocalCountsByKey implements CountsByKey {
  readonly #totals = new Map<string, number>();

  add(key: string, amount: number): number {
    const total = (this.#totals.get(key) ?? 0) + amount;
    if (total === 0) this.#totals.delete(key);
    else this.#totals.set(key, total);
    return total;
  }
}

const BYTES_PER_COUNT = 8;
/** Places for keys; two that fall together, which is rare, are counted as one. */
const KEY_PLACES = 16_384;

/** How many there are of each sort. */
export interface CountsShape {
  readonly threads: number;
  readonly counts: number;
  readonly countsByKey: number;
}

/** The rows of all threads. Every thread makes one over the same memory, with the same shape. */
export class SharedCounts {
  readonly #cells: BigInt64Array;
  readonly #shape: CountsShape;

  constructor(memory: SharedArrayBuffer, shape: CountsShape) {
    this.#cells = new BigInt64Array(memory);
    this.#shape = shape;
  }

  static bytes(shape: CountsShape): number {
    return shape.threads * rowCells(shape) * BYTES_PER_COUNT;
  }

  count(thread: number, index: number): Count {
    return new SharedCount(this.#cells, this.#shape, thread, () => index);
  }

  countsByKey(thread: number, index: number): CountsByKey {
    const first = this.#shape.counts + index * KEY_PLACES;
    let place = 0;
    const count = new SharedCount(this.#cells, this.#shape, thread, () => place);
    return {
      add: (key, amount) => {
        place = first + Number(Bun.hash(key) & BigInt(KEY_PLACES - 1));
        return count.add(amount);
      },
    };
  }

  /** What a thread that has died had counted counts no longer. */
  clear(thread: number): void {
    const cells = rowCells(this.#shape);
    this.#cells.fill(0n, thread * cells, (thread + 1) * cells);
  }
}

function rowCells({ counts, countsByKey }: CountsShape): number {
  return counts + countsByKey * KEY_PLACES;
}

class SharedCount implements Count {
  readonly #cells: BigInt64Array;
  readonly #shape: CountsShape;
  readonly #thread: number;
  readonly #place: () => number;

  constructor(cells: BigInt64Array, shape: CountsShape, thread: number, place: () => number) {
    this.#cells = cells;
    this.#shape = shape;
    this.#thread = thread;
    this.#place = place;
  }

  get total(): number {
    const row = rowCells(this.#shape);
    let total = 0n;
    for (let thread = 0; thread < this.#shape.threads; thread++) {
      total += Atomics.load(this.#cells, thread * row + this.#place());
    }
    return Number(total);
  }

  add(amount: number): number {
    const at = this.#thread * rowCells(this.#shape) + this.#place();
    Atomics.add(this.#cells, at, BigInt(amount));
    return this.total;
  }
}
