import { EntError, invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import { decodeCursor, encodeCursor } from "../query/cursor.ts";
import { connectedListing, edgesListing } from "../query/listing.ts";
import type { Caller } from "../record/caller.ts";
import type { Direction, Edge, Node } from "../record/graph.ts";
import type { Viewer } from "../record/viewer.ts";
import type { Value } from "../schema/value.ts";
import type { EdgeList, EdgeListRequest } from "../store/reader/edge-list.ts";
import type { EdgePlace } from "../store/reader/edge-reader.ts";
import type { ReachedNode, WalkPlace, WalkRequest } from "../store/reader/walk.ts";
import type { TenantReads } from "../store/tenant-store.ts";
import { canRead } from "../store/visibility.ts";
import { checkNodeId, checkTypeId } from "./check-transaction.ts";
import type { ConnectedPage, ConnectedRequest, EdgePage, EdgesRequest } from "./engine.ts";

/** Lists of edges and walks: what is asked for, checked, and pages of what readers find. */

/** The rows of a page that a request asks for. Throws LIMIT_EXCEEDED. */
export function pageRows(pageSize: number): number {
  if (pageSize === 0) return limits.pageRowsDefault;
  if (Number.isInteger(pageSize) && pageSize > 0 && pageSize <= limits.pageRowsMax) return pageSize;
  throw invalid(
    "LIMIT_EXCEEDED",
    `The page size ${pageSize} is not allowed.`,
    `Ask for 1 to ${limits.pageRowsMax} rows; the cursor leads to the next ones.`,
    limitDetails("pageRowsMax"),
  );
}

/** What the list of a request looks for, and how its page is made of what it found. */
export interface PreparedEdges {
  readonly list: EdgeListRequest;
  toPage(found: EdgeList): EdgePage;
}

/** Throws NODE_NOT_FOUND, INVALID_ID, INVALID_CURSOR, LIMIT_EXCEEDED. */
export function prepareEdges(
  reads: TenantReads,
  caller: Caller,
  viewer: Viewer,
  request: EdgesRequest,
  edgesMax: number,
): PreparedEdges {
  const { nodeId, direction, edgeTypeId, withNodes } = request;
  requireLive(reads, viewer, nodeId);
  if (edgeTypeId !== 0) checkTypeId(edgeTypeId, "edge_type_id");
  const rows = pageRows(request.pageSize);
  const scope = { ...caller, listing: edgesListing(nodeId, direction, edgeTypeId) };
  const after = request.cursor && edgePlace(decodeCursor(request.cursor, scope));
  const of = { nodeId, direction, edgeTypeId, viewer };
  return {
    list: { ...of, after, limit: rows + 1, withNodes, edgesMax },
    toPage: (found) => {
      const edges = found.edges.slice(0, rows);
      const hasMore = found.edges.length > rows;
      const last = edges.at(-1);
      const place = last && placeOfEdge(last, direction);
      return {
        edges,
        nodes: endsOf(edges, found.nodes, direction),
        hasMore,
        nextCursor: hasMore && place !== undefined ? encodeCursor(scope, place) : undefined,
      };
    },
  };
}

/** The nodes among these that edges of the page lead to: what was found may be one edge more. */
function endsOf(edges: readonly Edge[], nodes: readonly Node[], direction: Direction): Node[] {
  const ids = new Set(edges.map((edge) => (direction === "out" ? edge.toId : edge.fromId)));
  return nodes.filter((node) => ids.has(node.id));
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
export interface PreparedWalk {
  readonly walk: WalkRequest;
  toPage(found: readonly ReachedNode[]): ConnectedPage;
}

/** How far a walk may go, and how many edges it may look at. */
export interface WalkBounds {
  readonly depthMax: number;
  readonly edgesMax: number;
}

/** Throws NODE_NOT_FOUND, INVALID_ID, INVALID_CURSOR, LIMIT_EXCEEDED. */
export function prepareWalk(
  reads: TenantReads,
  caller: Caller,
  viewer: Viewer,
  request: ConnectedRequest,
  bounds: WalkBounds,
): PreparedWalk {
  const { nodeId, direction, edgeTypeId } = request;
  const { depthMax, edgesMax } = bounds;
  const depth = request.depth === 0 ? 1 : request.depth;
  if (!Number.isInteger(depth) || depth < 1 || depth > depthMax) {
    throw invalid(
      "LIMIT_EXCEEDED",
      `The depth ${depth} is not allowed.`,
      `Ask for a depth of 1 to ${depthMax}.`,
      limitDetails("walkDepth", depthMax),
    );
  }
  checkTypeId(edgeTypeId, "edge_type_id");
  requireLive(reads, viewer, nodeId);
  const rows = pageRows(request.pageSize);
  const scope = { ...caller, listing: connectedListing(nodeId, direction, edgeTypeId, depth) };
  const after = request.cursor && walkPlace(decodeCursor(request.cursor, scope));
  const of = { nodeId, direction, edgeTypeId, viewer };
  return {
    walk: { ...of, depth, after, limit: rows + 1, edgesMax },
    toPage: (found) => {
      const nodes = found.slice(0, rows);
      const last = nodes.at(-1);
      const hasMore = found.length > rows;
      const nextCursor =
        hasMore && last !== undefined ? encodeCursor(scope, placeOfWalk(last)) : undefined;
      return { nodes, hasMore, nextCursor };
    },
  };
}

function placeOfWalk({ node, distance }: ReachedNode): Value[] {
  return [
    { kind: "int", value: BigInt(distance) },
    { kind: "ref", value: node.id },
  ];
}

function walkPlace(place: readonly Value[]): WalkPlace | undefined {
  const [distance, id] = place;
  if (distance?.kind !== "int" || id?.kind !== "ref") return undefined;
  return { distance: Number(distance.value), id: id.value };
}

/** Throws NODE_NOT_FOUND also for a node that the viewer may not read. */
function requireLive(reads: TenantReads, viewer: Viewer, nodeId: string): void {
  checkNodeId(nodeId, "node_id");
  const node = reads.nodes.find(nodeId);
  if (node !== undefined && !node.deleted && canRead(reads, viewer, node)) return;
  throw new EntError({
    code: "not_found",
    reason: "NODE_NOT_FOUND",
    message: `There is no node ${nodeId}.`,
    hint: "Check the id and the tenant; the edges of a deleted node are hidden.",
    details: { node_id: nodeId },
  });
}
