import { invalid } from "../../base/errors.ts";
import { type JsonValue, parseJson } from "../../base/json.ts";
import { didYouMean, suggest } from "../../base/suggest.ts";
import { comparisonShape } from "../../query/comparison-kinds.ts";
import { filterInvalid } from "../../query/parse-comparison.ts";
import {
  COMPARISONS,
  type ComparisonOp,
  type Filter,
  NODE_ATTRIBUTES,
  type NodeAttribute,
  type Operand,
  type OrderTerm,
} from "../../query/query.ts";
import type { CompiledNodeType } from "../../schema/registry.ts";
import type { Value } from "../../schema/value.ts";
import { valueFromJson } from "../../schema/value-json.ts";
import { valueFromText } from "../../schema/value-text.ts";
import type { QueryPair } from "../query-string.ts";
import type { JsonComparison, JsonFilter } from "../shapes/query.ts";

/**
 * Filters and orders by name. Whether an operator fits its field, how many values it takes
 * and how large a filter may grow is the engine's to judge, for every face alike.
 */

/**
 * The filter that "filter.status=active" and "filter.age.gte=18" make together: all must
 * hold. Undefined for none. Throws INVALID_FILTER, FIELD_UNKNOWN and what values throw.
 */
export function filterOfParams(
  type: CompiledNodeType,
  params: readonly QueryPair[],
): Filter | undefined {
  const filters = params.map(([name, text]) => comparisonOfParam(type, name, text));
  return filters.length < 2 ? filters[0] : { op: "and", filters };
}

/** A filter sent as JSON. Throws as {@link filterOfParams}. */
export function filterOfJson(type: CompiledNodeType, filter: JsonFilter, path: string): Filter {
  if ("and" in filter) return groupOf(type, "and", filter.and, path);
  if ("or" in filter) return groupOf(type, "or", filter.or, path);
  const { field, op = "eq" } = filter;
  const operand = operandOf(type, field);
  const shape = comparisonShape(type, operand, op);
  const values = jsonValues(filter, op, path).map(([json, place]) =>
    valueFromJson(shape, json, place),
  );
  return { op, operand, values };
}

/** "status,-created_at". Throws FIELD_UNKNOWN, INVALID_REQUEST. */
export function orderOf(type: CompiledNodeType, terms: readonly string[]): OrderTerm[] {
  return terms.map((term) => {
    const descending = term.startsWith("-");
    const name = descending ? term.slice(1) : term;
    if (name !== "") return { operand: operandOf(type, name), descending };
    throw invalid(
      "INVALID_REQUEST",
      "order has an empty term.",
      "Name fields, separated by commas; -name is descending.",
      { field: "order" },
    );
  });
}

function groupOf(
  type: CompiledNodeType,
  op: "and" | "or",
  filters: readonly JsonFilter[],
  path: string,
): Filter {
  return {
    op,
    filters: filters.map((filter, i) => filterOfJson(type, filter, `${path}.${op}[${i}]`)),
  };
}

function comparisonOfParam(type: CompiledNodeType, name: string, text: string): Filter {
  const dot = name.indexOf(".");
  const field = dot < 0 ? name : name.slice(0, dot);
  const op = dot < 0 ? "eq" : operatorOf(name.slice(dot + 1), name);
  const operand = operandOf(type, field);
  const path = `filter.${name.slice(0, 80)}`;
  if (op === "is_null") {
    if (text === "true") return { op, operand, values: [] };
    throw filterInvalid(
      path,
      "takes true",
      "Send is_null=true; for what is there, compare its value.",
    );
  }
  const shape = comparisonShape(type, operand, op);
  const values: Value[] =
    op === "in"
      ? inValues(text, path).map((item, i) =>
          typeof item === "string"
            ? valueFromText(shape, item, `${path}[${i}]`)
            : valueFromJson(shape, item.json, `${path}[${i}]`),
        )
      : [valueFromText(shape, text, path)];
  return { op, operand, values };
}

/** "a,b,c", or a JSON list where a value has a comma in it. */
function inValues(text: string, path: string): (string | { json: JsonValue })[] {
  if (!text.startsWith("[")) return text.split(",");
  const list = parseJson(text);
  if (Array.isArray(list)) return (list as readonly JsonValue[]).map((json) => ({ json }));
  throw filterInvalid(path, "takes a list", 'Send values separated by commas, or ["a", "b"].');
}

function jsonValues(
  comparison: JsonComparison,
  op: ComparisonOp,
  path: string,
): [json: JsonValue, place: string][] {
  const { value, values } = comparison;
  if (value !== undefined && values !== undefined) {
    throw filterInvalid(path, "has value and values", "Send value, or with in values.");
  }
  if (values !== undefined) return values.map((json, i) => [json, `${path}.values[${i}]`]);
  // is_null says it all; true makes it read like in a URL.
  if (value === undefined || (op === "is_null" && value === true)) return [];
  if (op === "in" && Array.isArray(value)) {
    return (value as readonly JsonValue[]).map((json, i) => [json, `${path}.value[${i}]`]);
  }
  return [[value, `${path}.value`]];
}

function operandOf(type: CompiledNodeType, name: string): Operand {
  const attribute = name as NodeAttribute;
  if (NODE_ATTRIBUTES.includes(attribute)) return { of: "attribute", attribute };
  return { of: "field", fieldId: type.table.getByName(name).fieldId };
}

function operatorOf(text: string, name: string): ComparisonOp {
  const op = text as ComparisonOp;
  if (COMPARISONS.includes(op)) return op;
  throw filterInvalid(
    `filter.${name.slice(0, 80)}`,
    `${JSON.stringify(text.slice(0, 32))} is not an operator`,
    didYouMean(suggest(text, COMPARISONS), `Use one of ${COMPARISONS.join(", ")}.`),
  );
}
