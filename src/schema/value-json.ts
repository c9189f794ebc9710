import { type EntError, invalid } from "../base/errors.ts";
import {
  isJsonList,
  isJsonObject,
  JsonDecimal,
  type JsonObject,
  type JsonValue,
  RawJson,
  sourceOf,
} from "../base/json.ts";
import { stringifyJson } from "../base/json-write.ts";
import { didYouMean, suggest } from "../base/suggest.ts";
import { RESERVED_FIELD_NAMES } from "./parse-field.ts";
import type { FieldTable } from "./registry.ts";
import type { Field } from "./types.ts";
import { type Fields, NULL_VALUE, type Value } from "./value.ts";

/**
 * Values as JSON, by the definition of their field, for REST, the CLI and schema files:
 *
 *     str        string            enum       the value's name; its ordinal is taken too
 *     int        number, or its decimal digits as a string; beyond ±(2^53−1) always a string
 *     float      number            list_str   list of strings
 *     bool       true, false       list_int   list of ints
 *     timestamp  Unix ms, as int   ref        the node's id
 *     bytes      base64 (RFC 4648, padded)
 *     json       any JSON value; its text is stored as it was sent
 *
 * Integers are read exactly or refused, never rounded. Dates as text are refused: their
 * time zone would be a guess. null is absence. The values' own limits are checked by
 * `check-value.ts`, which sees what came by every surface.
 */
export type ValueShape = Pick<Field, "kind" | "enumValues">;

/** What an item of a list looks like. */
const STR_SHAPE: ValueShape = { kind: "str", enumValues: [] };
const INT_SHAPE: ValueShape = { kind: "int", enumValues: [] };

/**
 * Throws `EntError` FIELD_KIND_MISMATCH, INVALID_VALUE or ENUM_VALUE_UNKNOWN, naming the
 * path. `source` is the text the value was written as, where it is known.
 */
export function valueFromJson(
  shape: ValueShape,
  json: JsonValue,
  path: string,
  source?: string,
): Value {
  if (json === null) return NULL_VALUE;
  switch (shape.kind) {
    case "str":
      return { kind: "str", value: stringOf(shape, json, path) };
    case "ref":
      return { kind: "ref", value: stringOf(shape, json, path) };
    case "int":
      return { kind: "int", value: integerOf(shape, json, path) };
    case "timestamp":
      return { kind: "timestamp", value: integerOf(shape, json, path) };
    case "float":
      return { kind: "float", value: floatOf(shape, json, path) };
    case "bool":
      if (typeof json !== "boolean") throw mismatch(shape, json, path);
      return { kind: "bool", value: json };
    case "enum":
      return { kind: "enum", value: ordinalOf(shape, json, path) };
    case "bytes":
      return { kind: "bytes", value: decodeBase64(stringOf(shape, json, path), path) };
    case "json":
      return { kind: "json", value: source ?? stringifyJson(json) };
    case "list_str":
      return {
        kind: "list_str",
        value: listOf(shape, json, path).map((item, i) =>
          stringOf(STR_SHAPE, item, `${path}[${i}]`),
        ),
      };
    case "list_int":
      return {
        kind: "list_int",
        value: listOf(shape, json, path).map((item, i) =>
          integerOf(INT_SHAPE, item, `${path}[${i}]`),
        ),
      };
  }
}

/** An ordinal that the shape has no name for comes out as the number; nothing is ever left out. */
export function valueToJson(shape: Pick<Field, "enumValues">, value: Value): JsonValue {
  switch (value.kind) {
    case "null":
      return null;
    case "int":
    case "timestamp":
      return integerToJson(value.value);
    case "enum":
      return shape.enumValues[value.value - 1] ?? value.value;
    case "list_int":
      return value.value.map(integerToJson);
    case "bytes":
      return Buffer.from(value.value).toString("base64");
    case "json":
      return new RawJson(value.value);
    default:
      return value.value;
  }
}

/**
 * A payload by field names. Throws FIELD_UNKNOWN with the nearest names and
 * SERVER_OWNED_FIELD for what the server writes itself, besides what
 * {@link valueFromJson} throws. Sources kept by `parseJson` are used for json fields.
 */
export function fieldsFromJson(table: FieldTable, payload: JsonValue, path: string): Fields {
  if (!isJsonObject(payload)) {
    throw invalid(
      "INVALID_REQUEST",
      `${path} must be an object of fields by name.`,
      'Send {"name": value, …}.',
      {
        field: path,
      },
    );
  }
  const fields = new Map<number, Value>();
  for (const name of Object.keys(payload)) {
    if (RESERVED_FIELD_NAMES.has(name)) throw serverOwned(name, path);
    const field = table.getByName(name);
    if (fields.has(field.fieldId)) throw namedTwice(field, name, path);
    const source = field.kind === "json" ? sourceOf(payload, name) : undefined;
    fields.set(
      field.fieldId,
      valueFromJson(field, payload[name] as JsonValue, `${path}.${name}`, source),
    );
  }
  return fields;
}

/** By its name and by a former one: nobody can tell which value is meant. */
function namedTwice(field: Field, name: string, path: string): EntError {
  const former = name === field.name ? "a former name of it" : name;
  return invalid(
    "INVALID_REQUEST",
    `${path} gives the field ${field.name} twice: as ${field.name} and as ${former}.`,
    `Send ${field.name} alone.`,
    { field: `${path}.${name}` },
  );
}

