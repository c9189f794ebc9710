import { invalid } from "../base/errors.ts";
import { type LimitName, limitDetails, limits } from "../base/limits.ts";
import { KIND_TRAITS } from "../schema/field-kinds.ts";
import type { CompiledNodeType, SchemaRegistry } from "../schema/registry.ts";
import { operandLabel, operandShape, sameOperand } from "./operand.ts";
import { checkAttribute, filterInvalid, parseComparison } from "./parse-comparison.ts";
import type { Filter, NodeQuery, OrderTerm } from "./query.ts";

/**
 * Checks a query against the tenant's schema, before anything is read: type, fields,
 * operators and kinds of values, and every limit. Throws `EntError` TYPE_UNKNOWN,
 * FIELD_UNKNOWN, ENUM_VALUE_UNKNOWN, INVALID_FILTER, INVALID_VALUE or LIMIT_EXCEEDED,
 * naming the place in the filter.
 *
 * The result is in normal form: order terms that decide nothing are dropped, and ids are
 * compared as refs. `match.ts`, `order.ts`, `plan.ts` and `cursor.ts` take nothing else.
 */
export function parseQuery(query: NodeQuery, registry: SchemaRegistry): NodeQuery {
  const type = registry.nodeType(query.typeId);
  return {
    typeId: query.typeId,
    filter: query.filter && new FilterParser(type).parse(query.filter, "filter", 1),
    order: parseOrder(query.order, type),
    includeDeleted: query.includeDeleted,
  };
}

class FilterParser {
  readonly #type: CompiledNodeType;
  #nodes = 0;

  constructor(type: CompiledNodeType) {
    this.#type = type;
  }

  parse(filter: Filter, path: string, depth: number): Filter {
    this.#nodes++;
    if (this.#nodes > limits.filterNodes) {
      throw tooMuch(`a filter of more than ${limits.filterNodes} parts`, "filterNodes");
    }
    if (depth > limits.filterDepth) {
      throw tooMuch(`a filter nested deeper than ${limits.filterDepth} levels`, "filterDepth");
    }
    if (!("filters" in filter)) return parseComparison(this.#type, filter, path);
    if (filter.filters.length === 0) {
      const hint = `Give ${filter.op} at least one filter, or leave it out.`;
      throw filterInvalid(path, `${filter.op} of nothing`, hint);
    }
    const filters = filter.filters.map((part, i) =>
      this.parse(part, `${path}.${filter.op}[${i}]`, depth + 1),
    );
    return { op: filter.op, filters };
  }
}

function parseOrder(order: readonly OrderTerm[], type: CompiledNodeType): readonly OrderTerm[] {
  if (order.length > limits.orderTerms) {
    throw tooMuch(`an order of ${order.length} terms`, "orderTerms");
  }
  const terms: OrderTerm[] = [];
  let decided = false;
  for (const [i, term] of order.entries()) {
    checkOrdered(term, type, `order[${i}]`);
    // Behind the id, and behind its own first mention, a term has nothing left to decide.
    if (decided || terms.some((earlier) => sameOperand(earlier.operand, term.operand))) continue;
    decided = term.operand.of === "attribute" && term.operand.attribute === "id";
    // The id in ascending order ends every order anyway.
    if (!decided || term.descending) terms.push(term);
  }
  return terms;
}

function checkOrdered({ operand }: OrderTerm, type: CompiledNodeType, path: string): void {
  checkAttribute(operand, path);
  const { kind } = operandShape(type, operand);
  if (KIND_TRAITS[kind].ordered) return;
  throw filterInvalid(
    path,
    `${operandLabel(type, operand)} of kind ${kind} has no order`,
    "Order by a field that is no list and no JSON.",
  );
}

function tooMuch(what: string, limit: LimitName) {
  return invalid(
    "LIMIT_EXCEEDED",
    `${what.charAt(0).toUpperCase()}${what.slice(1)}; the limit is ${limits[limit]}.`,
    "Ask a simpler question, or several.",
    limitDetails(limit),
  );
}
