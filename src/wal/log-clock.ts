import type { Clock } from "../base/clock.ts";
import type { EntError } from "../base/errors.ts";
import { clockJump } from "./errors.ts";

/**
 * Log time: max(wall clock, time of the record before), refused when the wall clock has
 * run ahead further than it can have by itself.
 *
 * Two rules. At opening the clock may be at most {@link START_JUMP_MS} ahead of the last
 * record. From then on it may be at most {@link RUN_JUMP_MS} ahead of the furthest wall
 * time seen plus the monotonic time since. A clock that goes back only stops log time; a
 * clock that is put right again is taken at once. Invariant: no time handed out is
 * smaller than one handed out before.
 */
export class LogClock {
  readonly #clock: Clock;
  #last: number;
  /** The furthest that wall clock − monotonic clock has been; undefined until the opening rule holds. */
  #skew: number | undefined;

  /** `last` is the log time of the last durable record, 0 for none. `accept` waives the rule at opening. */
  constructor(clock: Clock, last: number, accept: boolean) {
    this.#clock = clock;
    this.#last = last;
    if (accept || last === 0) this.#skew = clock.now() - clock.monotonic();
    else this.refusal();
  }

  /** The time of the last durable record; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Why no time can be given now, or undefined. */
  refusal(): EntError | undefined {
    return this.#look(this.#clock.now());
  }

  /** The time for the next batch, or why there is none. */
  next(): number | EntError {
    const wall = this.#clock.now();
    return this.#look(wall) ?? Math.max(wall, this.#last);
  }

  /** Records that a batch of this time is durable. */
  advance(time: number): void {
    this.#last = Math.max(this.#last, time);
  }

  #look(wall: number): EntError | undefined {
    const skew = wall - this.#clock.monotonic();
    if (this.#skew === undefined) {
      const ahead = wall - this.#last;
      if (ahead > START_JUMP_MS) return clockJump(ahead, START_JUMP_MS);
      this.#skew = skew;
      return undefined;
    }
    const ahead = skew - this.#skew;
    if (ahead > RUN_JUMP_MS) return clockJump(ahead, RUN_JUMP_MS);
    if (ahead > 0) this.#skew = skew;
    return undefined;
  }
}

/** A log may lie unused for a day before its clock has to be confirmed. */
const START_JUMP_MS = 24 * 60 * 60 * 1000;
/** More than any clock drifts, less than any wrong time zone or year. */
const RUN_JUMP_MS = 5 * 60 * 1000;
