import { ConnectionError, ErrorCode } from "./protocol.ts";

export interface AllowanceOptions {
  /** In a second, beyond those that are paid for. */
  readonly most: number;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
  /** What there are too many of. */
  readonly what: string;
}

/**
 * How much a client may do in a second of what costs it nothing and us a turn that others wait
 * for, beyond what it pays for with calls. A client that goes on for ever and keeps to that
 * is left alone.
 */
export class Allowance {
  readonly #options: AllowanceOptions;
  #unpaid = 0;
  #sinceMs: number;

  constructor(options: AllowanceOptions) {
    this.#options = options;
    this.#sinceMs = options.monotonic();
  }

  /** The client has done it once. Throws ENHANCE_YOUR_CALM when that is once too many for its second. */
  take(): void {
    const { most, monotonic, what } = this.#options;
    if (++this.#unpaid <= most) return;
    const nowMs = monotonic();
    if (nowMs - this.#sinceMs < SECOND_MS) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, `too many ${what}`);
    }
    this.#sinceMs = nowMs;
    this.#unpaid = 1;
  }

  /** The client has paid for so many. */
  pay(times: number): void {
    this.#unpaid = Math.max(0, this.#unpaid - times);
  }
}

const SECOND_MS = 1_000;
