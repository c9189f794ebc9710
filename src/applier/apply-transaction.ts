import { unreachable } from "../base/assert.ts";
import { EntError } from "../base/errors.ts";
import type { OperationResult, Outcome } from "../record/outcome.ts";
import { requireReplaceAlone } from "../record/replace-alone.ts";
import type { Operation, RegisterSchema, SchemaMode, Transaction } from "../record/transaction.ts";
import { type EvolvedSchema, evolveSchema } from "../schema/evolve.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import { encodeSchemaText } from "../schema/schema-json.ts";
import type { Schema, SchemaDifference } from "../schema/types.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { setAggregateGrants, storeCheckpoint } from "./aggregate-access.ts";
import { addGrant, changeMailbox, revokeGrant, setVisibility } from "./apply-access.ts";
import { createEdge, deleteEdge, updateEdge } from "./apply-edges.ts";
import { appendEvents } from "./apply-events.ts";
import { changeMembership, lockSchema, requireUnlockedSchema } from "./apply-membership.ts";
import { createNode, deleteNode, purgeNode, restoreNode, updateNode } from "./apply-nodes.ts";
import { bringRows } from "./bring-rows.ts";
import { BuildNeeded } from "./build-plan.ts";
import { rejectionOf } from "./rejection.ts";
import type { TransactionScope } from "./scope.ts";

/**
 * What a transaction comes to, with its effects written, or none of them when it is rejected.
 * What is thrown is trouble, or `BuildNeeded`; nothing of the transaction is then left either
 * way, and the caller takes back what else he wrote.
 */
export function decideTransaction(
  db: Connection,
  scope: TransactionScope,
  transaction: Transaction,
): Outcome {
  const { operations, attachedSchema } = transaction;
  const several = attachedSchema !== undefined || needWayBack(operations);
  if (several) openWayBack(db, scope);
  try {
    const { results, schemaDifferences } = applyTransaction(scope, transaction);
    if (several) closeWayBack(db, scope);
    return { state: "applied", results, schemaDifferences };
  } catch (error) {
    if (scope.membershipTouched) scope.graph.standings.forget();
    scope.graph.forgetEvents();
    const isOutcome = error instanceof EntError;
    if (!isOutcome && !(error instanceof BuildNeeded)) throw error;
    if (several) takeBack(db, scope);
    if (!isOutcome) throw error;
    return rejectionOf(error);
  }
}

type Connection = TenantStore["writeConnection"];

function openWayBack(db: Connection, { graph }: TransactionScope): void {
  db.run("SAVEPOINT record");
  graph.indexWriter.fieldRows.openWayBack();
}

function closeWayBack(db: Connection, { graph }: TransactionScope): void {
  graph.indexWriter.fieldRows.closeWayBack();
  db.run("RELEASE record");
}

function takeBack(db: Connection, { graph }: TransactionScope): void {
  graph.indexWriter.fieldRows.takeBack();
  db.run("ROLLBACK TO record; RELEASE record");
}

/** One operation checks everything before it writes, but for a schema, and for several events, of which a later one may have an id that is taken. */
function needWayBack(operations: readonly Operation[]): boolean {
  const [first] = operations;
  if (operations.length > 1 || first?.op === "register_schema") return true;
  return first?.op === "append_events" && first.events.length > 1;
}

/**
 * One record's effects: record and database in, nothing else. Synchronous throughout.
 * Throws the `EntError` that the transaction's rejection is; the caller takes back what
 * was written. Anything else that is thrown is trouble, never an outcome.
 */
function applyTransaction(
  scope: TransactionScope,
  transaction: Transaction,
): { results: OperationResult[]; schemaDifferences: SchemaDifference[] } {
  const schemaDifferences: SchemaDifference[] = [];
  const { operations, attachedSchema } = transaction;
  requireReplaceAlone(operations, attachedSchema);
  if (attachedSchema !== undefined) {
    schemaDifferences.push(...registerSchema(scope, attachedSchema, "merge").differences);
    scope.isBegun = true;
  }
  const results: OperationResult[] = [];
  for (const operation of operations) {
    if (operation.op === "register_schema") {
      const { schema, mode } = operation;
      const { changed, differences } = registerSchema(scope, schema, mode ?? "merge");
      schemaDifferences.push(...differences);
      results.push({ nodeId: "", edgeId: "", version: 0, created: changed });
    } else {
      results.push(applyOperation(scope, operation));
    }
    scope.isBegun = true;
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
    case "append_events":
      return appendEvents(scope, operation);
    case "store_checkpoint":
      return storeCheckpoint(scope, operation);
    case "set_aggregate_grants":
      return setAggregateGrants(scope, operation);
    default:
      return unreachable(operation);
  }
}

/**
 * Brings the rows that are there to the schema, puts it in force, and remembers both
 * fingerprints: the tenant's own and the one that its client goes by.
 */
function registerSchema(
  scope: TransactionScope,
  incoming: Schema,
  mode: SchemaMode,
): EvolvedSchema {
  const { schemaWriter } = scope.graph;
  const evolved = evolveSchema(scope.registry.schema, incoming, mode, scope.rulesVersion);
  if (evolved.changed) {
    requireUnlockedSchema(scope);
    const registry = new SchemaRegistry(evolved.schema);
    bringRows(scope, registry, evolved.steps);
    scope.registry = registry;
    const { fingerprint } = registry;
    schemaWriter.addVersion(scope.offset, fingerprint, encodeSchemaText(evolved.schema));
    schemaWriter.addKnown(fingerprint, scope.offset);
    scope.graph.effects.schemaChanged(scope);
  }
  schemaWriter.addKnown(fingerprintOf(incoming), scope.offset);
  return evolved;
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
