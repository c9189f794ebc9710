/**
 * Who may read and append to aggregates: grants per aggregate type, by default everybody of the
 * tenant. Also what stands beside aggregates: consumers' checkpoints.
 */
import { EntError } from "../base/errors.ts";
import type { SetAggregateGrants, StoreCheckpoint } from "../record/event.ts";
import { DEFAULT_AGGREGATE_GRANTS } from "../record/event.ts";
import type { OperationResult } from "../record/outcome.ts";
import type { Permission } from "../schema/types.ts";
import { rightDenied } from "./record-access.ts";
import type { TransactionScope } from "./scope.ts";

const NOTHING: OperationResult = { nodeId: "", edgeId: "", version: 0, created: false };

/** Throws PERMISSION_DENIED unless the record's actor has the permission on aggregates of the type. */
export function requireAggregate(
  scope: TransactionScope,
  aggregateType: string,
  permission: Permission,
): void {
  const grants = scope.graph.aggregateGrants.of(aggregateType) ?? DEFAULT_AGGREGATE_GRANTS;
  if (scope.access.isGranted(grants, permission)) return;
  throw new EntError({
    code: "permission_denied",
    reason: "PERMISSION_DENIED",
    message: `This needs the permission ${permission} on aggregates of this type.`,
    hint: "Have somebody with the permission admin on them, or with the right data, grant it to you.",
    details: { permission, aggregate_type: aggregateType.slice(0, 256).toWellFormed() },
  });
}

export function setAggregateGrants(
  scope: TransactionScope,
  operation: SetAggregateGrants,
): OperationResult {
  const { aggregateType, grants } = operation;
  const { eventWriter, aggregateGrants } = scope.graph;
  requireAggregate(scope, aggregateType, "admin");
  if (grants === undefined) eventWriter.deleteGrants(aggregateType);
  else eventWriter.putGrants(aggregateType, grants);
  aggregateGrants.forget();
  return NOTHING;
}

/** A checkpoint is its first writer's. Throws PERMISSION_DENIED, CHECKPOINT_CONFLICT, INVALID_REQUEST. */
export function storeCheckpoint(
  scope: TransactionScope,
  operation: StoreCheckpoint,
): OperationResult {
  const { consumer, globalNonce, expectedGlobalNonce } = operation;
  const { aggregates, events, eventWriter } = scope.graph;
  const there = aggregates.consumer(consumer);
  const isOwn = there === undefined || there.ownerActor === scope.actor;
  if (!isOwn && !scope.access.has("data")) throw rightDenied("data");
  const actual = there?.globalNonce ?? 0;
  if (expectedGlobalNonce !== undefined && expectedGlobalNonce !== actual) {
    throw checkpointConflict(consumer, actual);
  }
  if (globalNonce > events.lastGlobalNonce) throw beyondHead(globalNonce);
  eventWriter.putConsumer(consumer, scope.actor, globalNonce, scope.logTime);
  return NOTHING;
}

function checkpointConflict(consumer: string, actual: number): EntError {
  return new EntError({
    code: "aborted",
    reason: "CHECKPOINT_CONFLICT",
    message: `The checkpoint of ${JSON.stringify(consumer)} stands at ${actual}.`,
    hint: "Go on behind it: what lies before is done.",
    details: { consumer, actual_global_nonce: String(actual) },
  });
}

function beyondHead(globalNonce: number): EntError {
  return new EntError({
    code: "invalid_argument",
    reason: "INVALID_REQUEST",
    message: `A checkpoint at ${globalNonce} lies beyond the tenant's last event.`,
    hint: "Name the last event that the consumer is done with.",
    details: { field: "global_nonce" },
  });
}
