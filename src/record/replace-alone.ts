import { invalid } from "../base/errors.ts";
import type { Operation, Transaction } from "./transaction.ts";

/**
 * Throws INVALID_REQUEST when a replacement of the schema comes with anything else. What it does
 * to rows that are there could not be taken back if another operation were refused; what a
 * merge adds can.
 */
export function requireReplaceAlone(
  operations: readonly Operation[],
  attachedSchema: Transaction["attachedSchema"],
): void {
  if (operations.length === 1 && attachedSchema === undefined) return;
  const replaces = operations.some(
    (operation) => operation.op === "register_schema" && operation.mode === "replace",
  );
  if (!replaces) return;
  throw invalid(
    "INVALID_REQUEST",
    "register_schema with mode REPLACE must be the only operation of its transaction, without types that come along.",
    "Register the schema in a request of its own, or merge it.",
  );
}
