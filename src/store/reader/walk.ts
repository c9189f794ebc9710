import type { Database } from "bun:sqlite";
import { must } from "../../base/assert.ts";
import type { Node } from "../../record/graph.ts";
import { tooManyEdges } from "./edge-list.ts";
import { type EdgePlace, EdgeReader, type EdgesOfNode } from "./edge-reader.ts";
import { NodeReader } from "./node-reader.ts";

/** Which nodes a walk gives: over edges of the one type, as its viewer sees them. */
export interface WalkRequest extends EdgesOfNode {
  /** Edges on the longest way, 1 or more. */
  readonly depth: number;
  /** Behind this place; undefined: from the beginning. */
  readonly after: WalkPlace | undefined;
  readonly limit: number;
  /** Edges that may be looked at, hidden ones among them. */
  readonly edgesMax: number;
}

/** A place in the order of a walk: by distance, then by id. */
export interface WalkPlace {
  readonly distance: number;
  readonly id: string;
}

/** A node that was reached, and how many edges away from the start. */
export interface ReachedNode {
  readonly node: Node;
  readonly distance: number;
}

const SLICE_EDGES = 1_000;

/**
 * The nodes reachable over edges of one type, each once at its shortest distance, the start
 * not among them. Never passes through a node that is deleted or that the viewer may not
 * read; that the start is neither is the caller's question. Breadth first; yields between
 * slices. Throws LIMIT_EXCEEDED when it would look at more edges than it may.
 */
export function* walk(db: Database, request: WalkRequest): Generator<void, ReachedNode[]> {
  const nodes = new NodeReader(db);
  const places = yield* placesOf(db, request);
  return places.map(({ id, distance }) => {
    const node = must(nodes.find(id), "an edge of the same snapshot leads to it");
    return { node, distance };
  });
}

function* placesOf(db: Database, request: WalkRequest): Generator<void, WalkPlace[]> {
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
    const { direction, edgesMax } = this.#request;
    const found: string[] = [];
    for (const nodeId of ring) {
      let after: EdgePlace | undefined;
      do {
        const run = this.#edges.run({ ...this.#request, nodeId }, after, SLICE_EDGES);
        this.#looked += run.looked;
        if (this.#looked > edgesMax) throw tooManyEdges("The walk", edgesMax);
        for (const edge of run.edges) {
          const otherId = direction === "out" ? edge.toId : edge.fromId;
          if (this.#seen.has(otherId)) continue;
          this.#seen.add(otherId);
          found.push(otherId);
        }
        after = run.looked < SLICE_EDGES ? undefined : run.last;
        yield;
      } while (after !== undefined);
    }
    return found.sort();
  }
}

function isBehind(place: WalkPlace, after: WalkPlace | undefined): boolean {
  if (after === undefined || place.distance > after.distance) return true;
  return place.distance === after.distance && place.id > after.id;
}
