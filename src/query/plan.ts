import { must } from "../base/assert.ts";
import { EntError } from "../base/errors.ts";
import { KIND_TRAITS } from "../schema/field-kinds.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import { type Access, type Candidate, candidatesOf, conjunctsOf } from "./access.ts";
import { operandLabel, sameOperand } from "./operand.ts";
import type { Comparison, Filter, NodeQuery, OrderTerm } from "./query.ts";

/**
 * How a query's rows are got at: by fixed rules over the schema alone, so that the same
 * query always takes the same way, which `explain` tells. No statistics.
 */
export interface QueryPlan {
  readonly access: Access;
  /** What must still be tested of each row; undefined when the access answers everything. */
  readonly residual: Filter | undefined;
  /** The order in which the access gives the rows, where that is the query's; undefined: they must be sorted. */
  readonly order: PathOrder | undefined;
  /**
   * Whether a page is a bounded walk along one index, which may run in the request's own
   * turn. Everything else belongs to a read worker.
   */
  readonly keyed: boolean;
  /** For people: "index of field 3 (status), 1 value; in order of id; keyed". */
  readonly explain: string;
  /** Fields that would help if they were indexed, as "field 4 (due)", the likeliest first. */
  readonly indexWishes: readonly string[];
}

/**
 * By `id`, or by the `value` of the access's field and then the id, each ascending or
 * descending. (value descending, id ascending) is no walk along the index: all rows of
 * one value must be read before the first of them is known.
 */
export interface PathOrder {
  readonly by: "id" | "value";
  readonly valueDescending: boolean;
  readonly idDescending: boolean;
}

/** Takes a query from `parseQuery`, and its type. */
export function planQuery(query: NodeQuery, type: CompiledNodeType): QueryPlan {
  const conjuncts = conjunctsOf(query.filter);
  const wanted = decidingTerms(query.order, conjuncts);
  const { access, answers } = choose(candidatesOf(query, conjuncts, type), wanted);
  const rest = conjuncts.filter((part) => !answers.has(part));
  const residual = rest.length > 1 ? ({ op: "and", filters: rest } as const) : rest[0];
  const order = orderOf(access, wanted);
  const keyed = order !== undefined && residual === undefined && isWalk(access, order);
  return {
    access,
    residual,
    order,
    keyed,
    explain: explainPlan(access, rest.length, order, keyed, type),
    indexWishes: wishesOf(conjuncts, query.order, type),
  };
}

/**
 * What is really done for somebody who sees only what has been granted: the planned way with
 * a test of access, or, where only so many nodes of the type may be read, those by id.
 */
export function explainRestricted(plan: QueryPlan, readableNodes: number | undefined): string {
  if (readableNodes === undefined) return `${plan.explain}; access tested of each row`;
  return `the ${readableNodes} nodes of the type that may be read, by id; then the filter; then a sort; in a read worker`;
}

/** The refusal of a query that has passed its scan budget. `rows` is the budget, `explain` the way that was gone. */
export function queryNeedsIndex(
  plan: QueryPlan,
  rows: number,
  explain: string = plan.explain,
): EntError {
  const [wish] = plan.indexWishes;
  return new EntError({
    code: "failed_precondition",
    reason: "QUERY_NEEDS_INDEX",
    message: `The query would look at more than ${rows} rows (${explain}).`,
    hint:
      wish === undefined
        ? "Narrow the filter down by a field that is indexed or unique."
        : `Declare ${wish} indexed, or narrow the filter down.`,
    details: { rows: String(rows), plan: explain, ...(wish !== undefined && { field: wish }) },
  });
}

/** Terms over what an eq holds constant decide nothing. */
function decidingTerms(order: readonly OrderTerm[], conjuncts: readonly Filter[]): OrderTerm[] {
  const fixed = conjuncts.filter(
    (part): part is Comparison => !("filters" in part) && part.op === "eq",
  );
  return order.filter((term) => !fixed.some((part) => sameOperand(part.operand, term.operand)));
}

/** The likeliest; among equally likely ones the first that gives the order. */
function choose(candidates: readonly Candidate[], wanted: readonly OrderTerm[]): Candidate {
  const best = must(candidates[0], "a type can always be scanned");
  const alike = candidates.filter((candidate) => candidate.rank === best.rank);
  return alike.find((candidate) => orderOf(candidate.access, wanted) !== undefined) ?? best;
}

