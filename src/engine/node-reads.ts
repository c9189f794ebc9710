import { permissionDenied } from "../applier/record-access.ts";
import { must } from "../base/assert.ts";
import { EntError, invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import { parseKey } from "../query/parse-key.ts";
import type { Grant } from "../record/access.ts";
import type { Node } from "../record/graph.ts";
import type { Viewer } from "../record/viewer.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import type { Value } from "../schema/value.ts";
import {
  compositeIndexValue,
  compositeKeyId,
  type IndexValue,
  indexValue,
} from "../store/index-value.ts";
import type { TenantReads } from "../store/tenant-store.ts";
import { canRead } from "../store/visibility.ts";
import { checkNodeId } from "./check-transaction.ts";
import type { NodeByKeyRequest, NodeRequest, NodesRequest } from "./engine.ts";

/**
 * Reads of nodes by key: a few steps down a B-tree, in the request's own turn. A node that
 * the viewer may not read is answered exactly as one that does not exist.
 */

/** Throws INVALID_ID, NODE_NOT_FOUND. */
export function getNode(reads: TenantReads, viewer: Viewer, request: NodeRequest): Node {
  checkNodeId(request.id, "id");
  const node = find(reads, viewer, request.id, request.includeDeleted);
  if (node === undefined) throw missing(request.id);
  return node;
}

function find(
  reads: TenantReads,
  viewer: Viewer,
  id: string,
  includeDeleted: boolean,
): Node | undefined {
  const node = reads.nodes.find(id);
  if (node === undefined || (node.deleted && !includeDeleted)) return undefined;
  return canRead(reads, viewer, node) ? node : undefined;
}

/** Throws INVALID_ID, LIMIT_EXCEEDED. An id given twice is answered once. */
export function getNodes(
  reads: TenantReads,
  viewer: Viewer,
  request: NodesRequest,
): { nodes: Node[]; missingIds: string[] } {
  const most = limits.idsPerGet;
  if (request.ids.length > most) {
    throw invalid(
      "LIMIT_EXCEEDED",
      `The request asks for ${request.ids.length} nodes; at most ${most} are allowed.`,
      "Ask in several requests.",
      limitDetails("idsPerGet"),
    );
  }
  const nodes: Node[] = [];
  const missingIds: string[] = [];
  for (const id of new Set(request.ids)) {
    checkNodeId(id, "ids");
    const node = find(reads, viewer, id, request.includeDeleted);
    if (node === undefined) missingIds.push(id);
    else nodes.push(node);
  }
  return { nodes, missingIds };
}

/** Throws TYPE_UNKNOWN, FIELD_UNKNOWN, KEY_UNKNOWN, INVALID_VALUE, NODE_NOT_FOUND and what else `parseKey` refuses. */
export function getNodeByKey(
  reads: TenantReads,
  viewer: Viewer,
  registry: SchemaRegistry,
  request: NodeByKeyRequest,
): Node {
  const { typeId, key } = request;
  const values = parseKey(registry.nodeType(typeId), key, request.values);
  const id =
    key.by === "field"
      ? reads.nodes.findIdByUnique(typeId, key.fieldId, uniqueValue(values))
      : reads.nodes.findIdByUnique(typeId, compositeKeyId(key.keyId), compositeIndexValue(values));
  const node = id === undefined ? undefined : find(reads, viewer, id, false);
  if (node !== undefined) return node;
  throw new EntError({
    code: "not_found",
    reason: "NODE_NOT_FOUND",
    message: "No live node holds this key.",
    hint: "Check the values and their order.",
  });
}

/** What {@link listGrants} answers. */
export interface NodeGrants {
  readonly ownerActor: string;
  /** By principal, then by permission; expired ones are left out. */
  readonly grants: readonly Grant[];
}

/** Of a deleted node too. Throws INVALID_ID, NODE_NOT_FOUND, and PERMISSION_DENIED to whoever may read the node and has not the permission admin. */
export function listGrants(reads: TenantReads, viewer: Viewer, nodeId: string): NodeGrants {
  checkNodeId(nodeId, "node_id");
  const node = find(reads, viewer, nodeId, true);
  if (node === undefined) throw missing(nodeId);
  const { ownerActor } = node;
  const valid = reads.grants
    .list(nodeId)
    .filter(({ expiresAt }) => expiresAt === 0 || expiresAt > viewer.now);
  const mayAdminister =
    viewer.seesAll ||
    viewer.principals[0] === ownerActor ||
    valid.some(
      ({ principal, permission }) =>
        permission === "admin" && viewer.principals.includes(principal),
    );
  if (!mayAdminister) throw permissionDenied("admin", nodeId);
  return { ownerActor, grants: valid };
}

function uniqueValue(values: readonly Value[]): IndexValue {
  const value = must(values[0], "a unique field's key has one value");
  return must(indexValue(value), "a unique field is of a kind that an index holds");
}

function missing(id: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "NODE_NOT_FOUND",
    message: `There is no node ${id}.`,
    hint: "Check the id and the tenant; a deleted node is found with include_deleted.",
    details: { node_id: id },
  });
}
