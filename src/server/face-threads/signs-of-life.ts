/**
 * Watches over a thread that could hang: asks it for a sign of life again and again, and tells
 * when it has owed one for too long. Asking waits for nothing, and one question at most is
 * under way.
 *
 * Only time in which this thread ran counts against the other: what is counted are looks, each
 * a turn of this event loop after the last. When the machine or this thread stood still, both
 * did, and an answer that has come meanwhile is heard before the next look.
 */
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";

export interface SignsOfLifeParts {
  readonly clock: Clock;
  /** Asks; the answer is for {@link SignsOfLife.answered}. */
  readonly ask: () => void;
  /** Told once: nothing was answered for `limits.faceThreadSilentMs`. Nothing is asked any more. */
  readonly silent: () => void;
}

/** Looks in the time that a thread may be silent. */
const LOOKS = 10;
export const LOOK_INTERVAL_MS: number = limits.faceThreadSilentMs / LOOKS;

export class SignsOfLife {
  readonly #parts: SignsOfLifeParts;
  #isOwed = false;
  /** Looks since the question that was not answered. */
  #looks = 0;
  #cancel: () => void;

  /** Asks at once. */
  constructor(parts: SignsOfLifeParts) {
    this.#parts = parts;
    this.#cancel = this.#ask();
  }

  answered(): void {
    this.#isOwed = false;
  }

  /** Asks no more, and tells nothing. */
  stop(): void {
    this.#cancel();
  }

  #ask(): () => void {
    this.#isOwed = true;
    this.#looks = 0;
    this.#parts.ask();
    return this.#lookLater();
  }

  #look(): void {
    if (!this.#isOwed) this.#cancel = this.#ask();
    else if (++this.#looks < LOOKS) this.#cancel = this.#lookLater();
    else this.#parts.silent();
  }

  #lookLater(): () => void {
    return this.#parts.clock.timer(LOOK_INTERVAL_MS, () => this.#look());
  }
}
