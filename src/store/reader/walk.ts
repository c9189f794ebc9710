import type { Database } from "bun:sqlite";
import { EntError } from "../../base/errors.ts";
import type { Direction } from "../../record/graph.ts";
import { EdgeReader } from "./edge-reader.ts";

/** Which nodes a walk gives. */
export interface WalkRequest {
  readonly nodeId: string;
  readonly direction: Direction;
  readonly edgeTypeId: number;
  /** Edges on the longest way, 1 or more. */
  readonly depth: number;
  /** Behind this place; undefined: from the beginning. */
  readonly after: WalkPlace | undefined;
  readonly limit: number;
  /** Edges that may be looked at. */
  readonly edgesMax: number;
}

/** A place in the order of a walk: by distance, then by id. */
export interface WalkPlace {
  readonly distance: number;
  readonly id: string;
}

const SLICE_EDGES = 1_000;

/**
 * The nodes reachable over live edges of one type, each once at its shortest distance,
 * the start not among them. Breadth first; yields between slices. Throws
 * LIMIT_EXCEEDED when it would look at more edges than it may.
 */
export function* walk(db: Database, request: WalkRequest): Generator<void, WalkPlace[]> {
  const edges = new EdgeReader(db);
  const seen = new Set([request.nodeId]);
  const found: WalkPlace[] = [];
  let frontier = [request.nodeId];
  let looked = 0;
  for (let distance = 1; distance <= request.depth && frontier.length > 0; distance++) {
    const next: string[] = [];
    for (const nodeId of frontier) {
      for (const otherId of yield* neighbours(edges, nodeId, request)) {
        looked += 1;
        if (looked > request.edgesMax) throw tooManyEdges(request.edgesMax);
        if (seen.has(otherId)) continue;
        seen.add(otherId);
        next.push(otherId);
      }
    }
    next.sort();
    for (const id of next) {
      if (isBehind({ distance, id }, request.after)) found.push({ distance, id });
      if (found.length === request.limit) return found;
    }
    frontier = next;
  }
  return found;
}

function* neighbours(
  edges: EdgeReader,
  nodeId: string,
  request: WalkRequest,
): Generator<void, string[]> {
  const { direction, edgeTypeId } = request;
  const ids: string[] = [];
  let after: { edgeTypeId: number; otherId: string } | undefined;
  while (true) {
    const page = edges.list(nodeId, direction, edgeTypeId, after, SLICE_EDGES);
    for (const edge of page) ids.push(direction === "out" ? edge.toId : edge.fromId);
    yield;
    const last = page.at(-1);
    if (last === undefined || page.length < SLICE_EDGES) return ids;
    after = { edgeTypeId: last.edgeTypeId, otherId: ids.at(-1) ?? "" };
  }
}

function isBehind(place: WalkPlace, after: WalkPlace | undefined): boolean {
  if (after === undefined || place.distance > after.distance) return true;
  return place.distance === after.distance && place.id > after.id;
}

function tooManyEdges(edgesMax: number): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "LIMIT_EXCEEDED",
    message: `The walk would look at more than ${edgesMax} edges.`,
    hint: "Walk fewer steps, or begin at a node with fewer edges.",
    details: { limit: String(edgesMax) },
  });
}
