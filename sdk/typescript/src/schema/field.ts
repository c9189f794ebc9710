/**
 * Fields of node and edge types, as values. Each carries, for the compiler alone, what is
 * read from it and what may be written to it; from that everything else is inferred.
 *
 * The number of a field is its identity for ever. Its name is the key under which it stands
 * in `defineNode` or `defineEdge`, and may change.
 */

import type { NodeId, NodeReference } from "../values/ids.ts";
import type { JsonValue } from "../values/json.ts";

/** The kinds of value that a field can hold. */
export type FieldKind =
  | "str"
  | "int"
  | "float"
  | "bool"
  | "timestamp"
  | "enum"
  | "list_str"
  | "list_int"
  | "ref"
  | "json"
  | "bytes";

/** What the compiler knows of a field. Never there at run time. */
export interface FieldShape {
  readonly kind: FieldKind;
  /** What a read gives. */
  readonly read: unknown;
  /** What a write, a filter or a key takes. */
  readonly write: unknown;
  readonly required: boolean;
  /** Left out on create, the server writes its default. */
  readonly defaulted: boolean;
  readonly unique: boolean;
}

/** What every field can be told. */
export interface FieldOptions<Write> {
  /** A node cannot be without it. 0, "" and false are values. Defaults to false. */
  readonly required?: boolean;
  /** Written by the server where a create leaves the field out. */
  readonly default?: Write;
  /** Marks that it should not be used any more; changes nothing else. */
  readonly deprecated?: boolean;
  readonly description?: string;
}

/** What fields with an order can be told besides. */
export interface KeyedFieldOptions<Write> extends FieldOptions<Write> {
  /** No two live nodes of the type hold the same value. Defaults to false. */
  readonly unique?: boolean;
  /** Queries may use the field without a scan. Defaults to false. */
  readonly indexed?: boolean;
}

/** What fields of text can be told besides. */
export interface TextFieldOptions<Write> extends KeyedFieldOptions<Write> {
  /** Full-text search finds its words. Defaults to false. */
  readonly searchable?: boolean;
}

/** One field. Made by the functions of {@link field}. */
export interface Field<Shape extends FieldShape = FieldShape> {
  readonly fieldId: number;
  readonly kind: FieldKind;
  readonly required: boolean;
  readonly unique: boolean;
  readonly indexed: boolean;
  readonly searchable: boolean;
  readonly deprecated: boolean;
  readonly description: string;
  /** As it was given; undefined: none. */
  readonly default: unknown;
  /** Kind enum: its values, in the order of their ordinals. */
  readonly enumValues: readonly string[];
  /** Kind ref: the type that a target must have; 0: any. */
  readonly refTypeId: number;
  /** How a read gives the value, where there is a choice. */
  readonly as: "plain" | "number" | "text";
  /** For the compiler alone. */
  readonly "~shape"?: Shape;
}

type Flag<O, Name extends string> = O extends { readonly [K in Name]: true } ? true : false;
type Given<O> = O extends { readonly default: NonNullable<unknown> } ? true : false;

type Shaped<Kind extends FieldKind, Read, Write, O> = Field<{
  readonly kind: Kind;
  readonly read: Read;
  readonly write: Write;
  readonly required: Flag<O, "required">;
  readonly defaulted: Given<O>;
  readonly unique: Flag<O, "unique">;
}>;

/** A 64-bit integer as it may be written: a number must be a safe integer. */
export type IntInput = bigint | number;

/** A moment as it may be written: a Date, or Unix milliseconds. */
export type TimestampInput = Date | number;

/** An enum value that a newer schema has and this one does not know: "#" and its ordinal. */
export type UnknownEnumValue = `#${number}`;

/** How a field of integers is read. */
export interface IntReading {
  /** "number": reads give numbers, and throw for one beyond ±(2^53−1). Defaults to bigint. */
  readonly as?: "number";
}

type IntOf<O> = O extends { readonly as: "number" } ? number : bigint;

/** Unicode text without NUL. */
function str<const O extends TextFieldOptions<string>>(
  fieldId: number,
  options?: O,
): Shaped<"str", string, string, O> {
  return make(fieldId, "str", options);
}

/** 64 bits, signed, the whole range. Read as bigint, or as number with `as: "number"`. */
function int<const O extends KeyedFieldOptions<IntInput> & IntReading>(
  fieldId: number,
  options?: O,
): Shaped<"int", IntOf<O>, IntInput, O> {
  return make(fieldId, "int", options);
}

