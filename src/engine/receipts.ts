/** What callers are told of transactions: ids known early, receipts, and keys that are none. */
import { invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import type { DecidedOutcome, OperationResult } from "../record/outcome.ts";
import type { Operation } from "../record/transaction.ts";
import { formatPosition } from "../wal/position.ts";
import type { Wal } from "../wal/wal.ts";
import type { Receipt } from "./engine.ts";
import { tokenOf } from "./freshness.ts";

export function withAlias(
  result: OperationResult,
  operation: { readonly alias?: string } | undefined,
): OperationResult & { alias: string } {
  return { ...result, alias: operation?.alias ?? "" };
}

/** The ids of an operation that are known before it is applied. */
export function knownIds(operation: Operation): OperationResult {
  const none = { nodeId: "", edgeId: "", version: 0, created: false };
  switch (operation.op) {
    case "create_node":
      return { ...none, nodeId: operation.id, created: true };
    case "create_edge":
      return { ...none, edgeId: operation.id, created: true };
    case "update_node":
    case "delete_node":
    case "restore_node":
    case "purge_node":
      return { ...none, nodeId: operation.id };
    case "update_edge":
    case "delete_edge":
      return { ...none, edgeId: operation.target.by === "id" ? operation.target.id : "" };
    case "set_visibility":
    case "grant":
    case "revoke":
      return { ...none, nodeId: operation.nodeId };
    default:
      return none;
  }
}

/** What is known of a key: what the view remembers, or that a transaction with it is under way. */
export function receiptOf(
  wal: Wal,
  remembered: DecidedOutcome | undefined,
  pending: boolean,
): Receipt {
  if (remembered === undefined) return { state: pending ? "pending" : "unknown" };
  const { outcome, offset, appliedAt } = remembered;
  const place = {
    positionToken: tokenOf(wal, offset),
    walPosition: formatPosition({ partition: wal.partition, offset }),
    appliedAt,
  };
  if (outcome.state === "rejected") return { state: "rejected", rejection: outcome, ...place };
  return { state: "applied", results: outcome.results, ...place };
}

/** The key of a receipt that is asked for. Throws INVALID_IDEMPOTENCY_KEY. */
export function checkReceiptKey(key: string): void {
  checkKey(key);
  if (key !== "") return;
  throw invalid("INVALID_IDEMPOTENCY_KEY", "The request names no idempotency key.", KEY_HINT);
}

const KEY_HINT = "Use a UUID or a hash of what makes the request unique.";

/** Throws INVALID_IDEMPOTENCY_KEY. Empty is allowed: the server makes one. */
export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > limits.idempotencyKeyBytes) {
    throw invalid(
      "INVALID_IDEMPOTENCY_KEY",
      `The idempotency key has more than ${limits.idempotencyKeyBytes} bytes.`,
      KEY_HINT,
      limitDetails("idempotencyKeyBytes"),
    );
  }
  // A decoder somewhere on the way may drop a byte order mark at the beginning.
  if (key.isWellFormed() && !key.includes("\0") && !key.startsWith("\ufeff")) return;
  throw invalid(
    "INVALID_IDEMPOTENCY_KEY",
    "The idempotency key holds a NUL character, half a surrogate pair or a byte order mark.",
    KEY_HINT,
  );
}
