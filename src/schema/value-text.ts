import type { JsonValue } from "../base/json.ts";
import { parseJson } from "../base/json.ts";
import type { Value } from "./value.ts";
import { type ValueShape, valueFromJson } from "./value-json.ts";

/**
 * A value from plain text, as it stands in a URL's query or on a command line, where
 * everything is text and the field's kind says what is meant: `36` for an int, `true`
 * for a bool, `active` for an enum, JSON for lists and json.
 *
 * Throws as `valueFromJson`; INVALID_REQUEST when a list or json is not JSON.
 */
export function valueFromText(shape: ValueShape, text: string, path: string): Value {
  const source = shape.kind === "json" ? text : undefined;
  return valueFromJson(shape, jsonOf(shape, text), path, source);
}

function jsonOf(shape: ValueShape, text: string): JsonValue {
  switch (shape.kind) {
    case "bool":
      return text === "true" ? true : text === "false" ? false : text;
    case "float":
      return /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text) ? Number(text) : text;
    case "enum": {
      const isOrdinal = !shape.enumValues.includes(text) && /^[1-9][0-9]{0,3}$/.test(text);
      return isOrdinal ? Number(text) : text;
    }
    case "list_str":
    case "list_int":
    case "json":
      return parseJson(text);
    default:
      return text;
  }
}
