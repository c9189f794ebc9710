import type { CancelSignal } from "./cancel-signal.ts";

/**
 * Time, injected. Nothing outside `base/` reads the wall clock or sets a timer, so
 * that a test can own both.
 */
export interface Clock {
  /** Wall clock in Unix milliseconds. May jump; log time is made from it by the log's writer. */
  now(): number;
  /** Monotonic milliseconds (fractional) since some fixed moment. Never goes back. */
  monotonic(): number;
  /** Resolves after the given milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: CancelSignal): Promise<void>;
  /** Calls back once after the given milliseconds unless the returned function was called before. */
  timer(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(handle);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const handle = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    });
  },
  timer(ms, callback) {
    const handle = setTimeout(callback, ms);
    return () => clearTimeout(handle);
  },
};
