import type { Clock } from "../base/clock.ts";
import type { Members } from "../base/roster.ts";

/** Something under way that may take its time and no longer. */
export interface Timed {
  /** When its time is over, in monotonic milliseconds; infinite: never, or somebody else sees to it. */
  readonly endsAtMs: number;
  expire(): void;
}

/**
 * The deadlines of all that is under way, by one timer: that of the one that ends first. A timer
 * for each call took some hundredths of the processor time of a read, and hardly any of them ever
 * fires. When this one does, all that is under way is looked at, which is seldom: what it was set
 * for has mostly ended long before, and so has all that began meanwhile.
 */
export class DeadlineWatch {
  readonly #clock: Clock;
  readonly #underWay: Members<Timed>;
  #cancelTimer: (() => void) | undefined;
  /** When the timer fires, which is not after the end of anything that is under way. */
  #firesAtMs = Number.POSITIVE_INFINITY;
  #isEnding = false;

  /** `underWay` is what its owner adds to and takes from. */
  constructor(clock: Clock, underWay: Members<Timed>) {
    this.#clock = clock;
    this.#underWay = underWay;
  }

  /** To be called when something was added, at this moment. */
  added({ endsAtMs }: Timed, nowMs: number): void {
    if (endsAtMs < this.#firesAtMs) this.#setTimer(endsAtMs, nowMs);
  }

  /** To be called when something was taken away. */
  removed(): void {
    if (this.#isEnding) this.#letGo();
  }

  /** From now on no timer outlives what it is for: none keeps the process running. */
  end(): void {
    this.#isEnding = true;
    this.#letGo();
  }

  #letGo(): void {
    if (this.#underWay.size === 0) this.#cancel();
  }

  #cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#firesAtMs = Number.POSITIVE_INFINITY;
  }

  #setTimer(atMs: number, nowMs: number): void {
    this.#cancelTimer?.();
    this.#firesAtMs = atMs;
    this.#cancelTimer = this.#clock.timer(Math.max(Math.ceil(atMs - nowMs), 1), () => {
      this.#cancel();
      this.#look();
    });
  }

  #look(): void {
    const nowMs = this.#clock.monotonic();
    let first = Number.POSITIVE_INFINITY;
    for (const timed of this.#underWay) {
      if (timed.endsAtMs <= nowMs) timed.expire();
      // A timer may come a little too soon.
      else first = Math.min(first, timed.endsAtMs);
    }
    if (first < this.#firesAtMs) this.#setTimer(first, nowMs);
  }
}
