import { KIND_TRAITS } from "../schema/field-kinds.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import type { FieldKind } from "../schema/value.ts";
import type { ValueShape } from "../schema/value-json.ts";
import { operandShape } from "./operand.ts";
import type { ComparisonOp, Operand } from "./query.ts";

/** The kind of value that the operator takes for an operand of this kind; undefined when it takes none such. */
export function valueKind(op: ComparisonOp, kind: FieldKind): FieldKind | undefined {
  switch (op) {
    case "is_null":
      return kind;
    case "eq":
    case "neq":
      return kind === "json" ? undefined : kind;
    case "gt":
    case "gte":
    case "lt":
    case "lte":
    case "in":
      return KIND_TRAITS[kind].ordered ? kind : undefined;
    case "like":
      return kind === "str" ? "str" : undefined;
    case "contains":
      if (kind === "str" || kind === "list_str") return "str";
      return kind === "list_int" ? "int" : undefined;
  }
}

/**
 * How a value of such a comparison is written in JSON or text: as the operand's own,
 * except that `contains` takes an item of a list. For faces that read filters by name;
 * whether the operator fits is said by `parseQuery`. Throws FIELD_UNKNOWN.
 */
export function comparisonShape(
  type: CompiledNodeType,
  operand: Operand,
  op: ComparisonOp,
): ValueShape {
  const shape = operandShape(type, operand);
  const kind = valueKind(op, shape.kind);
  return kind === undefined || kind === shape.kind ? shape : { kind, enumValues: [] };
}
