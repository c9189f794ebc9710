import { EntError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { KIND_TRAITS } from "./field-kinds.ts";
import { parseField } from "./parse-field.ts";
import { isPrincipal } from "./principal.ts";
import {
  checkDescription,
  checkId,
  checkName,
  checkUniqueBy,
  type Place,
  SCHEMA_PLACE,
  schemaInvalid,
  tooMany,
} from "./schema-place.ts";
import {
  type DefaultGrant,
  type EdgeType,
  type Field,
  type NodeType,
  PERMISSIONS,
  type Schema,
  type UniqueKey,
} from "./types.ts";

/**
 * Checks a schema that a client sent, by itself: names, ids, limits, kinds and what
 * belongs to them. The result is in the normal form that `Schema` promises (ascending
 * ids). Throws `EntError` SCHEMA_INVALID, for sizes LIMIT_EXCEEDED, naming type and
 * field and saying what to do.
 *
 * A schema may refer to types that it does not hold itself, since it is merged into
 * what the tenant has: {@link checkReferences} is for the whole.
 */
export function parseSchema(sent: Schema): Schema {
  const nodeTypes = sent.nodeTypes.map(parseNodeType).sort((a, b) => a.typeId - b.typeId);
  const edgeTypes = sent.edgeTypes.map(parseEdgeType).sort((a, b) => a.edgeTypeId - b.edgeTypeId);
  checkUniqueBy(nodeTypes, nodePlace, "type_id", (type) => type.typeId);
  checkUniqueBy(nodeTypes, nodePlace, "name", (type) => type.name);
  checkUniqueBy(edgeTypes, edgePlace, "edge_type_id", (type) => type.edgeTypeId);
  checkUniqueBy(edgeTypes, edgePlace, "name", (type) => type.name);
  const schema = {
    nodeTypes,
    edgeTypes,
    reservedTypeIds: parseReserved(
      sent.reservedTypeIds,
      { attribute: "reserved_type_ids", place: SCHEMA_PLACE, what: "a type" },
      nodeTypes.map((type) => type.typeId),
    ),
    reservedEdgeTypeIds: parseReserved(
      sent.reservedEdgeTypeIds,
      { attribute: "reserved_edge_type_ids", place: SCHEMA_PLACE, what: "an edge type" },
      edgeTypes.map((type) => type.edgeTypeId),
    ),
  };
  checkSizes(schema);
  for (const type of schema.nodeTypes) checkSearchable(type);
  return schema;
}

/** Throws LIMIT_EXCEEDED when the schema holds more types, fields, keys or reserved ids than allowed. */
export function checkSizes(schema: Schema): void {
  const types = schema.nodeTypes.length + schema.edgeTypes.length;
  if (types > limits.typesPerSchema) throw tooMany("The schema", types, "types", "typesPerSchema");
  for (const type of schema.nodeTypes) checkFieldCount(type.fields, nodePlace(type));
  for (const type of schema.edgeTypes) checkFieldCount(type.fields, edgePlace(type));
  for (const type of [...schema.nodeTypes, ...schema.edgeTypes]) {
    const place = "typeId" in type ? nodePlace(type) : edgePlace(type);
    checkReservedCount(type.reservedFieldIds, place);
  }
  checkReservedCount(schema.reservedTypeIds, SCHEMA_PLACE);
  checkReservedCount(schema.reservedEdgeTypeIds, SCHEMA_PLACE);
  for (const type of schema.nodeTypes) {
    const keys = type.uniqueKeys.length;
    if (keys > limits.uniqueKeysPerType) {
      throw tooMany(nodePlace(type).label, keys, "unique keys", "uniqueKeysPerType");
    }
  }
}

/** Throws LIMIT_EXCEEDED when more fields of the type are searchable than allowed. */
export function checkSearchable(type: NodeType): void {
  const count = type.fields.filter((field) => field.searchable).length;
  if (count <= limits.searchableFieldsPerType) return;
  const { label } = nodePlace(type);
  throw tooMany(label, count, "searchable fields", "searchableFieldsPerType");
}

/** Throws SCHEMA_INVALID unless every type that an edge's end or a ref names is in the schema. */
export function checkReferences(schema: Schema): void {
  const known = new Set(schema.nodeTypes.map((type) => type.typeId));
  for (const type of schema.edgeTypes) {
    checkKnown(known, type.fromTypeId, edgePlace(type), "from_type_id");
    checkKnown(known, type.toTypeId, edgePlace(type), "to_type_id");
    for (const field of type.fields)
      checkKnown(known, field.refTypeId, edgePlace(type, field), "ref_type_id");
  }
  for (const type of schema.nodeTypes) {
    for (const field of type.fields)
      checkKnown(known, field.refTypeId, nodePlace(type, field), "ref_type_id");
  }
}

export function nodePlace(
  type: Pick<NodeType, "typeId" | "name">,
  field?: Pick<Field, "fieldId" | "name">,
): Place {
  return place("node type", "type_id", type.typeId, type.name, field);
}

export function edgePlace(
  type: Pick<EdgeType, "edgeTypeId" | "name">,
  field?: Pick<Field, "fieldId" | "name">,
): Place {
  return place("edge type", "edge_type_id", type.edgeTypeId, type.name, field);
}

/** A unique key of the type at this place. */
export function keyPlace(type: Place, key: Pick<UniqueKey, "keyId" | "name">): Place {
  return {
    label: `${type.label} unique key ${key.keyId} (${key.name})`,
    details: { ...type.details, key_id: String(key.keyId), key_name: key.name },
  };
}

function place(
  what: string,
  idName: string,
  id: number,
  name: string,
  field: Pick<Field, "fieldId" | "name"> | undefined,
): Place {
  const label = `${what} ${id} (${name})`;
  const details = { [idName]: String(id), type_name: name };
  if (field === undefined) return { label, details };
  return {
    label: `${label} field ${field.fieldId} (${field.name})`,
    details: { ...details, field_id: String(field.fieldId), field_name: field.name },
  };
}

function checkFieldCount(fields: readonly Field[], place: Place): void {
  if (fields.length <= limits.fieldsPerType) return;
  throw tooMany(place.label, fields.length, "fields", "fieldsPerType");
}

function checkReservedCount(ids: readonly number[], place: Place): void {
  if (ids.length <= limits.reservedIds) return;
  throw tooMany(place.label, ids.length, "reserved ids", "reservedIds");
}

function parseNodeType(type: NodeType): NodeType {
  const here = nodePlace(type);
  checkId(type.typeId, "type_id", here);
  checkName(type.name, here);
  checkDescription(type.description, here);
  const fields = parseFields(type.fields, (field) => nodePlace(type, field));
  const uniqueKeys = type.uniqueKeys
    .map((key) => parseKey(key, fields, here))
    .sort((a, b) => a.keyId - b.keyId);
  checkUniqueBy(
    uniqueKeys,
    () => here,
    "key_id",
    (key) => key.keyId,
  );
  checkUniqueBy(
    uniqueKeys,
    () => here,
    "unique key",
    (key) => key.name,
  );
  return {
    ...type,
    fields,
    uniqueKeys,
    defaultGrants: parseDefaultGrants(type.defaultGrants, here),
    reservedFieldIds: parseReservedFields(type.reservedFieldIds, fields, here),
  };
}

function parseEdgeType(type: EdgeType): EdgeType {
  const here = edgePlace(type);
  checkId(type.edgeTypeId, "edge_type_id", here);
  checkName(type.name, here);
  checkDescription(type.description, here);
  if (type.fromTypeId !== 0) checkId(type.fromTypeId, "from_type_id", here);
  if (type.toTypeId !== 0) checkId(type.toTypeId, "to_type_id", here);
  const fields = parseFields(type.fields, (field) => edgePlace(type, field));
  for (const field of fields) checkEdgeField(field, edgePlace(type, field));
  const reservedFieldIds = parseReservedFields(type.reservedFieldIds, fields, here);
  return { ...type, fields, reservedFieldIds };
}

function parseReservedFields(
  ids: readonly number[],
  fields: readonly Field[],
  here: Place,
): readonly number[] {
  return parseReserved(
    ids,
    { attribute: "reserved_field_ids", place: here, what: "a field" },
    fields.map((field) => field.fieldId),
  );
}

/** Ascending, each once. What is reserved is not used: a number is taken out of use for ever. */
function parseReserved(
  ids: readonly number[],
  list: { readonly attribute: string; readonly place: Place; readonly what: string },
  usedIds: readonly number[],
): readonly number[] {
  const { attribute, place, what } = list;
  const used = new Set(usedIds);
  const reserved = [...new Set(ids)].sort((a, b) => a - b);
  for (const id of reserved) {
    checkId(id, `one of ${attribute}`, place);
    if (!used.has(id)) continue;
    throw schemaInvalid(
      place,
      `${attribute} holds ${id}, which is the id of ${what}`,
      `Remove what has the id ${id}, or take ${id} off the list.`,
    );
  }
  return reserved;
}

/** By principal, each once. */
function parseDefaultGrants(grants: readonly DefaultGrant[], here: Place): readonly DefaultGrant[] {
  if (grants.length > limits.principalsPerNode) {
    throw tooMany(here.label, grants.length, "default grants", "principalsPerNode");
  }
  for (const { principal, permission } of grants) {
    if (!isPrincipal(principal)) {
      throw schemaInvalid(
        here,
        `the default grant to ${JSON.stringify(principal.slice(0, 80))} names no principal`,
        'Name "user:alice", "group:eng", "role:editor", or "tenant:*" for everybody.',
      );
    }
    // The type says so; a decoder that met an unknown number may have let it through.
    if (PERMISSIONS.includes(permission)) continue;
    throw schemaInvalid(
      here,
      `the default grant to ${principal} gives ${JSON.stringify(permission)}`,
      `Use one of ${PERMISSIONS.join(", ")}.`,
    );
  }
  const sorted = [...grants].sort((a, b) => (a.principal < b.principal ? -1 : 1));
  checkUniqueBy(
    sorted,
    () => here,
    "default grant",
    (grant) => grant.principal,
  );
  return sorted;
}

/** Edges are found by their ends: nothing would read an index over their fields. */
function checkEdgeField(field: Field, here: Place): void {
  for (const attribute of ["unique", "indexed", "searchable"] as const) {
    if (!field[attribute]) continue;
    throw schemaInvalid(
      here,
      `a field of an edge type cannot be ${attribute}`,
      `Leave ${attribute} out, or make the edge a node type of its own.`,
    );
  }
}

function parseFields(sent: readonly Field[], placeOf: (field: Field) => Place): readonly Field[] {
  const fields = sent
    .map((field) => parseField(field, placeOf(field)))
    .sort((a, b) => a.fieldId - b.fieldId);
  checkUniqueBy(fields, placeOf, "field_id", (field) => field.fieldId);
  checkUniqueBy(fields, placeOf, "name", (field) => field.name);
  return fields;
}

function parseKey(key: UniqueKey, fields: readonly Field[], type: Place): UniqueKey {
  const here = { ...type, label: `${type.label} unique key ${key.keyId} (${key.name})` };
  checkId(key.keyId, "key_id", here);
  checkName(key.name, here);
  if (fields.some((field) => field.name === key.name)) {
    throw schemaInvalid(here, "a field has this name already", "Give the key a name of its own.");
  }
  if (key.fieldIds.length === 0) {
    throw schemaInvalid(here, "it has no fields", "List the field_ids that are unique together.");
  }
  if (key.fieldIds.length > limits.fieldsPerKey) {
    throw tooMany(here.label, key.fieldIds.length, "fields", "fieldsPerKey");
  }
  for (const fieldId of key.fieldIds) checkMember(fieldId, fields, here);
  checkUniqueBy(
    key.fieldIds,
    () => here,
    "field_ids",
    (fieldId) => fieldId,
  );
  return { ...key, fieldIds: [...key.fieldIds] };
}

function checkMember(fieldId: number, fields: readonly Field[], here: Place): void {
  const field = fields.find((candidate) => candidate.fieldId === fieldId);
  if (field === undefined) {
    throw schemaInvalid(
      here,
      `the type has no field ${fieldId}`,
      "A key's fields are listed with the type.",
    );
  }
  // A bool alone is no key, but with other fields it may well be part of one.
  if (KIND_TRAITS[field.kind].keyable) return;
  throw schemaInvalid(
    here,
    `field ${fieldId} (${field.name}) of kind ${field.kind} cannot be part of a key`,
    "Use fields of kind str, int, timestamp, enum, ref, bool or bytes.",
  );
}

function checkKnown(
  known: ReadonlySet<number>,
  typeId: number,
  here: Place,
  attribute: string,
): void {
  if (typeId === 0 || known.has(typeId)) return;
  throw new EntError({
    code: "invalid_argument",
    reason: "SCHEMA_INVALID",
    message: `${here.label}: ${attribute} names node type ${typeId}, which neither the tenant nor this schema has.`,
    hint: `Send node type ${typeId} along, or use 0 for any type.`,
    details: here.details,
  });
}
