import { part } from "./part.ts";
import { ConnectionError, ErrorCode, Flag, protocolError, StreamError } from "./protocol.ts";

/** A whole header block and what its first frame said beside it. */
export interface HeaderBlock {
  readonly stream: number;
  readonly block: Buffer;
  readonly endsStream: boolean;
  /** The stream is at fault, but its block must be read like any other. */
  readonly fault: StreamError | undefined;
}

/** Pieces of one block; a client that needs more is no client. */
const PIECES_MAX = 64;
const PRIORITY_BYTES = 5;

/**
 * Joins HEADERS and the CONTINUATIONs that follow it. A block must come in one piece after
 * the other with nothing between, and is bounded in bytes and in pieces.
 */
export class HeaderBlocks {
  readonly #blockBytesMax: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #begun: Omit<HeaderBlock, "block"> | undefined;

  constructor(blockBytesMax: number) {
    this.#blockBytesMax = blockBytesMax;
  }

  /** The stream whose block has begun and not ended: nothing else may come before its end. */
  get stream(): number | undefined {
    return this.#begun?.stream;
  }

  /** The block, if this frame is all of it. Throws PROTOCOL_ERROR, FRAME_SIZE_ERROR. */
  headers(flags: number, stream: number, payload: Buffer): HeaderBlock | undefined {
    if (stream % 2 === 0) throw protocolError("clients use odd streams");
    let from = 0;
    let to = payload.length;
    if ((flags & Flag.padded) !== 0) {
      from = 1;
      to -= payload[0] ?? 0;
    }
    let fault: StreamError | undefined;
    if ((flags & Flag.priority) !== 0) {
      if (from + PRIORITY_BYTES > to) throw protocolError("a frame is shorter than what it holds");
      fault = selfDependence(stream, payload, from);
      from += PRIORITY_BYTES;
    }
    if (from > to) throw protocolError("a frame is padded beyond its length");
    const endsStream = (flags & Flag.endStream) !== 0;
    this.#begun = { stream, endsStream, fault };
    return this.#add(flags, part(payload, from, to));
  }

  /** The block, if this frame ends it. Throws PROTOCOL_ERROR, ENHANCE_YOUR_CALM. */
  continuation(flags: number, stream: number, payload: Buffer): HeaderBlock | undefined {
    if (this.#begun?.stream !== stream) throw protocolError("there is no block to go on with");
    return this.#add(flags, payload);
  }

  #add(flags: number, piece: Buffer): HeaderBlock | undefined {
    const begun = this.#begun;
    this.#bytes += piece.length;
    if (this.#bytes > this.#blockBytesMax || this.#pieces.length >= PIECES_MAX) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, "a header block is too long");
    }
    const isWhole = this.#pieces.length === 0;
    if ((flags & Flag.endHeaders) === 0) return void this.#pieces.push(piece);
    const block = isWhole ? piece : Buffer.concat([...this.#pieces, piece]);
    this.#pieces = [];
    this.#bytes = 0;
    this.#begun = undefined;
    return begun === undefined ? undefined : { ...begun, block };
  }
}

/** RFC 7540, 5.3.1; what else a priority says is nothing to us, as RFC 9113 has it. */
export function selfDependence(
  stream: number,
  payload: Buffer,
  from: number,
): StreamError | undefined {
  if ((payload.readUInt32BE(from) & 0x7f_ff_ff_ff) !== stream) return undefined;
  return new StreamError(ErrorCode.protocolError, "a stream depends on itself");
}
