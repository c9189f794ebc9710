/** How a stream that is no more came to its end. */
export type Ended = "completed" | "reset_by_client" | "reset_by_us";

/** So many are remembered, so that what was on its way when they ended is taken for what it is. */
const REMEMBERED = 256;

/** The streams of a connection that ended last. */
export class ClosedStreams {
  readonly #ended = new Map<number, Ended>();

  add(stream: number, how: Ended): void {
    this.#ended.set(stream, how);
    if (this.#ended.size <= REMEMBERED) return;
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined) this.#ended.delete(oldest);
  }

  /** Undefined when it never was, or so long ago that nothing is known of it. */
  howEnded(stream: number): Ended | undefined {
    return this.#ended.get(stream);
  }
}
