import type { CancelSignal } from "./cancel-signal.ts";
import type { Clock } from "./clock.ts";

/** A rest is no longer than this, however long a part took. */
const REST_MAX_MS = 100;
/** Time that was lost is made up for, but not by more than this: nothing comes in a rush. */
const CATCH_UP_MS = 50;

/**
 * How long work that copies or reads a lot gives way to those who use the same disk and
 * processors: it goes no faster than a rate, and after each part it rests at least as long as that
 * took. So whatever makes others wait, a disk whose syncs have become slow or a processor that
 * has too much to do, makes this wait as well, and half of it is theirs.
 *
 * It only reckons: who works rests.
 */
export class WorkPace {
  readonly #bytesPerMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  /** When the part at hand was begun. */
  #begunAt: number;
  /** When the parts so far were to be done, by the rate. */
  #dueAt: number;

  constructor(bytesPerSecond: number, clock: Pick<Clock, "monotonic">) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#clock = clock;
    this.#begunAt = clock.monotonic();
    this.#dueAt = this.#begunAt;
  }

  /** Milliseconds to rest now that a part of so many bytes is done; the next one begins behind them. */
  restAfter(bytes: number): number {
    const now = this.#clock.monotonic();
    const tookMs = now - this.#begunAt;
    this.#dueAt = Math.max(this.#dueAt, now - CATCH_UP_MS) + bytes / this.#bytesPerMs;
    const restMs = Math.min(Math.max(this.#dueAt - now, tookMs, 0), REST_MAX_MS);
    this.#begunAt = now + restMs;
    return restMs;
  }
}

/** Hands parts on at a pace: each but the first when the rest behind the one before it is over. */
export async function* paced(
  parts: AsyncIterable<Uint8Array>,
  pace: WorkPace,
  clock: Pick<Clock, "sleep">,
  signal: CancelSignal,
): AsyncGenerator<Uint8Array> {
  let restMs = 0;
  for await (const part of parts) {
    if (restMs > 0) await clock.sleep(restMs, signal);
    signal.throwIfAborted();
    yield part;
    restMs = pace.restAfter(part.length);
  }
}
