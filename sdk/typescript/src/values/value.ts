/**
 * Values on their way to the wire and back, by the kind of their field. What cannot be kept
 * as it is given is refused here, before anything is sent, with the place and what to do;
 * nothing is rounded, cut or converted.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { InternalError, LimitExceededError, ValidationError } from "../errors/refusals.ts";
import type { ValueSchema, Value as WireValue } from "../gen/entdb/v1/model_pb.ts";
import type { Field } from "../schema/field.ts";
import { isNodeId, isNodeReference } from "./ids.ts";
import { didYouMean, suggest } from "./suggest.ts";

/** A value as messages are made from it. */
export type ValueInit = MessageInitShape<typeof ValueSchema>;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_TIMESTAMP_MS = 8_640_000_000_000_000;
const MAX_LIST_ITEMS = 10_000;
const MAX_JSON_BYTES = 64 * 1024;

/** Absence: clears a field in a patch, and is a field that must be absent in a condition. */
export const NULL_VALUE: ValueInit = { kind: { case: "nullValue", value: 0 } };

/** The value for the wire. `place` is for people: "Task.title". Throws {@link ValidationError}. */
export function encodeValue(field: Field, value: unknown, place: string): ValueInit {
  switch (field.kind) {
    case "str":
      return { kind: { case: "strValue", value: textOf(value, place) } };
    case "int":
      return { kind: { case: "intValue", value: int64Of(value, place) } };
    case "float":
      return { kind: { case: "floatValue", value: floatOf(value, place) } };
    case "bool":
      if (typeof value !== "boolean") throw mismatch(place, "true or false", value);
      return { kind: { case: "boolValue", value } };
    case "timestamp":
      return { kind: { case: "timestampValue", value: timestampOf(value, place) } };
    case "enum":
      return { kind: { case: "enumValue", value: ordinalOf(field, value, place) } };
    case "list_str":
      return { kind: { case: "listStrValue", value: { values: listOf(value, place, textOf) } } };
    case "list_int":
      return { kind: { case: "listIntValue", value: { values: listOf(value, place, int64Of) } } };
    case "ref":
      return { kind: { case: "refValue", value: refOf(value, place) } };
    case "json":
      return { kind: { case: "jsonValue", value: jsonOf(field, value, place) } };
    case "bytes":
      if (!(value instanceof Uint8Array)) throw mismatch(place, "a Uint8Array", value);
      return { kind: { case: "bytesValue", value: value as Uint8Array<ArrayBuffer> } };
  }
}

/** What a program reads of a field. Undefined for absence. Throws {@link InternalError} for another kind. */
export function decodeValue(field: Field, value: WireValue, place: string): unknown {
  const { kind } = value;
  switch (kind.case) {
    case undefined:
    case "nullValue":
      return undefined;
    case "strValue":
    case "floatValue":
    case "boolValue":
    case "refValue":
    case "bytesValue":
      return kind.value;
    case "intValue":
      return integerOf(field, kind.value, place);
    case "timestampValue":
      return new Date(Number(kind.value));
    case "enumValue":
      return field.enumValues[kind.value - 1] ?? `#${kind.value}`;
    case "listStrValue":
      return kind.value.values;
    case "listIntValue":
      if (field.as !== "number") return kind.value.values;
      return kind.value.values.map((item) => integerOf(field, item, place));
    case "jsonValue":
      return field.as === "text" ? kind.value : JSON.parse(kind.value);
  }
}

/** A whole number that a message carries in 64 bits and that programs get as a number. */
export function safeNumber(value: bigint, what: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new InternalError({
    code: "internal",
    reason: "INTERNAL",
    message: `The ${what} ${value} is beyond what a number holds exactly.`,
  });
}

function integerOf(field: Field, value: bigint, place: string): bigint | number {
  if (field.as !== "number") return value;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new ValidationError({
    code: "out_of_range",
    reason: "INVALID_VALUE",
    message: `${place} holds ${value}, which a number cannot hold exactly.`,
    hint: 'Leave as: "number" out of the field, and read it as bigint.',
  });
}

/** Text that SQLite, protobuf and JSON all carry unchanged. */
function textOf(value: unknown, place: string): string {
  if (typeof value !== "string") throw mismatch(place, "a string", value);
  if (!value.isWellFormed()) {
    throw invalid(place, "the text holds half a surrogate pair", "Send well-formed Unicode.");
  }
  if (value.includes("\0")) {
    throw invalid(place, "the text holds a NUL character", "Use kind bytes for binary data.");
  }
  return value;
}

