import { type CallCounts, localCallCounts } from "../../face/counts.ts";

/**
 * Bounds what is under way at once: calls, and the bytes of their request bodies. Beyond
 * either a call is refused before its body is read, which costs the server next to
 * nothing and tells the client to come again.
 */
export interface InFlightLimits {
  readonly calls: number;
  readonly bytes: number;
}

export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #counts: CallCounts;
  #calls = 0;

  /** `counts` may be shared with other threads: then the limits are, too. */
  constructor(limits: InFlightLimits, counts: CallCounts = localCallCounts()) {
    this.#limits = limits;
    this.#counts = counts;
  }

  /** Of this one alone. */
  get calls(): number {
    return this.#calls;
  }

  get bytes(): number {
    return this.#counts.bytes.total;
  }

  /** Takes a place, to be given back with {@link leave}; false when there is none. */
  enter(): boolean {
    const { calls, bytes } = this.#counts;
    if (calls.add(1) > this.#limits.calls || bytes.total >= this.#limits.bytes) {
      calls.add(-1);
      return false;
    }
    this.#calls += 1;
    return true;
  }

  /** Counts bytes of a body that are held in memory; false when they are too many: then nothing is counted. */
  hold(bytes: number): boolean {
    if (this.#counts.bytes.add(bytes) <= this.#limits.bytes) return true;
    this.#counts.bytes.add(-bytes);
    return false;
  }

  /** Gives back a place and the bytes held with it. */
  leave(heldBytes: number): void {
    this.#calls -= 1;
    this.#counts.calls.add(-1);
    this.#counts.bytes.add(-heldBytes);
  }
}
