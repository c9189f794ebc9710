import { EntError } from "../base/errors.ts";
import { type LimitName, limitDetails, limits } from "../base/limits.ts";

/** Where in a schema something is, in words and for programs. */
export interface Place {
  /** "node type 2 (Task) field 3 (status)" */
  readonly label: string;
  readonly details: Readonly<Record<string, string>>;
}

/** The schema itself, for what is said of no type. */
export const SCHEMA_PLACE: Place = { label: "schema", details: {} };

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
const MAX_ID = 2 ** 31 - 1;

/** The refusal SCHEMA_INVALID: "<place>: <problem>." and what to do. */
export function schemaInvalid(place: Place, problem: string, hint: string): EntError {
  return new EntError({
    code: "invalid_argument",
    reason: "SCHEMA_INVALID",
    message: `${sentence(place.label)}: ${problem}.`,
    hint,
    details: place.details,
  });
}

/** The refusal LIMIT_EXCEEDED of something that has too many of what the limit counts. */
export function tooMany(label: string, count: number, what: string, limit: LimitName): EntError {
  const most = limits[limit];
  return new EntError({
    code: "invalid_argument",
    reason: "LIMIT_EXCEEDED",
    message: `${sentence(label)} has ${count} ${what}; the limit is ${most}.`,
    hint: `Keep to ${most} ${what}.`,
    details: limitDetails(limit),
  });
}

/** Ids are 1 to 2^31−1. */
export function checkId(id: number, attribute: string, place: Place): void {
  if (Number.isInteger(id) && id >= 1 && id <= MAX_ID) return;
  throw schemaInvalid(
    place,
    `${attribute} is ${id}`,
    `Give it a number from 1 to ${MAX_ID}, and keep that number for ever.`,
  );
}

export function checkName(name: string, place: Place): void {
  if (NAME.test(name)) return;
  throw schemaInvalid(
    place,
    `${JSON.stringify(name.slice(0, limits.nameChars + 1))} is not a name`,
    `A name begins with a letter and has at most ${limits.nameChars} letters, digits and underscores.`,
  );
}

export function checkDescription(description: string, place: Place): void {
  if (description.length > limits.descriptionChars) {
    throw tooMany(
      `The description of ${place.label}`,
      description.length,
      "characters",
      "descriptionChars",
    );
  }
  if (description.isWellFormed() && !description.includes("\0")) return;
  throw schemaInvalid(
    place,
    "the description holds a NUL character or half a surrogate pair",
    "Send well-formed Unicode.",
  );
}

/** Throws for the first item whose key an earlier one has. */
export function checkUniqueBy<T>(
  items: readonly T[],
  placeOf: (item: T) => Place,
  attribute: string,
  keyOf: (item: T) => string | number,
): void {
  const seen = new Set<string | number>();
  for (const item of items) {
    const key = keyOf(item);
    if (seen.has(key)) {
      throw schemaInvalid(
        placeOf(item),
        `the ${attribute} ${JSON.stringify(key)} is used twice`,
        "Ids and names are unique among their like.",
      );
    }
    seen.add(key);
  }
}

/** With a capital letter, as a sentence begins. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