/** Fields by name, in ascending id. One that the schema does not know stands under its number. */
export function fieldsToJson(table: FieldTable, fields: Fields): JsonObject {
  const payload: Record<string, JsonValue> = {};
  for (const [fieldId, value] of fields) {
    const field = table.find(fieldId);
    if (field === undefined) payload[String(fieldId)] = valueToJson({ enumValues: [] }, value);
    else payload[field.name] = valueToJson(field, value);
  }
  return payload;
}

/** A string beyond ±(2^53−1). */
export function integerToJson(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function stringOf(shape: ValueShape, json: JsonValue, path: string): string {
  if (typeof json === "string") return json;
  throw mismatch(shape, json, path);
}

function listOf(shape: ValueShape, json: JsonValue, path: string): readonly JsonValue[] {
  if (isJsonList(json)) return json;
  throw mismatch(shape, json, path);
}

function integerOf(shape: ValueShape, json: JsonValue, path: string): bigint {
  if (typeof json === "bigint") return json;
  if (typeof json === "string" && /^-?(?:0|[1-9][0-9]{0,18})$/.test(json)) return BigInt(json);
  if (typeof json === "number" && Number.isSafeInteger(json)) return BigInt(json);
  if (typeof json !== "number" && !(json instanceof JsonDecimal)) throw mismatch(shape, json, path);
  const shown = json instanceof JsonDecimal ? json.source.slice(0, 64) : String(json);
  throw invalid(
    "INVALID_VALUE",
    `${path}: ${shown} is not an exact integer of 64 bits.`,
    "Send whole numbers; beyond ±(2^53−1) as a string of digits.",
    { field: path },
  );
}

function floatOf(shape: ValueShape, json: JsonValue, path: string): number {
  if (typeof json === "number") return json;
  if (typeof json === "bigint") return Number(json);
  if (!(json instanceof JsonDecimal)) throw mismatch(shape, json, path);
  if (Number.isFinite(json.nearest)) return json.nearest;
  throw invalid(
    "INVALID_VALUE",
    `${path}: ${json.source.slice(0, 64)} is beyond the range of a float.`,
    "Send a smaller number.",
    {
      field: path,
    },
  );
}

function ordinalOf(shape: ValueShape, json: JsonValue, path: string): number {
  if (typeof json === "number" && Number.isInteger(json)) {
    if (json >= 1 && json <= shape.enumValues.length) return json;
    throw enumUnknown(String(json), shape, path);
  }
  if (typeof json !== "string") throw mismatch(shape, json, path);
  const at = shape.enumValues.indexOf(json);
  if (at >= 0) return at + 1;
  throw enumUnknown(
    JSON.stringify(json.slice(0, 64)),
    shape,
    path,
    suggest(json, shape.enumValues),
  );
}

/** Throws INVALID_VALUE, naming the path. Buffer ignores what is not base64: only what it writes back the same has been read whole. */
export function decodeBase64(text: string, path: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") === text) return new Uint8Array(bytes);
  throw invalid(
    "INVALID_VALUE",
    `${path}: not base64.`,
    "Use the standard alphabet (+ and /), padded with =.",
    {
      field: path,
    },
  );
}

function serverOwned(name: string, path: string): EntError {
  return invalid(
    "SERVER_OWNED_FIELD",
    `${path}.${name}: ${name} is written by the server.`,
    "Leave it out of the payload.",
    { field: `${path}.${name}` },
  );
}

function enumUnknown(
  shown: string,
  shape: ValueShape,
  path: string,
  suggestions: readonly string[] = [],
): EntError {
  const values = shape.enumValues.slice(0, 20).join(", ");
  const near = suggestions.length === 0 ? {} : { suggestions: suggestions.join(",") };
  return invalid(
    "ENUM_VALUE_UNKNOWN",
    `${path}: ${shown} is none of the enum's ${shape.enumValues.length} values.`,
    didYouMean(suggestions, `Use one of ${values}${shape.enumValues.length > 20 ? ", …" : ""}.`),
    { field: path, ...near },
  );
}

function mismatch(shape: ValueShape, json: JsonValue, path: string): EntError {
  return invalid(
    "FIELD_KIND_MISMATCH",
    `${path}: takes ${shape.kind}, not ${jsonKind(json)}.`,
    HINTS[shape.kind],
    { field: path, kind: shape.kind },
  );
}

function jsonKind(json: JsonValue): string {
  if (isJsonList(json)) return "a list";
  if (json instanceof JsonDecimal) return "a number";
  if (typeof json === "object") return "an object";
  return typeof json === "bigint" ? "a number" : `a ${typeof json}`;
}

const HINTS: Readonly<Record<Field["kind"], string>> = {
  str: "Send a string.",
  int: "Send a whole number, or its digits as a string.",
  float: "Send a number.",
  bool: "Send true or false.",
  timestamp: "Send Unix milliseconds as a number.",
  enum: "Send the name of one of the enum's values.",
  list_str: "Send a list of strings.",
  list_int: "Send a list of whole numbers.",
  ref: "Send a node's id as a string.",
  json: "Send any JSON value.",
  bytes: "Send base64 in a string.",
};
