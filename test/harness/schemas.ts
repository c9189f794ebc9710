import type { JsonValue } from "../../src/base/json.ts";
import { checkReferences, parseSchema } from "../../src/schema/parse-schema.ts";
import { decodeSchema } from "../../src/schema/schema-json.ts";
import type { Schema } from "../../src/schema/types.ts";
import type { Fields, Value } from "../../src/schema/value.ts";

/** A checked schema from its JSON form. */
export function schemaOf(form: JsonValue): Schema {
  const schema = parseSchema(decodeSchema(form));
  checkReferences(schema);
  return schema;
}

/** A schema of node type 1 (Thing) with these fields. */
export function thingWith(...fields: readonly JsonValue[]): Schema {
  return schemaOf({ node_types: [{ type_id: 1, name: "Thing", fields }] });
}

/** A field of every kind, ids 1 to 11 in the order of their tags; nothing required, nothing indexed. */
export const EVERY_KIND: readonly JsonValue[] = [
  { field_id: 1, name: "text", kind: "str" },
  { field_id: 2, name: "count", kind: "int" },
  { field_id: 3, name: "ratio", kind: "float" },
  { field_id: 4, name: "done", kind: "bool" },
  { field_id: 5, name: "due", kind: "timestamp" },
  { field_id: 6, name: "status", kind: "enum", enum_values: ["todo", "doing", "done"] },
  { field_id: 7, name: "tags", kind: "list_str" },
  { field_id: 8, name: "scores", kind: "list_int" },
  { field_id: 9, name: "parent", kind: "ref" },
  { field_id: 10, name: "meta", kind: "json" },
  { field_id: 11, name: "blob", kind: "bytes" },
];

export const NODE_A = "nd_00000000000000000000000001";
export const NODE_B = "nd_00000000000000000000000002";

/** A value of every kind, by the ids of {@link EVERY_KIND}. */
export const EVERY_VALUE: Fields = new Map<number, Value>([
  [1, { kind: "str", value: "a" }],
  [2, { kind: "int", value: 1n }],
  [3, { kind: "float", value: 1.5 }],
  [4, { kind: "bool", value: false }],
  [5, { kind: "timestamp", value: 1_700_000_000_000n }],
  [6, { kind: "enum", value: 2 }],
  [7, { kind: "list_str", value: ["x", "y"] }],
  [8, { kind: "list_int", value: [1n, 2n] }],
  [9, { kind: "ref", value: NODE_A }],
  [10, { kind: "json", value: '{"a" : 1}' }],
  [11, { kind: "bytes", value: new Uint8Array([0, 255]) }],
]);
