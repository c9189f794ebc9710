import type { Value as WireValue } from "../../gen/entdb/v1/model_pb.ts";
import { unreachable } from "../base/assert.ts";
import { type EntError, invalid } from "../base/errors.ts";
import { EMPTY_FIELDS, type Fields, NULL_VALUE, type Value } from "../schema/value.ts";

/**
 * Values from the wire. Decoding is about shape alone: what is missing is refused with
 * its place in the request, what is there is passed on as it stands. Limits, ranges and
 * meaning are the engine's business, so that every face is judged by the same rules.
 */

/** A refusal of the request's shape. `path` is the place in the request, in the proto's names. */
export function misshapen(path: string, message: string): EntError {
  const hint = "The reference of RPCs, and reflection, say what each field of a message takes.";
  return invalid("INVALID_REQUEST", `${path}: ${message}.`, hint, { field: path });
}

/** By field id, in ascending id. Throws INVALID_REQUEST for a value without a kind. */
export function decodeFields(fields: Readonly<Record<number, WireValue>>, path: string): Fields {
  // Of objects with numbers for keys, `for in` takes a quarter longer.
  const keys = Object.keys(fields);
  if (keys.length === 0) return EMPTY_FIELDS;
  const decoded = new Map<number, Value>();
  for (const key of keys) {
    const fieldId = Number(key);
    decoded.set(fieldId, required(fields[fieldId], path, key));
  }
  return decoded;
}

/** A list of values. Throws INVALID_REQUEST for a value without a kind. */
export function decodeValues(values: readonly WireValue[], path: string): Value[] {
  return values.map((value, index) => required(value, path, index));
}

/** One value. Throws INVALID_REQUEST when it is missing or has no kind. */
export function decodeValue(value: WireValue | undefined, path: string): Value {
  const decoded = value === undefined ? undefined : kindOf(value);
  if (decoded !== undefined) return decoded;
  throw misshapen(path, "a value needs a kind, such as strValue or intValue (nullValue for none)");
}

/** The place is spelled only when it is needed: this runs for every field of every write. */
function required(value: WireValue | undefined, path: string, key: string | number): Value {
  const decoded = value === undefined ? undefined : kindOf(value);
  return decoded ?? decodeValue(undefined, `${path}[${key}]`);
}

function kindOf(value: WireValue): Value | undefined {
  const { kind } = value;
  switch (kind.case) {
    case undefined:
      return undefined;
    case "nullValue":
      return NULL_VALUE;
    case "strValue":
      return { kind: "str", value: kind.value };
    case "intValue":
      return { kind: "int", value: kind.value };
    case "floatValue":
      return { kind: "float", value: kind.value };
    case "boolValue":
      return { kind: "bool", value: kind.value };
    case "timestampValue":
      return { kind: "timestamp", value: kind.value };
    case "enumValue":
      return { kind: "enum", value: kind.value };
    case "listStrValue":
      return { kind: "list_str", value: kind.value.values };
    case "listIntValue":
      return { kind: "list_int", value: kind.value.values };
    case "refValue":
      return { kind: "ref", value: kind.value };
    case "jsonValue":
      return { kind: "json", value: kind.value };
    case "bytesValue":
      return { kind: "bytes", value: kind.value };
    default:
      return unreachable(kind, "a kind of value that this build does not know");
  }
}
