import { invalid, messageOf } from "../base/errors.ts";
import { isNodeId } from "../base/ids.ts";
import { type LimitName, limitDetails, limits } from "../base/limits.ts";
import type { Fields, Value } from "./value.ts";

/**
 * The shape of values by themselves, checked before anything is appended: what passes
 * here can be written to the log and read back as the same value on every surface.
 * Whether a field takes the value is decided at apply (`validate-fields.ts`).
 */
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
/** What a JavaScript Date can hold: ±100 million days. Well inside ±(2^53−1), so never rounded. */
const MAX_TIMESTAMP_MS = 8_640_000_000_000_000n;
/** Shorter JSON text cannot be nested too deeply: every level takes two brackets. */
const SHALLOW_CHARS = limits.jsonValueDepth * 2;
/** JSON text of at most so many UTF-16 units cannot be longer in UTF-8 than allowed. */
const SMALL_CHARS = Math.floor(limits.jsonValueBytes / 3);

/**
 * The value, or a normal form of it (-0 becomes 0). Throws `EntError` INVALID_VALUE, for
 * sizes LIMIT_EXCEEDED, naming the path. null passes: whether it means something is for
 * the operation to say.
 */
export function checkValue(value: Value, path: string): Value {
  switch (value.kind) {
    case "null":
    case "bool":
    case "bytes":
      return value;
    case "str":
      checkText(value.value, path);
      return value;
    case "int":
      checkInt64(value.value, path);
      return value;
    case "float":
      if (Number.isFinite(value.value))
        return Object.is(value.value, -0) ? { kind: "float", value: 0 } : value;
      throw refused(
        path,
        "a float must be finite",
        "Leave the field out instead of NaN or Infinity.",
      );
    case "timestamp":
      if (value.value >= -MAX_TIMESTAMP_MS && value.value <= MAX_TIMESTAMP_MS) return value;
      throw refused(
        path,
        `the timestamp ${value.value} is out of range`,
        `Send Unix milliseconds within ±${MAX_TIMESTAMP_MS}.`,
      );
    case "enum":
      checkOrdinal(value.value, path);
      return value;
    case "list_str":
      checkListLength(value.value.length, path);
      for (const [i, item] of value.value.entries()) checkText(item, `${path}[${i}]`);
      return value;
    case "list_int":
      checkListLength(value.value.length, path);
      for (const [i, item] of value.value.entries()) checkInt64(item, `${path}[${i}]`);
      return value;
    case "ref":
      if (isNodeId(value.value)) return value;
      throw refused(
        path,
        `${JSON.stringify(value.value.slice(0, 64))} is not a node's id`,
        'A ref is "nd_" and 26 lower-case base32 characters.',
      );
    case "json":
      checkJsonText(value.value, path);
      return value;
  }
}

/** Every value of the map; the same map when all are in their normal form. Paths are `path[fieldId]`. */
export function checkFields(fields: Fields, path: string): Fields {
  let normal: Map<number, Value> | undefined;
  for (const [fieldId, value] of fields) {
    const checked = checkValue(value, `${path}[${fieldId}]`);
    if (checked === value) continue;
    normal ??= new Map(fields);
    normal.set(fieldId, checked);
  }
  return normal ?? fields;
}

/** Text that SQLite, protobuf and JSON all carry unchanged. Throws INVALID_VALUE. */
export function checkText(text: string, path: string): void {
  if (!text.isWellFormed()) {
    throw refused(path, "the text holds half a surrogate pair", "Send well-formed Unicode.");
  }
  if (text.includes("\0")) {
    throw refused(path, "the text holds a NUL character", "Use kind bytes for binary data.");
  }
}

function checkInt64(value: bigint, path: string): void {
  if (value >= MIN_INT64 && value <= MAX_INT64) return;
  throw refused(
    path,
    `${clipped(String(value))} does not fit in 64 bits`,
    `Send an integer from ${MIN_INT64} to ${MAX_INT64}.`,
  );
}

function checkOrdinal(ordinal: number, path: string): void {
  if (Number.isInteger(ordinal) && ordinal >= 1 && ordinal <= limits.enumValuesPerField) return;
  throw refused(
    path,
    `${ordinal} is not the ordinal of an enum value`,
    `Ordinals count from 1, at most ${limits.enumValuesPerField}.`,
  );
}

function checkListLength(items: number, path: string): void {
  if (items <= limits.listItemsPerValue) return;
  throw tooMuch(
    path,
    `a list of ${items} items`,
    "listItemsPerValue",
    "Split the list, or use nodes and edges.",
  );
}

function checkJsonText(text: string, path: string): void {
  if (text.length > SMALL_CHARS) {
    const bytes = Buffer.byteLength(text, "utf8");
    if (bytes > limits.jsonValueBytes) {
      throw tooMuch(path, `JSON text of ${bytes} bytes`, "jsonValueBytes", "Send a smaller value.");
    }
  }
  checkText(text, path);
  if (text.length > SHALLOW_CHARS && depthOf(text) > limits.jsonValueDepth) {
    throw tooMuch(path, "JSON text nested too deeply", "jsonValueDepth", "Send a flatter value.");
  }
  try {
    JSON.parse(text);
  } catch (cause) {
    const why = messageOf(cause);
    throw refused(path, `not valid JSON: ${clipped(why)}`, "A field of kind json takes JSON text.");
  }
}

/** The deepest nesting of brackets outside strings; for text that is not JSON any number. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}

function clipped(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

function refused(path: string, problem: string, hint: string) {
  return invalid("INVALID_VALUE", `${path}: ${problem}.`, hint, { field: path });
}

function tooMuch(path: string, what: string, limit: LimitName, hint: string) {
  return invalid("LIMIT_EXCEEDED", `${path}: ${what}; the limit is ${limits[limit]}.`, hint, {
    field: path,
    ...limitDetails(limit),
  });
}
