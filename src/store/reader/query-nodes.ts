import type { Database } from "bun:sqlite";
import { must } from "../../base/assert.ts";
import { limits } from "../../base/limits.ts";
import { compileFilter } from "../../query/match.ts";
import { type Comparator, compileOrder, placeOf, rowAt } from "../../query/order.ts";
import { explainRestricted, isWalk, type QueryPlan, queryNeedsIndex } from "../../query/plan.ts";
import type { NodeQuery } from "../../query/query.ts";
import type { Node } from "../../record/graph.ts";
import type { Viewer } from "../../record/viewer.ts";
import type { Value } from "../../schema/value.ts";
import { VisibilityReader } from "../visibility.ts";
import { type NodeRowValues, nodeOfRow } from "./node-reader.ts";
import { firstRowsOf, isReadable, rowsOf, type SourceRequest } from "./node-source.ts";

/**
 * Queries and counts of nodes. What the viewer may not read is passed over before rows are
 * skipped, limited and counted; rows looked at are counted all the same.
 *
 * A viewer who may read few nodes of many must not look at the many. That nobody knows
 * beforehand, and mostly it is not so: the planned way is gone until a whole slice of it shows
 * next to nothing. Then it is asked, once, which nodes of the type the viewer may read. If
 * those are few, the query is answered from them alone.
 */

