import { defaultShown, defaultText } from "./field-text.ts";
import type { FoundChanges } from "./found-change.ts";
import type { SchemaChangeKind } from "./schema-change.ts";
import type { Place } from "./schema-place.ts";
import type { Field } from "./types.ts";

/**
 * What may happen to a field and its attributes, and what that means for the nodes and edges
 * that are there: the part of the compatibility table in `DESIGN.md` that is about fields.
 */

/** A type that both schemas have, as far as fields go. */
export interface FieldOwner {
  readonly place: Place;
  readonly placeOf: (field: Pick<Field, "fieldId" | "name">) => Place;
}

type Worded = Pick<Field, "name" | "description" | "deprecated">;

interface Fielded {
  readonly fields: readonly Field[];
  readonly reservedFieldIds: readonly number[];
}

/** What differs in the fields of a type that both schemas have, and in the numbers that it reserves. */
export function compareFields(
  before: Fielded,
  after: Fielded,
  owner: FieldOwner,
  found: FoundChanges,
): void {
  const fieldsBefore = new Map(before.fields.map((field) => [field.fieldId, field]));
  const fieldsAfter = new Set(after.fields.map((field) => field.fieldId));
  const reserved = new Set(after.reservedFieldIds);
  const reservedBefore = new Set(before.reservedFieldIds);
  for (const field of before.fields) {
    if (fieldsAfter.has(field.fieldId)) continue;
    compareRemoved(field, reserved.has(field.fieldId), owner, found);
  }
  for (const field of after.fields) {
    const old = fieldsBefore.get(field.fieldId);
    if (old !== undefined) compareField(old, field, owner.placeOf(old), found);
    else if (reservedBefore.has(field.fieldId)) {
      const words = reservedIdUsed("field", field.fieldId);
      found.breaking(owner.placeOf(field), "reserved_id_used", ...words);
    } else compareAdded(field, owner.placeOf(field), found);
  }
  for (const id of reservedBefore) {
    if (reserved.has(id) || fieldsAfter.has(id)) continue;
    found.breaking(
      owner.place,
      "reservation_removed",
      `the field id ${id} is reserved for ever`,
      `Keep ${id} in reserved_field_ids.`,
    );
  }
  for (const id of reserved) {
    if (reservedBefore.has(id) || fieldsBefore.has(id)) continue;
    found.safe(owner.place, "field_reserved", `the field id ${id} is reserved from now on`);
  }
}

function compareRemoved(
  field: Field,
  isReserved: boolean,
  owner: FieldOwner,
  found: FoundChanges,
): void {
  const place = owner.placeOf(field);
  if (isReserved) {
    found.safe(place, "field_removed", "it is removed, its id reserved; its values are not shown");
    return;
  }
  found.breaking(
    place,
    "field_removed",
    "it is removed, and its id is not reserved",
    `Keep it and mark it deprecated; or put ${field.fieldId} into the type's reserved_field_ids, which removes it for ever.`,
  );
}

function compareAdded(field: Field, place: Place, found: FoundChanges): void {
  if (!field.required) found.safe(place, "field_added", "it is added");
  else if (field.defaultValue === undefined) {
    found.breaking(
      place,
      "required_field_added",
      "a required field without a default is added to a type that exists",
      "Give it a default, which is written into what is there; or add it as an optional field.",
    );
  } else {
    found.dataDependent(
      place,
      "required_field_added",
      `it is added, and its default ${defaultShown(field)} is written into what is there`,
    );
  }
}

/** What people read of a type or a field: its name, what is said of it, whether it is deprecated. */
export function compareWords(
  before: Worded,
  after: Worded,
  place: Place,
  found: FoundChanges,
): void {
  if (before.name !== after.name) {
    found.safe(place, "renamed", `it is called ${after.name} from now on`);
  }
  if (before.description !== after.description) {
    found.safe(place, "described", "its description changes");
  }
  if (before.deprecated !== after.deprecated) {
    found.safe(place, "deprecated_changed", deprecation(after.deprecated));
  }
}

function compareField(before: Field, after: Field, place: Place, found: FoundChanges): void {
  compareWords(before, after, place, found);
  const contradiction =
    meaningContradiction(before, after) ?? enumContradiction(before.enumValues, after.enumValues);
  if (contradiction !== undefined) {
    const { change, problem, hint } = contradiction;
    found.breaking(place, change, problem, hint);
    // What the other attributes mean depends on these: there is nothing to be said of them.
    return;
  }
  const added = after.enumValues.slice(before.enumValues.length);
  if (added.length > 0) {
    found.safe(place, "enum_value_added", `${quoted(added)} at the end of its enum values`);
  }
  compareRequired(before, after, place, found);
  if (defaultText(before) !== defaultText(after)) {
    found.safe(
      place,
      "default_changed",
      `its default is ${defaultShown(after)} from now on, not ${defaultShown(before)}; what is there stays`,
    );
  }
  compareUses(before, after, place, found);
}

