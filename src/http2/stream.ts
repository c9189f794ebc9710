/**
 * One request and its answer on an HTTP/2 connection. Whoever serves it reads and writes
 * here; frames, windows and turns are the connection's affair.
 *
 * A stream may be gone at any moment, reset by its client or lost with its connection:
 * everything that is done to it then does nothing.
 */

import type { OutgoingFields } from "./header-encoder.ts";
import { part } from "./part.ts";
import { ErrorCode, StreamError, WINDOW_MAX } from "./protocol.ts";
import type { RequestHead } from "./request-head.ts";

/** Told of the body of a request, in order. */
export interface StreamReader {
  /** A piece of the body, which may be kept. */
  data(chunk: Uint8Array): void;
  /** The body is complete. Not told when the stream is gone before. */
  end(): void;
}

/** What a stream asks of its connection. */
export interface StreamLine {
  headers(stream: Http2Stream, fields: OutgoingFields, ends: boolean): void;
  /** There is something to send, as soon as windows and the others' turns allow. */
  ready(stream: Http2Stream): void;
  credit(stream: Http2Stream, bytes: number): void;
  reset(stream: Http2Stream, code: ErrorCode): void;
  /** Both sides have said everything. */
  finished(stream: Http2Stream): void;
}

/** What a client may send on a stream before somebody reads it. */
export const RECEIVE_WINDOW = 256 * 1024;

export class Http2Stream {
  readonly id: number;
  readonly head: RequestHead;
  readonly #line: StreamLine;
  /** What the client takes before it says more. Below zero when it has taken back what it gave. */
  sendWindow: number;
  #receiveWindow = RECEIVE_WINDOW;
  #uncredited = 0;
  #receivedBytes = 0;
  #reader: StreamReader | undefined;
  /** Arrived before anybody read. */
  #early: Uint8Array[] = [];
  #isPaused = false;
  #hasRemoteEnded = false;
  #hasLocalEnded = false;
  #isClosed = false;
  #queue: Uint8Array[] = [];
  /** Of the first piece in the queue, so much has been sent. */
  #sentOfFirst = 0;
  #queuedBytes = 0;
  #ending: { readonly trailers: OutgoingFields | undefined } | undefined;
  #drained: (() => void) | undefined;

