import { createHash } from "node:crypto";
import { type JsonWritable, stringifyJson } from "../base/json-write.ts";
import { sparse } from "./sparse.ts";
import type { EdgeType, Field, NodeType, Schema, UniqueKey } from "./types.ts";
import type { Value } from "./value.ts";

/**
 * The fingerprint of a schema: equal for schemas that mean the same, whatever things
 * are called. SHA-256 over canonical JSON, which any language can write:
 *
 * - one line, no spaces, members sorted by name, text as UTF-8 with JSON's short escapes;
 * - types, fields and keys in ascending id; the members of a key in their own order;
 * - names and descriptions left out, enum values as their number (`enum_count`);
 * - false, 0, "" and empty lists left out (but never inside a default);
 * - a default as text: str, ref and json as they are; int, timestamp and enum ordinal in
 *   decimal; bool "true" or "false"; float as the 16 hexadecimal digits of its IEEE bits;
 *   bytes in base64; a list as the list of its items.
 *
 * Frozen: `test/golden/fingerprints.json` holds vectors for every implementation.
 */
export function fingerprintOf(schema: Schema): string {
  return `sha256:${createHash("sha256").update(canonicalSchema(schema)).digest("hex")}`;
}

/** The canonical JSON that the fingerprint is taken of. */
function canonicalSchema(schema: Schema): string {
  const canonical = sparse({
    node_types: schema.nodeTypes.map(nodeTypeForm),
    edge_types: schema.edgeTypes.map(edgeTypeForm),
    reserved_type_ids: schema.reservedTypeIds,
    reserved_edge_type_ids: schema.reservedEdgeTypeIds,
  });
  return stringifyJson(canonical, { sortKeys: true });
}

function nodeTypeForm(type: NodeType): JsonWritable {
  return sparse({
    type_id: type.typeId,
    deprecated: type.deprecated,
    fields: type.fields.map(fieldForm),
    unique_keys: type.uniqueKeys.map(keyForm),
    default_grants: type.defaultGrants.map(({ principal, permission }) => ({
      principal,
      permission,
    })),
    reserved_field_ids: type.reservedFieldIds,
  });
}

function edgeTypeForm(type: EdgeType): JsonWritable {
  return sparse({
    edge_type_id: type.edgeTypeId,
    from_type_id: type.fromTypeId,
    to_type_id: type.toTypeId,
    deprecated: type.deprecated,
    unique_per_from: type.uniquePerFrom,
    fields: type.fields.map(fieldForm),
    reserved_field_ids: type.reservedFieldIds,
  });
}

function keyForm(key: UniqueKey): JsonWritable {
  return { key_id: key.keyId, field_ids: key.fieldIds };
}

function fieldForm(field: Field): JsonWritable {
  const form = sparse({
    field_id: field.fieldId,
    kind: field.kind,
    required: field.required,
    enum_count: field.enumValues.length,
    deprecated: field.deprecated,
    unique: field.unique,
    indexed: field.indexed,
    searchable: field.searchable,
    ref_type_id: field.refTypeId,
  });
  if (field.defaultValue === undefined) return form;
  return { ...form, default: defaultForm(field.defaultValue) };
}

function defaultForm(value: Value): JsonWritable {
  switch (value.kind) {
    case "null":
      return null;
    case "str":
    case "ref":
    case "json":
      return value.value;
    case "bytes":
      return Buffer.from(value.value).toString("base64");
    case "float": {
      const bits = Buffer.alloc(8);
      bits.writeDoubleBE(value.value);
      return bits.toString("hex");
    }
    case "list_str":
      return value.value;
    case "list_int":
      return value.value.map(String);
    default:
      return String(value.value);
  }
}
