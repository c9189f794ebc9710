import { ByteReader, ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import type { Fields, Value } from "../schema/value.ts";

/**
 * The canonical encoding of fields: equal fields give equal bytes, whatever order or
 * surface they came by. The same bytes stand in the log, in the views and under the
 * request hash, so they are frozen (golden vectors in `test/golden/values.json`).
 *
 *     fields = version:u8 (1) count:varint { fieldId:varint value }   ascending fieldId
 *     value  = tag:u8 body
 *       0 null       -                    6 timestamp  i64
 *       1 str        length, UTF-8        7 enum       varint
 *       2 int        i64                  8 list_str   count { length, UTF-8 }
 *       3 float      f64                  9 list_int   count { i64 }
 *       4 false      -                   10 ref        length, UTF-8
 *       5 true       -                   11 json       length, UTF-8
 *                                        12 bytes      length, bytes
 *
 * Big-endian, lengths and counts as LEB128 varints. No fields at all: no bytes.
 */
const VERSION = 1;
const NO_BYTES = new Uint8Array(0);
const shared = new ByteWriter(4096);

export function encodeFields(fields: Fields): Uint8Array {
  if (fields.size === 0) return NO_BYTES;
  shared.reset();
  writeFields(shared, fields);
  return shared.take();
}

/** Throws {@link MalformedBytesError}: what we wrote ourselves must read back, so this is damage. */
export function decodeFields(bytes: Uint8Array): Map<number, Value> {
  return readFields(new ByteReader(bytes), bytes.length);
}

/** As {@link decodeFields}, of the bytes up to `end` out of an encoding that surrounds them. */
export function readFields(reader: ByteReader, end: number): Map<number, Value> {
  const fields = new Map<number, Value>();
  if (reader.at === end) return fields;
  if (reader.u8() !== VERSION)
    throw new MalformedBytesError("fields of an unknown encoding version");
  const count = reader.varint();
  for (let i = 0; i < count; i++) {
    const fieldId = reader.varint();
    fields.set(fieldId, readValue(reader));
  }
  if (reader.at < end) throw new MalformedBytesError("bytes behind the last field");
  if (reader.at > end) throw new MalformedBytesError("fields beyond their end");
  return fields;
}

/** Writes fields into an encoding that surrounds them. An empty map is a count of 0 here. */
export function writeFields(writer: ByteWriter, fields: Fields): void {
  writer.u8(VERSION);
  writer.varint(fields.size);
  for (const [fieldId, value] of ascending(fields)) {
    writer.varint(fieldId);
    writeValue(writer, value);
  }
}

function ascending(fields: Fields): Iterable<readonly [number, Value]> {
  let last = -1;
  for (const fieldId of fields.keys()) {
    if (fieldId < last) return [...fields].sort((a, b) => a[0] - b[0]);
    last = fieldId;
  }
  return fields;
}

export function writeValue(writer: ByteWriter, value: Value): void {
  switch (value.kind) {
    case "null":
      return writer.u8(0);
    case "str":
      writer.u8(1);
      return writer.text(value.value);
    case "int":
      writer.u8(2);
      return writer.i64(value.value);
    case "float":
      writer.u8(3);
      return writer.f64(value.value);
    case "bool":
      return writer.u8(value.value ? 5 : 4);
    case "timestamp":
      writer.u8(6);
      return writer.i64(value.value);
    case "enum":
      writer.u8(7);
      return writer.varint(value.value);
    case "list_str":
      writer.u8(8);
      writer.varint(value.value.length);
      for (const item of value.value) writer.text(item);
      return;
    case "list_int":
      writer.u8(9);
      writer.varint(value.value.length);
      for (const item of value.value) writer.i64(item);
      return;
    case "ref":
      writer.u8(10);
      return writer.text(value.value);
    case "json":
      writer.u8(11);
      return writer.text(value.value);
    case "bytes":
      writer.u8(12);
      return writer.bytes(value.value);
  }
}

export function readValue(reader: ByteReader): Value {
  const tag = reader.u8();
  switch (tag) {
    case 0:
      return { kind: "null" };
    case 1:
      return { kind: "str", value: reader.text() };
    case 2:
      return { kind: "int", value: reader.i64() };
    case 3:
      return { kind: "float", value: reader.f64() };
    case 4:
      return { kind: "bool", value: false };
    case 5:
      return { kind: "bool", value: true };
    case 6:
      return { kind: "timestamp", value: reader.i64() };
    case 7:
      return { kind: "enum", value: reader.varint() };
    case 8:
      return { kind: "list_str", value: readList(reader, () => reader.text()) };
    case 9:
      return { kind: "list_int", value: readList(reader, () => reader.i64()) };
    case 10:
      return { kind: "ref", value: reader.text() };
    case 11:
      return { kind: "json", value: reader.text() };
    case 12:
      return { kind: "bytes", value: reader.copy() };
    default:
      throw new MalformedBytesError(`value of unknown tag ${tag}`);
  }
}

function readList<T>(reader: ByteReader, item: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.varint(); left > 0; left--) items.push(item());
  return items;
}
