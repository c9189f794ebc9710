import { type ByteReader, type ByteWriter, MalformedBytesError } from "./bytes.ts";

/**
 * What it takes to write and read protobuf's wire format by hand: fields that are left out
 * when they hold their default, and fields that are not known. Lengths, texts and varints are
 * those of `ByteWriter` and `ByteReader`. For the one message that every write encodes and
 * every replay decodes, and for the answers that are asked for most, where generated code and the
 * objects it makes cost several times the work itself; everything else is left to that.
 */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** The tag of a number or a bool. Of fields up to 15 it is one byte. */
export function numberTag(field: number): number {
  return field * 8 + VARINT;
}

/** The tag of a text, of bytes, or of a message. Of fields up to 15 it is one byte. */
export function lengthTag(field: number): number {
  return field * 8 + LENGTH;
}

/** The tag of a double. Of fields up to 15 it is one byte. */
export function doubleTag(field: number): number {
  return field * 8 + FIXED64;
}

/** A whole number of at most 53 bits; 0 is left out. */
export function writeNumber(writer: ByteWriter, tag: number, value: number): void {
  if (value === 0) return;
  writer.varint(tag);
  writer.varint(value);
}

/** False is left out. */
export function writeFlag(writer: ByteWriter, tag: number, value: boolean): void {
  if (!value) return;
  writer.varint(tag);
  writer.u8(1);
}

/** The empty text is left out. */
export function writeText(writer: ByteWriter, tag: number, value: string): void {
  if (value === "") return;
  writer.varint(tag);
  writer.text(value);
}

/** Bytes behind their length; none are left out. */
export function writeBytes(writer: ByteWriter, tag: number, value: Uint8Array): void {
  if (value.length === 0) return;
  writer.varint(tag);
  writer.bytes(value);
}

/** A field that repeats: every text stands, empty ones too. */
export function writeTexts(writer: ByteWriter, tag: number, values: readonly string[]): void {
  for (const value of values) {
    writer.varint(tag);
    writer.text(value);
  }
}

/** Begins a message; what this returns goes to `closeRun` behind its fields. */
export function openMessage(writer: ByteWriter, tag: number): number {
  writer.varint(tag);
  return writer.openRun();
}

/** An `int64`, which takes ten bytes when it is below 0. */
export function writeInt64(writer: ByteWriter, value: bigint): void {
  const number = Number(value);
  if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) writer.varint(number);
  else writer.varint64(BigInt.asUintN(64, value));
}

/** A `sint64`: small ones of either sign are short. */
export function writeSint64(writer: ByteWriter, value: bigint): void {
  const number = Number(value);
  const folded = number < 0 ? -number * 2 - 1 : number * 2;
  // Where numbers are exact they take a tenth of the time of bigints.
  if (folded <= Number.MAX_SAFE_INTEGER) writer.varint(folded);
  else writer.varint64(value < 0n ? -value * 2n - 1n : value * 2n);
}

/** Passes over the field of a tag just read. Throws `MalformedBytesError` for what is no field. */
export function skipField(reader: ByteReader, tag: number): void {
  switch (tag & 7) {
    case VARINT:
      return skipVarint(reader);
    case FIXED64:
      return reader.skip(8);
    case LENGTH:
      return reader.skip(reader.varint());
    case FIXED32:
      return reader.skip(4);
    default:
      throw new MalformedBytesError(`a field with tag ${tag}`);
  }
}

/** Up to ten bytes, whatever number they make. */
function skipVarint(reader: ByteReader): void {
  for (let i = 0; i < 10; i++) if (reader.u8() < 0x80) return;
  throw new MalformedBytesError("varint too long");
}

/** Throws unless a message ended exactly where its length said. */
export function requireEnd(reader: ByteReader, end: number): void {
  if (reader.at !== end) throw new MalformedBytesError("a field that passes its message's end");
}
