import { unreachable } from "../base/assert.ts";
import type { OperationResult } from "../record/outcome.ts";
import type { Operation, RegisterSchema, Transaction } from "../record/transaction.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { type EvolvedSchema, evolveSchema } from "../schema/evolve.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import { encodeSchemaText } from "../schema/schema-json.ts";
import type { Schema, SchemaDifference } from "../schema/types.ts";
import { addGrant, changeMailbox, revokeGrant, setVisibility } from "./apply-access.ts";
import { createEdge, deleteEdge, updateEdge } from "./apply-edges.ts";
import { changeMembership, lockSchema, requireUnlockedSchema } from "./apply-membership.ts";
import { createNode, deleteNode, purgeNode, restoreNode, updateNode } from "./apply-nodes.ts";
import type { TransactionScope } from "./scope.ts";

/**
 * One record's effects: record and database in, nothing else. Synchronous throughout.
 * Throws the `EntError` that the transaction's rejection is; the caller takes back what
 * was written. Anything else that is thrown is trouble, never an outcome.
 */
export function applyTransaction(
  scope: TransactionScope,
  transaction: Transaction,
): { results: OperationResult[]; schemaDifferences: SchemaDifference[] } {
  const schemaDifferences: SchemaDifference[] = [];
  if (transaction.attachedSchema !== undefined) {
    schemaDifferences.push(...registerSchema(scope, transaction.attachedSchema).differences);
  }
  const results: OperationResult[] = [];
  for (const operation of transaction.operations) {
    if (operation.op === "register_schema") {
      const { changed, differences } = registerSchema(scope, operation.schema);
      schemaDifferences.push(...differences);
      results.push({ nodeId: "", edgeId: "", version: 0, created: changed });
    } else {
      results.push(applyOperation(scope, operation));
    }
  }
  return { results: finalVersions(results), schemaDifferences };
}

function applyOperation(
  scope: TransactionScope,
  operation: Exclude<Operation, RegisterSchema>,
): OperationResult {
  switch (operation.op) {
    case "create_node":
      return createNode(scope, operation);
    case "update_node":
      return updateNode(scope, operation);
    case "delete_node":
      return deleteNode(scope, operation);
    case "restore_node":
      return restoreNode(scope, operation);
    case "purge_node":
      return purgeNode(scope, operation);
    case "create_edge":
      return createEdge(scope, operation);
    case "update_edge":
      return updateEdge(scope, operation);
    case "delete_edge":
      return deleteEdge(scope, operation);
    case "set_visibility":
      return setVisibility(scope, operation);
    case "grant":
      return addGrant(scope, operation);
    case "revoke":
      return revokeGrant(scope, operation);
    case "mark_read":
    case "delete_mailbox_items":
      return changeMailbox(scope, operation);
    case "membership":
      return changeMembership(scope, operation.step);
    case "schema_lock":
      return lockSchema(scope, operation);
    default:
      return unreachable(operation);
  }
}

/** Merges, and remembers both fingerprints: the tenant's own and the one that its client goes by. */
function registerSchema(scope: TransactionScope, incoming: Schema): EvolvedSchema {
  const { schemaWriter } = scope.graph;
  const merged = evolveSchema(scope.registry.schema, incoming, "merge", 1);
  if (merged.changed) {
    requireUnlockedSchema(scope);
    scope.registry = new SchemaRegistry(merged.schema);
    const { fingerprint } = scope.registry;
    schemaWriter.addVersion(scope.offset, fingerprint, encodeSchemaText(merged.schema));
    schemaWriter.addKnown(fingerprint, scope.offset);
    scope.graph.effects.schemaChanged(scope);
  }
  schemaWriter.addKnown(fingerprintOf(incoming), scope.offset);
  return merged;
}

/** Every result names the version that its node has after the whole transaction. */
function finalVersions(results: OperationResult[]): OperationResult[] {
  if (results.length === 1) return results;
  const last = new Map<string, number>();
  for (const result of results) if (result.nodeId !== "") last.set(result.nodeId, result.version);
  return results.map((result) => {
    const version = last.get(result.nodeId) ?? result.version;
    return version === result.version ? result : { ...result, version };
  });
}