function orderOf(access: Access, wanted: readonly OrderTerm[]): PathOrder | undefined {
  const idDescending = isIdDescending(wanted.at(-1));
  const ahead = idDescending ? wanted.slice(0, -1) : wanted;
  if (access.by === "ids" || access.by === "type" || isOneValue(access)) {
    if (ahead.length > 0 && !isOneRow(access)) return undefined;
    return { by: "id", valueDescending: false, idDescending };
  }
  const [first, ...others] = ahead;
  if (first?.operand.of !== "field" || first.operand.fieldId !== access.fieldId) return undefined;
  // Unique values leave nothing for further terms to decide, and the id may follow the value.
  if (access.unique) {
    return { by: "value", valueDescending: first.descending, idDescending: first.descending };
  }
  if (others.length > 0) return undefined;
  return { by: "value", valueDescending: first.descending, idDescending };
}

function isIdDescending(term: OrderTerm | undefined): boolean {
  return term?.operand.of === "attribute" && term.operand.attribute === "id" && term.descending;
}

function isOneRow(access: Access): boolean {
  return access.by === "ids" ? access.ids.length === 1 : access.by === "values" && access.unique;
}

function isOneValue(access: Access): boolean {
  return access.by === "values" && access.values.length === 1;
}

/** Whether rows come off the access one by one in this order, so that a page may stop early. */
export function isWalk(access: Access, order: PathOrder): boolean {
  if (order.by === "id") return true;
  return "unique" in access && access.unique ? true : order.valueDescending === order.idDescending;
}

/** Fields that the filter pins down, then those it orders by, as far as they could be indexed and are not. */
function wishesOf(
  conjuncts: readonly Filter[],
  order: readonly OrderTerm[],
  type: CompiledNodeType,
): string[] {
  const pinned = conjuncts.filter(
    (part): part is Comparison =>
      !("filters" in part) && ["eq", "in", "gt", "gte", "lt", "lte"].includes(part.op),
  );
  const wishes = new Set<string>();
  for (const { operand } of [...pinned, ...order]) {
    if (operand.of !== "field") continue;
    const field = type.table.get(operand.fieldId);
    if (field.indexed || field.unique || !KIND_TRAITS[field.kind].indexable) continue;
    wishes.add(operandLabel(type, operand));
  }
  return [...wishes];
}

function explainPlan(
  access: Access,
  tests: number,
  order: PathOrder | undefined,
  keyed: boolean,
  type: CompiledNodeType,
): string {
  const steps = [explainAccess(access, type)];
  if (tests > 0) steps.push(`then ${tests === 1 ? "one test" : `${tests} tests`} of each row`);
  steps.push(order === undefined ? "then a sort" : explainOrder(order));
  steps.push(keyed ? "keyed" : "in a read worker");
  return steps.join("; ");
}

function explainAccess(access: Access, type: CompiledNodeType): string {
  switch (access.by) {
    case "ids":
      return access.ids.length === 1 ? "1 node by id" : `${access.ids.length} nodes by id`;
    case "type":
      return `${type.table.label} by id${bounds(access)}`;
    case "values":
      return `${indexName(access, type)}, ${access.values.length === 1 ? "1 value" : `${access.values.length} values`}`;
    case "range":
      return `${indexName(access, type)}${bounds(access) || ", whole"}`;
  }
}

function indexName(
  access: { readonly fieldId: number; readonly unique: boolean },
  type: CompiledNodeType,
): string {
  const label = operandLabel(type, { of: "field", fieldId: access.fieldId });
  return access.unique ? `unique index of ${label}` : `index of ${label}`;
}

function bounds({ lower, upper }: { readonly lower: unknown; readonly upper: unknown }): string {
  if (lower !== undefined) return upper !== undefined ? ", between two bounds" : ", from a bound";
  return upper !== undefined ? ", up to a bound" : "";
}

function explainOrder(order: PathOrder): string {
  const id = order.idDescending ? "id descending" : "id";
  if (order.by === "id") return `in order of ${id}`;
  return `in order of value${order.valueDescending ? " descending" : ""} and ${id}`;
}
