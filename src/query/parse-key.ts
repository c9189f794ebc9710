import { EntError, invalid } from "../base/errors.ts";
import { checkValue } from "../schema/check-value.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import type { Field } from "../schema/types.ts";
import type { Value } from "../schema/value.ts";

/** A unique field, or a composite unique key, by which one node is asked for. */
export type KeyChoice =
  | { readonly by: "field"; readonly fieldId: number }
  | { readonly by: "key"; readonly keyId: number };

/**
 * Checks the values of a look-up by key against the schema and returns them in their
 * normal form, in the order of the key's fields. Throws `EntError` FIELD_UNKNOWN,
 * KEY_UNKNOWN (also for a field that is not unique), INVALID_REQUEST for their number,
 * FIELD_KIND_MISMATCH, ENUM_VALUE_UNKNOWN, INVALID_VALUE.
 */
export function parseKey(
  type: CompiledNodeType,
  choice: KeyChoice,
  values: readonly Value[],
): readonly Value[] {
  const fields = keyFields(type, choice);
  if (values.length !== fields.length) {
    const names = fields.map((field) => field.name).join(", ");
    throw invalid(
      "INVALID_REQUEST",
      `The key takes ${fields.length} values (${names}), not ${values.length}.`,
      "Send one value for each field of the key, in its order.",
      { field: "values" },
    );
  }
  return fields.map((field, i) => keyValue(field, values[i] as Value, `values[${i}]`));
}

function keyFields(type: CompiledNodeType, choice: KeyChoice): readonly Field[] {
  if (choice.by === "key") {
    return type.table.key(choice.keyId).fieldIds.map((fieldId) => type.table.get(fieldId));
  }
  const field = type.table.get(choice.fieldId);
  if (field.unique) return [field];
  throw new EntError({
    code: "invalid_argument",
    reason: "KEY_UNKNOWN",
    message: `Field ${field.fieldId} (${field.name}) of ${type.table.label} is not unique.`,
    hint: "Ask by a unique field or key, or query with a filter.",
    details: { field_id: String(field.fieldId), field_name: field.name },
  });
}

function keyValue(field: Field, value: Value, path: string): Value {
  if (value.kind !== field.kind) {
    throw invalid(
      "FIELD_KIND_MISMATCH",
      `${path}: ${field.name} takes ${field.kind}, not ${value.kind}.`,
      `Send a value of kind ${field.kind}.`,
      { field: path, kind: field.kind },
    );
  }
  if (value.kind === "enum" && value.value > field.enumValues.length) {
    throw invalid(
      "ENUM_VALUE_UNKNOWN",
      `${path}: ${field.name} has ${field.enumValues.length} enum values; ${value.value} is none of their ordinals.`,
      `Send an ordinal from 1 to ${field.enumValues.length}.`,
      { field: path },
    );
  }
  return checkValue(value, path);
}
