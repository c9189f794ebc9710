import { Allowance } from "./allowance.ts";
import { FrameType } from "./protocol.ts";

/**
 * Counts what a client sends besides heads and bodies: PING, SETTINGS, PRIORITY,
 * WINDOW_UPDATE, and what nobody knows. A client that reads a long answer widens windows for
 * each piece of it: pieces pay for them.
 */
export class ControlFrames {
  readonly #allowance: Allowance;

  /** Takes a clock that only goes forward, in milliseconds. */
  constructor(monotonic: () => number) {
    this.#allowance = new Allowance({
      most: UNPAID_MAX,
      monotonic,
      what: "frames that are of no call",
    });
  }

  /** A frame of this type came. Throws ENHANCE_YOUR_CALM when it is one too many for its second. */
  took(type: number): void {
    if (type === FrameType.data || type === FrameType.headers) return this.paid();
    this.#allowance.take();
  }

  /** A piece of a call came or goes. */
  paid(): void {
    this.#allowance.pay(PAID_BY_A_PIECE);
  }
}

export const UNPAID_MAX = 10_000;
/** A piece of an answer may be widened for on its stream and on the connection, by clients that do so for each byte of some. */
const PAID_BY_A_PIECE = 16;