/** A finite double. −0 becomes 0. */
function float<const O extends Omit<KeyedFieldOptions<number>, "unique">>(
  fieldId: number,
  options?: O,
): Shaped<"float", number, number, O> {
  return make(fieldId, "float", options);
}

/** True or false. */
function bool<const O extends Omit<KeyedFieldOptions<boolean>, "unique">>(
  fieldId: number,
  options?: O,
): Shaped<"bool", boolean, boolean, O> {
  return make(fieldId, "bool", options);
}

/** A moment, exact to the millisecond. Read as a Date. */
function timestamp<const O extends KeyedFieldOptions<TimestampInput>>(
  fieldId: number,
  options?: O,
): Shaped<"timestamp", Date, TimestampInput, O> {
  return make(fieldId, "timestamp", options);
}

/**
 * One of these values. Their order is stored: append new ones at the end. A value that a
 * newer schema has added is read as {@link UnknownEnumValue}.
 */
function enumeration<
  const V extends readonly [string, ...string[]],
  const O extends KeyedFieldOptions<V[number]>,
>(
  fieldId: number,
  values: V,
  options?: O,
): Shaped<"enum", V[number] | UnknownEnumValue, V[number] | UnknownEnumValue, O> {
  return { ...make(fieldId, "enum", options), enumValues: values };
}

/** A list of texts. */
function listStr<
  const O extends FieldOptions<readonly string[]> & { readonly searchable?: boolean },
>(fieldId: number, options?: O): Shaped<"list_str", string[], readonly string[], O> {
  return make(fieldId, "list_str", options);
}

/** A list of 64-bit integers. Read as bigints, or as numbers with `as: "number"`. */
function listInt<const O extends FieldOptions<readonly IntInput[]> & IntReading>(
  fieldId: number,
  options?: O,
): Shaped<"list_int", IntOf<O>[], readonly IntInput[], O> {
  return make(fieldId, "list_int", options);
}

/** The id of a live node; with `target`, of one of that type. */
function ref<
  const O extends KeyedFieldOptions<NodeId> & { readonly target?: { readonly typeId: number } },
>(fieldId: number, options?: O): Shaped<"ref", NodeId, NodeId | NodeReference, O> {
  return { ...make(fieldId, "ref", options), refTypeId: options?.target?.typeId ?? 0 };
}

/**
 * JSON, at most 64 KiB as text. `T` is what the program promises to write; nobody checks it.
 * With `as: "text"` it is written and read as text, exactly as it is.
 */
function json<T = JsonValue>(
  fieldId: number,
  options: FieldOptions<T> & { readonly required: true },
): Shaped<"json", T, T, { required: true }>;
function json(
  fieldId: number,
  options: FieldOptions<string> & { readonly as: "text"; readonly required: true },
): Shaped<"json", string, string, { required: true }>;
function json(
  fieldId: number,
  options: FieldOptions<string> & { readonly as: "text" },
): Shaped<"json", string, string, { required: false }>;
function json<T = JsonValue>(
  fieldId: number,
  options?: FieldOptions<T>,
): Shaped<"json", T, T, { required: false }>;
function json(fieldId: number, options?: AnyFieldOptions): Field<never> {
  return make(fieldId, "json", options);
}

/** Bytes. */
function bytes<const O extends KeyedFieldOptions<Uint8Array>>(
  fieldId: number,
  options?: O,
): Shaped<"bytes", Uint8Array, Uint8Array, O> {
  return make(fieldId, "bytes", options);
}

/** Makes fields, one function for each kind. */
export const field = {
  str,
  int,
  float,
  bool,
  timestamp,
  enum: enumeration,
  listStr,
  listInt,
  ref,
  json,
  bytes,
} as const;

interface AnyFieldOptions {
  readonly required?: boolean;
  readonly default?: unknown;
  readonly deprecated?: boolean;
  readonly description?: string;
  readonly unique?: boolean;
  readonly indexed?: boolean;
  readonly searchable?: boolean;
  readonly as?: "number" | "text";
}

function make(fieldId: number, kind: FieldKind, options: AnyFieldOptions = {}): Field<never> {
  return {
    fieldId,
    kind,
    required: options.required ?? false,
    unique: options.unique ?? false,
    indexed: options.indexed ?? false,
    searchable: options.searchable ?? false,
    deprecated: options.deprecated ?? false,
    description: options.description ?? "",
    default: options.default,
    enumValues: [],
    refTypeId: 0,
    as: options.as ?? "plain",
  };
}
