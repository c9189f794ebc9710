import { AssertionError, must } from "../base/assert.ts";
import { type Value, valuesEqual } from "../schema/value.ts";
import { compareValues } from "../schema/value-order.ts";
import { compileLike } from "./like.ts";
import { operandValue, type Row } from "./operand.ts";
import type { Comparison, Filter } from "./query.ts";

/**
 * Filters as predicates. A comparison with an absent field is false, also neq;
 * `is_null` is the only test for absence. Nothing is allocated for a row except what an
 * attribute's comparison needs.
 *
 * Takes filters that `parseQuery` has checked: kinds fit, so nothing is checked here.
 */
export type Predicate = (row: Row) => boolean;

/** No filter matches every row. */
export function compileFilter(filter: Filter | undefined): Predicate {
  if (filter === undefined) return () => true;
  if ("filters" in filter) {
    return compileGroup(filter.op, filter.filters.map(compileFilter));
  }
  return compileComparison(filter);
}

function compileGroup(op: "and" | "or", parts: readonly Predicate[]): Predicate {
  const [first, second] = parts;
  if (first !== undefined && parts.length === 1) return first;
  if (first !== undefined && second !== undefined && parts.length === 2) {
    return op === "and" ? (row) => first(row) && second(row) : (row) => first(row) || second(row);
  }
  const stopsAt = op === "or";
  return (row) => {
    for (const part of parts) if (part(row) === stopsAt) return stopsAt;
    return !stopsAt;
  };
}

function compileComparison(comparison: Comparison): Predicate {
  const { operand } = comparison;
  if (comparison.op === "is_null") {
    return operand.of === "field" ? (row) => !row.fields.has(operand.fieldId) : () => false;
  }
  const test = compileTest(comparison);
  if (operand.of === "field") {
    const { fieldId } = operand;
    return (row) => {
      const value = row.fields.get(fieldId);
      return value !== undefined && test(value);
    };
  }
  return (row) => test(operandValue(row, operand) as Value);
}

type Test = (value: Value) => boolean;

function compileTest({ op, values }: Comparison): Test {
  const wanted = must(values[0], "a comparison has a value");
  switch (op) {
    case "eq":
      return equals(wanted);
    case "neq": {
      const equal = equals(wanted);
      return (value) => !equal(value);
    }
    case "gt":
      return (value) => compareValues(value, wanted) > 0;
    case "gte":
      return (value) => compareValues(value, wanted) >= 0;
    case "lt":
      return (value) => compareValues(value, wanted) < 0;
    case "lte":
      return (value) => compareValues(value, wanted) <= 0;
    case "in":
      return oneOf(values);
    case "like": {
      const matches = compileLike(textOf(wanted));
      return (value) => value.kind === "str" && matches(value.value);
    }
    case "contains":
      return contains(wanted);
    case "is_null":
      throw new AssertionError("is_null has no value to test");
  }
}

/** Values whose contents are one JavaScript primitive compare by it. */
function equals(wanted: Value): Test {
  switch (wanted.kind) {
    case "null":
    case "bytes":
    case "list_str":
    case "list_int":
      return (value) => valuesEqual(value, wanted);
    default: {
      const { value: primitive } = wanted;
      return (value) => value.kind !== "null" && value.value === primitive;
    }
  }
}

function oneOf(values: readonly Value[]): Test {
  if (values.some((value) => value.kind === "bytes")) {
    return (value) => values.some((wanted) => valuesEqual(value, wanted));
  }
  const wanted = new Set(values.map((value) => (value.kind === "null" ? undefined : value.value)));
  return (value) => value.kind !== "null" && wanted.has(value.value);
}

function contains(wanted: Value): Test {
  if (wanted.kind === "int") {
    const item = wanted.value;
    return (value) => value.kind === "list_int" && value.value.includes(item);
  }
  const text = textOf(wanted);
  return (value) => {
    if (value.kind === "str") return value.value.includes(text);
    return value.kind === "list_str" && value.value.includes(text);
  };
}

function textOf(value: Value): string {
  if (value.kind === "str") return value.value;
  throw new AssertionError(`text expected, not ${value.kind}`);
}
