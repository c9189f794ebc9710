import { EntError } from "../base/errors.ts";
import type { SchemaChange, SchemaChangeKind } from "./schema-change.ts";
import { type Place, sentence } from "./schema-place.ts";

/** A change as comparing and merging find it, before it is worded for a client. */
export interface FoundChange {
  readonly place: Place;
  readonly change: SchemaChangeKind;
  readonly compatibility: SchemaChange["compatibility"];
  /** "it is of kind str, not int": goes on after the place. */
  readonly problem: string;
  /** For what is breaking; empty otherwise. */
  readonly hint: string;
}

/** What is found on the way through two schemas, in the order of the ids. */
export class FoundChanges {
  readonly list: FoundChange[] = [];

  safe(place: Place, change: SchemaChangeKind, problem: string): void {
    this.list.push({ place, change, compatibility: "safe", problem, hint: "" });
  }

  /** Decided by the rows that are there, when it is applied. */
  dataDependent(place: Place, change: SchemaChangeKind, problem: string): void {
    this.list.push({ place, change, compatibility: "data_dependent", problem, hint: "" });
  }

  breaking(place: Place, change: SchemaChangeKind, problem: string, hint: string): void {
    this.list.push({ place, change, compatibility: "breaking", problem, hint });
  }
}

export function toSchemaChange(found: FoundChange): SchemaChange {
  const { place, change, compatibility, problem, hint } = found;
  return { change, path: place.label, compatibility, message: `${sentence(problem)}.`, hint };
}

/** The refusal SCHEMA_INCOMPATIBLE: the first breaking change in full, the others counted. */
export function schemaIncompatible(breaking: readonly [FoundChange, ...FoundChange[]]): EntError {
  const [first] = breaking;
  const others = breaking.length - 1;
  const more =
    others === 0 ? "" : ` (and ${others} more incompatible change${others === 1 ? "" : "s"})`;
  return new EntError({
    code: "failed_precondition",
    reason: "SCHEMA_INCOMPATIBLE",
    message: `${sentence(first.place.label)}: ${first.problem}${more}.`,
    hint: first.hint,
    details: {
      ...first.place.details,
      change: first.change,
      incompatible_changes: String(breaking.length),
    },
  });
}