function int64Of(value: unknown, place: string): bigint {
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return BigInt(value);
    const hint = Number.isInteger(value)
      ? "Beyond ±(2^53−1) numbers are not exact: give a bigint."
      : "Give a whole number.";
    throw invalid(place, `${value} is not an integer that a number holds exactly`, hint);
  }
  if (typeof value !== "bigint") throw mismatch(place, "a bigint or a whole number", value);
  if (value >= MIN_INT64 && value <= MAX_INT64) return value;
  throw invalid(
    place,
    `${value} does not fit in 64 bits`,
    `Give an integer from ${MIN_INT64} to ${MAX_INT64}.`,
  );
}

function floatOf(value: unknown, place: string): number {
  if (typeof value !== "number") throw mismatch(place, "a number", value);
  if (Number.isFinite(value)) return value;
  throw invalid(place, `${value} is not finite`, "Leave the field out instead.");
}

function timestampOf(value: unknown, place: string): bigint {
  const ms = value instanceof Date ? value.getTime() : value;
  if (typeof ms !== "number") throw mismatch(place, "a Date or Unix milliseconds", value);
  if (Number.isInteger(ms) && Math.abs(ms) <= MAX_TIMESTAMP_MS) return BigInt(ms);
  throw invalid(
    place,
    `${ms} is no moment in whole milliseconds`,
    `Give a valid Date, or Unix milliseconds within ±${MAX_TIMESTAMP_MS}.`,
  );
}

function ordinalOf(field: Field, value: unknown, place: string): number {
  if (typeof value !== "string") throw mismatch(place, "one of the enum's values", value);
  const index = field.enumValues.indexOf(value);
  if (index >= 0) return index + 1;
  const unknown = /^#([1-9][0-9]{0,3})$/.exec(value)?.[1];
  if (unknown !== undefined) return Number(unknown);
  const near = suggest(value, field.enumValues);
  throw new ValidationError({
    reason: "ENUM_VALUE_UNKNOWN",
    message: `${place}: ${JSON.stringify(value)} is none of the enum's values.`,
    hint: didYouMean(near, `Use one of ${field.enumValues.slice(0, 10).join(", ")}.`),
    details: { field: place },
  });
}

function listOf<T>(
  value: unknown,
  place: string,
  itemOf: (item: unknown, place: string) => T,
): T[] {
  if (!Array.isArray(value)) throw mismatch(place, "an array", value);
  if (value.length > MAX_LIST_ITEMS) {
    throw tooLarge(place, `${value.length} items`, `${MAX_LIST_ITEMS}`);
  }
  return value.map((item, index) => itemOf(item, `${place}[${index}]`));
}

function refOf(value: unknown, place: string): string {
  if (isNodeReference(value)) return value["~reference"]();
  if (typeof value !== "string") throw mismatch(place, "a node's id", value);
  if (isNodeId(value)) return value;
  throw invalid(
    place,
    `${JSON.stringify(value.slice(0, 64))} is not a node's id`,
    'An id is "nd_" and 26 lower-case base32 characters.',
  );
}

function jsonOf(field: Field, value: unknown, place: string): string {
  const text = field.as === "text" ? textOf(value, place) : stringified(value, place);
  if (text.length * 3 > MAX_JSON_BYTES) {
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > MAX_JSON_BYTES) throw tooLarge(place, `${bytes} bytes`, `${MAX_JSON_BYTES} bytes`);
  }
  if (field.as === "text") {
    try {
      JSON.parse(text);
    } catch (cause) {
      throw invalid(place, "the text is not JSON", "Give JSON text, or leave `as` out.", cause);
    }
  }
  return text;
}

function stringified(value: unknown, place: string): string {
  let text: string | undefined;
  let why = "it has no form in JSON";
  try {
    text = JSON.stringify(value);
  } catch (error) {
    // Some runtimes draw the circle below the sentence.
    [why = why] = (error instanceof Error ? error.message : String(error)).split("\n");
  }
  if (text !== undefined) return textOf(text, place);
  throw invalid(place, `the value cannot be JSON (${why})`, "Give what JSON can say.");
}

function mismatch(place: string, wanted: string, value: unknown): ValidationError {
  return new ValidationError({
    reason: "FIELD_KIND_MISMATCH",
    message: `${place} takes ${wanted}, not ${nameOf(value)}.`,
    hint: "Give a value of the field's kind; nothing is converted.",
    details: { field: place },
  });
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return `an object (${value.constructor?.name ?? "no class"})`;
  return `a ${typeof value}`;
}

function invalid(place: string, problem: string, hint: string, cause?: unknown): ValidationError {
  return new ValidationError({
    reason: "INVALID_VALUE",
    message: `${place}: ${problem}.`,
    hint,
    details: { field: place },
    cause,
  });
}

function tooLarge(place: string, size: string, limit: string): LimitExceededError {
  return new LimitExceededError({
    reason: "LIMIT_EXCEEDED",
    message: `${place} has ${size}; the limit is ${limit}.`,
    hint: "Split the value, or keep it in nodes and edges of its own.",
    details: { field: place, limit },
  });
}
