import * as v from "valibot";
import { isJsonObject, type JsonValue } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";
import { COMPARISONS } from "../../query/query.ts";
import { closed } from "./closed.ts";
import {
  flag,
  freshnessMembers,
  identityMembers,
  jsonValue,
  text,
  typeNumber,
  wholeNumber,
} from "./common.ts";

/** A filter as JSON: a comparison, or several filters of which all or any must hold. */
export type JsonFilter = JsonComparison | JsonAnd | JsonOr;
export type JsonComparison = v.InferOutput<typeof comparisonShape>;
export interface JsonAnd {
  readonly and: readonly JsonFilter[];
}
export interface JsonOr {
  readonly or: readonly JsonFilter[];
}

export const comparisonShape = closed({
  field: text("A field's name, or one of id, created_at, updated_at, version."),
  op: v.optional(v.pipe(v.picklist(COMPARISONS), v.description("Default: eq."))),
  value: v.optional(jsonValue),
  values: v.optional(v.pipe(v.array(jsonValue), v.description("With in, instead of value."))),
});

/** Which of the three it is shows in its members, so that what is wrong in it can be named. */
export const filterShape: v.GenericSchema<unknown, JsonFilter> = v.lazy((input) => {
  if (isJsonObject(input as JsonValue) && Object.hasOwn(input as object, "and")) return andShape;
  if (isJsonObject(input as JsonValue) && Object.hasOwn(input as object, "or")) return orShape;
  return comparisonShape;
});
export const andShape: v.GenericSchema<unknown, JsonAnd> = closed({ and: v.array(filterShape) });
export const orShape: v.GenericSchema<unknown, JsonOr> = closed({ or: v.array(filterShape) });

export const queryRequest = closed({
  ...identityMembers,
  ...freshnessMembers,
  type_id: v.optional(typeNumber("The type of the nodes.")),
  type: v.optional(text("The type's name, instead of its number.")),
  filter: v.optional(filterShape),
  order: v.optional(
    v.pipe(
      v.array(v.string()),
      v.description("Field names or attributes; -name is descending. The id is always the last."),
    ),
  ),
  limit: v.optional(wholeNumber(1, limits.pageRowsMax, "Default: 100.")),
  offset: v.optional(wholeNumber(0, limits.pageOffsetMax, "Rows to pass over; not with a cursor.")),
  cursor: v.optional(text("next_cursor of the page before.")),
  include_deleted: v.optional(flag("Default: false.")),
  total_count: v.optional(
    flag("Whether all matches are counted. Default: true, but false on a page by cursor."),
  ),
});
