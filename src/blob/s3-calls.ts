import { beforeAbort } from "../base/abortable.ts";
import { anySignal, type CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { storageTimeout } from "./errors.ts";
import { namedS3Error } from "./s3-errors.ts";

/** Makes single requests: each under the caller's signal and a deadline, its errors by their names. */
export class S3Calls {
  readonly place: string;
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor(place: string, timeoutMs: number, clock: Clock) {
    this.place = place;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Rejects with the signal's reason, with STORAGE_TIMEOUT, or with the named error of the work. */
  async make<T>(
    what: string,
    signal: CancelSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const late = new AbortController();
    const cancel = this.#clock.timer(this.#timeoutMs, () =>
      late.abort(storageTimeout(this.place, what, this.#timeoutMs)),
    );
    const either = anySignal(signal, late.signal);
    try {
      return await beforeAbort(work(either), either);
    } catch (error) {
      if (either.aborted) throw either.reason;
      throw namedS3Error(this.place, what, this.#timeoutMs, error);
    } finally {
      cancel();
    }
  }
}
