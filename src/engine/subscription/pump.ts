import type { Clock } from "../../base/clock.ts";

/** Work gives way to requests when it has taken this long in one go. */
const TURN_MS = 4;

/**
 * Runs short jobs one after another, in turns that give way to everything else. So a
 * thousand subscribers that come at once read a little each, and hold nobody up.
 */
export class Pump {
  readonly #clock: Clock;
  readonly #jobs: (() => void)[] = [];
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What the job came to, in one of the next turns. */
  run<T>(job: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.add(() => {
        try {
          resolve(job());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Runs a job that throws nothing. */
  add(job: () => void): void {
    this.#jobs.push(job);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const untilMs = this.#clock.monotonic() + TURN_MS;
    // No more than stood here when the turn began: a job that adds itself again goes to the back.
    const due = this.#jobs.length;
    let done = 0;
    while (done < due) {
      this.#jobs[done]?.();
      done += 1;
      if (this.#clock.monotonic() >= untilMs) break;
    }
    this.#jobs.splice(0, done);
    if (this.#jobs.length > 0) this.#schedule();
  }
}
