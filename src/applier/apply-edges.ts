import { EntError } from "../base/errors.ts";
import type { Edge } from "../record/graph.ts";
import type { OperationResult } from "../record/outcome.ts";
import type { CreateEdge, DeleteEdge, EdgeTarget, UpdateEdge } from "../record/transaction.ts";
import type { EdgeType } from "../schema/types.ts";
import { applyPatch, checkCreate } from "../schema/validate-fields.ts";
import { checkRefs } from "./refs.ts";
import type { TransactionScope } from "./scope.ts";

/**
 * The edge operations. As with nodes, each checks everything before it writes. An edge
 * whose end is deleted is hidden: it reads as missing, yet still holds (type, from, to). So
 * is an edge to whoever may not read both of its ends. What an edge is belongs to the node
 * that it leaves: to make, change or delete one needs the permission write there.
 */
export function createEdge(scope: TransactionScope, operation: CreateEdge): OperationResult {
  const type = scope.registry.edgeType(operation.edgeTypeId);
  const fromId = scope.resolve(operation.fromId);
  const toId = scope.resolve(operation.toId);
  checkEnds(scope, type, fromId, toId);
  const fields = checkCreate(type, scope.resolveFields(operation.fields));
  checkRefs(scope, type.fields, fields, { id: "", typeId: 0 });

  const existing = scope.graph.edges.findByEnds(type.edgeTypeId, fromId, toId);
  if (existing !== undefined) {
    if (!operation.returnExisting) throw edgeTaken(type, existing);
    return existingEdge(scope, operation.id, existing.id);
  }
  if (type.uniquePerFrom) {
    const other = scope.graph.edges.findAnyFrom(type.edgeTypeId, fromId);
    if (other !== undefined) {
      throw edgeTaken(type, other, mayReadNode(scope, other.toId));
    }
  }
  if (scope.graph.edges.find(operation.id) !== undefined) throw idTaken(operation.id);
  const edge = {
    id: operation.id,
    edgeTypeId: type.edgeTypeId,
    fromId,
    toId,
    fields,
    createdAt: scope.logTime,
    updatedAt: scope.logTime,
  };
  scope.graph.edgeWriter.insert(edge);
  scope.edgeEffect({ kind: "created", edge });
  return edgeResult(operation.id, true);
}

/** As with nodes: from here on the proposed id means the edge that was there. */
function existingEdge(scope: TransactionScope, proposedId: string, id: string): OperationResult {
  if (proposedId !== id) {
    if (scope.graph.edges.find(proposedId) !== undefined) throw idTaken(proposedId);
    scope.replace(proposedId, id);
  }
  return edgeResult(id, false);
}

export function updateEdge(scope: TransactionScope, operation: UpdateEdge): OperationResult {
  const edge = usableEdge(scope, operation.target);
  if (isHidden(scope, edge)) throw edgeMissing(operation.target);
  const type = scope.registry.edgeType(edge.edgeTypeId);
  const { fields, changed } = applyPatch(type, edge.fields, scope.resolveFields(operation.fields));
  checkRefs(scope, type.fields, changed, { id: "", typeId: 0 });
  const updated = { ...edge, fields, updatedAt: scope.logTime };
  scope.graph.edgeWriter.update(updated);
  scope.edgeEffect({ kind: "updated", edge: updated });
  return edgeResult(edge.id, false);
}

/** Also removes a hidden edge, which frees its (type, from, to). */
export function deleteEdge(scope: TransactionScope, operation: DeleteEdge): OperationResult {
  const edge = usableEdge(scope, operation.target);
  scope.graph.edgeWriter.delete(edge);
  scope.edgeEffect({ kind: "deleted", edge });
  return edgeResult(edge.id, false);
}

/** Throws EDGE_NOT_FOUND, also when an end may not be read; PERMISSION_DENIED without write on its from-node. */
function usableEdge(scope: TransactionScope, target: EdgeTarget): Edge {
  const edge = findTarget(scope, target);
  if (edge === undefined) throw edgeMissing(target);
  if (!scope.access.checked) return edge;
  if (!mayReadNode(scope, edge.fromId) || !mayReadNode(scope, edge.toId)) throw edgeMissing(target);
  scope.node(edge.fromId, "write");
  return edge;
}

function mayReadNode(scope: TransactionScope, id: string): boolean {
  if (!scope.access.checked) return true;
  const node = scope.graph.nodes.find(id);
  return node !== undefined && scope.access.mayRead(node);
}

function findTarget(scope: TransactionScope, target: EdgeTarget): Edge | undefined {
  if (target.by === "id") return scope.graph.edges.find(scope.resolve(target.id));
  return scope.graph.edges.findByEnds(
    target.edgeTypeId,
    scope.resolve(target.fromId),
    scope.resolve(target.toId),
  );
}

function isHidden(scope: TransactionScope, edge: Edge): boolean {
  return scope.node(edge.fromId, "read").deleted || scope.node(edge.toId, "read").deleted;
}

function checkEnds(scope: TransactionScope, type: EdgeType, fromId: string, toId: string): void {
  const ends = [
    { end: "from", id: fromId, wanted: type.fromTypeId, permission: "write" },
    { end: "to", id: toId, wanted: type.toTypeId, permission: "read" },
  ] as const;
  for (const { end, id, wanted, permission } of ends) {
    const node = scope.liveNode(id, permission);
    if (wanted === 0 || node.typeId === wanted) continue;
    throw new EntError({
      code: "invalid_argument",
      reason: "EDGE_ENDS_MISMATCH",
      message: `An edge ${type.name} goes ${end} a node of type ${wanted}; ${id} has type ${node.typeId}.`,
      hint: `Give a node of type ${wanted} as ${end}.`,
      details: { edge_type_id: String(type.edgeTypeId), node_id: id },
    });
  }
}

/** `named` says whether the asker may know which edge it is. */
function edgeTaken(type: EdgeType, existing: Edge, named = true): EntError {
  return new EntError({
    code: "already_exists",
    reason: "EDGE_ALREADY_EXISTS",
    message: type.uniquePerFrom
      ? `Node ${existing.fromId} has an edge ${type.name} already, and may have only one.`
      : `There is an edge ${type.name} from ${existing.fromId} to ${existing.toId} already.`,
    hint: "Use on_conflict RETURN_EXISTING to be answered with the edge that is there, or delete it first.",
    details: {
      ...(named && { edge_id: existing.id }),
      edge_type_id: String(existing.edgeTypeId),
    },
  });
}

function idTaken(id: string): EntError {
  return new EntError({
    code: "already_exists",
    reason: "EDGE_ALREADY_EXISTS",
    message: `There is another edge with the id ${id} already.`,
    hint: "Leave the id out to be given a fresh one.",
    details: { edge_id: id },
  });
}

function edgeMissing(target: EdgeTarget): EntError {
  const what =
    target.by === "id"
      ? target.id
      : `of type ${target.edgeTypeId} from ${target.fromId} to ${target.toId}`;
  return new EntError({
    code: "not_found",
    reason: "EDGE_NOT_FOUND",
    message: `There is no edge ${what}.`,
    hint: "Check the id or the ends; the edges of a deleted node are hidden until it is restored.",
  });
}

function edgeResult(edgeId: string, created: boolean): OperationResult {
  return { nodeId: "", edgeId, version: 0, created };
}
