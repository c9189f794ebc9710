/**
 * The fingerprint of a schema: SHA-256 over canonical JSON, equal for schemas that mean the
 * same, whatever things are called. The server takes the same of what it is sent; the two are
 * held equal by vectors that both are tested with.
 *
 * Canonical is: one line without spaces, members sorted by name; types, fields and keys by
 * number, the members of a key in their own order; names and descriptions left out, enum values
 * as their count; false, 0, "" and empty lists left out, but never inside a default.
 */
import { base64Encode } from "@bufbuild/protobuf/wire";
import { encodeValue, type ValueInit } from "../values/value.ts";
import type { EdgeType, FieldMap, NodeType, TypeDefinition } from "./define.ts";
import type { Field } from "./field.ts";
import { sha256Hex } from "./sha256.ts";
import type { ReservedTypes } from "./wire-schema.ts";

type Form = string | number | boolean | null | readonly Form[] | { readonly [name: string]: Form };

/** "sha256:" and 64 hexadecimal digits. */
export function fingerprintOf(
  types: readonly TypeDefinition[],
  reserved: ReservedTypes = {},
): string {
  const nodeTypes = types.filter((type) => type.definition === "node");
  const edgeTypes = types.filter((type) => type.definition === "edge");
  const form = sparse({
    node_types: sorted(nodeTypes, (type) => type.typeId).map(nodeTypeForm),
    edge_types: sorted(edgeTypes, (type) => type.edgeTypeId).map(edgeTypeForm),
    reserved_type_ids: ascending(reserved.typeIds ?? []),
    reserved_edge_type_ids: ascending(reserved.edgeTypeIds ?? []),
  });
  return `sha256:${sha256Hex(canonical(form))}`;
}

function nodeTypeForm(type: NodeType): Form {
  const keys = sorted(Object.values(type.uniqueKeys), (key) => key.keyId);
  const grants = [...type.defaultGrants].sort((a, b) => (a.principal < b.principal ? -1 : 1));
  return sparse({
    type_id: type.typeId,
    deprecated: type.deprecated,
    fields: fieldForms(type.fields),
    unique_keys: keys.map(({ keyId, fields }) => ({
      key_id: keyId,
      field_ids: fields.map((name) => type.fields[name]?.fieldId ?? 0),
    })),
    default_grants: grants.map(({ principal, permission }) => ({ principal, permission })),
    reserved_field_ids: ascending(type.reservedFieldIds),
  });
}

function edgeTypeForm(type: EdgeType): Form {
  return sparse({
    edge_type_id: type.edgeTypeId,
    from_type_id: type.from?.typeId ?? 0,
    to_type_id: type.to?.typeId ?? 0,
    deprecated: type.deprecated,
    unique_per_from: type.uniquePerFrom,
    fields: fieldForms(type.fields),
    reserved_field_ids: ascending(type.reservedFieldIds),
  });
}

function fieldForms(fields: FieldMap): Form[] {
  return sorted(Object.values(fields), (field) => field.fieldId).map(fieldForm);
}

function fieldForm(field: Field): Form {
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
  if (field.default === undefined || field.default === null) return form;
  return { ...form, default: defaultForm(encodeValue(field, field.default, "default")) };
}

/** A default as text: whole numbers in decimal, doubles as the bits of their IEEE form, bytes in base64. */
function defaultForm({ kind }: ValueInit): Form {
  switch (kind?.case) {
    case "strValue":
    case "refValue":
    case "jsonValue":
      return kind.value;
    case "bytesValue":
      return base64Encode(kind.value);
    case "floatValue": {
      const view = new DataView(new ArrayBuffer(8));
      // Adding zero makes -0 what the server makes of it.
      view.setFloat64(0, kind.value + 0);
      return view.getBigUint64(0).toString(16).padStart(16, "0");
    }
    case "listStrValue":
      return kind.value.values ?? [];
    case "listIntValue":
      return (kind.value.values ?? []).map(String);
    default:
      return String(kind?.value);
  }
}

function sparse(form: Readonly<Record<string, Form>>): { readonly [name: string]: Form } {
  const said = Object.entries(form).filter(
    ([, value]) =>
      value !== false &&
      value !== 0 &&
      value !== "" &&
      !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(said);
}

function canonical(form: Form): string {
  if (Array.isArray(form)) return `[${form.map(canonical).join(",")}]`;
  if (form === null || typeof form !== "object") return JSON.stringify(form);
  const members = Object.entries(form).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(",")}}`;
}

function sorted<T>(items: readonly T[], idOf: (item: T) => number): T[] {
  return [...items].sort((a, b) => idOf(a) - idOf(b));
}

/** Each number once: a list of reserved numbers is a set. */
function ascending(ids: readonly number[]): number[] {
  return sorted([...new Set(ids)], (id) => id);
}