  constructor(id: number, head: RequestHead, line: StreamLine, sendWindow: number) {
    this.id = id;
    this.head = head;
    this.#line = line;
    this.sendWindow = sendWindow;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the whole body has arrived. */
  get hasRemoteEnded(): boolean {
    return this.#hasRemoteEnded;
  }

  /** Whether the answer has begun. */
  hasResponded = false;
  /** Told once, when it is over: `completed` when the answer has been sent whole, and not if it was cut off. */
  onClosed: ((completed: boolean) => void) | undefined;

  // What whoever serves it does.

  /** From now on the reader is told what comes, beginning with what came before. */
  read(reader: StreamReader): void {
    this.#reader = reader;
    const early = this.#early;
    this.#early = [];
    for (const chunk of early) {
      reader.data(chunk);
      this.#credit(chunk.length);
    }
    if (this.#hasRemoteEnded && !this.#isClosed) reader.end();
  }

  /** The client may send what the window still holds, and then waits. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#credit(0);
  }

  /** Sends the head of the answer. With `ends`, nothing follows it. */
  respond(fields: OutgoingFields, ends = false): void {
    if (this.#isClosed || this.hasResponded) return;
    this.hasResponded = true;
    this.#line.headers(this, fields, ends);
    if (ends) this.localEnds();
  }

  /** Answers with whether all of it is on its way; if not, {@link drained} tells when. */
  write(chunk: Uint8Array): boolean {
    if (this.#isClosed || this.#ending !== undefined || chunk.length === 0) return true;
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#line.ready(this);
    return this.#queuedBytes === 0;
  }

  /** Ends the answer with a last piece and with trailers, either of which may be missing. */
  end(last: Uint8Array | undefined, trailers: OutgoingFields | undefined): void {
    if (this.#isClosed || this.#ending !== undefined || this.#hasLocalEnded) return;
    if (last !== undefined && last.length > 0) {
      this.#queue.push(last);
      this.#queuedBytes += last.length;
    }
    this.#ending = { trailers };
    this.#line.ready(this);
  }

  /** Resolves when everything written is on its way, or nobody is there to take it. */
  drained(): Promise<void> {
    if (this.#queuedBytes === 0 || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  reset(code: ErrorCode): void {
    if (!this.#isClosed) this.#line.reset(this, code);
  }

  // What the connection does.

  /** Throws STREAM_CLOSED, FLOW_CONTROL_ERROR, PROTOCOL_ERROR. The window counts padding too. */
  arrived(chunk: Uint8Array, frameBytes: number): void {
    if (this.#hasRemoteEnded) throw new StreamError(ErrorCode.streamClosed, "the body has ended");
    this.#receiveWindow -= frameBytes;
    if (this.#receiveWindow < 0) {
      throw new StreamError(ErrorCode.flowControlError, "more was sent than the window holds");
    }
    this.#receivedBytes += chunk.length;
    const { contentLength } = this.head;
    if (contentLength !== undefined && this.#receivedBytes > contentLength) {
      throw new StreamError(ErrorCode.protocolError, "the body is longer than it was said to be");
    }
    this.#uncredited += frameBytes - chunk.length;
    if (chunk.length === 0) return;
    if (this.#reader === undefined) return void this.#early.push(chunk);
    this.#reader.data(chunk);
    this.#credit(chunk.length);
  }

  /** Throws STREAM_CLOSED, PROTOCOL_ERROR. */
  remoteEnds(): void {
    if (this.#hasRemoteEnded) throw new StreamError(ErrorCode.streamClosed, "the body has ended");
    const { contentLength } = this.head;
    if (contentLength !== undefined && this.#receivedBytes !== contentLength) {
      throw new StreamError(ErrorCode.protocolError, "the body is shorter than it was said to be");
    }
    this.#hasRemoteEnded = true;
    this.#reader?.end();
    if (this.#hasLocalEnded) this.#line.finished(this);
  }

  /** The client takes so much more. Throws FLOW_CONTROL_ERROR. */
  widen(bytes: number): void {
    if (this.sendWindow + bytes > WINDOW_MAX) {
      throw new StreamError(ErrorCode.flowControlError, "the window is wider than any may be");
    }
    this.sendWindow += bytes;
  }

  /** Whether it has something to send that needs no window, or has one. */
  get canSend(): boolean {
    if (this.#queuedBytes > 0) return this.sendWindow > 0;
    return this.#ending !== undefined && !this.#hasLocalEnded;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The trailers that end the answer once nothing is queued; undefined while more may be written. */
  get ending(): { readonly trailers: OutgoingFields | undefined } | undefined {
    return this.#ending;
  }

  /** The next bytes of the queue, at most so many. They are sent, and count in the window. */
  next(bytesMax: number): Uint8Array {
    const first = this.#queue[0] as Uint8Array;
    const from = this.#sentOfFirst;
    const piece = part(first, from, from + bytesMax);
    this.#sentOfFirst += piece.length;
    if (this.#sentOfFirst === first.length) {
      this.#queue.shift();
      this.#sentOfFirst = 0;
    }
    this.#queuedBytes -= piece.length;
    this.sendWindow -= piece.length;
    return piece;
  }

  /** Nothing is queued any more. */
  emptied(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }

  /** The last frame of the answer is on its way. */
  localEnds(): void {
    this.#hasLocalEnded = true;
    if (this.#hasRemoteEnded) this.#line.finished(this);
  }

  /** It is over; nothing that is done to it has an effect any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#early = [];
    this.emptied();
    this.onClosed?.(this.#hasLocalEnded);
  }

  #credit(bytes: number): void {
    this.#uncredited += bytes;
    if (this.#isPaused || this.#hasRemoteEnded || this.#isClosed) return;
    if (this.#uncredited < RECEIVE_WINDOW / 2) return;
    this.#receiveWindow += this.#uncredited;
    this.#line.credit(this, this.#uncredited);
    this.#uncredited = 0;
  }
}
