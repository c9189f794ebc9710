import type { EntError } from "../base/errors.ts";
import { clientGone } from "../face/interruptions.ts";

/**
 * A request's body as a sequence of chunks, read no faster than it is consumed. Unlike
 * the iterator of a node stream it can be left early without destroying the stream, which
 * the answer still needs; what arrives after that is thrown away.
 */
export interface RequestBody extends AsyncIterable<Uint8Array> {
  /** Ends the reading with this error, now or at the next chunk asked for. */
  abort(error: EntError): void;
}

/** Where the chunks come from, as far as its pace goes. */
export interface BodySource {
  pause(): unknown;
  resume(): unknown;
}

/** Read ahead of the consumer by at most this, and one chunk. */
const READ_AHEAD_BYTES = 256 * 1024;

type Waiter = {
  readonly resolve: (result: IteratorResult<Uint8Array>) => void;
  readonly reject: (error: unknown) => void;
};

export class StreamBody implements RequestBody, AsyncIterator<Uint8Array> {
  readonly #source: BodySource;
  readonly #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #paused = false;
  #ended = false;
  #gone = false;
  #discarding = false;
  #error: unknown;
  #waiter: Waiter | undefined;
  #discardableBytes = Number.POSITIVE_INFINITY;
  #discarded: (() => void) | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this;
  }

  /** Whether the whole body has arrived. */
  get ended(): boolean {
    return this.#ended;
  }

  abort(error: EntError): void {
    if (this.#ended || this.#error !== undefined) return;
    this.#error = error;
    this.#settle();
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#settle();
    });
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#discarding = true;
    this.#chunks.length = 0;
    this.#queuedBytes = 0;
    this.#resume();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Throws away what is still to come, and calls back when that was all, when the client has gone, or after so many bytes. */
  discard(bytesMax: number, discarded: () => void): void {
    if (this.#ended || this.#gone) return discarded();
    this.#discardableBytes = bytesMax;
    this.#discarded = discarded;
    this.#discarding = true;
    this.#resume();
  }

  /** A chunk has arrived. */
  push(chunk: Uint8Array): void {
    if (this.#discarding) {
      this.#discardableBytes -= chunk.length;
      if (this.#discardableBytes < 0) this.#discarded?.();
      return;
    }
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#waiter !== undefined) this.#settle();
    else if (this.#queuedBytes > READ_AHEAD_BYTES) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  /** The body is complete. */
  finish(): void {
    this.#ended = true;
    this.#settle();
    this.#discarded?.();
  }

  /** Nothing more will come: of a body that is not complete, the client has gone. */
  leave(): void {
    this.#gone = true;
    this.abort(clientGone());
    this.#discarded?.();
  }

  #settle(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    const chunk = this.#error === undefined ? this.#chunks.shift() : undefined;
    if (chunk === undefined && this.#error === undefined && !this.#ended && !this.#discarding)
      return;
    this.#waiter = undefined;
    if (this.#error !== undefined) return waiter.reject(this.#error);
    if (chunk === undefined) return waiter.resolve({ done: true, value: undefined });
    this.#queuedBytes -= chunk.length;
    if (this.#queuedBytes <= READ_AHEAD_BYTES) this.#resume();
    waiter.resolve({ done: false, value: chunk });
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }
}
