/** Edges from and to a node, and what is connected over them. */
import { freshnessOf, type ReadOptions, readAnswer, type Session } from "../client/session.ts";
import { Direction } from "../gen/entdb/v1/entdb_service_pb.ts";
import type { Edge as WireEdge, Node as WireNode } from "../gen/entdb/v1/model_pb.ts";
import { compiled } from "../schema/compiled.ts";
import type { EdgeType, NodeType } from "../schema/define.ts";
import type { ReadFields } from "../schema/infer.ts";
import { type EdgeId, type NodeId, nodeId } from "../values/ids.ts";
import { Listing, type PageOptions, pageOf } from "./listing.ts";
import { decodeNode, decodeNodeOfAnyType, type Node } from "./node.ts";

/** A one-way edge, as it stood at the read's position. */
export interface Edge<T extends EdgeType = EdgeType> {
  readonly id: EdgeId;
  /** The edge type's name in this schema; "#" and its number for one that this schema does not know. */
  readonly type: T["name"];
  readonly edgeTypeId: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly fields: ReadFields<T["fields"]>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

type NodeAt<End> = End extends NodeType ? Node<End> : Node;

/** "out": along the edge; "in": against it. */
export type EdgeDirection = "out" | "in";

/** The type of the nodes that an edge leads to, in a direction. */
export type FarNode<T extends EdgeType, D extends EdgeDirection> = NodeAt<
  D extends "out" ? T["to"] : T["from"]
>;

/** An edge in a list, with its other end where that was asked for. */
export interface ListedEdge<T extends EdgeType, D extends EdgeDirection, WithNodes extends boolean>
  extends Edge<T> {
  readonly node: WithNodes extends true ? FarNode<T, D> : undefined;
}

/** Which edges of a node, and how. */
export interface EdgeListOptions<T extends EdgeType, WithNodes extends boolean>
  extends ReadOptions,
    PageOptions {
  /** Left out: edges of all types. */
  readonly type?: T;
  /** Also gives the node at the other end of each edge. Defaults to false. */
  readonly withNodes?: WithNodes;
}

/** How far and which way a walk goes. */
export interface ConnectedOptions<D extends EdgeDirection> extends ReadOptions, PageOptions {
  /** Defaults to "out". */
  readonly direction?: D;
  /** Edges on the way, 1 to 5. Defaults to 1. */
  readonly depth?: number;
}

/** A node that a walk reached. */
export interface ConnectedNode<N> {
  readonly node: N;
  /** Edges on the shortest way to it. */
  readonly distance: number;
}

const DIRECTION: Readonly<Record<EdgeDirection, Direction>> = {
  out: Direction.OUT,
  in: Direction.IN,
};

/** The edges that leave or enter a node: by edge type, then by the id of the other end. */
export function listEdges<T extends EdgeType, D extends EdgeDirection, W extends boolean>(
  session: Session,
  node: NodeId,
  direction: D,
  options: EdgeListOptions<T, W>,
): Listing<ListedEdge<T, D, W>> {
  if (options.type !== undefined) session.schema.require(options.type, "edge");
  const question = {
    context: session.identity,
    nodeId: nodeId(node),
    direction: DIRECTION[direction],
    edgeTypeId: options.type?.edgeTypeId ?? 0,
    withNodes: options.withNodes ?? false,
  };
  return new Listing(options, async (page) => {
    const request = { ...question, ...page, read: freshnessOf(session, options) };
    const call = session.caller.call(
      (stub) => session.rpc.listEdges(request, stub),
      "safe",
      options,
    );
    const answer = await readAnswer(session, options, call);
    const nodes = new Map(answer.nodes.map((wire) => [wire.id, wire]));
    const edges = answer.edges.map((wire) => {
      const far = nodes.get(direction === "out" ? wire.toId : wire.fromId);
      const edge = decodeEdge(session, options.type, wire);
      const end =
        far === undefined ? undefined : decodeFarNode(session, options.type, direction, far);
      return { ...edge, node: end } as unknown as ListedEdge<T, D, W>;
    });
    return pageOf(edges, answer);
  });
}

/** The nodes that are reached over an edge type, each once, the nearest first. */
export function listConnected<T extends EdgeType, D extends EdgeDirection>(
  session: Session,
  node: NodeId,
  type: T,
  options: ConnectedOptions<D>,
): Listing<ConnectedNode<FarNode<T, D>>> {
  session.schema.require(type, "edge");
  const direction = options.direction ?? "out";
  const question = {
    context: session.identity,
    nodeId: nodeId(node),
    edgeTypeId: type.edgeTypeId,
    direction: DIRECTION[direction],
    depth: options.depth ?? 1,
  };
  return new Listing(options, async (page) => {
    const request = { ...question, ...page, read: freshnessOf(session, options) };
    const call = session.caller.call(
      (stub) => session.rpc.listConnected(request, stub),
      "safe",
      options,
    );
    const answer = await readAnswer(session, options, call);
    const reached = answer.nodes.flatMap(({ node: wire, distance }) =>
      wire === undefined
        ? []
        : [{ node: decodeFarNode(session, type, direction, wire) as FarNode<T, D>, distance }],
    );
    return pageOf(reached, answer);
  });
}

function decodeEdge(session: Session, given: EdgeType | undefined, wire: WireEdge): Edge {
  const type = given ?? session.schema.edgeType(wire.edgeTypeId);
  return {
    id: wire.id as EdgeId,
    type: type?.name ?? `#${wire.edgeTypeId}`,
    edgeTypeId: wire.edgeTypeId,
    from: wire.fromId as NodeId,
    to: wire.toId as NodeId,
    fields: type === undefined ? {} : compiled(type).decode(wire.fields),
    createdAt: new Date(Number(wire.createdAt)),
    updatedAt: new Date(Number(wire.updatedAt)),
  };
}

/** The node at the end of an edge: of the edge type's end, or of whatever type it says. */
function decodeFarNode(
  session: Session,
  type: EdgeType | undefined,
  direction: EdgeDirection,
  wire: WireNode,
): Node {
  const end = direction === "out" ? type?.to : type?.from;
  if (end !== undefined && end.typeId === wire.typeId) return decodeNode(end, wire);
  return decodeNodeOfAnyType(session.schema, wire);
}
