import { type DiskFile, readWhole } from "./disk.ts";

/**
 * A view that moves forward over a segment file and holds a stretch of it in memory:
 * as short as a page at the end of the log, as long as the largest batch when one is met.
 */
export class SegmentWindow {
  readonly #file: DiskFile;
  readonly #chunkBytes: number;
  /** Where the readable part of the file ends; nothing behind it is looked at. */
  readonly #limit: number;
  readonly #reuse: boolean;
  #buffer: Buffer<ArrayBuffer> = Buffer.alloc(0);
  #from = 0;
  bytes: Uint8Array = this.#buffer;
  view: DataView = new DataView(this.#buffer.buffer);

  /** With `reuse` a later {@link show} overwrites what an earlier one showed: for checking, not for handing out. */
  constructor(file: DiskFile, limit: number, chunkBytes: number, reuse: boolean) {
    this.#file = file;
    this.#limit = limit;
    this.#chunkBytes = chunkBytes;
    this.#reuse = reuse;
  }

  /** Whether the bytes `[position, position + length)` are in memory, as far as the file has them. */
  #holds(position: number, length: number): boolean {
    const end = Math.min(position + length, this.#limit);
    return position >= this.#from && end <= this.#from + this.bytes.length;
  }

  /**
   * Makes `[position, position + length)` visible, read from the file if need be, and
   * returns where in `bytes` it begins. Behind the limit there are fewer bytes.
   */
  async show(position: number, length: number): Promise<number> {
    if (!this.#holds(position, length)) await this.#load(position, length);
    return position - this.#from;
  }

  async #load(position: number, length: number): Promise<void> {
    const wanted = Math.min(Math.max(length, this.#chunkBytes), this.#limit - position);
    const enough = this.#reuse && this.#buffer.length >= wanted;
    if (!enough) this.#buffer = Buffer.allocUnsafeSlow(Math.max(wanted, 1));
    const came = await readWhole(this.#file, this.#buffer, wanted, position);
    // A file cut short from outside reads as zeros, which is what a segment holds where nothing was written.
    this.#buffer.fill(0, came, wanted);
    this.bytes = this.#buffer.subarray(0, wanted);
    this.view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, wanted);
    this.#from = position;
  }
}
