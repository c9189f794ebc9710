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
  #calls = 0;
  #bytes = 0;

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  get calls(): number {
    return this.#calls;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a place, to be given back with {@link leave}; false when there is none. */
  enter(): boolean {
    if (this.#calls >= this.#limits.calls || this.#bytes >= this.#limits.bytes) return false;
    this.#calls += 1;
    return true;
  }

  /** Counts bytes of a body that are held in memory; false when they are too many: then nothing is counted. */
  hold(bytes: number): boolean {
    if (this.#bytes + bytes > this.#limits.bytes) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Gives back a place and the bytes held with it. */
  leave(heldBytes: number): void {
    this.#calls -= 1;
    this.#bytes -= heldBytes;
  }
}
