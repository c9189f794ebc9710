import type { CancelSignal } from "../../src/base/cancel-signal.ts";
import type { Clock } from "../../src/base/clock.ts";

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

/** Time that a test owns: it stands still until told to move. */
export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #alarms: Alarm[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#wall = startMs;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  sleep(ms: number, signal?: CancelSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const cancel = this.timer(ms, resolve);
      signal?.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });
  }

  timer(ms: number, callback: () => void): () => void {
    const alarm = { at: this.#monotonic + ms, ring: callback };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Timers that have not rung and were not cancelled. */
  get pendingTimers(): number {
    return this.#alarms.length;
  }

  /** Lets so much time pass on both clocks, and rings what is due, in order. */
  advance(ms: number): void {
    this.#wall += ms;
    this.#monotonic += ms;
    const due = this.#alarms.filter(({ at }) => at <= this.#monotonic);
    this.#alarms = this.#alarms.filter(({ at }) => at > this.#monotonic);
    for (const { ring } of due.sort((a, b) => a.at - b.at)) ring();
  }

  /** Sets the wall clock by so much, as somebody with the wrong time does; monotonic time stays. */
  jump(ms: number): void {
    this.#wall += ms;
  }
}
