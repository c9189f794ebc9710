import {
  FilterOperator,
  NodeAttribute as WireAttribute,
  type Filter as WireFilter,
  type OrderTerm as WireOrderTerm,
} from "../../gen/entdb/v1/filter_pb.ts";
import { unreachable } from "../base/assert.ts";
import { invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import type { ComparisonOp, Filter, NodeAttribute, Operand, OrderTerm } from "../query/query.ts";
import { decodeValues, misshapen } from "./decode-value.ts";

/**
 * Filters and orders from the wire, in the shape of `query/query.ts`. What is missing is
 * refused with its place; what a filter means, and whether its fields exist, is not asked here.
 */
const OPERATOR: ReadonlyMap<FilterOperator, ComparisonOp> = new Map([
  [FilterOperator.EQ, "eq"],
  [FilterOperator.NEQ, "neq"],
  [FilterOperator.GT, "gt"],
  [FilterOperator.GTE, "gte"],
  [FilterOperator.LT, "lt"],
  [FilterOperator.LTE, "lte"],
  [FilterOperator.IN, "in"],
  [FilterOperator.LIKE, "like"],
  [FilterOperator.CONTAINS, "contains"],
  [FilterOperator.IS_NULL, "is_null"],
]);

const ATTRIBUTE: ReadonlyMap<WireAttribute, NodeAttribute> = new Map([
  [WireAttribute.ID, "id"],
  [WireAttribute.CREATED_AT, "created_at"],
  [WireAttribute.UPDATED_AT, "updated_at"],
  [WireAttribute.VERSION, "version"],
]);

/**
 * A filter, or undefined where none was sent. The depth is bounded here already, because
 * this function calls itself; the engine counts and judges the rest.
 */
export function decodeFilter(filter: WireFilter | undefined, path: string): Filter | undefined {
  return filter === undefined ? undefined : decodeNode(filter, path, 1);
}

export function decodeOrder(order: readonly WireOrderTerm[], path: string): OrderTerm[] {
  return order.map((term, index) => ({
    operand: decodeOperand(term, `${path}[${index}]`),
    descending: term.descending,
  }));
}

function decodeNode(filter: WireFilter, path: string, depth: number): Filter {
  if (depth > limits.filterDepth) throw tooDeep(path);
  const { node } = filter;
  switch (node.case) {
    case "comparison": {
      const place = `${path}.comparison`;
      const op = OPERATOR.get(node.value.operator);
      if (op === undefined)
        throw misshapen(`${place}.operator`, "an operator is needed, such as EQ");
      return {
        op,
        operand: decodeOperand(node.value, place),
        values: decodeValues(node.value.values, `${place}.values`),
      };
    }
    case "and":
    case "or": {
      const place = `${path}.${node.case}.filters`;
      return {
        op: node.case,
        filters: node.value.filters.map((inner, index) =>
          decodeNode(inner, `${place}[${index}]`, depth + 1),
        ),
      };
    }
    case undefined:
      throw misshapen(path, "a filter is a comparison, an and or an or");
    default:
      return unreachable(node, "a filter of an unknown kind");
  }
}

function decodeOperand(
  wire: { readonly operand: WireOrderTerm["operand"] },
  path: string,
): Operand {
  const { operand } = wire;
  switch (operand.case) {
    case "fieldId":
      return { of: "field", fieldId: operand.value };
    case "attribute": {
      const attribute = ATTRIBUTE.get(operand.value);
      if (attribute !== undefined) return { of: "attribute", attribute };
      throw misshapen(`${path}.attribute`, "an attribute is needed, such as CREATED_AT");
    }
    case undefined:
      throw misshapen(path, "name a fieldId or an attribute");
    default:
      return unreachable(operand, "an operand of an unknown kind");
  }
}

function tooDeep(path: string) {
  return invalid(
    "LIMIT_EXCEEDED",
    `${path}: the filter is nested more than ${limits.filterDepth} deep.`,
    "Write it flatter: and and or take any number of filters.",
    { field: path, ...limitDetails("filterDepth") },
  );
}
