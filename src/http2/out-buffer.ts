import { FRAME_HEAD_BYTES } from "./protocol.ts";

/** Frames are gathered in pieces, which a connection at rest keeps one of; long ones in longer pieces. */
const PIECE_BYTES = 8 * 1024;
const LONG_PIECE_BYTES = 64 * 1024;

/**
 * The bytes that wait for the socket. Many short frames become one write. A piece that was
 * handed out is never written to again: the socket may still hold it.
 */
export class OutBuffer {
  #piece: Buffer = NO_BYTES;
  /** From where on the piece has not been handed out, and where it ends. */
  #from = 0;
  #to = 0;
  #whole: Uint8Array[] = [];
  #bytes = 0;

  /** Of everything that waits. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Somewhere to write at most so many bytes, to be ended by {@link written}. */
  room(bytes: number): { readonly into: Buffer; readonly at: number } {
    if (this.#to + bytes > this.#piece.length) {
      this.#seal();
      const isShort = bytes <= PIECE_BYTES / 4;
      this.#piece = Buffer.allocUnsafe(isShort ? PIECE_BYTES : Math.max(LONG_PIECE_BYTES, bytes));
      this.#from = 0;
      this.#to = 0;
    }
    return { into: this.#piece, at: this.#to };
  }

  /** The room was written to up to here. */
  written(to: number): void {
    this.#bytes += to - this.#to;
    this.#to = to;
  }

  /** A frame's head; its payload follows. */
  frameHead(length: number, type: number, flags: number, stream: number): void {
    const { into, at } = this.room(FRAME_HEAD_BYTES);
    this.written(writeFrameHead(into, at, length, type, flags, stream));
  }

  /** A payload, copied. */
  push(payload: Uint8Array): void {
    const { into, at } = this.room(payload.length);
    into.set(payload, at);
    this.written(at + payload.length);
  }

  /** Everything that waits, in order; then nothing does. */
  take(): readonly Uint8Array[] {
    this.#seal();
    const whole = this.#whole;
    this.#whole = [];
    this.#bytes = 0;
    return whole;
  }

  #seal(): void {
    if (this.#to === this.#from) return;
    this.#whole.push(this.#piece.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }
}

const NO_BYTES = Buffer.alloc(0);

/** Nine bytes (RFC 9113, 4.1): length, type, flags, stream. Answers with where they end. */
export function writeFrameHead(
  into: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = type;
  into[at + 4] = flags;
  into[at + 5] = stream >>> 24;
  into[at + 6] = stream >>> 16;
  into[at + 7] = stream >>> 8;
  into[at + 8] = stream;
  return at + FRAME_HEAD_BYTES;
}