function compareRequired(before: Field, after: Field, place: Place, found: FoundChanges): void {
  if (before.required === after.required) return;
  if (!after.required) found.safe(place, "required_removed", "it is optional from now on");
  else if (after.defaultValue === undefined) {
    found.breaking(
      place,
      "required_added",
      "it becomes required without a default, and what is there may lack it",
      "Give it a default, which is written into what lacks it; or leave it optional.",
    );
  } else {
    found.dataDependent(
      place,
      "required_added",
      `it becomes required, and its default ${defaultShown(after)} is written into what lacks it`,
    );
  }
}

function compareUses(before: Field, after: Field, place: Place, found: FoundChanges): void {
  if (!before.unique && after.unique) {
    found.dataDependent(
      place,
      "unique_added",
      "it becomes unique, unless two nodes hold the same value",
    );
  } else if (before.unique && !after.unique) {
    found.safe(place, "unique_removed", "it is no longer unique");
  }
  if (before.indexed !== after.indexed) {
    if (after.indexed) found.safe(place, "indexed_added", "it is indexed from now on");
    else found.safe(place, "indexed_removed", "it is no longer indexed");
  }
  if (before.searchable !== after.searchable) {
    if (after.searchable) found.safe(place, "searchable_added", "it can be searched from now on");
    else found.safe(place, "searchable_removed", "it can no longer be searched");
  }
}

interface Contradiction {
  readonly change: SchemaChangeKind;
  readonly problem: string;
  readonly hint: string;
}

/** Values would mean something else, or be of another kind: merging and replacing both refuse it. */
export function meaningContradiction(before: Field, after: Field): Contradiction | undefined {
  if (after.kind !== before.kind) {
    return {
      change: "kind_changed",
      problem: `it is of kind ${before.kind}, not ${after.kind}`,
      hint: `Keep the kind ${before.kind}, and add another field with a new field_id for ${after.kind}.`,
    };
  }
  if (after.refTypeId === before.refTypeId) return undefined;
  return {
    change: "ref_target_changed",
    problem: `it refers to type ${before.refTypeId}, not ${after.refTypeId}`,
    hint: "Keep ref_type_id, and add another field with a new field_id.",
  };
}

/** Where the values that both list are not the same at the same ordinal, if so. */
export function enumOrderContradiction(
  before: readonly string[],
  after: readonly string[],
): Contradiction | undefined {
  const shared = Math.min(before.length, after.length);
  for (let i = 0; i < shared; i++) {
    if (before[i] === after[i]) continue;
    return {
      change: "enum_order_changed",
      problem: `its enum value ${i + 1} is ${JSON.stringify(before[i])}, not ${JSON.stringify(after[i])}`,
      hint: "Keep the values in their order, and add new ones at the end.",
    };
  }
  return undefined;
}

function enumContradiction(
  before: readonly string[],
  after: readonly string[],
): Contradiction | undefined {
  const kept = new Set(after);
  const gone = before.filter((value) => !kept.has(value));
  if (gone.length === 0) return enumOrderContradiction(before, after);
  return {
    change: "enum_value_removed",
    problem: `nodes may hold ${quoted(gone)}, which its enum values no longer list`,
    hint: "Keep every value at its place, and add new ones at the end; or add another field with a new field_id.",
  };
}

/** The words of a refusal that types and fields share, in merging and replacing. */
export function reservedIdUsed(what: string, id: number): [problem: string, hint: string] {
  return [
    `the ${what} id ${id} is reserved: what it stood for was removed`,
    "Give it an id that was never used.",
  ];
}

function deprecation(deprecated: boolean): string {
  return deprecated ? "it is deprecated from now on" : "it is no longer deprecated";
}

const MAX_QUOTED = 5;

function quoted(values: readonly string[]): string {
  const more = values.length > MAX_QUOTED ? ` and ${values.length - MAX_QUOTED} more` : "";
  return (
    values
      .slice(0, MAX_QUOTED)
      .map((value) => JSON.stringify(value))
      .join(", ") + more
  );
}
