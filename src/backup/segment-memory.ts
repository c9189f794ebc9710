/**
 * Memory for the records of segments, in pieces that are used again: a busy log fills several
 * segments of megabytes in a second, and memory that is dropped as fast is given back much later.
 * Threads share it: what is to be archived is not copied into the one that compresses it, and is
 * still here when that dies.
 *
 * A piece may be given back only when nobody reads it any more. What is held counts whole pieces.
 */

const FIRST_BYTES = 4 * 1024;
const PIECE_BYTES = 256 * 1024;
/** Free pieces that are kept: two full segments. Of the rest the runtime disposes. */
const FREE_MAX = 48;

/** Pieces that are free to be used again. */
export class PiecePool {
  readonly #free: Uint8Array[] = [];

  take(bytes: number): Uint8Array {
    const free = bytes === PIECE_BYTES ? this.#free.pop() : undefined;
    return free ?? new Uint8Array(new SharedArrayBuffer(bytes));
  }

  giveBack(piece: Uint8Array): void {
    if (piece.length === PIECE_BYTES && this.#free.length < FREE_MAX) this.#free.push(piece);
  }
}

/** Bytes, one run behind the other, in pieces that double up to {@link PIECE_BYTES}. */
export class SegmentMemory {
  readonly #pool: PiecePool;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #heldBytes = 0;

  constructor(pool: PiecePool) {
    this.#pool = pool;
  }

  /** Bytes that were added. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the pieces. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  add(run: Uint8Array): void {
    for (let at = 0; at < run.length; ) {
      const last = this.#pieces.at(-1);
      const used = (last?.length ?? 0) - (this.#heldBytes - this.#bytes);
      if (last === undefined || used === last.length) {
        this.#grow();
        continue;
      }
      const count = Math.min(run.length - at, last.length - used);
      last.set(count === run.length ? run : run.subarray(at, at + count), used);
      this.#bytes += count;
      at += count;
    }
  }

  /** The bytes from a place on. To be read only, and only until {@link release}. */
  from(begin: number): Uint8Array[] {
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const piece of this.#pieces) {
      const end = Math.min(at + piece.length, this.#bytes);
      if (end > begin) parts.push(piece.subarray(Math.max(0, begin - at), end - at));
      at += piece.length;
    }
    return parts;
  }

  /** Gives the memory back. Nobody may read what was handed out, nor add anything. */
  release(): void {
    for (const piece of this.#pieces.splice(0)) this.#pool.giveBack(piece);
    this.#bytes = 0;
    this.#heldBytes = 0;
  }

  #grow(): void {
    const doubled = 2 * (this.#pieces.at(-1)?.length ?? FIRST_BYTES / 2);
    const piece = this.#pool.take(Math.min(doubled, PIECE_BYTES));
    this.#pieces.push(piece);
    this.#heldBytes += piece.length;
  }
}
