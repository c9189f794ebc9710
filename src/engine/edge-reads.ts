import { EntError, invalid } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { decodeCursor, encodeCursor } from "../query/cursor.ts";
import { connectedListing, edgesListing } from "../query/listing.ts";
import type { Caller } from "../record/caller.ts";
import type { Direction, Edge, Node } from "../record/graph.ts";
import type { Value } from "../schema/value.ts";
import type { EdgePlace } from "../store/reader/edge-reader.ts";
import type { WalkPlace } from "../store/reader/walk.ts";
import type { TenantReads } from "../store/tenant-store.ts";
import { checkNodeId, checkTypeId } from "./check-transaction.ts";
import type { ConnectedPage, ConnectedRequest, EdgePage, EdgesRequest } from "./engine.ts";

/** Lists of edges: a prefix of an index with a limit, in the request's own turn. */

/** The rows of a page that a request asks for. Throws LIMIT_EXCEEDED. */
export function pageRows(pageSize: number): number {
  if (pageSize === 0) return limits.pageRowsDefault;
  if (Number.isInteger(pageSize) && pageSize > 0 && pageSize <= limits.pageRowsMax) return pageSize;
  throw invalid(
    "LIMIT_EXCEEDED",
    `The page size ${pageSize} is not allowed.`,
    `Ask for 1 to ${limits.pageRowsMax} rows; the cursor leads to the next ones.`,
    { limit: String(limits.pageRowsMax) },
  );
}

/** A page of a live node's edges. Throws NODE_NOT_FOUND, INVALID_ID, INVALID_CURSOR. */
export function listEdges(reads: TenantReads, caller: Caller, request: EdgesRequest): EdgePage {
  const { nodeId, direction, edgeTypeId } = request;
  requireLive(reads, nodeId);
  if (edgeTypeId !== 0) checkTypeId(edgeTypeId, "edge_type_id");
  const rows = pageRows(request.pageSize);
  const scope = { ...caller, listing: edgesListing(nodeId, direction, edgeTypeId) };
  const after = request.cursor && edgePlace(decodeCursor(request.cursor, scope));
  const found = reads.edges.list(nodeId, direction, edgeTypeId, after, rows + 1);
  const edges = found.slice(0, rows);
  const hasMore = found.length > rows;
  const last = edges.at(-1);
  const place = last && placeOfEdge(last, direction);
  return {
    edges,
    nodes: request.withNodes ? otherEnds(reads, edges, direction) : [],
    hasMore,
    nextCursor: hasMore && place !== undefined ? encodeCursor(scope, place) : undefined,
  };
}

function otherEnds(reads: TenantReads, edges: readonly Edge[], direction: Direction): Node[] {
  const ids = new Set(edges.map((edge) => (direction === "out" ? edge.toId : edge.fromId)));
  const nodes: Node[] = [];
  for (const id of ids) {
    const node = reads.nodes.find(id);
    if (node !== undefined) nodes.push(node);
  }
  return nodes;
}

function placeOfEdge(edge: Edge, direction: Direction): Value[] {
  const other = direction === "out" ? edge.toId : edge.fromId;
  return [
    { kind: "int", value: BigInt(edge.edgeTypeId) },
    { kind: "ref", value: other },
  ];
}

function edgePlace(place: readonly Value[]): EdgePlace | undefined {
  const [edgeTypeId, otherId] = place;
  if (edgeTypeId?.kind !== "int" || otherId?.kind !== "ref") return undefined;
  return { edgeTypeId: Number(edgeTypeId.value), otherId: otherId.value };
}

/** What the walk of a request looks for, and how its page is made of what it found. */
export interface ConnectedWalk {
  readonly depth: number;
  readonly rows: number;
  readonly after: WalkPlace | undefined;
  toPage(reads: TenantReads, found: readonly WalkPlace[]): ConnectedPage;
}

/** Throws NODE_NOT_FOUND, INVALID_ID, INVALID_CURSOR, LIMIT_EXCEEDED. */
export function prepareWalk(
  reads: TenantReads,
  caller: Caller,
  request: ConnectedRequest,
  depthMax: number,
): ConnectedWalk {
  const { nodeId, direction, edgeTypeId } = request;
  const depth = request.depth === 0 ? 1 : request.depth;
  if (!Number.isInteger(depth) || depth < 1 || depth > depthMax) {
    throw invalid(
      "LIMIT_EXCEEDED",
      `The depth ${depth} is not allowed.`,
      `Ask for a depth of 1 to ${depthMax}.`,
      { limit: String(depthMax) },
    );
  }
  checkTypeId(edgeTypeId, "edge_type_id");
  requireLive(reads, nodeId);
  const rows = pageRows(request.pageSize);
  const scope = { ...caller, listing: connectedListing(nodeId, direction, edgeTypeId, depth) };
  return {
    depth,
    rows,
    after: request.cursor && walkPlace(decodeCursor(request.cursor, scope)),
    toPage: (view, found) => {
      const shown = found.slice(0, rows);
      const last = shown.at(-1);
      const hasMore = found.length > rows;
      const place = last && placeOfWalk(last);
      return {
        nodes: shown.flatMap(({ id, distance }) => {
          const node = view.nodes.find(id);
          return node === undefined || node.deleted ? [] : [{ node, distance }];
        }),
        hasMore,
        nextCursor: hasMore && place !== undefined ? encodeCursor(scope, place) : undefined,
      };
    },
  };
}

function placeOfWalk(place: WalkPlace): Value[] {
  return [
    { kind: "int", value: BigInt(place.distance) },
    { kind: "ref", value: place.id },
  ];
}

function walkPlace(place: readonly Value[]): WalkPlace | undefined {
  const [distance, id] = place;
  if (distance?.kind !== "int" || id?.kind !== "ref") return undefined;
  return { distance: Number(distance.value), id: id.value };
}

function requireLive(reads: TenantReads, nodeId: string): void {
  checkNodeId(nodeId, "node_id");
  const node = reads.nodes.find(nodeId);
  if (node !== undefined && !node.deleted) return;
  throw new EntError({
    code: "not_found",
    reason: "NODE_NOT_FOUND",
    message: `There is no node ${nodeId}.`,
    hint: "Check the id and the tenant; the edges of a deleted node are hidden.",
    details: { node_id: nodeId },
  });
}
