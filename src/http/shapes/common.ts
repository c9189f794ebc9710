import * as v from "valibot";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.ts";

/**
 * The words that several shapes share. A description is what the documentation of the
 * interface says about a member, so it is a sentence for whoever calls it.
 */

/** Any JSON value, handed on as the reader of JSON made it. */
export const jsonValue = v.custom<JsonValue>((input) => input !== undefined);

/** Any JSON object, handed on as the same object, so that its members' source text stays known. */
export const jsonObject = v.custom<JsonObject>(
  (input) => isJsonObject(input as JsonValue),
  'must be an object\nSend {"name": value, …}.',
);

export const jsonList = v.custom<readonly JsonValue[]>(
  (input) => Array.isArray(input),
  "must be a list\nSend a JSON list.",
);

/** Texts by name, handed on as the same object, whatever the names: valibot's own record passes over some. */
export const textsByName = v.custom<Readonly<Record<string, string>>>(
  (input) =>
    isJsonObject(input as JsonValue) &&
    Object.values(input as JsonObject).every((value) => typeof value === "string"),
  'must be an object of strings\nSend {"name": "text", …}.',
);

export function text(description: string) {
  return v.pipe(v.string(), v.description(description));
}

export function flag(description: string) {
  return v.pipe(v.boolean(), v.description(description));
}

export function wholeNumber(min: number, max: number, description: string) {
  return v.pipe(
    v.number(),
    v.integer(),
    v.minValue(min),
    v.maxValue(max),
    v.description(description),
  );
}

export function object(description: string) {
  return v.pipe(jsonObject, v.description(description));
}

/** The largest number of a type, a field or a key. */
const TYPE_ID_MAX = 2 ** 31 - 1;

export function typeNumber(description: string) {
  return wholeNumber(1, TYPE_ID_MAX, description);
}

/** Who asks, in a body. The headers X-Tenant-ID and X-Actor, or the query, do as well. */
export const identityMembers = {
  tenant_id: v.optional(text("The tenant; also as header X-Tenant-ID or query tenant_id.")),
  actor: v.optional(text('Who asks, as "user:alice"; also as header X-Actor or query actor.')),
};

/** How fresh a read must be, in a body. */
export const freshnessMembers = {
  at_least: v.optional(
    text("Position token of an earlier answer: the read fails rather than answer older than it."),
  ),
  consistency: v.optional(
    v.pipe(
      v.picklist(["strong"]),
      v.description("strong: everything that was durable before the read began."),
    ),
  ),
};

export const positionToken = text("Opaque; hand it to a read as at_least to read this.");
export const unixMs = v.pipe(v.number(), v.integer(), v.description("Unix milliseconds."));

/** Whole numbers of 64 bits without a sign, as a number or, beyond 2^53, as decimal digits in a string. */
export const wholeNumber64 = v.custom<number | bigint | string>(
  (input) => u64Of(input) !== undefined,
  "must be a whole number from 0 to 18446744073709551615\nSend it as a number, or as digits in a string.",
);

export function number64(description: string) {
  return v.pipe(wholeNumber64, v.description(description));
}

/** What {@link wholeNumber64} takes, as it is; undefined for all else. */
export function u64Of(input: unknown): bigint | undefined {
  const isNumber = typeof input === "bigint" || Number.isSafeInteger(input);
  const isDigits = typeof input === "string" && /^[0-9]{1,20}$/.test(input);
  if (!isNumber && !isDigits) return undefined;
  const value = BigInt(input as number | bigint | string);
  return value >= 0n && value < 2n ** 64n ? value : undefined;
}
