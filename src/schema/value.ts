/**
 * Typed values of fields. null and absent are one state in storage: a `null` value
 * occurs only in what a client sends (a patch, a precondition), never in what is stored.
 */

/** The kinds a field can have. Identity on wire, log and disk is the number in `VALUE_KIND_TAG`. */
export const FIELD_KINDS = [
  "str",
  "int",
  "float",
  "bool",
  "timestamp",
  "enum",
  "list_str",
  "list_int",
  "ref",
  "json",
  "bytes",
] as const;
export type FieldKind = (typeof FIELD_KINDS)[number];

export type Value =
  | { readonly kind: "null" }
  | { readonly kind: "str"; readonly value: string }
  /** The whole range of 64 bits, signed. */
  | { readonly kind: "int"; readonly value: bigint }
  /** Finite; -0 has become 0. */
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  /** Unix milliseconds. */
  | { readonly kind: "timestamp"; readonly value: bigint }
  /** 1-based ordinal. */
  | { readonly kind: "enum"; readonly value: number }
  | { readonly kind: "list_str"; readonly value: readonly string[] }
  | { readonly kind: "list_int"; readonly value: readonly bigint[] }
  /** A node's id. */
  | { readonly kind: "ref"; readonly value: string }
  /** JSON text, kept as sent. */
  | { readonly kind: "json"; readonly value: string }
  | { readonly kind: "bytes"; readonly value: Uint8Array };

export const NULL_VALUE: Value = { kind: "null" };

/** Values by field id. Encoders write them in ascending id; the map's own order means nothing. */
export type Fields = ReadonlyMap<number, Value>;

export const EMPTY_FIELDS: Fields = new Map();

/** Whether two values are the same value of the same kind. */
export function valuesEqual(a: Value, b: Value): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === "null" || b.kind === "null") return true;
  if (a.kind === "bytes") return Buffer.compare(a.value, (b as typeof a).value) === 0;
  if (a.kind === "list_str" || a.kind === "list_int") {
    const other = (b as typeof a).value;
    return a.value.length === other.length && a.value.every((item, i) => item === other[i]);
  }
  return a.value === b.value;
}
