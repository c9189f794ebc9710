import type { Outcome } from "../record/outcome.ts";
import type { Operation, Transaction } from "../record/transaction.ts";
import { fingerprintOf } from "../schema/fingerprint.ts";
import type { TransactionScope } from "./scope.ts";

/**
 * Writes one row for each operation of a decided transaction that somebody must be able to
 * account for: grants, membership, schema. In the transaction that holds the outcome, so that
 * neither is ever without the other, and behind any roll-back of what was refused. `seq` is
 * the operation's place; types that came along and changed the schema count behind the last.
 */
export function writeAuditRows(
  scope: TransactionScope,
  by: { readonly tenantId: string; readonly credential: string },
  transaction: Transaction,
  decided: { readonly outcome: Outcome; readonly schemaChanged: boolean },
): void {
  const { outcome, schemaChanged } = decided;
  const { offset: position, logTime: at, actor } = scope;
  const decision = outcome.state === "applied" ? "applied" : outcome.reason;
  const insert = (seq: number, { action, details }: Entry) => {
    const what = { action, outcome: decision, count: 1, details };
    scope.graph.auditWriter.insert({ position, seq, at, actor, ...by, ...what });
  };
  for (const [i, operation] of transaction.operations.entries()) {
    const entry = entryOf(operation, (id) => scope.resolve(id));
    if (entry !== undefined) insert(i, entry);
  }
  const { attachedSchema, operations } = transaction;
  if (attachedSchema === undefined || !schemaChanged) return;
  const details = { mode: "merge", attached: "true", fingerprint: fingerprintOf(attachedSchema) };
  insert(operations.length, entryNamed("register_schema", details));
}

interface Entry {
  readonly action: string;
  readonly details: ReadonlyMap<string, string>;
}

function entryOf(operation: Operation, resolve: (id: string) => string): Entry | undefined {
  switch (operation.op) {
    case "set_visibility": {
      const { op, nodeId, principals } = operation;
      return entryNamed(op, { node_id: resolve(nodeId), principals: principals.join(" ") });
    }
    case "grant": {
      const { principal, permission, expiresAt } = operation.grant;
      const details = { node_id: resolve(operation.nodeId), principal, permission };
      const expiry = expiresAt !== 0 && { expires_at: String(expiresAt) };
      return entryNamed(operation.op, { ...details, ...expiry });
    }
    case "revoke": {
      const { op, nodeId, principal, permission } = operation;
      return entryNamed(op, {
        node_id: resolve(nodeId),
        principal,
        permission: permission ?? "all",
      });
    }
    case "membership": {
      const { action, ...parts } = operation.step;
      const texts = Object.entries(parts).map(([name, part]): [string, string] => [
        name,
        typeof part === "string" ? part : part.join(" "),
      ]);
      return { action, details: new Map(texts) };
    }
    case "schema_lock":
      return entryNamed(operation.op, { locked: String(operation.locked) });
    case "set_aggregate_grants": {
      const { op, aggregateType, grants } = operation;
      const granted = grants?.map(({ principal, permission }) => `${permission} ${principal}`);
      const set = granted?.join(", ") ?? "default";
      return entryNamed(op, { aggregate_type: aggregateType, grants: set });
    }
    case "register_schema": {
      const { op, schema, mode } = operation;
      return entryNamed(op, { mode: mode ?? "merge", fingerprint: fingerprintOf(schema) });
    }
    default:
      return undefined;
  }
}

function entryNamed(action: string, details: Readonly<Record<string, string>>): Entry {
  return { action, details: new Map(Object.entries(details)) };
}
