import { FRAME_BYTES_DEFAULT, FRAME_HEAD_BYTES, frameSizeError } from "./protocol.ts";

/** Takes a whole frame. The payload may be kept. */
export type TakeFrame = (type: number, flags: number, stream: number, payload: Buffer) => void;

/**
 * Cuts what a socket reads into frames. However the bytes arrive, each is copied at most
 * once, and no more is held than one frame.
 */
export class FrameReader {
  readonly #take: TakeFrame;
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES);
  #headBytes = 0;
  /** The payload of a frame of which not all has arrived. */
  #payload: Buffer | undefined;
  #payloadBytes = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;

  constructor(take: TakeFrame) {
    this.#take = take;
  }

  /** Throws FRAME_SIZE_ERROR for a frame longer than we take, and what taking a frame throws. */
  feed(chunk: Buffer, from: number): void {
    let at = from;
    while (at < chunk.length) {
      if (this.#payload !== undefined) at = this.#fill(this.#payload, chunk, at);
      else if (this.#headBytes > 0 || chunk.length - at < FRAME_HEAD_BYTES) {
        at = this.#gatherHead(chunk, at);
      } else at = this.#begin(chunk, at, chunk, at + FRAME_HEAD_BYTES);
    }
  }

  #gatherHead(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + FRAME_HEAD_BYTES - this.#headBytes);
    this.#headBytes += chunk.copy(this.#head, this.#headBytes, at, end);
    if (this.#headBytes < FRAME_HEAD_BYTES) return end;
    this.#headBytes = 0;
    return this.#begin(this.#head, 0, chunk, end);
  }

  /** Reads a head; answers with where the chunk goes on behind what of the payload was taken. */
  #begin(head: Buffer, headAt: number, chunk: Buffer, at: number): number {
    const length = head.readUIntBE(headAt, 3);
    if (length > FRAME_BYTES_DEFAULT) {
      throw frameSizeError("a frame is too long");
    }
    this.#type = head[headAt + 3] as number;
    this.#flags = head[headAt + 4] as number;
    // The first bit is reserved, and means nothing.
    this.#stream = head.readUInt32BE(headAt + 5) & 0x7f_ff_ff_ff;
    const end = at + length;
    if (end <= chunk.length) {
      this.#take(this.#type, this.#flags, this.#stream, chunk.subarray(at, end));
      return end;
    }
    this.#payload = Buffer.allocUnsafe(length);
    this.#payloadBytes = 0;
    return at;
  }

  #fill(payload: Buffer, chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + payload.length - this.#payloadBytes);
    this.#payloadBytes += chunk.copy(payload, this.#payloadBytes, at, end);
    if (this.#payloadBytes === payload.length) {
      this.#payload = undefined;
      this.#take(this.#type, this.#flags, this.#stream, payload);
    }
    return end;
  }
}
