import { JsonDecimal, type JsonValue, RawJson } from "./json.ts";

/** What {@link stringifyJson} takes: JSON values, and members that are undefined, which it leaves out. */
export type JsonWritable =
  | JsonValue
  | readonly JsonWritable[]
  | { readonly [key: string]: JsonWritable | undefined };

export interface StringifyJsonOptions {
  /** Spaces of each level; 0 (the default) writes one line. */
  readonly indent?: number;
  /** Writes the members of every object in ascending order of their names (by UTF-16 units). Defaults to false. */
  readonly sortKeys?: boolean;
}

/**
 * JSON text of a value: bigints as their digits, {@link RawJson} and {@link JsonDecimal}
 * as their source. Numbers must be finite; lone surrogates come out escaped.
 */
export function stringifyJson(value: JsonWritable, options: StringifyJsonOptions = {}): string {
  const { indent = 0, sortKeys = false } = options;
  return write(value, { indent: " ".repeat(indent), sortKeys }, indent === 0 ? "" : "\n");
}

interface Style {
  readonly indent: string;
  readonly sortKeys: boolean;
}

function write(value: JsonWritable, style: Style, newline: string): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (value instanceof RawJson) return value.text;
  if (value instanceof JsonDecimal) return value.source;
  return isList(value) ? writeArray(value, style, newline) : writeObject(value, style, newline);
}

function isList(value: JsonWritable): value is readonly JsonWritable[] {
  return Array.isArray(value);
}

function writeArray(items: readonly JsonWritable[], style: Style, newline: string): string {
  if (items.length === 0) return "[]";
  const inner = newline + style.indent;
  let text = "[";
  for (const [i, item] of items.entries()) {
    text += (i === 0 ? inner : `,${inner}`) + write(item, style, inner);
  }
  return `${text}${newline}]`;
}

function writeObject(
  object: { readonly [key: string]: JsonWritable | undefined },
  style: Style,
  newline: string,
): string {
  const keys = Object.keys(object);
  if (style.sortKeys) keys.sort();
  const inner = newline + style.indent;
  const colon = newline === "" ? ":" : ": ";
  let text = "";
  for (const key of keys) {
    const member = object[key];
    if (member === undefined) continue;
    text += `${text === "" ? inner : `,${inner}`}${JSON.stringify(key)}${colon}${write(member, style, inner)}`;
  }
  return text === "" ? "{}" : `{${text}${newline}}`;
}
