import { create } from "@bufbuild/protobuf";
import {
  SchemaBuildSchema,
  SchemaChangeSchema,
  SchemaDifferenceSchema,
  type SchemaBuild as WireBuild,
  type SchemaChange as WireChange,
  Compatibility as WireCompatibility,
  type SchemaDifference as WireDifference,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import {
  EdgeTypeSchema,
  FieldSchema,
  NodeTypeSchema,
  SchemaSchema,
  UniqueKeySchema,
  type Field as WireField,
  FieldKind as WireFieldKind,
  type Schema as WireSchema,
} from "../../gen/entdb/v1/model_pb.ts";
import type { SchemaBuild } from "../engine/engine.ts";
import type { SchemaChange } from "../schema/schema-change.ts";
import type { EdgeType, Field, NodeType, Schema, SchemaDifference } from "../schema/types.ts";
import type { FieldKind } from "../schema/value.ts";
import { encodeGrant } from "./encode-access.ts";
import { encodeValue } from "./encode-value.ts";

/** Type definitions to the wire, and back as they were: the mirror of `decode-schema.ts`. */
const WIRE_KIND: Readonly<Record<FieldKind, WireFieldKind>> = {
  str: WireFieldKind.STR,
  int: WireFieldKind.INT,
  float: WireFieldKind.FLOAT,
  bool: WireFieldKind.BOOL,
  timestamp: WireFieldKind.TIMESTAMP,
  enum: WireFieldKind.ENUM,
  list_str: WireFieldKind.LIST_STR,
  list_int: WireFieldKind.LIST_INT,
  ref: WireFieldKind.REF,
  json: WireFieldKind.JSON,
  bytes: WireFieldKind.BYTES,
};

export function encodeSchema(schema: Schema): WireSchema {
  return create(SchemaSchema, {
    nodeTypes: schema.nodeTypes.map(nodeType),
    edgeTypes: schema.edgeTypes.map(edgeType),
    reservedTypeIds: [...schema.reservedTypeIds],
    reservedEdgeTypeIds: [...schema.reservedEdgeTypeIds],
  });
}

/** Where a tenant's definition stayed though the one sent differs. */
export function encodeDifferences(differences: readonly SchemaDifference[]): WireDifference[] {
  return differences.map((difference) => create(SchemaDifferenceSchema, difference));
}

const WIRE_COMPATIBILITY: Readonly<Record<SchemaChange["compatibility"], WireCompatibility>> = {
  safe: WireCompatibility.SAFE,
  data_dependent: WireCompatibility.DATA_DEPENDENT,
  breaking: WireCompatibility.BREAKING,
};

/** What a schema would change. */
export function encodeSchemaChanges(changes: readonly SchemaChange[]): WireChange[] {
  return changes.map((change) =>
    create(SchemaChangeSchema, {
      change: change.change,
      path: change.path,
      compatibility: WIRE_COMPATIBILITY[change.compatibility],
      message: change.message,
      hint: change.hint,
    }),
  );
}

function nodeType(type: NodeType) {
  return create(NodeTypeSchema, {
    typeId: type.typeId,
    name: type.name,
    description: type.description,
    deprecated: type.deprecated,
    fields: type.fields.map(encodeField),
    uniqueKeys: type.uniqueKeys.map((key) =>
      create(UniqueKeySchema, { keyId: key.keyId, name: key.name, fieldIds: [...key.fieldIds] }),
    ),
    defaultGrants: type.defaultGrants.map(({ principal, permission }) =>
      encodeGrant({ principal, permission, expiresAt: 0 }),
    ),
    reservedFieldIds: [...type.reservedFieldIds],
  });
}

function edgeType(type: EdgeType) {
  return create(EdgeTypeSchema, {
    edgeTypeId: type.edgeTypeId,
    name: type.name,
    description: type.description,
    deprecated: type.deprecated,
    fromTypeId: type.fromTypeId,
    toTypeId: type.toTypeId,
    fields: type.fields.map(encodeField),
    uniquePerFrom: type.uniquePerFrom,
    reservedFieldIds: [...type.reservedFieldIds],
  });
}

function encodeField(field: Field): WireField {
  const message = create(FieldSchema, {
    fieldId: field.fieldId,
    name: field.name,
    kind: WIRE_KIND[field.kind],
    required: field.required,
    enumValues: [...field.enumValues],
    deprecated: field.deprecated,
    unique: field.unique,
    indexed: field.indexed,
    searchable: field.searchable,
    description: field.description,
    refTypeId: field.refTypeId,
  });
  if (field.defaultValue !== undefined) message.defaultValue = encodeValue(field.defaultValue);
  return message;
}

export function encodeSchemaBuild(build: SchemaBuild): WireBuild {
  return create(SchemaBuildSchema, {
    walPosition: build.walPosition,
    step: build.step,
    rowsDone: BigInt(build.rowsDone),
    rowsTotal: BigInt(build.rowsTotal),
  });
}
