import type { CancelSignal } from "./cancel-signal.ts";

const PACED = 0;
const HURRIED = 1;
const ENDED = 2;

/**
 * Tells a thread that does long work, and takes no messages meanwhile, how much of a hurry that is
 * in: it rests between its parts, it no longer does, or it is to end.
 */
export class Haste {
  /** What both threads share; the other one makes its own `Haste` of it. */
  readonly memory: SharedArrayBuffer;
  readonly #word: Int32Array;

  constructor(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#word = new Int32Array(memory);
  }

  /** From now on nothing rests any more. */
  hurry(): void {
    Atomics.compareExchange(this.#word, 0, PACED, HURRIED);
    Atomics.notify(this.#word, 0);
  }

  /** The work is wanted no more. */
  end(): void {
    Atomics.store(this.#word, 0, ENDED);
    Atomics.notify(this.#word, 0);
  }

  /** Ends it when the signal aborts, as long as what is returned is not disposed of. */
  endsWith(signal: CancelSignal): Disposable {
    const end = () => this.end();
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    return { [Symbol.dispose]: () => signal.removeEventListener("abort", end) };
  }

  /** For whoever works: throws when it is. */
  throwIfEnded(): void {
    if (Atomics.load(this.#word, 0) === ENDED) throw new Error("the work is wanted no more");
  }

  /** Holds this thread for so long, or until there is no time to rest any more. */
  rest(ms: number): void {
    Atomics.wait(this.#word, 0, PACED, ms);
  }
}
