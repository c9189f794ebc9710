import { EntError } from "../base/errors.ts";
import type { FieldTable } from "./registry.ts";
import type { Field } from "./types.ts";
import { type Fields, type Value, valuesEqual } from "./value.ts";

/**
 * What the schema says of the fields of a node or edge, decided at apply for every
 * create and update. Hot path: the map that came in goes out when nothing had to change.
 *
 * Values have had their own shape checked before the append (`check-value.ts`); refs are
 * followed by the applier.
 */
interface Typed {
  readonly table: FieldTable;
}

/** A patch's outcome. `changed` holds what the patch really changed: the new values, null where one was cleared. */
export interface PatchedFields {
  readonly fields: Fields;
  readonly changed: Fields;
}

/**
 * The fields a created node or edge has: defaults filled in, nulls dropped, ids
 * ascending. Throws FIELD_UNKNOWN, FIELD_KIND_MISMATCH, ENUM_VALUE_UNKNOWN, FIELD_REQUIRED.
 */
export function checkCreate(type: Typed, fields: Fields): Fields {
  const { table } = type;
  let asIs = true;
  let last = 0;
  for (const [fieldId, value] of fields) {
    const field = table.get(fieldId);
    if (value.kind === "null") asIs = false;
    else checkFits(table, field, value);
    if (fieldId < last) asIs = false;
    last = fieldId;
  }
  for (const field of table.filled) {
    const value = fields.get(field.fieldId);
    if (value !== undefined && value.kind !== "null") continue;
    if (field.defaultValue === undefined) throw required(table, field, "is required");
    asIs = false;
  }
  return asIs ? fields : completed(table, fields);
}

/**
 * A merge patch over the fields that are there: null clears. The same map comes back
 * when the patch changes nothing. Throws as {@link checkCreate}; clearing a required
 * field is FIELD_REQUIRED.
 */
export function applyPatch(type: Typed, current: Fields, patch: Fields): PatchedFields {
  const changed = changesOf(type.table, current, patch);
  if (changed.size === 0) return { fields: current, changed };
  const fields = new Map(current);
  let inOrder = true;
  for (const [fieldId, value] of changed) {
    if (value.kind === "null") fields.delete(fieldId);
    else {
      inOrder &&= fields.has(fieldId);
      fields.set(fieldId, value);
    }
  }
  return { fields: inOrder ? fields : ascending(fields), changed };
}

function changesOf(table: FieldTable, current: Fields, patch: Fields): Fields {
  const changed = new Map<number, Value>();
  for (const [fieldId, value] of patch) {
    const field = table.get(fieldId);
    const before = current.get(fieldId);
    if (value.kind === "null") {
      if (field.required) throw required(table, field, "is required and cannot be cleared");
      if (before !== undefined) changed.set(fieldId, value);
      continue;
    }
    checkFits(table, field, value);
    if (before === undefined || !valuesEqual(before, value)) changed.set(fieldId, value);
  }
  return changed;
}

function completed(table: FieldTable, fields: Fields): Fields {
  const complete = new Map<number, Value>();
  for (const [fieldId, value] of fields) if (value.kind !== "null") complete.set(fieldId, value);
  for (const { fieldId, defaultValue } of table.filled) {
    if (defaultValue !== undefined && !complete.has(fieldId)) complete.set(fieldId, defaultValue);
  }
  return ascending(complete);
}

function ascending(fields: Map<number, Value>): Map<number, Value> {
  return new Map([...fields].sort((a, b) => a[0] - b[0]));
}

/** Whether a value that is not null suits the field. Throws FIELD_KIND_MISMATCH, ENUM_VALUE_UNKNOWN. */
export function checkFits(table: FieldTable, field: Field, value: Value): void {
  if (value.kind !== field.kind) throw kindMismatch(table, field, value.kind);
  if (value.kind === "enum" && value.value > field.enumValues.length) {
    throw ordinalUnknown(table, field, value.value);
  }
}

function kindMismatch(table: FieldTable, field: Field, given: string): EntError {
  return new EntError({
    code: "invalid_argument",
    reason: "FIELD_KIND_MISMATCH",
    message: `Field ${field.fieldId} (${field.name}) of ${table.label} takes ${field.kind}, not ${given}.`,
    hint: `Send a value of kind ${field.kind}.`,
    details: { field_id: String(field.fieldId), field_name: field.name, kind: field.kind },
  });
}

function ordinalUnknown(table: FieldTable, field: Field, ordinal: number): EntError {
  const count = field.enumValues.length;
  return new EntError({
    code: "invalid_argument",
    reason: "ENUM_VALUE_UNKNOWN",
    message: `Field ${field.fieldId} (${field.name}) of ${table.label} has ${count} enum values; ${ordinal} is none of their ordinals.`,
    hint: `Send an ordinal from 1 to ${count}, or register the schema that adds the value.`,
    details: { field_id: String(field.fieldId), field_name: field.name },
  });
}

function required(table: FieldTable, field: Field, problem: string): EntError {
  return new EntError({
    code: "invalid_argument",
    reason: "FIELD_REQUIRED",
    message: `Field ${field.fieldId} (${field.name}) of ${table.label} ${problem}.`,
    hint: `Send a value of kind ${field.kind} for ${field.name}.`,
    details: { field_id: String(field.fieldId), field_name: field.name },
  });
}
