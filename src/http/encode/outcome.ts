import type { JsonObject } from "../../base/json.ts";
import type { JsonWritable } from "../../base/json-write.ts";
import type { Receipt, TransactionReceipt } from "../../engine/engine.ts";
import type { OperationResult, RejectedOutcome } from "../../record/outcome.ts";
import type { SchemaDifference } from "../../schema/types.ts";
import { httpCodeOf } from "../errors.ts";
import { encodeToken } from "../reply.ts";
import { appendToJson } from "./events.ts";

export function receiptToJson(receipt: TransactionReceipt): JsonWritable {
  const { schemaDifferences } = receipt;
  return {
    results: receipt.results.map((result) => resultToJson(result, result.alias)),
    wal_position: receipt.walPosition,
    position_token: encodeToken(receipt.positionToken),
    applied: receipt.applied,
    idempotency_key: receipt.idempotencyKey,
    schema_differences:
      schemaDifferences.length === 0 ? undefined : schemaDifferences.map(differenceToJson),
  };
}

/** What became of a transaction, by its key. */
export function keptReceiptToJson(receipt: Receipt): JsonWritable {
  switch (receipt.state) {
    case "unknown":
    case "pending":
      return { state: receipt.state };
    case "applied":
      return {
        state: receipt.state,
        results: receipt.results.map((result) => resultToJson(result, "")),
        ...placeOf(receipt),
      };
    case "rejected":
      return {
        state: receipt.state,
        rejection: rejectionToJson(receipt.rejection),
        ...placeOf(receipt),
      };
  }
}

export function differenceToJson(difference: SchemaDifference): JsonObject {
  return { path: difference.path, kept: difference.kept, sent: difference.sent };
}

function placeOf(receipt: Extract<Receipt, { walPosition: string }>) {
  return {
    wal_position: receipt.walPosition,
    position_token: encodeToken(receipt.positionToken),
    applied_at: receipt.appliedAt,
  };
}

/** What is empty or not known (versions with wait durable) is left out. */
function resultToJson(result: OperationResult, alias: string): JsonWritable {
  return {
    node_id: result.nodeId === "" ? undefined : result.nodeId,
    edge_id: result.edgeId === "" ? undefined : result.edgeId,
    alias: alias === "" ? undefined : alias,
    version: result.version === 0 ? undefined : result.version,
    created: result.created,
    append: result.append === undefined ? undefined : appendToJson(result.append),
  };
}

function rejectionToJson(rejection: RejectedOutcome): JsonWritable {
  return {
    code: httpCodeOf(rejection.code, rejection.reason),
    reason: rejection.reason,
    message: rejection.message,
    hint: rejection.hint === "" ? undefined : rejection.hint,
    details: rejection.details,
  };
}
