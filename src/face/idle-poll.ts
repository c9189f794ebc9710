import type { Clock } from "../base/clock.ts";
import { Worthwhile } from "../base/worthwhile.ts";

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
 * It lasts only where it pays ({@link Worthwhile}): where several in a row met no call, most answers go without.
 */
export class IdlePoll {
  readonly #forMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #nextTurn: (callback: () => void) => void;
  #untilMs = 0;
  #isPolling = false;
  /** Whether a turn is to come in which to look. */
  #isScheduled = false;
  readonly #worthwhile = new Worthwhile();

  constructor({ forMs, clock, nextTurn = setImmediate }: IdlePollOptions) {
    this.#forMs = forMs;
    this.#clock = clock;
    this.#nextTurn = nextTurn;
  }

  /** A call begins: there is something to do. */
  began(): void {
    if (!this.#isPolling) return;
    this.#isPolling = false;
    this.#worthwhile.paid();
  }

  /** A call was answered; the next may be on its way. */
  answered(): void {
    if (this.#forMs === 0 || !this.#worthwhile.isTried()) return;
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
    this.#worthwhile.missed();
  };
}
