import { EntError } from "../../base/errors.ts";
import { limitDetails } from "../../base/limits.ts";
import type { Edge, Node } from "../../record/graph.ts";
import type { EdgePlace, EdgeReader, EdgesOfNode } from "./edge-reader.ts";
import type { NodeReader } from "./node-reader.ts";

/**
 * A page of a node's edges. Hidden edges are looked at and passed over, so a page is full
 * wherever there are enough; how many may be looked at is bounded, in the request's own turn
 * and in a worker.
 */
export interface EdgeListRequest extends EdgesOfNode {
  /** Behind this place; undefined: from the beginning. */
  readonly after: EdgePlace | undefined;
  readonly limit: number;
  /** Also the nodes at the other ends. */
  readonly withNodes: boolean;
  /** Edges that may be looked at; beyond it LIMIT_EXCEEDED. */
  readonly edgesMax: number;
}

export interface EdgeList {
  readonly edges: readonly Edge[];
  /** Each once. */
  readonly nodes: readonly Node[];
}

export interface EdgeListReads {
  readonly edges: EdgeReader;
  readonly nodes: NodeReader;
}

/** Edges that are looked at before giving way, after the first page's worth. */
const SLICE_EDGES = 500;
const SLICES_PER_TURN = 2;

/** The list, if few hidden edges are in its way; otherwise undefined: a worker's work. */
export function listEdgesAtOnce(
  reads: EdgeListReads,
  request: EdgeListRequest,
): EdgeList | undefined {
  const steps = listEdges(reads, request);
  for (let slice = 0; slice < SLICES_PER_TURN; slice++) {
    const step = steps.next();
    if (step.done) return step.value;
  }
  return undefined;
}

/** Yields between slices. Throws LIMIT_EXCEEDED. */
export function* listEdges(
  reads: EdgeListReads,
  request: EdgeListRequest,
): Generator<void, EdgeList> {
  const { limit, edgesMax } = request;
  const found: Edge[] = [];
  let { after } = request;
  let looked = 0;
  let rows = limit;
  while (true) {
    const run = reads.edges.run(request, after, rows);
    looked += run.looked;
    if (looked > edgesMax) throw tooManyEdges("The list", edgesMax);
    for (const edge of run.edges) if (found.length < limit) found.push(edge);
    if (found.length === limit || run.looked < rows) break;
    after = run.last;
    rows = Math.max(SLICE_EDGES, limit - found.length);
    yield;
  }
  return { edges: found, nodes: request.withNodes ? otherEnds(reads, found, request) : [] };
}

/** All of them are live and may be read: their edges would be hidden otherwise. */
function otherEnds(
  { nodes }: EdgeListReads,
  edges: readonly Edge[],
  { direction }: EdgeListRequest,
): Node[] {
  const ids = new Set(edges.map((edge) => (direction === "out" ? edge.toId : edge.fromId)));
  return [...ids].flatMap((id) => nodes.find(id) ?? []);
}

/** `what` begins the sentence: "The walk". */
export function tooManyEdges(what: string, edgesMax: number): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "LIMIT_EXCEEDED",
    message: `${what} would look at more than ${edgesMax} edges.`,
    hint: "Walk fewer steps, or begin at a node with fewer edges.",
    details: limitDetails("walkEdges", edgesMax),
  });
}
