import { stringifyJson } from "../base/json-write.ts";
import { adopt, type Findings, keep, type Refusal } from "./merge-list.ts";
import type { Place } from "./schema-place.ts";
import type { Field } from "./types.ts";
import { valueToJson } from "./value-json.ts";

/**
 * Merges the fields of a type that the tenant has: new optional ones are added (with an
 * index or uniqueness, since no row holds them yet), enum values are appended.
 */
export function mergeFields(
  current: readonly Field[],
  sent: readonly Field[],
  placeOf: (field: Field) => Place,
  findings: Findings,
): readonly Field[] {
  return adopt(current, sent, {
    idOf: (field) => field.fieldId,
    placeOf,
    merge: (mine, other) => mergeField(mine, other, placeOf(mine), findings),
    admit: admitField,
    findings,
  });
}

/** Rows that are there lack the field; writing a default into them is a change of another kind. */
function admitField(field: Field): Omit<Refusal, "place"> | undefined {
  if (!field.required) return undefined;
  return {
    change: "required_field_added",
    problem: "a required field cannot be added to a type that exists",
    hint: "Add it as an optional field, with a default if new nodes should have one.",
  };
}

function mergeField(mine: Field, sent: Field, place: Place, findings: Findings): Field {
  const contradiction = contradictionOf(mine, sent);
  if (contradiction !== undefined) {
    findings.refusals.push({ place, ...contradiction });
    return mine;
  }
  keep(findings, place, "name", mine.name, sent.name);
  keep(findings, place, "description", mine.description, sent.description);
  keep(findings, place, "deprecated", mine.deprecated, sent.deprecated);
  keep(findings, place, "required", mine.required, sent.required);
  keep(findings, place, "searchable", mine.searchable, sent.searchable);
  keep(findings, place, "unique", mine.unique, sent.unique);
  keep(findings, place, "indexed", mine.indexed, sent.indexed);
  keep(findings, place, "default", defaultText(mine), defaultText(sent));
  if (sent.enumValues.length <= mine.enumValues.length) return mine;
  return { ...mine, enumValues: sent.enumValues };
}

function contradictionOf(mine: Field, sent: Field): Omit<Refusal, "place"> | undefined {
  if (sent.kind !== mine.kind) {
    return {
      change: "kind_changed",
      problem: `it is of kind ${mine.kind}, not ${sent.kind}`,
      hint: `Keep the kind ${mine.kind}, and add another field with a new field_id for ${sent.kind}.`,
    };
  }
  if (sent.refTypeId !== mine.refTypeId) {
    return {
      change: "ref_target_changed",
      problem: `it refers to type ${mine.refTypeId}, not ${sent.refTypeId}`,
      hint: "Keep ref_type_id, and add another field with a new field_id.",
    };
  }
  const shared = Math.min(mine.enumValues.length, sent.enumValues.length);
  for (let i = 0; i < shared; i++) {
    if (mine.enumValues[i] === sent.enumValues[i]) continue;
    return {
      change: "enum_order_changed",
      problem: `its enum value ${i + 1} is ${JSON.stringify(mine.enumValues[i])}, not ${JSON.stringify(sent.enumValues[i])}`,
      hint: "Keep the values in their order, and add new ones at the end.",
    };
  }
  if (sent.unique && !mine.unique) return needsRows("unique", "unique_added");
  if (sent.indexed && !mine.indexed) return needsRows("indexed", "indexed_added");
  return undefined;
}

function needsRows(
  attribute: string,
  change: "unique_added" | "indexed_added",
): Omit<Refusal, "place"> {
  return {
    change,
    problem: `${attribute} cannot be added to a field that exists`,
    hint: `Rows that are there would have to be indexed: add another field with a new field_id that is ${attribute}.`,
  };
}

function defaultText(field: Field): string {
  return field.defaultValue === undefined
    ? "none"
    : stringifyJson(valueToJson(field, field.defaultValue));
}
