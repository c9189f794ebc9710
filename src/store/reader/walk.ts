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
  const { nodeId, depth, after, limit } = request;
  const ring = new Rings(new EdgeReader(db), request);
  const found: WalkPlace[] = [];
  let frontier = [nodeId];
  for (let distance = 1; distance <= depth && frontier.length > 0; distance++) {
    frontier = yield* ring.next(frontier);
    for (const id of frontier) {
      const place = { distance, id };
      if (isBehind(place, after)) found.push(place);
      if (found.length === limit) return found;
    }
  }
  return found;
}

/** The nodes around a start, ring after ring; what has been seen is in no later ring. */
class Rings {
  readonly #edges: EdgeReader;
  readonly #request: WalkRequest;
  readonly #seen: Set<string>;
  #looked = 0;

  constructor(edges: EdgeReader, request: WalkRequest) {
    this.#edges = edges;
    this.#request = request;
    this.#seen = new Set([request.nodeId]);
  }

  /** The unseen neighbours of a ring, in the order of their ids. */
  *next(ring: readonly string[]): Generator<void, string[]> {
    const { edgesMax } = this.#request;
    const found: string[] = [];
    for (const nodeId of ring) {
      for (const page of neighbours(this.#edges, nodeId, this.#request)) {
        this.#looked += page.length;
        if (this.#looked > edgesMax) throw tooManyEdges(edgesMax);
        for (const otherId of page) {
          if (this.#seen.has(otherId)) continue;
          this.#seen.add(otherId);
          found.push(otherId);
        }
        yield;
      }
    }
    return found.sort();
  }
}

/** The ids of a node's neighbours, a slice at a time. */
function* neighbours(edges: EdgeReader, nodeId: string, request: WalkRequest): Generator<string[]> {
  const { direction, edgeTypeId } = request;
  let after: { edgeTypeId: number; otherId: string } | undefined;
  while (true) {
    const page = edges.list(nodeId, direction, edgeTypeId, after, SLICE_EDGES);
    const ids = page.map((edge) => (direction === "out" ? edge.toId : edge.fromId));
    yield ids;
    const last = ids.at(-1);
    if (last === undefined || ids.length < SLICE_EDGES) return;
    after = { edgeTypeId, otherId: last };
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
