import * as v from "valibot";
import { type ErrorReason, invalid } from "../base/errors.ts";
import { parseJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { didYouMean, suggest } from "../base/suggest.ts";
import type { QueryPair } from "./query-string.ts";
import { check } from "./shapes/closed.ts";
import { flag, number64, text, u64Of, wholeNumber } from "./shapes/common.ts";

/**
 * Parameters in a URL's query, each with the shape that its documentation shows and the
 * way from text to the value. Unknown names and names given twice are refused.
 */
export interface Param<T> {
  /** Of the value, after it was read from the text. */
  readonly shape: v.GenericSchema;
  read(text: string, name: string): T;
}

export type Params = Readonly<Record<string, Param<unknown>>>;

export type ParamValues<P extends Params> = {
  readonly [K in keyof P]: P[K] extends Param<infer T> ? T | undefined : never;
};

/** Parameters of which there are as many as there are fields: "filter.status", "value.city". */
export interface FieldParams {
  /** Without the dot. */
  readonly prefix: string;
  readonly description: string;
}

export interface ReadParams {
  readonly values: Readonly<Record<string, unknown>>;
  /** What follows the prefix and its dot, and the value, in order. */
  readonly fields: readonly QueryPair[];
}

/** Throws INVALID_REQUEST, and what the parameters themselves throw. */
export function readParams(
  pairs: readonly QueryPair[],
  params: Params,
  fieldParams: FieldParams | undefined,
): ReadParams {
  if (pairs.length === 0) return NO_PARAMS;
  const prefix = fieldParams === undefined ? undefined : `${fieldParams.prefix}.`;
  const values: Record<string, unknown> = {};
  const fields: QueryPair[] = [];
  for (const [name, value] of pairs) {
    if (prefix !== undefined && name.startsWith(prefix)) {
      fields.push([name.slice(prefix.length), value]);
      continue;
    }
    const param = Object.hasOwn(params, name) ? params[name] : undefined;
    if (param === undefined) throw unknownParam(name, params, prefix);
    if (Object.hasOwn(values, name)) throw givenTwice(name);
    values[name] = param.read(value, name);
  }
  return { values, fields };
}

const NO_PARAMS: ReadParams = { values: {}, fields: [] };

export function textParam(description: string): Param<string> {
  return { shape: text(description), read: (value) => value };
}

export function integerParam(min: number, max: number, description: string): Param<number> {
  const shape = wholeNumber(min, max, description);
  return {
    shape,
    read: (value, name) => {
      const number = /^-?[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN;
      if (!Number.isNaN(number)) return check(shape, number, name);
      throw misread(name, value, `a whole number from ${min} to ${max}`);
    },
  };
}

/** A whole number of 64 bits without a sign. */
export function number64Param(description: string): Param<bigint> {
  return {
    shape: number64(description),
    read: (value, name) => {
      const number = u64Of(value);
      if (number !== undefined) return number;
      throw misread(name, value, "a whole number of at most 64 bits");
    },
  };
}

/** Texts separated by commas, or, for those that hold commas, a JSON list of them. */
export function textsParam(description: string): Param<readonly string[]> {
  return {
    shape: text(`${description} Separated by commas, or a JSON list.`),
    read: (value, name) => {
      if (!value.startsWith("[")) return value === "" ? [] : value.split(",");
      const list = parseJson(value);
      if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list;
      throw misread(name, value, "a JSON list of strings");
    },
  };
}

export function flagParam(description: string): Param<boolean> {
  return {
    shape: flag(description),
    read: (value, name) => {
      if (value === "true") return true;
      if (value === "false") return false;
      throw misread(name, value, "true or false");
    },
  };
}

export function choiceParam<const C extends readonly string[]>(
  choices: C,
  description: string,
): Param<C[number]> {
  const shape = v.pipe(v.picklist(choices), v.description(description));
  return { shape, read: (value, name) => check(shape, value, name) };
}

/** Opaque bytes, base64url. */
export function tokenParam(reason: ErrorReason, description: string): Param<Uint8Array> {
  return { shape: text(description), read: (value, name) => decodeToken(value, reason, name) };
}

/** Throws the given reason unless the text is what `encodeToken` writes. */
export function decodeToken(token: string, reason: ErrorReason, name: string): Uint8Array {
  const bytes = Buffer.from(token, "base64url");
  // Buffer passes over what is not of the alphabet: only what it writes back was read whole.
  if (token.length <= limits.cursorBytes * 2 && bytes.toString("base64url") === token) {
    return new Uint8Array(bytes);
  }
  throw invalid(
    reason,
    `${name} is not a token of this server.`,
    "Hand back what an answer gave.",
    {
      field: name,
    },
  );
}

function unknownParam(name: string, params: Params, prefix: string | undefined) {
  const names = Object.keys(params);
  const known = prefix === undefined ? names : [...names, `${prefix}<field>`];
  return invalid(
    "INVALID_REQUEST",
    `The query parameter ${JSON.stringify(name.slice(0, 64))} is not known.`,
    didYouMean(suggest(name, names), `Known are ${known.join(", ")}.`),
    { field: name.slice(0, 64) },
  );
}

function givenTwice(name: string) {
  return invalid(
    "INVALID_REQUEST",
    `The query parameter ${name} is given twice.`,
    "Send it once.",
    { field: name },
  );
}

function misread(name: string, value: string, wanted: string) {
  return invalid(
    "INVALID_REQUEST",
    `The query parameter ${name} is ${JSON.stringify(value.slice(0, 64))}, not ${wanted}.`,
    `Send ${wanted}.`,
    { field: name },
  );
}
