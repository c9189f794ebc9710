/**
 * Reads a message as the protobuf library's `fromBinary` does, in a third of the time: each
 * type's fields are looked up by their whole tag, texts are cut out without a view, and
 * messages are copies of an empty one.
 *
 * Invariant: what comes out is what the library would have made, or nothing. Only what every
 * well-behaved client sends is read here: known fields, each with its own wire type, a
 * submessage once. Whatever else a message holds (unknown fields, a submessage to be merged,
 * a text that is not UTF-8, an end too soon) is left to the library, which decides what it
 * means or how it is refused.
 */
import {
  create,
  type DescField,
  type DescMessage,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { Edition } from "@bufbuild/protobuf/wkt";
import { NotPlain, PlainBytes } from "./plain-bytes.ts";

/** A reader for messages of this type: the message, or undefined where the library must look. */
export function messageReader<D extends DescMessage>(
  desc: D,
): (bytes: Uint8Array) => MessageShape<D> | undefined {
  // Messages of other editions keep their defaults elsewhere.
  if (desc.file.edition !== Edition.EDITION_PROTO3) return () => undefined;
  let type: MessageType | undefined;
  return (bytes) => {
    // With the first message: of most methods there is none before a start is over.
    type ??= new Types().of(desc);
    try {
      return type.read(new PlainBytes(bytes), bytes.length) as unknown as MessageShape<D>;
    } catch (error) {
      if (error instanceof NotPlain) return undefined;
      throw error;
    }
  };
}

type Fields = Record<string, unknown>;
type ReadField = (message: Fields, from: PlainBytes) => void;
type ReadValue = (from: PlainBytes) => unknown;

interface ValueReader {
  /** How the wire has it. */
  readonly wire: number;
  readonly read: ReadValue;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;

/** A tag beyond it is left to the library: fields are found in a list by their tags. */
const TAG_MAX = 2_048;

/** The types of one message and of what it holds, each once: a type may hold itself. */
class Types {
  readonly #types = new Map<DescMessage, MessageType>();

  of(desc: DescMessage): MessageType {
    const known = this.#types.get(desc);
    if (known !== undefined) return known;
    const type = new MessageType(create(desc) as unknown as Fields);
    this.#types.set(desc, type);
    for (const field of desc.fields) this.#add(type, field);
    return type;
  }

  /** A field that only the library can read is one that the type does not know. */
  #add(type: MessageType, field: DescField): void {
    switch (field.fieldKind) {
      case "list":
        return this.#addList(type, field);
      case "map":
        return this.#addMap(type, field);
      case "message": {
        const value = this.#valueOf(field);
        return value && type.add(field, value.wire, submessage(field, value.read));
      }
      default: {
        const value = this.#valueOf(field);
        return value && type.add(field, value.wire, setter(field, value.read));
      }
    }
  }

  #addList(type: MessageType, field: DescField): void {
    const name = field.localName;
    const value = this.#valueOf(field);
    if (value === undefined) return;
    const { wire, read } = value;
    type.add(field, wire, (message, from) => {
      (message[name] as unknown[]).push(read(from));
    });
    if (wire === LENGTH) return;
    type.add(field, LENGTH, (message, from) => {
      const items = message[name] as unknown[];
      const end = from.runEnd();
      while (from.at < end) items.push(read(from));
      from.expectAt(end);
    });
  }

  #addMap(type: MessageType, field: DescField & { fieldKind: "map" }): void {
    const name = field.localName;
    const key = scalarValue(field.mapKey);
    const value = this.#valueOf(field);
    if (key === undefined || value === undefined) return;
    const keyTag = 8 + key.wire;
    const valueTag = 16 + value.wire;
    type.add(field, LENGTH, (message, from) => {
      const end = from.runEnd();
      // An entry as every writer makes it: its key, then its value.
      from.expectByte(keyTag);
      const entry = key.read(from) as string;
      from.expectByte(valueTag);
      const held = value.read(from);
      from.expectAt(end);
      if (entry === "__proto__") throw NotPlain.is;
      (message[name] as Fields)[entry] = held;
    });
  }

  /** What a field holds, each of a list or a map. */
  #valueOf(field: DescField): ValueReader | undefined {
    if (field.enum !== undefined) return field.enum.open ? INT32 : undefined;
    if (field.message === undefined) {
      const isText = "longAsString" in field && field.longAsString;
      return field.scalar === undefined || isText ? undefined : scalarValue(field.scalar);
    }
    const isGroup = "delimitedEncoding" in field && field.delimitedEncoding;
    // Some well-known types have forms of their own where they are fields.
    if (isGroup || field.message.typeName.startsWith("google.protobuf.")) return undefined;
    const type = this.of(field.message);
    return { wire: LENGTH, read: (from) => type.read(from, from.runEnd()) };
  }
}

