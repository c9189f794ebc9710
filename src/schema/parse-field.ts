import { EntError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { suggest } from "../base/suggest.ts";
import { checkValue } from "./check-value.ts";
import { KIND_TRAITS } from "./field-kinds.ts";
import {
  checkDescription,
  checkId,
  checkName,
  checkUniqueBy,
  type Place,
  schemaInvalid,
  tooMany,
} from "./schema-place.ts";
import type { Field } from "./types.ts";
import { FIELD_KINDS, type Value } from "./value.ts";

/** What every node has of itself; no field may bear these names, and no client may write them. */
export const RESERVED_FIELD_NAMES: ReadonlySet<string> = new Set([
  "id",
  "type_id",
  "tenant_id",
  "owner_actor",
  "version",
  "created_at",
  "updated_at",
  "deleted",
]);

/** One field of a schema that a client sent, checked by itself. Throws SCHEMA_INVALID or LIMIT_EXCEEDED. */
export function parseField(field: Field, place: Place): Field {
  checkId(field.fieldId, "field_id", place);
  checkName(field.name, place);
  if (RESERVED_FIELD_NAMES.has(field.name)) {
    throw schemaInvalid(
      place,
      `the name ${field.name} is reserved`,
      "Give the field another name.",
    );
  }
  checkDescription(field.description, place);
  // The type says so; a decoder that met an unknown number or word may have let it through.
  if (!FIELD_KINDS.includes(field.kind)) {
    const near = suggest(String(field.kind), FIELD_KINDS);
    throw schemaInvalid(
      place,
      `${JSON.stringify(field.kind)} is not a kind`,
      `Use one of ${(near.length > 0 ? near : FIELD_KINDS).join(", ")}.`,
    );
  }
  checkEnumValues(field, place);
  checkRef(field, place);
  checkAttributes(field, place);
  return { ...field, enumValues: [...field.enumValues], defaultValue: parseDefault(field, place) };
}

function checkEnumValues(field: Field, place: Place): void {
  const count = field.enumValues.length;
  if (field.kind !== "enum") {
    if (count === 0) return;
    throw schemaInvalid(
      place,
      `a field of kind ${field.kind} has no enum values`,
      "Leave enum_values out.",
    );
  }
  if (count === 0) {
    throw schemaInvalid(
      place,
      "an enum without values",
      "List its enum_values, in the order of their ordinals.",
    );
  }
  if (count > limits.enumValuesPerField) {
    throw tooMany(place.label, count, "enum values", "enumValuesPerField");
  }
  for (const value of field.enumValues) {
    if (value.length > limits.enumValueChars) {
      throw tooMany(
        `An enum value of ${place.label}`,
        value.length,
        "characters",
        "enumValueChars",
      );
    }
    if (value === "" || value.includes("\0") || !value.isWellFormed()) {
      throw schemaInvalid(
        place,
        `${JSON.stringify(value)} cannot be an enum value`,
        "Enum values are not empty, without NUL, and well-formed Unicode.",
      );
    }
  }
  checkUniqueBy(
    field.enumValues,
    () => place,
    "enum value",
    (value) => value,
  );
}

function checkRef(field: Field, place: Place): void {
  if (field.refTypeId === 0) return;
  if (field.kind !== "ref") {
    throw schemaInvalid(
      place,
      `a field of kind ${field.kind} has no ref_type_id`,
      "Leave ref_type_id out, or make the kind ref.",
    );
  }
  checkId(field.refTypeId, "ref_type_id", place);
}

function checkAttributes(field: Field, place: Place): void {
  const traits = KIND_TRAITS[field.kind];
  if (field.unique && (!traits.keyable || field.kind === "bool")) {
    throw schemaInvalid(
      place,
      `a field of kind ${field.kind} cannot be unique`,
      "Unique fields are of kind str, int, timestamp, enum, ref or bytes.",
    );
  }
  if (field.indexed && !traits.indexable) {
    throw schemaInvalid(
      place,
      `a field of kind ${field.kind} cannot be indexed`,
      "Lists and JSON have no index: keep what is asked for in a field of its own.",
    );
  }
  if (field.searchable && !traits.searchable) {
    throw schemaInvalid(
      place,
      `a field of kind ${field.kind} cannot be searchable`,
      "Searchable fields are of kind str or list_str.",
    );
  }
}

function parseDefault(field: Field, place: Place): Value | undefined {
  const sent = field.defaultValue;
  if (sent === undefined || sent.kind === "null") return undefined;
  if (sent.kind !== field.kind) {
    throw schemaInvalid(
      place,
      `the default is of kind ${sent.kind}, the field of kind ${field.kind}`,
      `Give a default of kind ${field.kind}, or none.`,
    );
  }
  if (sent.kind === "enum" && sent.value > field.enumValues.length) {
    throw schemaInvalid(
      place,
      `the default ordinal ${sent.value} is beyond the ${field.enumValues.length} enum values`,
      "Use the 1-based place of one of the enum_values.",
    );
  }
  try {
    return checkValue(sent, "the default");
  } catch (cause) {
    if (!(cause instanceof EntError)) throw cause;
    throw schemaInvalid(
      place,
      cause.message.replace(/\.$/, ""),
      cause.hint ?? "Correct the default.",
    );
  }
}
