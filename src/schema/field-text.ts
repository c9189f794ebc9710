import { stringifyJson } from "../base/json-write.ts";
import type { Field } from "./types.ts";
import { valueToJson } from "./value-json.ts";

/** A field's default as JSON, in full; "none" when it has none. */
export function defaultText(field: Field): string {
  return field.defaultValue === undefined
    ? "none"
    : stringifyJson(valueToJson(field, field.defaultValue));
}

const MAX_SHOWN_CHARS = 60;

/** The same, cut when it is long. */
export function defaultShown(field: Field): string {
  const text = defaultText(field);
  return text.length <= MAX_SHOWN_CHARS
    ? text
    : `${text.slice(0, MAX_SHOWN_CHARS).toWellFormed()}…`;
}
