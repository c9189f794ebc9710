import { SchemaMode as WireSchemaMode } from "../../gen/entdb/v1/entdb_service_pb.ts";
import {
  type EdgeType as WireEdgeType,
  type Field as WireField,
  FieldKind as WireFieldKind,
  type NodeType as WireNodeType,
  type Schema as WireSchema,
} from "../../gen/entdb/v1/model_pb.ts";
import type { SchemaMode } from "../record/transaction.ts";
import type { EdgeType, Field, NodeType, Schema, UniqueKey } from "../schema/types.ts";
import type { FieldKind } from "../schema/value.ts";
import { decodePermission } from "./decode-access.ts";
import { decodeValue, misshapen } from "./decode-value.ts";

/** Kinds by their number on the wire. */
const FIELD_KIND_OF_WIRE: ReadonlyMap<WireFieldKind, FieldKind> = new Map([
  [WireFieldKind.STR, "str"],
  [WireFieldKind.INT, "int"],
  [WireFieldKind.FLOAT, "float"],
  [WireFieldKind.BOOL, "bool"],
  [WireFieldKind.TIMESTAMP, "timestamp"],
  [WireFieldKind.ENUM, "enum"],
  [WireFieldKind.LIST_STR, "list_str"],
  [WireFieldKind.LIST_INT, "list_int"],
  [WireFieldKind.REF, "ref"],
  [WireFieldKind.JSON, "json"],
  [WireFieldKind.BYTES, "bytes"],
]);

/**
 * Type definitions, each list in ascending id as {@link Schema} promises: senders may
 * list them in any order. An id given twice stays twice, for the engine to refuse.
 * Throws INVALID_REQUEST when the schema is missing or a field has no kind.
 */
export function decodeSchema(schema: WireSchema | undefined, path: string): Schema {
  if (schema === undefined) throw misshapen(path, "a schema is needed");
  return {
    nodeTypes: schema.nodeTypes
      .map((type, index) => nodeType(type, `${path}.node_types[${index}]`))
      .sort((a, b) => a.typeId - b.typeId),
    edgeTypes: schema.edgeTypes
      .map((type, index) => edgeType(type, `${path}.edge_types[${index}]`))
      .sort((a, b) => a.edgeTypeId - b.edgeTypeId),
    reservedTypeIds: schema.reservedTypeIds,
    reservedEdgeTypeIds: schema.reservedEdgeTypeIds,
  };
}

/** Throws INVALID_REQUEST for a number that stands for none. */
export function decodeSchemaMode(mode: WireSchemaMode, path: string): SchemaMode {
  switch (mode) {
    case WireSchemaMode.UNSPECIFIED:
    case WireSchemaMode.MERGE:
      return "merge";
    case WireSchemaMode.REPLACE:
      return "replace";
    default:
      throw misshapen(path, `${String(mode)} is no way to register a schema`);
  }
}

function nodeType(wire: WireNodeType, path: string): NodeType {
  return {
    typeId: wire.typeId,
    name: wire.name,
    description: wire.description,
    deprecated: wire.deprecated,
    fields: fieldsOf(wire.fields, path),
    uniqueKeys: wire.uniqueKeys
      .map((key): UniqueKey => ({ keyId: key.keyId, name: key.name, fieldIds: key.fieldIds }))
      .sort((a, b) => a.keyId - b.keyId),
    defaultGrants: wire.defaultGrants.map((grant, index) => ({
      principal: grant.principal,
      permission: decodePermission(grant.permission, `${path}.default_grants[${index}]`),
    })),
    reservedFieldIds: wire.reservedFieldIds,
  };
}

function edgeType(wire: WireEdgeType, path: string): EdgeType {
  return {
    edgeTypeId: wire.edgeTypeId,
    name: wire.name,
    description: wire.description,
    deprecated: wire.deprecated,
    fromTypeId: wire.fromTypeId,
    toTypeId: wire.toTypeId,
    fields: fieldsOf(wire.fields, path),
    uniquePerFrom: wire.uniquePerFrom,
    reservedFieldIds: wire.reservedFieldIds,
  };
}

function fieldsOf(fields: readonly WireField[], path: string): Field[] {
  return fields
    .map((field, index) => decodeField(field, `${path}.fields[${index}]`))
    .sort((a, b) => a.fieldId - b.fieldId);
}

function decodeField(wire: WireField, path: string): Field {
  const kind = FIELD_KIND_OF_WIRE.get(wire.kind);
  if (kind === undefined) throw misshapen(`${path}.kind`, "a field needs a kind, such as STR");
  return {
    fieldId: wire.fieldId,
    name: wire.name,
    kind,
    required: wire.required,
    defaultValue: defaultValue(wire, path),
    enumValues: wire.enumValues,
    deprecated: wire.deprecated,
    unique: wire.unique,
    indexed: wire.indexed,
    searchable: wire.searchable,
    description: wire.description,
    refTypeId: wire.refTypeId,
  };
}

/** null is absence everywhere, so a default of null is no default. */
function defaultValue(wire: WireField, path: string): Field["defaultValue"] {
  if (wire.defaultValue === undefined) return undefined;
  const value = decodeValue(wire.defaultValue, `${path}.default_value`);
  return value.kind === "null" ? undefined : value;
}
