/** A tenant's schema, as types that a program can use like its own. */
import type {
  EdgeType as WireEdgeType,
  Field as WireField,
  NodeType as WireNodeType,
  Schema as WireSchema,
} from "../gen/entdb/v1/model_pb.ts";
import { FieldKind as WireKind } from "../gen/entdb/v1/model_pb.ts";
import { permissionName } from "../values/permission.ts";
import { decodeValue } from "../values/value.ts";
import type { EdgeType, FieldMap, NodeType, TypeDefinition } from "./define.ts";
import type { Field, FieldKind } from "./field.ts";

const KIND: ReadonlyMap<WireKind, FieldKind> = new Map([
  [WireKind.STR, "str"],
  [WireKind.INT, "int"],
  [WireKind.FLOAT, "float"],
  [WireKind.BOOL, "bool"],
  [WireKind.TIMESTAMP, "timestamp"],
  [WireKind.ENUM, "enum"],
  [WireKind.LIST_STR, "list_str"],
  [WireKind.LIST_INT, "list_int"],
  [WireKind.REF, "ref"],
  [WireKind.JSON, "json"],
  [WireKind.BYTES, "bytes"],
]);

/** The types of a schema. Fields of kinds that this version does not know are left out. */
export function readSchema(wire: WireSchema): TypeDefinition[] {
  const nodeTypes = new Map(wire.nodeTypes.map((type) => [type.typeId, readNodeType(type)]));
  const edgeTypes = wire.edgeTypes.map((type) => readEdgeType(type, nodeTypes));
  return [...nodeTypes.values(), ...edgeTypes];
}

function readNodeType(wire: WireNodeType): NodeType {
  const names = new Map(wire.fields.map(({ fieldId, name }) => [fieldId, name]));
  return {
    definition: "node",
    typeId: wire.typeId,
    name: wire.name,
    fields: readFields(wire.name, wire.fields),
    uniqueKeys: Object.fromEntries(
      wire.uniqueKeys.map(({ name, keyId, fieldIds }) => [
        name,
        { keyId, fields: fieldIds.map((fieldId) => names.get(fieldId) ?? "") },
      ]),
    ),
    defaultGrants: wire.defaultGrants.map(({ principal, permission }) => ({
      principal,
      permission: permissionName(permission),
    })),
    description: wire.description,
    deprecated: wire.deprecated,
    reservedFieldIds: wire.reservedFieldIds,
  };
}

function readEdgeType(wire: WireEdgeType, nodeTypes: ReadonlyMap<number, NodeType>): EdgeType {
  return {
    definition: "edge",
    edgeTypeId: wire.edgeTypeId,
    name: wire.name,
    fields: readFields(wire.name, wire.fields),
    from: nodeTypes.get(wire.fromTypeId),
    to: nodeTypes.get(wire.toTypeId),
    uniquePerFrom: wire.uniquePerFrom,
    description: wire.description,
    deprecated: wire.deprecated,
    reservedFieldIds: wire.reservedFieldIds,
  };
}

function readFields(typeName: string, fields: readonly WireField[]): FieldMap {
  return Object.fromEntries(
    fields.flatMap((wire) => {
      const kind = KIND.get(wire.kind);
      return kind === undefined ? [] : [[wire.name, readField(typeName, wire, kind)]];
    }),
  );
}

function readField(typeName: string, wire: WireField, kind: FieldKind): Field {
  const field: Field = {
    fieldId: wire.fieldId,
    kind,
    required: wire.required,
    unique: wire.unique,
    indexed: wire.indexed,
    searchable: wire.searchable,
    deprecated: wire.deprecated,
    description: wire.description,
    default: undefined,
    enumValues: wire.enumValues,
    refTypeId: wire.refTypeId,
    // JSON as text comes back the same when it is sent again, which parsed JSON may not.
    as: kind === "json" ? "text" : "plain",
  };
  if (wire.defaultValue === undefined) return field;
  const place = `default of ${typeName}.${wire.name}`;
  return { ...field, default: decodeValue(field, wire.defaultValue, place) };
}
