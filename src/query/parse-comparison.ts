import { type EntError, invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import { checkText, checkValue } from "../schema/check-value.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import type { Value } from "../schema/value.ts";
import type { ValueShape } from "../schema/value-json.ts";
import { valueKind } from "./comparison-kinds.ts";
import { operandLabel, operandShape } from "./operand.ts";
import {
  COMPARISONS,
  type Comparison,
  type ComparisonOp,
  NODE_ATTRIBUTES,
  type Operand,
} from "./query.ts";

/** One comparison of a filter, checked: what it looks at, whether that can be asked so, and the values. */
export function parseComparison(
  type: CompiledNodeType,
  comparison: Comparison,
  path: string,
): Comparison {
  const { op, operand, values } = comparison;
  checkKnown(comparison, path);
  const shape = operandShape(type, operand);
  const wanted = valueKind(op, shape.kind);
  if (wanted === undefined) {
    const operators = COMPARISONS.filter((other) => valueKind(other, shape.kind) !== undefined);
    throw filterInvalid(
      path,
      `${operandLabel(type, operand)} of kind ${shape.kind} cannot be asked with ${op}`,
      `Kind ${shape.kind} takes ${operators.join(", ")}.`,
    );
  }
  checkCount(op, values.length, path);
  const isId = operand.of === "attribute" && operand.attribute === "id";
  const parsed = values.map((value, i) => {
    const at = op === "in" ? `${path}.values[${i}]` : `${path}.value`;
    return isId ? idOperand(value, at) : parseValue(value, { ...shape, kind: wanted }, at);
  });
  if (op === "like") checkPattern(parsed[0] as Value, path);
  return { op, operand, values: parsed };
}

function checkKnown({ op, operand }: Comparison, path: string): void {
  checkAttribute(operand, path);
  if (COMPARISONS.includes(op)) return;
  throw filterInvalid(
    path,
    `${JSON.stringify(op)} is not an operator`,
    `Use one of ${COMPARISONS.join(", ")}.`,
  );
}

/**
 * Throws INVALID_FILTER for what is no attribute of nodes: a decoder that met an unknown
 * number or word may have let it through.
 */
export function checkAttribute(operand: Operand, path: string): void {
  if (operand.of === "field" || NODE_ATTRIBUTES.includes(operand.attribute)) return;
  throw filterInvalid(
    path,
    `${JSON.stringify(operand.attribute)} is not an attribute of nodes`,
    `Use a field or one of ${NODE_ATTRIBUTES.join(", ")}.`,
  );
}

function checkCount(op: ComparisonOp, count: number, path: string): void {
  if (op === "is_null") {
    if (count === 0) return;
    throw filterInvalid(path, "is_null takes no value", "Leave the value out.");
  }
  if (op !== "in") {
    if (count === 1) return;
    throw filterInvalid(path, `${op} takes one value, not ${count}`, "Use in for several values.");
  }
  if (count === 0) throw filterInvalid(path, "in takes at least one value", "List the values.");
  if (count <= limits.filterInValues) return;
  throw invalid(
    "LIMIT_EXCEEDED",
    `${path}: in has ${count} values; the limit is ${limits.filterInValues}.`,
    "Ask in several queries.",
    { field: path, ...limitDetails("filterInValues") },
  );
}

function parseValue(value: Value, shape: ValueShape, path: string): Value {
  if (value.kind === "null") {
    throw filterInvalid(path, "null compares with nothing", "Use is_null to ask for absence.");
  }
  if (value.kind !== shape.kind) {
    throw filterInvalid(
      path,
      `takes ${shape.kind}, not ${value.kind}`,
      `Send a value of kind ${shape.kind}.`,
    );
  }
  const checked = checkValue(value, path);
  if (checked.kind === "enum" && checked.value > shape.enumValues.length) {
    throw invalid(
      "ENUM_VALUE_UNKNOWN",
      `${path}: ${checked.value} is beyond the ${shape.enumValues.length} enum values.`,
      `Send an ordinal from 1 to ${shape.enumValues.length}.`,
      { field: path },
    );
  }
  return checked;
}

/** Any text can be compared with an id: a part of one bounds a range. */
function idOperand(value: Value, path: string): Value {
  if (value.kind !== "str" && value.kind !== "ref") {
    throw filterInvalid(path, `takes ref, not ${value.kind}`, "Send an id as a string.");
  }
  checkText(value.value, path);
  return { kind: "ref", value: value.value };
}

function checkPattern(pattern: Value, path: string): void {
  if (pattern.kind !== "str") return;
  if (pattern.value.length > limits.likePatternChars) {
    throw invalid(
      "LIMIT_EXCEEDED",
      `${path}: a pattern of ${pattern.value.length} characters; the limit is ${limits.likePatternChars}.`,
      "Use contains for long text.",
      { field: path, ...limitDetails("likePatternChars") },
    );
  }
  const trailing = /\\*$/.exec(pattern.value)?.[0].length ?? 0;
  if (trailing % 2 === 0) return;
  throw filterInvalid(
    path,
    "the pattern ends in its escape character",
    "Write \\\\ for a backslash.",
  );
}

/** INVALID_FILTER, at a place in the request. */
export function filterInvalid(path: string, problem: string, hint: string): EntError {
  return invalid("INVALID_FILTER", `${path}: ${problem}.`, hint, { field: path });
}
