import { type EntError, invalid } from "../../base/errors.ts";
import { didYouMean, suggest } from "../../base/suggest.ts";
import type { NodeByKeyRequest } from "../../engine/engine.ts";
import type { CompiledNodeType } from "../../schema/registry.ts";
import type { Value } from "../../schema/value.ts";
import { valueFromText } from "../../schema/value-text.ts";
import type { QueryPair } from "../query-string.ts";

/**
 * Look-ups by key, in names and text. Which fields a key has is read from the schema, so
 * their order in the query means nothing; whether the values fit is the engine's to judge.
 */
interface KeyParams {
  readonly field: string | undefined;
  readonly value: string | undefined;
  readonly key: string | undefined;
}

/**
 * A look-up by a unique field (field and value) or a composite key (key, and value.<field>
 * for each of its fields). Throws INVALID_REQUEST, FIELD_UNKNOWN, KEY_UNKNOWN and what
 * values throw.
 */
export function keyOf(
  type: CompiledNodeType,
  params: KeyParams,
  values: readonly QueryPair[],
): NodeByKeyRequest {
  const { field, value, key } = params;
  if ((field === undefined) === (key === undefined)) {
    throw refused(
      "field",
      "Name a unique field or a unique key.",
      "Send field and value, or key and value.<field>.",
    );
  }
  if (key !== undefined) return compositeKey(type, key, value, values);
  if (value === undefined) {
    throw refused("value", "value is required with field.", "Send the value that the field has.");
  }
  if (values.length > 0) {
    throw refused(
      `value.${values[0]?.[0]}`,
      "value.<field> goes with key.",
      "Send field and value.",
    );
  }
  const found = type.table.getByName(field as string);
  return {
    typeId: type.typeId,
    key: { by: "field", fieldId: found.fieldId },
    values: [valueFromText(found, value, "value")],
  };
}

function compositeKey(
  type: CompiledNodeType,
  name: string,
  value: string | undefined,
  pairs: readonly QueryPair[],
): NodeByKeyRequest {
  if (value !== undefined) {
    throw refused(
      "value",
      "value goes with field.",
      "Send value.<field> for each field of the key.",
    );
  }
  const { table } = type;
  const key = table.keyByName(name);
  const fields = key.fieldIds.map((fieldId) => table.get(fieldId));
  const given = new Map(pairs);
  for (const [fieldName] of pairs) {
    if (fields.some((field) => field.name === fieldName)) continue;
    const names = fields.map((field) => field.name);
    throw refused(
      `value.${fieldName.slice(0, 64)}`,
      `The key ${key.name} has no field ${JSON.stringify(fieldName.slice(0, 64))}.`,
      didYouMean(suggest(fieldName, names), `Its fields are ${names.join(", ")}.`),
    );
  }
  if (given.size !== pairs.length) {
    throw refused("value", "A field of the key is given twice.", "Send each field once.");
  }
  const values = fields.map((field): Value => {
    const text = given.get(field.name);
    if (text !== undefined) return valueFromText(field, text, `value.${field.name}`);
    throw refused(
      `value.${field.name}`,
      `value.${field.name} is required.`,
      "Send every field of the key.",
    );
  });
  return { typeId: type.typeId, key: { by: "key", keyId: key.keyId }, values };
}

function refused(field: string, message: string, hint: string): EntError {
  return invalid("INVALID_REQUEST", message, hint, { field });
}
