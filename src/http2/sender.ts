/**
 * What a connection sends: whole frames, gathered and written once in a turn of the event
 * loop; bodies as windows allow, the streams in turn, a frame each.
 */
import { headersBytesMax, type OutgoingFields, writeHeaders } from "./header-encoder.ts";
import { OutBuffer, writeFrameHead } from "./out-buffer.ts";
import {
  ConnectionError,
  ErrorCode,
  Flag,
  FRAME_BYTES_DEFAULT,
  FRAME_HEAD_BYTES,
  FrameType,
  WINDOW_DEFAULT,
  WINDOW_MAX,
} from "./protocol.ts";
import type { Http2Stream } from "./stream.ts";

/** The socket of a connection. */
export interface Line {
  /** False when the client must read first; the connection is told when it has. */
  write(bytes: Uint8Array): boolean;
  /** Closes, behind everything that was written. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** More than this at once goes to the socket at once, so that it can say that it is full. */
const FLUSHED_AT_BYTES = 256 * 1024;
/** Acknowledgements that wait for a client; one that does not read gets no more. */
const UNREAD_REPLY_BYTES_MAX = 256 * 1024;

export class Sender {
  readonly #line: Line;
  readonly #out = new OutBuffer();
  /** Streams with something to send, in the order of their turns. */
  readonly #ready = new Set<Http2Stream>();
  #window = WINDOW_DEFAULT;
  #isFull = false;
  #isFlushing = false;
  #isOver = false;

  constructor(line: Line) {
    this.#line = line;
  }

  /** Sends what a frame of the client asks for. Throws ENHANCE_YOUR_CALM when it asks on and on and does not read. */
  reply(type: number, flags: number, payload: Uint8Array): void {
    if (this.#isFull && this.#out.bytes > UNREAD_REPLY_BYTES_MAX) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, "the client does not read its answers");
    }
    this.frame(type, flags, 0, payload);
  }

  frame(type: number, flags: number, stream: number, payload: Uint8Array): void {
    if (this.#isOver) return;
    this.#out.frameHead(payload.length, type, flags, stream);
    this.#out.push(payload);
    this.#flushLater();
  }

  headers(stream: number, fields: OutgoingFields, ends: boolean): void {
    if (this.#isOver) return;
    const { into, at } = this.#out.room(FRAME_HEAD_BYTES + headersBytesMax(fields));
    const from = at + FRAME_HEAD_BYTES;
    const to = writeHeaders(fields, into, from);
    const endStream = ends ? Flag.endStream : 0;
    this.#flushLater();
    if (to - from <= FRAME_BYTES_DEFAULT) {
      writeFrameHead(into, at, to - from, FrameType.headers, Flag.endHeaders | endStream, stream);
      return this.#out.written(to);
    }
    this.#inPieces(Buffer.from(into.subarray(from, to)), stream, endStream);
  }

  /** The stream gets its turns until nothing of it is left. */
  ready(stream: Http2Stream): void {
    // Nobody waits, so it is its turn: most answers never stand in the line.
    if (this.#ready.size === 0 && !this.#isFull && this.#canSend(stream)) this.#serve(stream);
    else this.#ready.add(stream);
    this.#pump();
  }

  forget(stream: Http2Stream): void {
    this.#ready.delete(stream);
  }

  /** The client takes so much more of all streams together. Throws FLOW_CONTROL_ERROR. */
  widen(bytes: number): void {
    if (this.#window + bytes > WINDOW_MAX) {
      throw new ConnectionError(ErrorCode.flowControlError, "a window is wider than any may be");
    }
    this.#window += bytes;
    this.#pump();
  }

  /** Some stream may have more room than before. */
  widened(): void {
    this.#pump();
  }

  /** The socket takes more. */
  drained(): void {
    this.#isFull = false;
    this.#pump();
    this.flush();
  }

  /** Gives the socket what waits, unless it is full. */
  flush(): void {
    if (!this.#isFull) this.#write();
  }

  /** Writes what waits, and closes; at once, if the client does not read. Nothing is sent after it. */
  end(): void {
    if (this.#isOver) return;
    if (this.#isFull) this.#line.destroy();
    else {
      this.#write();
      this.#line.end();
    }
    this.over();
  }

  over(): void {
    this.#isOver = true;
    this.#ready.clear();
    this.#out.take();
  }

  #write(): void {
    for (const bytes of this.#out.take()) {
      if (!this.#line.write(bytes)) this.#isFull = true;
    }
  }

  /** What several callers send in one turn goes out in one write. */
  #flushLater(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    process.nextTick(() => {
      this.#isFlushing = false;
      this.flush();
    });
  }

  #inPieces(block: Buffer, stream: number, endStream: number): void {
    for (let at = 0; at < block.length; at += FRAME_BYTES_DEFAULT) {
      const piece = block.subarray(at, at + FRAME_BYTES_DEFAULT);
      const type = at === 0 ? FrameType.headers : FrameType.continuation;
      const isLast = at + FRAME_BYTES_DEFAULT >= block.length;
      const flags = (at === 0 ? endStream : 0) | (isLast ? Flag.endHeaders : 0);
      this.#out.frameHead(piece.length, type, flags, stream);
      this.#out.push(piece);
    }
  }

  /** Each stream that can sends a frame, again and again, until none can. */
  #pump(): void {
    for (const stream of this.#ready) {
      if (this.#isFull) return;
      if (!this.#canSend(stream)) continue;
      this.#ready.delete(stream);
      this.#serve(stream);
    }
  }

  /** Its turn, and with what is left to the end of the line, which a walk of it comes to as well. */
  #serve(stream: Http2Stream): void {
    this.#turn(stream);
    if (stream.queuedBytes > 0) this.#ready.add(stream);
    if (this.#out.bytes > FLUSHED_AT_BYTES) this.flush();
  }

  #canSend(stream: Http2Stream): boolean {
    return stream.canSend && (stream.queuedBytes === 0 || this.#window > 0);
  }

  #turn(stream: Http2Stream): void {
    if (stream.queuedBytes > 0) {
      // Longer frames, which a client may allow, would make the others wait longer for their turn.
      const most = Math.min(FRAME_BYTES_DEFAULT, this.#window, stream.sendWindow);
      const piece = stream.next(most);
      this.#window -= piece.length;
      const { ending } = stream;
      const isLast = stream.queuedBytes === 0;
      const ends = isLast && ending !== undefined && ending.trailers === undefined;
      this.#out.frameHead(piece.length, FrameType.data, ends ? Flag.endStream : 0, stream.id);
      this.#out.push(piece);
      this.#flushLater();
      if (!isLast) return;
      stream.emptied();
      if (ends) return stream.localEnds();
    }
    const { ending } = stream;
    if (ending === undefined) return;
    if (ending.trailers !== undefined) this.headers(stream.id, ending.trailers, true);
    else this.frame(FrameType.data, Flag.endStream, stream.id, NO_BYTES);
    stream.localEnds();
  }
}

const NO_BYTES = new Uint8Array(0);
