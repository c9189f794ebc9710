/** The items of a stream from another thread, in order, for one reader. Who sends them is told how many may come. */
export class IncomingItems implements AsyncIterable<unknown> {
  readonly #items: unknown[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  /** Whether the sender will send no more. */
  get ended(): boolean {
    return this.#ended;
  }

  push(item: unknown): void {
    this.#items.push(item);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Throws this error to the reader once it has read what came before. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    while (true) {
      while (this.#items.length > 0) yield this.#items.shift();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
