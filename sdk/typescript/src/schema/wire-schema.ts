/** A program's types as the message that the server merges, checks or registers. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { SchemaMode } from "../gen/entdb/v1/entdb_service_pb.ts";
import {
  type EdgeTypeSchema,
  type FieldSchema,
  type NodeTypeSchema,
  type SchemaSchema,
  FieldKind as WireKind,
} from "../gen/entdb/v1/model_pb.ts";
import { permissionNumber } from "../values/permission.ts";
import { encodeValue } from "../values/value.ts";
import type { EdgeType, FieldMap, NodeType, TypeDefinition } from "./define.ts";
import type { Field, FieldKind } from "./field.ts";

/** How a schema is registered, by the words of programs. */
export const SCHEMA_MODES = { merge: SchemaMode.MERGE, replace: SchemaMode.REPLACE } as const;

/** A schema as messages are made from it. */
export type SchemaInit = MessageInitShape<typeof SchemaSchema>;

/** Numbers of types that were removed on purpose, never to be used again. */
export interface ReservedTypes {
  readonly typeIds?: readonly number[];
  readonly edgeTypeIds?: readonly number[];
}

const WIRE_KIND: Readonly<Record<FieldKind, WireKind>> = {
  str: WireKind.STR,
  int: WireKind.INT,
  float: WireKind.FLOAT,
  bool: WireKind.BOOL,
  timestamp: WireKind.TIMESTAMP,
  enum: WireKind.ENUM,
  list_str: WireKind.LIST_STR,
  list_int: WireKind.LIST_INT,
  ref: WireKind.REF,
  json: WireKind.JSON,
  bytes: WireKind.BYTES,
};

/** The message of these types. Throws when a default does not fit its field. */
export function wireSchema(
  types: readonly TypeDefinition[],
  reserved: ReservedTypes = {},
): SchemaInit {
  return {
    nodeTypes: types.flatMap((type) => (type.definition === "node" ? wireNodeType(type) : [])),
    edgeTypes: types.flatMap((type) => (type.definition === "edge" ? wireEdgeType(type) : [])),
    reservedTypeIds: [...(reserved.typeIds ?? [])],
    reservedEdgeTypeIds: [...(reserved.edgeTypeIds ?? [])],
  };
}

function wireNodeType(type: NodeType): MessageInitShape<typeof NodeTypeSchema> {
  return {
    typeId: type.typeId,
    name: type.name,
    fields: wireFields(type.name, type.fields),
    description: type.description,
    deprecated: type.deprecated,
    uniqueKeys: Object.entries(type.uniqueKeys).map(([name, key]) => ({
      keyId: key.keyId,
      name,
      fieldIds: key.fields.map((member) => type.fields[member]?.fieldId ?? 0),
    })),
    defaultGrants: type.defaultGrants.map(({ principal, permission }) => ({
      principal,
      permission: permissionNumber(permission),
    })),
    reservedFieldIds: [...type.reservedFieldIds],
  };
}

function wireEdgeType(type: EdgeType): MessageInitShape<typeof EdgeTypeSchema> {
  return {
    edgeTypeId: type.edgeTypeId,
    name: type.name,
    fromTypeId: type.from?.typeId ?? 0,
    toTypeId: type.to?.typeId ?? 0,
    fields: wireFields(type.name, type.fields),
    deprecated: type.deprecated,
    uniquePerFrom: type.uniquePerFrom,
    description: type.description,
    reservedFieldIds: [...type.reservedFieldIds],
  };
}

function wireFields(typeName: string, fields: FieldMap): MessageInitShape<typeof FieldSchema>[] {
  return Object.entries(fields).map(([name, field]) =>
    wireField(`${typeName}.${name}`, name, field),
  );
}

function wireField(
  place: string,
  name: string,
  field: Field,
): MessageInitShape<typeof FieldSchema> {
  const wire = {
    fieldId: field.fieldId,
    name,
    kind: WIRE_KIND[field.kind],
    required: field.required,
    enumValues: [...field.enumValues],
    deprecated: field.deprecated,
    unique: field.unique,
    indexed: field.indexed,
    searchable: field.searchable,
    description: field.description,
    refTypeId: field.refTypeId,
  };
  if (field.default === undefined || field.default === null) return wire;
  return { ...wire, defaultValue: encodeValue(field, field.default, `default of ${place}`) };
}
