import type { CompiledNodeType } from "../schema/registry.ts";
import type { Field } from "../schema/types.ts";
import type { Value } from "../schema/value.ts";
import { compareValues } from "../schema/value-order.ts";
import { sameOperand } from "./operand.ts";
import type { Comparison, Filter, NodeQuery, Operand } from "./query.ts";

/**
 * The ways in which a reader can get at a query's rows. Index rows are those of live
 * nodes, so a query that wants deleted nodes too finds them by type or id only.
 *
 * - `ids`: these nodes, in this (ascending) order; the reader checks type and deletion.
 * - `type`: the nodes of the type in the order of their ids, within bounds of the id.
 * - `values`: the index rows of a field that have one of these values (ascending, each once).
 * - `range`: the index rows of a field within bounds; without bounds every node that has the field.
 *
 * `unique` says which index: that of unique values, where a value has one row at most.
 */
export type Access =
  | { readonly by: "ids"; readonly ids: readonly string[] }
  | ({ readonly by: "type" } & Range)
  | {
      readonly by: "values";
      readonly fieldId: number;
      readonly unique: boolean;
      readonly values: readonly Value[];
    }
  | ({ readonly by: "range"; readonly fieldId: number; readonly unique: boolean } & Range);

export interface Range {
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
}

export interface Bound {
  readonly value: Value;
  readonly inclusive: boolean;
}

export interface Candidate {
  readonly access: Access;
  /** What the access answers by itself. */
  readonly answers: ReadonlySet<Filter>;
  /** The lower, the fewer rows it is likely to look at. */
  readonly rank: number;
}

/** The parts of a filter that must all hold. */
export function conjunctsOf(filter: Filter | undefined): Filter[] {
  if (filter === undefined) return [];
  if (!("filters" in filter) || filter.op === "or") return [filter];
  return filter.filters.flatMap(conjunctsOf);
}

/** Every access that gives all rows of the query, likeliest first; of like ones the lowest field id first. Never empty. */
export function candidatesOf(
  query: NodeQuery,
  conjuncts: readonly Filter[],
  type: CompiledNodeType,
): Candidate[] {
  const byId = conjunctsOn(conjuncts, { of: "attribute", attribute: "id" });
  const candidates = [typeCandidate(byId)];
  const ids = valuesOf(byId);
  if (ids !== undefined) candidates.push(idsCandidate(ids));
  if (!query.includeDeleted) {
    for (const field of type.fields) {
      if (!field.unique && !field.indexed) continue;
      const candidate = fieldCandidate(field, conjuncts, query);
      if (candidate !== undefined) candidates.push(candidate);
    }
  }
  // Stable: fields were added in ascending id.
  return candidates.sort((a, b) => a.rank - b.rank);
}

const RANK = {
  ids: 0,
  oneUnique: 1,
  oneValue: 2,
  someUnique: 3,
  someValues: 4,
  closedRange: 5,
  openRange: 6,
  idRange: 7,
  wholeIndex: 8,
  wholeType: 9,
} as const;

const NOTHING: ReadonlySet<Filter> = new Set();

function fieldCandidate(
  field: Field,
  conjuncts: readonly Filter[],
  query: NodeQuery,
): Candidate | undefined {
  const { fieldId, unique } = field;
  const mine = conjunctsOn(conjuncts, { of: "field", fieldId });
  const listed = valuesOf(mine);
  if (listed !== undefined) {
    const one = listed.values.length === 1;
    const rank = unique
      ? one
        ? RANK.oneUnique
        : RANK.someUnique
      : one
        ? RANK.oneValue
        : RANK.someValues;
    const access: Access = { by: "values", fieldId, unique, values: listed.values };
    return { access, answers: new Set([listed.from]), rank };
  }
  const { range, answers } = rangeOf(mine);
  if (answers.size > 0) {
    const closed = range.lower !== undefined && range.upper !== undefined;
    const rank = closed ? RANK.closedRange : RANK.openRange;
    return { access: { by: "range", fieldId, unique, ...range }, answers, rank };
  }
  // The index lacks the nodes that lack the field: it stands for all only where none may.
  const first = query.order[0]?.operand;
  if (!field.required || first?.of !== "field" || first.fieldId !== fieldId) return undefined;
  const access: Access = { by: "range", fieldId, unique, lower: undefined, upper: undefined };
  return { access, answers: NOTHING, rank: RANK.wholeIndex };
}

function idsCandidate({ values, from }: Listed): Candidate {
  const ids = values.map((value) => (value.kind === "ref" ? value.value : ""));
  return { access: { by: "ids", ids }, answers: new Set([from]), rank: RANK.ids };
}

function typeCandidate(byId: readonly Comparison[]): Candidate {
  const { range, answers } = rangeOf(byId);
  const rank = answers.size > 0 ? RANK.idRange : RANK.wholeType;
  return { access: { by: "type", ...range }, answers, rank };
}

function conjunctsOn(conjuncts: readonly Filter[], operand: Operand): Comparison[] {
  const mine: Comparison[] = [];
  for (const part of conjuncts) {
    if (!("filters" in part) && sameOperand(part.operand, operand)) mine.push(part);
  }
  return mine;
}

interface Listed {
  readonly from: Comparison;
  readonly values: readonly Value[];
}

/** The values of the first eq, else of the first in. */
function valuesOf(comparisons: readonly Comparison[]): Listed | undefined {
  const from =
    comparisons.find((comparison) => comparison.op === "eq") ??
    comparisons.find((comparison) => comparison.op === "in");
  if (from === undefined) return undefined;
  const sorted = [...from.values].sort(compareValues);
  const values = sorted.filter((value, i) => {
    const before = sorted[i - 1];
    return before === undefined || compareValues(before, value) !== 0;
  });
  return { from, values };
}

/** The tightest bounds that all comparisons by size leave. They may leave nothing. */
function rangeOf(comparisons: readonly Comparison[]): { range: Range; answers: Set<Filter> } {
  let lower: Bound | undefined;
  let upper: Bound | undefined;
  const answers = new Set<Filter>();
  for (const comparison of comparisons) {
    const { op } = comparison;
    const value = comparison.values[0];
    if (value === undefined || !(op === "gt" || op === "gte" || op === "lt" || op === "lte"))
      continue;
    const bound = { value, inclusive: op === "gte" || op === "lte" };
    if (op === "gt" || op === "gte") lower = tighter(lower, bound, 1);
    else upper = tighter(upper, bound, -1);
    answers.add(comparison);
  }
  return { range: { lower, upper }, answers };
}

function tighter(known: Bound | undefined, other: Bound, sign: 1 | -1): Bound {
  if (known === undefined) return other;
  const order = sign * compareValues(other.value, known.value);
  if (order === 0) return known.inclusive ? other : known;
  return order > 0 ? other : known;
}
