import { ConnectionError, ErrorCode, FrameType } from "./protocol.ts";

/**
 * Counts what a client sends besides heads and bodies: PING, SETTINGS, PRIORITY,
 * WINDOW_UPDATE, and what nobody knows. Such frames cost their sender nothing and us a turn
 * that others wait for, so that there may be only so many a second beyond those that belong
 * to calls. A client that reads a long answer widens windows for each piece of it: pieces
 * pay for them.
 */
export class ControlFrames {
  readonly #monotonic: () => number;
  #unpaid = 0;
  #sinceMs: number;

  /** Takes a clock that only goes forward, in milliseconds. */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#sinceMs = monotonic();
  }

  /** A frame of this type came. Throws ENHANCE_YOUR_CALM when it is one too many for its second. */
  took(type: number): void {
    if (type === FrameType.data || type === FrameType.headers) return this.paid();
    if (++this.#unpaid <= UNPAID_MAX) return;
    const nowMs = this.#monotonic();
    if (nowMs - this.#sinceMs < SECOND_MS) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, "too many frames that are of no call");
    }
    this.#sinceMs = nowMs;
    this.#unpaid = 1;
  }

  /** A piece of a call came or goes. */
  paid(): void {
    this.#unpaid = Math.max(0, this.#unpaid - PAID_BY_A_PIECE);
  }
}

/** In a second, beyond those that are paid for. */
export const UNPAID_MAX = 10_000;
const SECOND_MS = 1_000;
/** A piece of an answer may be widened for on its stream and on the connection, by clients that do so for each byte of some. */
const PAID_BY_A_PIECE = 16;
