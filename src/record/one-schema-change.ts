import { invalid } from "../base/errors.ts";
import type { Operation, RegisterSchema, Transaction } from "./transaction.ts";

/**
 * Throws INVALID_REQUEST unless a transaction changes the schema at most once, before everything
 * else. The rows that are there are brought to the new schema before the other operations are
 * looked at, slice by slice if they are many; that can be taken back when one of those is
 * refused, but only for what a merge adds. So a replacement comes alone.
 */
export function requireOneSchemaChange(
  operations: readonly Operation[],
  attachedSchema: Transaction["attachedSchema"],
): void {
  const at = operations.findIndex(isSchemaChange);
  if (at < 0) return;
  if (at > 0 || attachedSchema !== undefined || operations.slice(1).some(isSchemaChange)) {
    throw invalid(
      "INVALID_REQUEST",
      "A transaction may change the schema once, with its first operation, and then carries no types besides.",
      "Register the schema in a request of its own, before the transaction that uses it.",
    );
  }
  const [first] = operations;
  if (operations.length === 1 || first?.op !== "register_schema" || first.mode !== "replace") {
    return;
  }
  throw invalid(
    "INVALID_REQUEST",
    "register_schema with mode REPLACE must be the only operation of its transaction.",
    "Register the schema in a request of its own, or merge it.",
  );
}

function isSchemaChange(operation: Operation): operation is RegisterSchema {
  return operation.op === "register_schema";
}
