import type { Clock } from "../base/clock.ts";

export interface IdlePollOptions {
  /** How long it lasts behind an answer; 0: never. */
  readonly forMs: number;
  readonly clock: Pick<Clock, "monotonic">;
  /** Calls back in the next turn of the event loop, before that sleeps. Defaults to `setImmediate`. */
  readonly nextTurn?: (callback: () => void) => void;
}

/**
 * Keeps the event loop awake for a moment behind an answer, as whoever asks one thing after the other
 * asks again at once: a processor that went to sleep meanwhile needs longer to wake, above all on a
 * virtual machine, than a read by key takes. Turns with nothing to do go round and look at the
 * sockets, until a call begins or the time is over.
 *
 * It lasts only where it pays: where several in a row met no call, most answers go without.
 */
export class IdlePoll {
  readonly #forMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #nextTurn: (callback: () => void) => void;
  #untilMs = 0;
  #isPolling = false;
  /** Whether a turn is to come in which to look. */
  #isScheduled = false;
  #missesInARow = 0;
  /** Answers to go without. */
  #pauseAnswers = 0;

  constructor({ forMs, clock, nextTurn = setImmediate }: IdlePollOptions) {
    this.#forMs = forMs;
    this.#clock = clock;
    this.#nextTurn = nextTurn;
  }

  /** A call begins: there is something to do. */
  began(): void {
    if (!this.#isPolling) return;
    this.#isPolling = false;
    this.#missesInARow = 0;
  }

  /** A call was answered; the next may be on its way. */
  answered(): void {
    if (this.#forMs === 0) return;
    if (this.#pauseAnswers > 0) {
      this.#pauseAnswers--;
      return;
    }
    this.#untilMs = this.#clock.monotonic() + this.#forMs;
    this.#isPolling = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#nextTurn(this.#look);
  }

  readonly #look = (): void => {
    this.#isScheduled = false;
    if (!this.#isPolling) return;
    if (this.#clock.monotonic() < this.#untilMs) return this.#schedule();
    this.#isPolling = false;
    this.#missesInARow++;
    if (this.#missesInARow >= MISSES_MAX) this.#pauseAnswers = PAUSE_ANSWERS;
  };
}

/** After so many in a row that met no call… */
export const MISSES_MAX = 4;
/** …so many answers go without; then one is tried, so that polling costs a slow caller 2 % of what it could. */
export const PAUSE_ANSWERS = 50;
