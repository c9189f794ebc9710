import { ConnectionError, ErrorCode, WINDOW_DEFAULT } from "./protocol.ts";

/** What the streams of a connection together may be sent and not yet be given back. */
const CONNECTION_WINDOW = 4 * 1024 * 1024;

/**
 * The window of a whole connection. It is given back as soon as bytes arrive: streams have
 * windows of their own, so that one that is not read holds up no other.
 */
export class ReceiveWindow {
  #bytes = CONNECTION_WINDOW;
  #uncredited = 0;

  /** By how much it is wider than clients take it to be. */
  readonly widenedBy: number = CONNECTION_WINDOW - WINDOW_DEFAULT;

  /** Answers with what to give back now, in pieces that are worth a frame. Throws FLOW_CONTROL_ERROR. */
  arrived(bytes: number): number {
    this.#bytes -= bytes;
    if (this.#bytes < 0) {
      throw new ConnectionError(ErrorCode.flowControlError, "more was sent than the window holds");
    }
    this.#uncredited += bytes;
    if (this.#uncredited < CONNECTION_WINDOW / 4) return 0;
    const credit = this.#uncredited;
    this.#bytes += credit;
    this.#uncredited = 0;
    return credit;
  }
}
