/**
 * Whether to try what pays only with some callers, of whom nothing is known beforehand: every time,
 * until several tries in a row were in vain; then seldom, until one pays again.
 */
export class Worthwhile {
  #missesInARow = 0;
  /** Times to go without. */
  #pauseTimes = 0;

  /** Whether to try this time. A time that goes without counts. */
  isTried(): boolean {
    if (this.#pauseTimes === 0) return true;
    this.#pauseTimes--;
    return false;
  }

  /** A try paid. */
  paid(): void {
    this.#missesInARow = 0;
  }

  /** A try was in vain. */
  missed(): void {
    this.#missesInARow++;
    if (this.#missesInARow >= MISSES_MAX) this.#pauseTimes = PAUSE_TIMES;
  }
}

/** After so many tries in a row that were in vain… */
export const MISSES_MAX = 4;
/** …so many times go without; then one is tried, so that what never pays costs 2 % of what it could. */
export const PAUSE_TIMES = 50;
