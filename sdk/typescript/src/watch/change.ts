/** What is changed, as programs see it. */
import type { ClientSchema } from "../client/client-schema.ts";
import { ChangeKind, type Change as WireChange } from "../gen/entdb/v1/entdb_service_pb.ts";
import type { Node as WireNode } from "../gen/entdb/v1/model_pb.ts";
import { type AnyNode, decodeNode, decodeNodeOfAnyType } from "../reads/node.ts";
import type { NodeType, TypeDefinition } from "../schema/define.ts";
import type { EdgeId, NodeId } from "../values/ids.ts";
import { safeNumber } from "../values/value.ts";

interface ChangeBase {
  /** Who did it. */
  readonly actor: string;
  /** Log time. */
  readonly changedAt: Date;
}

/** A node was changed: of one of the types that are watched, which `node.type` tells apart. */
export interface NodeChange<T extends NodeType = NodeType> extends ChangeBase {
  readonly kind:
    | "nodeCreated"
    | "nodeUpdated"
    | "nodeDeleted"
    | "nodeRestored"
    | "nodePurged"
    /** Grants or visibility. */
    | "nodeAccessChanged";
  readonly nodeId: NodeId;
  readonly typeId: number;
  /** After the change; undefined for a purged node. */
  readonly version: number | undefined;
  /** With `withNodes`: as it stands, as long as it is there and may be read. */
  readonly node: AnyNode<T> | undefined;
}

/** An edge was changed. */
export interface EdgeChange extends ChangeBase {
  readonly kind: "edgeCreated" | "edgeUpdated" | "edgeDeleted";
  readonly edgeId: EdgeId;
  readonly edgeTypeId: number;
  readonly from: NodeId;
  readonly to: NodeId;
}

/** The tenant's schema was changed. */
export interface SchemaChanged extends ChangeBase {
  readonly kind: "schemaChanged";
}

/** One change. */
export type Change<T extends NodeType = NodeType> = NodeChange<T> | EdgeChange | SchemaChanged;

const NODE_KIND: ReadonlyMap<ChangeKind, NodeChange["kind"]> = new Map([
  [ChangeKind.NODE_CREATED, "nodeCreated"],
  [ChangeKind.NODE_UPDATED, "nodeUpdated"],
  [ChangeKind.NODE_DELETED, "nodeDeleted"],
  [ChangeKind.NODE_RESTORED, "nodeRestored"],
  [ChangeKind.NODE_PURGED, "nodePurged"],
  [ChangeKind.NODE_ACCESS_CHANGED, "nodeAccessChanged"],
]);

const EDGE_KIND: ReadonlyMap<ChangeKind, EdgeChange["kind"]> = new Map([
  [ChangeKind.EDGE_CREATED, "edgeCreated"],
  [ChangeKind.EDGE_UPDATED, "edgeUpdated"],
  [ChangeKind.EDGE_DELETED, "edgeDeleted"],
]);

/** The change; undefined for a kind that a later server added. Nodes are read by the types that are watched. */
export function decodeChange<T extends NodeType>(
  schema: ClientSchema,
  watched: readonly TypeDefinition[],
  wire: WireChange,
): Change<T> | undefined {
  const base = { actor: wire.actor, changedAt: new Date(Number(wire.changedAt)) };
  const nodeKind = NODE_KIND.get(wire.kind);
  if (nodeKind !== undefined) {
    return {
      ...base,
      kind: nodeKind,
      nodeId: wire.nodeId as NodeId,
      typeId: wire.typeId,
      version: wire.version === 0n ? undefined : safeNumber(wire.version, "version"),
      node: wire.node === undefined ? undefined : nodeOf<T>(schema, watched, wire.node),
    };
  }
  const edgeKind = EDGE_KIND.get(wire.kind);
  if (edgeKind !== undefined) {
    return {
      ...base,
      kind: edgeKind,
      edgeId: wire.edgeId as EdgeId,
      edgeTypeId: wire.edgeTypeId,
      from: wire.fromId as NodeId,
      to: wire.toId as NodeId,
    };
  }
  return wire.kind === ChangeKind.SCHEMA_CHANGED ? { ...base, kind: "schemaChanged" } : undefined;
}

function nodeOf<T extends NodeType>(
  schema: ClientSchema,
  watched: readonly TypeDefinition[],
  wire: WireNode,
): AnyNode<T> {
  const type = watched.find((each) => each.definition === "node" && each.typeId === wire.typeId);
  const isNodeType = type?.definition === "node";
  const node = isNodeType ? decodeNode(type, wire) : decodeNodeOfAnyType(schema, wire);
  return node as unknown as AnyNode<T>;
}
