import { EntError, invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import { type CursorScope, decodeCursor, encodeCursor } from "../query/cursor.ts";
import { queryListing } from "../query/listing.ts";
import { placeOf } from "../query/order.ts";
import { parseQuery } from "../query/parse-query.ts";
import { planQuery } from "../query/plan.ts";
import type { NodeQuery } from "../query/query.ts";
import type { Node } from "../record/graph.ts";
import { type QueryWork, queryKeyed } from "../store/reader/query-nodes.ts";
import { pageRows } from "./edge-reads.ts";
import type { CountRequest, NodePage, QueryRequest } from "./engine.ts";
import type { Scan } from "./scan.ts";

/**
 * A page of a query. A bounded walk along an index runs in the request's own turn; all
 * else in a read worker. Throws what `parseQuery` refuses, INVALID_CURSOR, LIMIT_EXCEEDED,
 * QUERY_NEEDS_INDEX.
 */
export async function queryNodes(scan: Scan, request: QueryRequest): Promise<NodePage> {
  const rows = pageRows(request.pageSize);
  checkOffset(request);
  const work = workOf(scan, request, request.order);
  const type = scan.registry.nodeType(request.typeId);
  const scope = { ...scan.caller, listing: queryListing(work.query, type) };
  const after = request.cursor && decodeCursor(request.cursor, scope);
  const page: QueryWork = { ...work, after, skip: request.offset, limit: rows + 1 };
  const found = await run(scan, page);
  const total = request.withTotalCount ? await totalOf(scan, work) : NOT_ASKED;
  return { ...pageOf(found, rows, work.query, scope), ...total };
}

/** Throws as {@link queryNodes} does. */
export function countNodes(scan: Scan, request: CountRequest): Promise<number> {
  const query = workOf(scan, request, []);
  return scan.workers.run(scan.store.readFile, { kind: "count", query }, scan.signal);
}

function workOf(scan: Scan, request: CountRequest, order: QueryRequest["order"]): QueryWork {
  const { typeId, filter, includeDeleted } = request;
  const query = parseQuery({ typeId, filter, order, includeDeleted }, scan.registry);
  const plan = planQuery(query, scan.registry.nodeType(typeId));
  const { viewer, scanRows } = scan;
  return { viewer, query, plan, after: undefined, skip: 0, limit: 0, scanRows };
}

function run(scan: Scan, work: QueryWork): Promise<readonly Node[]> | Node[] {
  // Deleted nodes are in no index of their type: looking for them is a scan.
  const ownTurn = work.plan.keyed && work.skip === 0 && !work.query.includeDeleted;
  const found = ownTurn
    ? scan.store.snapshot(() => queryKeyed(scan.store.readConnection, work))
    : undefined;
  if (found !== undefined) return found;
  return scan.workers.run(scan.store.readFile, { kind: "query", query: work }, scan.signal);
}

type Total = Pick<NodePage, "totalCount" | "totalCountAbsentReason">;

const NOT_ASKED: Total = { totalCount: undefined, totalCountAbsentReason: undefined };

/** Exact within the scan budget, else absent with the reason: a page is not refused for its count. */
async function totalOf(scan: Scan, query: QueryWork): Promise<Total> {
  try {
    const file = scan.store.readFile;
    const totalCount = await scan.workers.run(file, { kind: "count", query }, scan.signal);
    return { totalCount, totalCountAbsentReason: undefined };
  } catch (error) {
    if (!(error instanceof EntError) || error.reason !== "QUERY_NEEDS_INDEX") throw error;
    return { totalCount: undefined, totalCountAbsentReason: error.message };
  }
}

function pageOf(
  found: readonly Node[],
  rows: number,
  query: NodeQuery,
  scope: CursorScope,
): Pick<NodePage, "nodes" | "nextCursor" | "hasMore"> {
  const nodes = found.slice(0, rows);
  const hasMore = found.length > rows;
  const last = nodes.at(-1);
  const nextCursor =
    hasMore && last !== undefined ? encodeCursor(scope, placeOf(query.order, last)) : undefined;
  return { nodes, hasMore, nextCursor };
}

function checkOffset(request: QueryRequest): void {
  const { offset, cursor } = request;
  const most = limits.pageOffsetMax;
  if (!Number.isInteger(offset) || offset < 0 || offset > most) {
    throw invalid(
      "LIMIT_EXCEEDED",
      `The offset ${offset} is not allowed.`,
      `Pass over at most ${most} rows, and use the cursor for long lists.`,
      limitDetails("pageOffsetMax"),
    );
  }
  if (offset === 0 || cursor === undefined) return;
  throw invalid(
    "INVALID_REQUEST",
    "The request has both an offset and a cursor.",
    "Use one of them: the cursor of a page knows its place.",
  );
}