/** A query as a reader runs it: checked, planned, and which part of its rows is wanted. */
export interface QueryWork {
  readonly viewer: Viewer;
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
/** Of a slice with fewer rows that may be read it is asked how many nodes may be read at all. */
const SPARSE_ROWS = 100;
/** Rows beyond the page's own that a request's own turn looks at for those that may be read. */
const EXTRA_ROWS_PER_TURN = 500;

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
 * an index and no more, read at once. Undefined when too many rows in the way may not be
 * read: a worker's work. Throws QUERY_NEEDS_INDEX past the scan budget.
 */
export function queryKeyed(db: Database, work: QueryWork): Node[] | undefined {
  const { query, plan, limit, scanRows } = work;
  const found: Node[] = [];
  let { after } = work;
  let looked = 0;
  let wanted = limit;
  while (true) {
    const source = sourceOf(work, after, false);
    const rows = firstRowsOf(db, source, Math.min(wanted, scanRows + 1 - looked));
    looked += rows.length;
    if (looked > scanRows) throw queryNeedsIndex(plan, scanRows, explained(work));
    for (const row of rows) {
      if (found.length < limit && isReadable(row)) found.push(nodeOfRow(row as NodeRowValues));
    }
    const last = rows.at(-1);
    if (found.length === limit || rows.length < wanted || last === undefined) return found;
    if (looked >= limit + EXTRA_ROWS_PER_TURN) return undefined;
    after = placeOf(query.order, nodeOfRow(last as NodeRowValues));
    wanted = Math.max(limit - found.length, EXTRA_ROWS_PER_TURN);
  }
}

function* inOrder(db: Database, work: QueryWork): Generator<void, Node[]> {
  let found: Node[] = [];
  let skip = work.skip;
  for (const node of matching(db, work, work.after)) {
    if (node === SLICE_END) yield;
    else if (node === AFRESH) [found, skip] = [[], work.skip];
    else if (skip > 0) skip -= 1;
    else if (found.push(node) === work.limit) break;
  }
  return found;
}

function* sorted(db: Database, work: QueryWork): Generator<void, Node[]> {
  const { query, after } = work;
  const compare = compileOrder(query.order);
  const border = after && rowAt(query.order, after);
  let best = new BestRows(compare, work.skip + work.limit);
  for (const node of matching(db, work, undefined)) {
    if (node === SLICE_END) yield;
    else if (node === AFRESH) best = new BestRows(compare, work.skip + work.limit);
    else if (border === undefined || compare(border, node) < 0) best.add(node);
  }
  return best.take().slice(work.skip);
}

const SLICE_END = Symbol("slice end");
/** What was given so far is to be forgotten: all rows follow once more, from another source. */
const AFRESH = Symbol("afresh");
type Pause = typeof SLICE_END | typeof AFRESH;

/** The rows of the query behind a place, in the order of its plan where that has one. */
function* matching(
  db: Database,
  work: QueryWork,
  after: readonly Value[] | undefined,
): Generator<Node | Pause> {
  const { query, plan } = work;
  let matches = compileFilter(plan.residual);
  let few: Node[] | undefined;
  for (const row of readableRows(db, work, sourceOf(work, after, false))) {
    if (row === AFRESH) {
      matches = compileFilter(query.filter);
      few = [];
      yield AFRESH;
    } else if (row === SLICE_END) yield SLICE_END;
    else {
      const node = nodeOfRow(row as NodeRowValues);
      if (!matches(node)) continue;
      if (few === undefined) yield node;
      else few.push(node);
    }
  }
  if (few === undefined) return;
  const compare = compileOrder(query.order);
  const border = after && rowAt(query.order, after);
  for (const node of few.sort(compare)) {
    if (border === undefined || compare(border, node) < 0) yield node;
  }
}

/**
 * The rows of a source that the viewer may read. When it turns out that these are few of
 * many, all of the type begin anew behind AFRESH: whole rows, by id, of which nothing has
 * been tested. Throws QUERY_NEEDS_INDEX.
 */
function* readableRows(
  db: Database,
  work: QueryWork,
  source: SourceRequest,
): Generator<unknown[] | Pause> {
  const { viewer, query, plan, scanRows } = work;
  let looked = 0;
  let given = 0;
  let asked = viewer.seesAll || plan.access.by === "ids";
  for (const row of rowsOf(db, source)) {
    looked += 1;
    if (looked > scanRows) throw queryNeedsIndex(plan, scanRows, explained(work));
    if (isReadable(row)) {
      given += 1;
      yield row;
    }
    if (looked % SLICE_ROWS !== 0) continue;
    if (!asked && given < SPARSE_ROWS) {
      asked = true;
      const ids = new VisibilityReader(db).readableIds(viewer, query.typeId, limits.readableNodes);
      if (ids !== undefined) return yield* rowsById(db, work, ids, looked);
    }
    given = 0;
    yield SLICE_END;
  }
}

function* rowsById(
  db: Database,
  work: QueryWork,
  ids: readonly string[],
  lookedBefore: number,
): Generator<unknown[] | Pause> {
  const { viewer, query, plan, scanRows } = work;
  if (lookedBefore + ids.length > scanRows) {
    throw queryNeedsIndex(plan, scanRows, explainRestricted(plan, ids.length));
  }
  yield AFRESH;
  const { typeId, includeDeleted } = query;
  const all = { viewer, typeId, includeDeleted, order: undefined, after: undefined };
  let looked = 0;
  for (const row of rowsOf(db, { ...all, access: { by: "ids", ids }, idsOnly: false })) {
    looked += 1;
    if (isReadable(row)) yield row;
    if (looked % SLICE_ROWS === 0) yield SLICE_END;
  }
}

function explained(work: QueryWork): string {
  return work.viewer.seesAll ? work.plan.explain : explainRestricted(work.plan, undefined);
}

function sourceOf(
  { viewer, query, plan }: QueryWork,
  after: readonly Value[] | undefined,
  idsOnly: boolean,
): SourceRequest {
  const { typeId, includeDeleted } = query;
  const { access } = plan;
  const order = isOrdered(plan) ? plan.order : undefined;
  const place = after && placeOnPath(query, plan, after);
  return { viewer, typeId, access, includeDeleted, order, after: place, idsOnly };
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
  const { query, plan } = work;
  const idsOnly = plan.residual === undefined;
  let matches = idsOnly ? undefined : compileFilter(plan.residual);
  let count = 0;
  const source = { ...sourceOf(work, undefined, idsOnly), order: undefined };
  for (const row of readableRows(db, work, source)) {
    if (row === SLICE_END) yield;
    else if (row === AFRESH) [count, matches] = [0, compileFilter(query.filter)];
    else if (matches === undefined || matches(nodeOfRow(row as NodeRowValues))) count += 1;
  }
  return count;
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
