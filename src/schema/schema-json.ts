import { type JsonObject, type JsonValue, parseJson } from "../base/json.ts";
import { type JsonWritable, stringifyJson } from "../base/json-write.ts";
import { SchemaMember } from "./schema-member.ts";
import { sparse } from "./sparse.ts";
import type {
  DefaultGrant,
  EdgeType,
  Field,
  FormerName,
  NodeType,
  Schema,
  UniqueKey,
} from "./types.ts";
import type { FieldKind } from "./value.ts";
import { valueToJson } from "./value-json.ts";

/**
 * The JSON form of a schema, as REST, files, the log and the views have it:
 *
 *     {node_types: [{type_id, name, description, deprecated, fields: [field…],
 *                    unique_keys: [{key_id, name, field_ids}],
 *                    default_grants: [{principal, permission}], reserved_field_ids}],
 *      edge_types: [{edge_type_id, name, from_type_id, to_type_id, description,
 *                    deprecated, unique_per_from, fields: [field…], reserved_field_ids}],
 *      reserved_type_ids, reserved_edge_type_ids,
 *      former_names: [{type_id or edge_type_id, field_id, name}]}
 *     field = {field_id, name, kind, required, default, enum_values, deprecated, unique,
 *              indexed, searchable, description, ref_type_id}
 *
 * What is false, 0, "" or empty is left out. A default is written as `value-json.ts`
 * says. `former_names` is the server's to write; `parseSchema` leaves it out of what is
 * sent. `edge_id` is read as the older name of `edge_type_id`. The form only grows:
 * records hold it for ever.
 */
export function encodeSchema(schema: Schema): JsonObject {
  return {
    node_types: schema.nodeTypes.map(nodeTypeToJson),
    edge_types: schema.edgeTypes.map(edgeTypeToJson),
    ...sparse({
      reserved_type_ids: schema.reservedTypeIds,
      reserved_edge_type_ids: schema.reservedEdgeTypeIds,
      former_names: (schema.formerNames ?? []).map(formerNameToJson),
    }),
  };
}

/** One line with sorted members: equal schemas give equal text. */
export function encodeSchemaText(schema: Schema): string {
  return stringifyJson(encodeSchema(schema) as JsonWritable, { sortKeys: true });
}

/**
 * Throws `EntError` SCHEMA_INVALID, naming the path, for members that are unknown or of
 * another JSON type. What the schema says is checked by `parseSchema`, not here.
 */
export function decodeSchema(json: JsonValue): Schema {
  const root = new SchemaMember(json, "");
  root.allow([
    "node_types",
    "edge_types",
    "reserved_type_ids",
    "reserved_edge_type_ids",
    "former_names",
  ]);
  const formerNames = root.list("former_names").map(formerNameOf);
  return {
    nodeTypes: root.list("node_types").map(nodeTypeOf),
    edgeTypes: root.list("edge_types").map(edgeTypeOf),
    reservedTypeIds: root.ids("reserved_type_ids"),
    reservedEdgeTypeIds: root.ids("reserved_edge_type_ids"),
    ...(formerNames.length === 0 ? {} : { formerNames }),
  };
}

/** Throws `EntError` INVALID_REQUEST when the text is not JSON, otherwise as {@link decodeSchema}. */
export function decodeSchemaText(text: string): Schema {
  return decodeSchema(parseJson(text, { keepSources: true }));
}

function formerNameToJson({ of, typeId, fieldId, name }: FormerName): JsonObject {
  return sparse({
    [of === "node_type" ? "type_id" : "edge_type_id"]: typeId,
    field_id: fieldId,
    name,
  });
}

function formerNameOf(member: SchemaMember): FormerName {
  member.allow(["type_id", "edge_type_id", "field_id", "name"]);
  const edgeTypeId = member.id("edge_type_id", 0);
  return {
    of: edgeTypeId === 0 ? "node_type" : "edge_type",
    typeId: edgeTypeId === 0 ? member.id("type_id") : edgeTypeId,
    fieldId: member.id("field_id", 0),
    name: member.text("name"),
  };
}

