import { EntError } from "../base/errors.ts";
import type { Node } from "../record/graph.ts";
import type { OperationResult } from "../record/outcome.ts";
import type { CreateNode, NodeStep, UpdateNode } from "../record/transaction.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import { applyPatch, checkCreate, checkFits } from "../schema/validate-fields.ts";
import type { Fields } from "../schema/value.ts";
import { valuesEqual } from "../schema/value.ts";
import { grantsOfNew, removeAccess, writeGrantsOfNew } from "./apply-access.ts";
import {
  addEntries,
  findUniqueConflict,
  mayReadHolder,
  moveEntries,
  removeEntries,
  uniqueConflictError,
} from "./index-entries.ts";
import { checkRefs } from "./refs.ts";
import type { TransactionScope } from "./scope.ts";

/**
 * The node operations. Each checks everything before it writes anything, so that an
 * operation that is refused leaves nothing behind; the surrounding savepoint takes back
 * only what earlier operations of the transaction wrote.
 */
export function createNode(scope: TransactionScope, operation: CreateNode): OperationResult {
  const type = scope.registry.nodeType(operation.typeId);
  const fields = checkCreate(type, scope.resolveFields(operation.fields));
  checkRefs(scope, type.fields, fields, operation);
  const conflict = findUniqueConflict(scope, type, "", fields);
  if (conflict !== undefined && operation.returnExisting && mayReadHolder(scope, conflict)) {
    return existingNode(scope, operation.id, conflict.holderId);
  }
  const isItself = conflict?.holderId === operation.id && !operation.returnExisting;
  if (conflict !== undefined && !isItself) {
    throw uniqueConflictError(scope, type, conflict);
  }
  const { sharing } = operation;
  const grants = grantsOfNew(scope, type, operation.id, sharing);
  const row = {
    id: operation.id,
    typeId: operation.typeId,
    ownerActor: scope.actor,
    version: 1,
    createdAt: scope.logTime,
    updatedAt: scope.logTime,
    deleted: false,
    fields,
  };
  if (!scope.graph.nodeWriter.insert(row)) throw idTaken(operation.id);
  addEntries(scope, type, row.id, fields);
  writeGrantsOfNew(scope, row, grants);
  scope.markCreated(row.id);
  scope.nodeEffect({ kind: "created", type, before: undefined, after: row, sharing });
  return { nodeId: row.id, edgeId: "", version: 1, created: true };
}

/** What a create that found its node there came to: from here on the proposed id means that node. */
function existingNode(scope: TransactionScope, proposedId: string, id: string): OperationResult {
  if (proposedId !== id) {
    // Were the proposed id another node's, to mention it would mean two nodes.
    if (scope.graph.nodes.find(proposedId) !== undefined) throw idTaken(proposedId);
    scope.replace(proposedId, id);
  }
  return nodeResult(scope.node(id, "read"));
}

export function updateNode(scope: TransactionScope, operation: UpdateNode): OperationResult {
  const node = scope.liveNode(scope.resolve(operation.id), "write");
  const type = scope.registry.nodeType(node.typeId);
  scope.checkVersion(node, operation.expectedVersion);
  checkPreconditions(type, node, scope.resolveFields(operation.preconditions));
  const { fields, changed } = applyPatch(type, node.fields, scope.resolveFields(operation.fields));
  checkRefs(scope, type.fields, changed, node);
  if (changed.size > 0) {
    const conflict = findUniqueConflict(scope, type, node.id, fields);
    if (conflict !== undefined) throw uniqueConflictError(scope, type, conflict);
  }
  const updated = raised(scope, node, { fields });
  if (changed.size > 0) moveEntries(scope, type, node.id, node.fields, fields);
  scope.nodeEffect({ kind: "updated", type, before: node, after: updated });
  return nodeResult(updated);
}

/** Soft: frees the unique values and hides the edges; the row stays. */
export function deleteNode(scope: TransactionScope, operation: NodeStep): OperationResult {
  const node = scope.liveNode(scope.resolve(operation.id), "delete");
  scope.checkVersion(node, operation.expectedVersion);
  const type = scope.registry.nodeType(node.typeId);
  removeEntries(scope, type, node.id, node.fields);
  const deleted = raised(scope, node, { deleted: true });
  scope.nodeEffect({ kind: "deleted", type, before: node, after: deleted });
  return nodeResult(deleted);
}

export function restoreNode(scope: TransactionScope, operation: NodeStep): OperationResult {
  const node = scope.node(scope.resolve(operation.id), "delete");
  if (!node.deleted) throw notDeleted(node.id);
  scope.checkVersion(node, operation.expectedVersion);
  const type = scope.registry.nodeType(node.typeId);
  const conflict = findUniqueConflict(scope, type, node.id, node.fields);
  if (conflict !== undefined) throw uniqueConflictError(scope, type, conflict);
  addEntries(scope, type, node.id, node.fields);
  const restored = raised(scope, node, { deleted: false });
  scope.nodeEffect({ kind: "restored", type, before: node, after: restored });
  return nodeResult(restored);
}

/** Takes the node, deleted or not, and its edges out of the view for good. */
export function purgeNode(scope: TransactionScope, operation: NodeStep): OperationResult {
  const node = scope.node(scope.resolve(operation.id), "delete");
  scope.checkVersion(node, operation.expectedVersion);
  const type = scope.registry.nodeType(node.typeId);
  if (!node.deleted) removeEntries(scope, type, node.id, node.fields);
  scope.graph.edgeWriter.deleteAllOf(node.id);
  scope.graph.nodeWriter.purge(node.id);
  const lostReaders = removeAccess(scope, node);
  scope.nodeEffect({ kind: "purged", type, before: node, after: undefined, lostReaders });
  return { nodeId: node.id, edgeId: "", version: 0, created: false };
}

function raised(
  scope: TransactionScope,
  node: Node,
  change: { readonly fields?: Fields; readonly deleted?: boolean },
): Node {
  const row = { ...node, ...change, version: scope.raise(node), updatedAt: scope.logTime };
  scope.graph.nodeWriter.update(row);
  return row;
}

function checkPreconditions(type: CompiledNodeType, node: Node, preconditions: Fields): void {
  for (const [fieldId, wanted] of preconditions) {
    const field = type.table.get(fieldId);
    if (wanted.kind !== "null") checkFits(type.table, field, wanted);
    const found = node.fields.get(fieldId);
    const holds = found === undefined ? wanted.kind === "null" : valuesEqual(found, wanted);
    if (holds) continue;
    throw new EntError({
      code: "aborted",
      reason: "PRECONDITION_FAILED",
      message: `Field ${field.name} of node ${node.id} does not hold the expected value.`,
      hint: "Read the node again and decide again.",
      details: {
        node_id: node.id,
        field_id: String(fieldId),
        actual_version: String(node.version),
      },
    });
  }
}

function nodeResult(node: Pick<Node, "id" | "version">): OperationResult {
  return { nodeId: node.id, edgeId: "", version: node.version, created: false };
}

function idTaken(id: string): EntError {
  return new EntError({
    code: "already_exists",
    reason: "NODE_ALREADY_EXISTS",
    message: `There is a node ${id} already.`,
    hint: "Leave the id out to be given a fresh one, or update the node that is there.",
    details: { node_id: id },
  });
}

function notDeleted(id: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "NODE_NOT_DELETED",
    message: `Node ${id} is not deleted.`,
    hint: "Only a deleted node can be restored.",
    details: { node_id: id },
  });
}
