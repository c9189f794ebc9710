/**
 * Reading and writing the small binary formats of our own (values, tokens, outcomes).
 * Integers of fixed width are big-endian; varints are LEB128, unsigned.
 */
/** A byte order mark is a character of the text like any other. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MAX_U64 = 2n ** 64n - 1n;

/** A growing buffer. `take` hands out a copy, so that one writer can serve many encodings. */
export class ByteWriter {
  #bytes: Buffer<ArrayBuffer>;
  /** The same memory: copies of it are plain arrays and quicker to make. */
  #plain: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(initialBytes = 256) {
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes);
    this.#plain = new Uint8Array(this.#bytes.buffer);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
  }

  #reserve(bytes: number): void {
    const wanted = this.#length + bytes;
    if (wanted <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#plain = new Uint8Array(grown.buffer);
    this.#view = new DataView(grown.buffer);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A number of 64 bits without a sign. */
  varint64(value: bigint): void {
    let rest = value;
    for (; rest > MAX_SAFE; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80);
    this.varint(Number(rest));
  }

  i64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigInt64(this.#length, value);
    this.#length += 8;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  /** As {@link f64}, the lowest byte first. */
  f64Reversed(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** The bytes, behind their length as a varint. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  /** The bytes alone. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** UTF-8, behind its length in bytes as a varint. */
  text(value: string): void {
    // Three bytes a UTF-16 unit at the most, and 4 for the length: no second pass to measure.
    if (value.length < 42) {
      this.#reserve(value.length * 3 + 1);
      const written = utf8Write.call(this.#bytes, value, this.#length + 1);
      this.#bytes[this.#length] = written;
      this.#length += written + 1;
      return;
    }
    const size = Buffer.byteLength(value, "utf8");
    this.varint(size);
    this.#reserve(size);
    this.#length += utf8Write.call(this.#bytes, value, this.#length);
  }

  /**
   * Begins a run of bytes that stands behind its length as a varint, when that length is not
   * known yet. What this returns goes to {@link closeRun}.
   */
  openRun(): number {
    this.u8(0);
    return this.#length;
  }

  closeRun(start: number): void {
    const length = this.#length - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    // One byte was kept free for the length; it takes more, so what stands behind it moves on.
    const further = length < 0x4000 ? 1 : length < 0x20_0000 ? 2 : length < 0x1000_0000 ? 3 : 4;
    this.#reserve(further);
    this.#plain.copyWithin(start + further, start, this.#length);
    this.#length = start - 1;
    this.varint(length);
    this.#length += length;
  }

  /**
   * Begins a run of bytes that stands behind its length in four bytes, as {@link openRun} does
   * behind a varint: for runs of which many are long, which nothing has to move here.
   */
  openFixedRun(): number {
    this.#reserve(4);
    this.#length += 4;
    return this.#length;
  }

  closeFixedRun(start: number): void {
    this.#view.setUint32(start - 4, this.#length - start);
  }

  /** A copy of what has been written since the last reset. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#plain.slice(0, this.#length);
  }

  /** What has been written, without a copy: valid until the next call. */
  peek(): Uint8Array {
    return this.#plain.subarray(0, this.#length);
  }
}

/** Thrown by {@link ByteReader} when the bytes are not what they should be; callers name what they were reading. */
export class MalformedBytesError extends Error {
  override readonly name = "MalformedBytesError";
}

/**
 * Reads on from where it was made, up to its end, and throws {@link MalformedBytesError}
 * rather than beyond. Makes no view of the bytes: of a small array that costs more than
 * reading it.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Where the next read begins. */
  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  #advance(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#end - at) throw new MalformedBytesError("unexpected end");
    this.#at = at + bytes;
    return at;
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] as number;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new MalformedBytesError("varint too long");
  }

  /** A number of 64 bits without a sign. */
  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (value > MAX_U64) break;
      return value;
    }
    throw new MalformedBytesError("varint too long");
  }

  i64(): bigint {
    this.#toEight();
    return eight.getBigInt64(0);
  }

  f64(): number {
    this.#toEight();
    return eight.getFloat64(0);
  }

  #toEight(): void {
    const at = this.#advance(8);
    for (let i = 0; i < 8; i++) eightBytes[i] = this.#bytes[at + i] as number;
  }

  /** Passes over so many bytes. */
  skip(bytes: number): void {
    this.#advance(bytes);
  }

  /** Reads a length and returns where the run of bytes behind it ends. */
  runEnd(): number {
    const length = this.varint();
    if (length > this.#end - this.#at) throw new MalformedBytesError("unexpected end");
    return this.#at + length;
  }

  bytes(): Uint8Array {
    return this.raw(this.varint());
  }

  raw(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** As {@link bytes}, as an array of its own. */
  copy(): Uint8Array {
    const length = this.varint();
    const at = this.#advance(length);
    return this.#bytes.slice(at, at + length);
  }

  text(): string {
    const length = this.varint();
    const at = this.#advance(length);
    const text = plainText(this.#bytes, at, at + length);
    return text ?? strictText(this.#bytes.subarray(at, at + length));
  }
}

/**
 * The runtime's own decoder of a range of bytes, and its encoder into one: no view to make and no
 * name of an encoding to read, half the time of `TextDecoder` and of `Buffer.write`.
 */
const { utf8Slice, utf8Write } = Buffer.prototype as unknown as {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, text: string, start: number): number;
};

/** What stands for bytes that are not UTF-8; a text may also hold it by right. */
const REPLACEMENT = "\ufffd";

/** The text that these bytes are in UTF-8; undefined when they are none, or hold U+FFFD. */
export function plainText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const text = utf8Slice.call(bytes, start, end);
  return text.includes(REPLACEMENT) ? undefined : text;
}

/** Throws `MalformedBytesError` for bytes that are not UTF-8. */
export function strictText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new MalformedBytesError("text that is not UTF-8", { cause });
  }
}

const eight = new DataView(new ArrayBuffer(8));
const eightBytes = new Uint8Array(eight.buffer);