function nodeTypeToJson(type: NodeType): JsonObject {
  return sparse({
    type_id: type.typeId,
    name: type.name,
    description: type.description,
    deprecated: type.deprecated,
    fields: type.fields.map(fieldToJson),
    unique_keys: type.uniqueKeys.map((key) => ({
      key_id: key.keyId,
      name: key.name,
      field_ids: key.fieldIds,
    })),
    default_grants: type.defaultGrants.map(({ principal, permission }) => ({
      principal,
      permission,
    })),
    reserved_field_ids: type.reservedFieldIds,
  });
}

function edgeTypeToJson(type: EdgeType): JsonObject {
  return sparse({
    edge_type_id: type.edgeTypeId,
    name: type.name,
    from_type_id: type.fromTypeId,
    to_type_id: type.toTypeId,
    description: type.description,
    deprecated: type.deprecated,
    unique_per_from: type.uniquePerFrom,
    fields: type.fields.map(fieldToJson),
    reserved_field_ids: type.reservedFieldIds,
  });
}

function fieldToJson(field: Field): JsonObject {
  const form = sparse({
    field_id: field.fieldId,
    name: field.name,
    kind: field.kind,
    required: field.required,
    enum_values: field.enumValues,
    deprecated: field.deprecated,
    unique: field.unique,
    indexed: field.indexed,
    searchable: field.searchable,
    description: field.description,
    ref_type_id: field.refTypeId,
  });
  if (field.defaultValue === undefined) return form;
  return { ...form, default: valueToJson(field, field.defaultValue) };
}

function nodeTypeOf(member: SchemaMember): NodeType {
  member.allow([
    "type_id",
    "name",
    "description",
    "deprecated",
    "fields",
    "unique_keys",
    "default_grants",
    "reserved_field_ids",
  ]);
  return {
    typeId: member.id("type_id"),
    name: member.text("name"),
    description: member.text("description", ""),
    deprecated: member.flag("deprecated"),
    fields: member.list("fields").map(fieldOf),
    uniqueKeys: member.list("unique_keys").map(keyOf),
    defaultGrants: member.list("default_grants").map(grantOf),
    reservedFieldIds: member.ids("reserved_field_ids"),
  };
}

function edgeTypeOf(member: SchemaMember): EdgeType {
  member.allow([
    "edge_type_id",
    "edge_id",
    "name",
    "from_type_id",
    "to_type_id",
    "description",
    "deprecated",
    "unique_per_from",
    "fields",
    "reserved_field_ids",
  ]);
  return {
    edgeTypeId: member.id(member.oneOf("edge_type_id", "edge_id")),
    name: member.text("name"),
    description: member.text("description", ""),
    deprecated: member.flag("deprecated"),
    fromTypeId: member.id("from_type_id", 0),
    toTypeId: member.id("to_type_id", 0),
    fields: member.list("fields").map(fieldOf),
    uniquePerFrom: member.flag("unique_per_from"),
    reservedFieldIds: member.ids("reserved_field_ids"),
  };
}

function grantOf(member: SchemaMember): DefaultGrant {
  member.allow(["principal", "permission"]);
  return { principal: member.text("principal"), permission: member.permission("permission") };
}

function keyOf(member: SchemaMember): UniqueKey {
  member.allow(["key_id", "name", "field_ids"]);
  return {
    keyId: member.id("key_id"),
    name: member.text("name"),
    fieldIds: member.ids("field_ids"),
  };
}

const FIELD_MEMBERS = [
  "field_id",
  "name",
  "kind",
  "required",
  "default",
  "enum_values",
  "deprecated",
  "unique",
  "indexed",
  "searchable",
  "description",
  "ref_type_id",
];

function fieldOf(member: SchemaMember): Field {
  member.allow(FIELD_MEMBERS);
  const kind: FieldKind = member.kind("kind");
  const enumValues = member.texts("enum_values");
  return {
    fieldId: member.id("field_id"),
    name: member.text("name"),
    kind,
    required: member.flag("required"),
    defaultValue: member.value("default", { kind, enumValues }),
    enumValues,
    deprecated: member.flag("deprecated"),
    unique: member.flag("unique"),
    indexed: member.flag("indexed"),
    searchable: member.flag("searchable"),
    description: member.text("description", ""),
    refTypeId: member.id("ref_type_id", 0),
  };
}
