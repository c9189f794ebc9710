import type { Database } from "bun:sqlite";
import { must } from "../../base/assert.ts";
import { compileFilter } from "../../query/match.ts";
import { type Comparator, compileOrder, rowAt } from "../../query/order.ts";
import { isWalk, type QueryPlan, queryNeedsIndex } from "../../query/plan.ts";
import type { NodeQuery } from "../../query/query.ts";
import type { Node } from "../../record/graph.ts";
import type { Value } from "../../schema/value.ts";
import { type NodeRowValues, nodeOfRow } from "./node-reader.ts";
import { firstRowsOf, rowsOf } from "./node-source.ts";

/** A query as a reader runs it: checked, planned, and which part of its rows is wanted. */
export interface QueryWork {
  /** From `parseQuery`. */
  readonly query: NodeQuery;
  readonly plan: QueryPlan;
  /** The place of the row behind which to begin; undefined: the first. */
  readonly after: readonly Value[] | undefined;
  /** Rows to pass over first. */
  readonly skip: number;
  readonly limit: number;
  /** Rows that may be looked at; beyond it QUERY_NEEDS_INDEX. */
  readonly scanRows: number;
}

/** Rows between two yields. */
const SLICE_ROWS = 1_000;

/**
 * The wanted rows in the query's order. Where the access walks in that order it stops
 * as soon as the page is full; otherwise it keeps the best rows of all it sees. Yields
 * between slices; run it in one read transaction.
 */
export function* queryNodes(db: Database, work: QueryWork): Generator<void, Node[]> {
  return isOrdered(work.plan) ? yield* inOrder(db, work) : yield* sorted(db, work);
}

/**
 * The wanted rows of a keyed plan, of live nodes and with none to pass over: so many rows of
 * an index and no more, read at once. Throws QUERY_NEEDS_INDEX past the scan budget.
 */
export function queryKeyed(db: Database, work: QueryWork): Node[] {
  const { query, plan, after, limit, scanRows } = work;
  const { access, order } = plan;
  const path = { order, after: after && placeOnPath(query, plan, after) };
  const source = { typeId: query.typeId, access, includeDeleted: false, ...path, idsOnly: false };
  const rows = firstRowsOf(db, source, Math.min(limit, scanRows + 1));
  if (rows.length > scanRows) throw queryNeedsIndex(plan, scanRows);
  return rows.map((row) => nodeOfRow(row as NodeRowValues));
}

function* inOrder(db: Database, work: QueryWork): Generator<void, Node[]> {
  const found: Node[] = [];
  let skip = work.skip;
  for (const node of matching(db, work, work.after)) {
    if (node === SLICE_END) yield;
    else if (skip > 0) skip -= 1;
    else if (found.push(node) === work.limit) break;
  }
  return found;
}

function* sorted(db: Database, work: QueryWork): Generator<void, Node[]> {
  const { query, after } = work;
  const compare = compileOrder(query.order);
  const border = after && rowAt(query.order, after);
  const best = new BestRows(compare, work.skip + work.limit);
  for (const node of matching(db, work, undefined)) {
    if (node === SLICE_END) yield;
    else if (border === undefined || compare(border, node) < 0) best.add(node);
  }
  return best.take().slice(work.skip);
}

const SLICE_END = Symbol("slice end");

function* matching(
  db: Database,
  { query, plan, scanRows }: QueryWork,
  after: readonly Value[] | undefined,
): Generator<Node | typeof SLICE_END> {
  const matches = compileFilter(plan.residual);
  let looked = 0;
  const { typeId, includeDeleted } = query;
  const { access } = plan;
  const order = isOrdered(plan) ? plan.order : undefined;
  const path = { order, after: after && placeOnPath(query, plan, after) };
  for (const row of rowsOf(db, { typeId, access, includeDeleted, ...path, idsOnly: false })) {
    looked += 1;
    if (looked > scanRows) throw queryNeedsIndex(plan, scanRows);
    const node = nodeOfRow(row as NodeRowValues);
    if (matches(node)) yield node;
    if (looked % SLICE_ROWS === 0) yield SLICE_END;
  }
}

/** A place as the walk has it: the value of its field, if it goes by value, and the id. */
function placeOnPath(
  query: NodeQuery,
  { access, order }: QueryPlan,
  place: readonly Value[],
): readonly Value[] {
  const id = must(place.at(-1), "a place ends with the id");
  if (order?.by !== "value" || !("fieldId" in access)) return [id];
  const term = query.order.findIndex(
    ({ operand }) => operand.of === "field" && operand.fieldId === access.fieldId,
  );
  return [must(place[term], "a walk by value is in the order that was asked for"), id];
}

function isOrdered(plan: QueryPlan): boolean {
  return plan.order !== undefined && isWalk(plan.access, plan.order);
}

/** How many rows the query has, whatever page is asked for. */
export function* countNodes(db: Database, work: QueryWork): Generator<void, number> {
  const { query, plan, scanRows } = work;
  let count = 0;
  let looked = 0;
  if (plan.residual !== undefined) {
    for (const node of matching(db, work, undefined)) {
      if (node === SLICE_END) yield;
      else count += 1;
    }
    return count;
  }
  const { typeId, includeDeleted } = query;
  const { access } = plan;
  const source = { typeId, access, includeDeleted, order: undefined, after: undefined };
  for (const _row of rowsOf(db, { ...source, idsOnly: true })) {
    looked += 1;
    if (looked > scanRows) throw queryNeedsIndex(plan, scanRows);
    if (looked % SLICE_ROWS === 0) yield;
  }
  return looked;
}

/** The best `most` rows of any number, in order. Kept in a heap whose root is the worst of them. */
class BestRows {
  readonly #compare: Comparator;
  readonly #most: number;
  readonly #heap: Node[] = [];

  constructor(compare: Comparator, most: number) {
    this.#compare = compare;
    this.#most = most;
  }

  add(node: Node): void {
    const heap = this.#heap;
    if (heap.length < this.#most) {
      heap.push(node);
      this.#rise(heap.length - 1);
    } else if (this.#compare(node, heap[0] as Node) < 0) {
      heap[0] = node;
      this.#sink(0);
    }
  }

  take(): Node[] {
    return [...this.#heap].sort(this.#compare);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#compare(heap[parent] as Node, heap[at] as Node) >= 0) return;
      this.#swap(parent, at);
      at = parent;
    }
  }

  #sink(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (true) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && this.#compare(heap[worst] as Node, heap[child] as Node) < 0) {
          worst = child;
        }
      }
      if (worst === at) return;
      this.#swap(worst, at);
      at = worst;
    }
  }

  #swap(a: number, b: number): void {
    const held = this.#heap[a] as Node;
    this.#heap[a] = this.#heap[b] as Node;
    this.#heap[b] = held;
  }
}
