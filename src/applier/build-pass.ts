import type { Counted } from "../store/reader/row-walk.ts";

/**
 * One pass over rows that are there, in slices of any size. Where slices end leaves no trace:
 * the same rows come out whether a pass is made in one go, row by row, or again after a crash.
 */
export interface BuildPass {
  /** "indexes of node type 2 (Task)", in words for people. */
  readonly words: string;
  /** Rows behind the place that the pass looks at. Fewer than `limit`: there are no more. */
  count(after: string, limit: number): Counted;
  /**
   * Goes on behind the cursor's place. True when all rows are done with. Throws the `EntError`
   * that the schema's refusal is; the cursor then stands at the last row that is done with.
   */
  forward(cursor: Cursor, slice: Slice): boolean;
  /**
   * Takes back what `forward` did up to and including the row at `last` (undefined: to all
   * rows), in the same order. True when everything is taken back.
   */
  backward(cursor: Cursor, slice: Slice, last: string | undefined): boolean;
}

/** The place of the last row that is done with; empty: none. */
export interface Cursor {
  after: string;
}

/** How much may be done before others get their turn. At least one row is. */
export class Slice {
  /** Rows that were looked at. */
  rows = 0;
  readonly #rowsMax: number;
  readonly #isOver: () => boolean;

  constructor(rowsMax: number, isOver: () => boolean = () => false) {
    this.#rowsMax = rowsMax;
    this.#isOver = isOver;
  }

  get isFull(): boolean {
    return this.rows > 0 && (this.rows >= this.#rowsMax || this.#isOver());
  }
}

/** No end before the work's. */
export function endlessSlice(): Slice {
  return new Slice(Number.POSITIVE_INFINITY);
}

/** Rows that are read at once. */
const PAGE_ROWS = 64;

/** What a pass over one kind of row is made of. */
interface WalkedRows<T> {
  readonly words: string;
  readonly count: (after: string, limit: number) => Counted;
  /** At most `limit` rows behind the place, in the order of their places. */
  readonly page: (after: string, limit: number) => readonly T[];
  readonly placeOf: (row: T) => string;
  /** Called at the beginning of each slice. */
  readonly prepare?: (() => void) | undefined;
  /** Does with a row what the pass is for; writes nothing when it throws. */
  readonly visit: (row: T, cursor: Cursor) => void;
  /** Absent for a pass that writes nothing. */
  readonly takeBack?: (row: T) => void;
}

/** A pass over the rows of a walk. */
export function walkPass<T>(rows: WalkedRows<T>): BuildPass {
  const { words, count, takeBack } = rows;
  return {
    words,
    count,
    forward: (cursor, slice) => walk(rows, rows.visit, cursor, slice, undefined),
    backward: (cursor, slice, last) =>
      takeBack === undefined || walk(rows, takeBack, cursor, slice, last),
  };
}

function walk<T>(
  rows: WalkedRows<T>,
  visit: (row: T, cursor: Cursor) => void,
  cursor: Cursor,
  slice: Slice,
  last: string | undefined,
): boolean {
  rows.prepare?.();
  for (;;) {
    const page = rows.page(cursor.after, PAGE_ROWS);
    for (const row of page) {
      if (slice.isFull) return false;
      visit(row, cursor);
      cursor.after = rows.placeOf(row);
      slice.rows += 1;
      if (cursor.after === last) return true;
    }
    if (page.length < PAGE_ROWS) return true;
  }
}
