import { ByteWriter } from "../base/bytes.ts";
import { writeValue } from "../record/value-codec.ts";
import type { Value } from "../schema/value.ts";

/** A field's value in SQLite's own type, so that the index tables order as the kinds do. */
export type IndexValue = string | bigint | number | Uint8Array;

/** Undefined for kinds that no index holds (lists, json) and for null. */
export function indexValue(value: Value): IndexValue | undefined {
  switch (value.kind) {
    case "str":
    case "ref":
      return value.value;
    case "int":
    case "timestamp":
      return value.value;
    case "enum":
      return BigInt(value.value);
    case "bool":
      return value.value ? 1n : 0n;
    case "float":
      return value.value;
    case "bytes":
      return value.value;
    case "null":
    case "list_str":
    case "list_int":
    case "json":
      return undefined;
  }
}

const shared = new ByteWriter(256);

/** The members of a composite key as one value: their canonical encodings, one behind the other. */
export function compositeIndexValue(values: readonly Value[]): Uint8Array {
  shared.reset();
  for (const value of values) writeValue(shared, value);
  return shared.take();
}

/**
 * Unique fields and composite keys share `unique_values`: a field stands there under its
 * id, a composite key under its id made negative.
 */
export function compositeKeyId(keyId: number): number {
  return -keyId;
}
