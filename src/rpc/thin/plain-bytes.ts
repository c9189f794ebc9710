import { plainText } from "../../base/bytes.ts";

/** Control flow of the readers of messages, never seen outside them: the library must look. */
export class NotPlain extends Error {
  override readonly name = "NotPlain";
  /** Thrown often where somebody sends such things, and nobody reads where from. */
  static readonly is = new NotPlain("these bytes are for the library");
}

/** Submessages inside one another; the library counts further, and refuses at its own limit. */
const DEPTH_MAX = 50;

/**
 * The bytes of a message and a place in them. Everything throws {@link NotPlain} for what it
 * cannot read. A number that is cut off by the end leaves the place behind the end, which
 * `expectAt` finds.
 */
export class PlainBytes {
  readonly #bytes: Uint8Array;
  #view: DataView | undefined;
  #depth = 0;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A message begins. */
  enter(): void {
    if (++this.#depth > DEPTH_MAX) throw NotPlain.is;
  }

  /** A message ends, and its last field with it. */
  leave(end: number): void {
    this.expectAt(end);
    this.#depth--;
  }

  expectAt(end: number): void {
    if (this.at !== end) throw NotPlain.is;
  }

  expectByte(byte: number): void {
    if (this.#bytes[this.at++] !== byte) throw NotPlain.is;
  }

  /** A varint of at most 32 bits. */
  uint32(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.at++] ?? 0;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = bytes[this.at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    byte = bytes[this.at++] ?? 0;
    if (byte > 0x0f) throw NotPlain.is;
    return (value | (byte << 28)) >>> 0;
  }

  /** As wide as the wire has them; of two's complement. */
  uint64(): bigint {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 7; i++) {
      const byte = bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return BigInt(value);
      scale *= 0x80;
    }
    let high = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = bytes[this.at++] ?? 0;
      high |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (high >= HIGH_LIMIT) break;
      return (BigInt(high) << 49n) | BigInt(value);
    }
    throw NotPlain.is;
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** Zigzag. */
  sint64(): bigint {
    const folded = this.uint64();
    return (folded & 1n) === 0n ? folded >> 1n : -(folded >> 1n) - 1n;
  }

  flag(): boolean {
    const byte = this.#bytes[this.at++] ?? 0;
    if (byte > 1) throw NotPlain.is;
    return byte === 1;
  }

  double(): number {
    const { at } = this;
    this.at = at + 8;
    if (this.at > this.#bytes.length) throw NotPlain.is;
    const { buffer, byteOffset, byteLength } = this.#bytes;
    this.#view ??= new DataView(buffer, byteOffset, byteLength);
    return this.#view.getFloat64(at, true);
  }

  text(): string {
    const end = this.runEnd();
    const text = plainText(this.#bytes, this.at, end);
    if (text === undefined) throw NotPlain.is;
    this.at = end;
    return text;
  }

  /** A part of the message's own bytes, not a copy. */
  bytes(): Uint8Array {
    const end = this.runEnd();
    const bytes = this.#bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  /** Reads a length and answers with where what it is of ends. */
  runEnd(): number {
    const length = this.uint32();
    const end = this.at + length;
    if (end > this.#bytes.length) throw NotPlain.is;
    return end;
  }
}

/** What is above the lowest 49 of 64 bits is below it. */
const HIGH_LIMIT = 2 ** 15;