/** One type of message: how an empty one looks, and what its tags mean. */
class MessageType {
  readonly #empty: Fields;
  /** Members of which every message has an own one: lists, and maps and groups of fields. */
  readonly #lists: readonly string[];
  readonly #records: readonly string[];
  readonly #byTag: (ReadField | undefined)[] = [];

  constructor(empty: Fields) {
    this.#empty = empty;
    const isRecord = (value: unknown) =>
      typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
    const names = Object.keys(empty);
    this.#lists = names.filter((name) => Array.isArray(empty[name]));
    this.#records = names.filter((name) => isRecord(empty[name]));
  }

  add(field: DescField, wire: number, read: ReadField): void {
    const tag = field.number * 8 + wire;
    if (tag <= TAG_MAX) this.#byTag[tag] = read;
  }

  /** Throws {@link NotPlain}. */
  read(from: PlainBytes, end: number): Fields {
    const message = { ...this.#empty };
    for (const name of this.#lists) message[name] = [];
    for (const name of this.#records) message[name] = { ...(this.#empty[name] as Fields) };
    from.enter();
    while (from.at < end) {
      const read = this.#byTag[from.uint32()];
      if (read === undefined) throw NotPlain.is;
      read(message, from);
    }
    from.leave(end);
    return message;
  }
}

function setter(field: DescField, read: ReadValue): ReadField {
  const { localName: name, oneof } = field;
  if (oneof === undefined) {
    return (message, from) => {
      message[name] = read(from);
    };
  }
  const group = oneof.localName;
  return (message, from) => {
    message[group] = { case: name, value: read(from) };
  };
}

/** One that is there already would have to be merged. */
function submessage(field: DescField, read: ReadValue): ReadField {
  const { localName: name, oneof } = field;
  if (oneof === undefined) {
    return (message, from) => {
      if (message[name] !== undefined) throw NotPlain.is;
      message[name] = read(from);
    };
  }
  const group = oneof.localName;
  return (message, from) => {
    if ((message[group] as { case: unknown }).case !== undefined) throw NotPlain.is;
    message[group] = { case: name, value: read(from) };
  };
}

const INT32: ValueReader = { wire: VARINT, read: (from) => from.uint32() | 0 };

/** Undefined for what no message of ours has. */
function scalarValue(type: ScalarType): ValueReader | undefined {
  switch (type) {
    case ScalarType.STRING:
      return { wire: LENGTH, read: (from) => from.text() };
    case ScalarType.BYTES:
      return { wire: LENGTH, read: (from) => from.bytes() };
    case ScalarType.BOOL:
      return { wire: VARINT, read: (from) => from.flag() };
    case ScalarType.INT32:
      return INT32;
    case ScalarType.UINT32:
      return { wire: VARINT, read: (from) => from.uint32() };
    case ScalarType.INT64:
      return { wire: VARINT, read: (from) => from.int64() };
    case ScalarType.UINT64:
      return { wire: VARINT, read: (from) => from.uint64() };
    case ScalarType.SINT64:
      return { wire: VARINT, read: (from) => from.sint64() };
    case ScalarType.DOUBLE:
      return { wire: FIXED64, read: (from) => from.double() };
    default:
      return undefined;
  }
}
