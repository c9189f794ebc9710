import { enumOrderContradiction, meaningContradiction, reservedIdUsed } from "./compare-fields.ts";
import { defaultText } from "./field-text.ts";
import { adopt, type Findings, keep, refuseName, refuseUnderFirstRules } from "./merge-list.ts";
import type { Place } from "./schema-place.ts";
import type { Field, UniqueKey } from "./types.ts";

/**
 * What a merge makes of a type's fields: nothing that the tenant has is changed, but for enum
 * values at the end; what may not stand beside it is put down as a refusal and left out.
 */

interface Fielded {
  readonly fields: readonly Field[];
  readonly reservedFieldIds: readonly number[];
  /** Absent for edge types. */
  readonly uniqueKeys?: readonly UniqueKey[];
}

/**
 * Merges the fields of a type that the tenant has: new ones are added, with an index or
 * uniqueness, since no row holds them yet; enum values are appended. A required one must have a
 * default.
 */
export function mergeFields(
  mine: Fielded,
  sent: readonly Field[],
  placeOf: (field: Field) => Place,
  findings: Findings,
): readonly Field[] {
  return adopt(mine.fields, sent, {
    idOf: (field) => field.fieldId,
    placeOf,
    merge: (field, other) => mergeField(field, other, placeOf(field), findings),
    admit: (field) => admitField(mine, field, placeOf(field), findings),
    findings,
  });
}

function admitField(type: Fielded, field: Field, place: Place, findings: Findings): boolean {
  if (type.reservedFieldIds.includes(field.fieldId)) {
    findings.refusals.breaking(
      place,
      "reserved_id_used",
      ...reservedIdUsed("field", field.fieldId),
    );
    return false;
  }
  const key = type.uniqueKeys?.find((candidate) => candidate.name === field.name);
  if (key !== undefined && !findings.firstRules) {
    refuseName(findings, place, field.name, `unique key ${key.keyId}`);
    return false;
  }
  if (!field.required) return true;
  if (findings.firstRules) {
    findings.refusals.breaking(
      place,
      "required_field_added",
      "a required field cannot be added to a type that exists",
      "Add it as an optional field, with a default if new nodes should have one.",
    );
    return false;
  }
  if (field.defaultValue !== undefined) return true;
  findings.refusals.breaking(
    place,
    "required_field_added",
    "a required field without a default is added to a type that exists",
    "Give it a default, which is written into what is there; or add it as an optional field.",
  );
  return false;
}

function mergeField(mine: Field, sent: Field, place: Place, findings: Findings): Field {
  const contradiction =
    meaningContradiction(mine, sent) ?? enumOrderContradiction(mine.enumValues, sent.enumValues);
  if (contradiction !== undefined) {
    const { change, problem, hint } = contradiction;
    findings.refusals.breaking(place, change, problem, hint);
    return mine;
  }
  for (const attribute of ["unique", "indexed"] as const) {
    if (!sent[attribute] || mine[attribute]) continue;
    const problem = `${attribute} cannot be added to a field that exists`;
    const hint = `Rows that are there would have to be indexed: add another field with a new field_id that is ${attribute}.`;
    if (refuseUnderFirstRules(findings, place, `${attribute}_added`, problem, hint)) return mine;
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
