/** What transactions came to, as messages: receipts, the results of operations, rejections. */
import { create } from "@bufbuild/protobuf";
import {
  type ExecuteAtomicResponse,
  ExecuteAtomicResponseSchema,
  type GetReceiptResponse,
  GetReceiptResponseSchema,
  OperationResultSchema,
  ReceiptState,
  RejectionSchema,
  type OperationResult as WireResult,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import {
  AppendResultSchema,
  type AppendResult as WireAppendResult,
} from "../../gen/entdb/v1/event_model_pb.ts";
import {
  type AppendEventsResponse,
  AppendEventsResponseSchema,
} from "../../gen/entdb/v1/events_pb.ts";
import {
  type AppendResponse,
  AppendResponseSchema,
} from "../../gen/eventstore/v1/eventstore_pb.ts";
import { unreachable } from "../base/assert.ts";
import type { Receipt, TransactionReceipt } from "../engine/engine.ts";
import type { AggregateAppended } from "../engine/events.ts";
import type { AppendResult } from "../record/event.ts";
import type { OperationResult } from "../record/outcome.ts";
import { encodeDifferences } from "./encode-schema.ts";

export function encodeTransactionReceipt(receipt: TransactionReceipt): ExecuteAtomicResponse {
  const message = create(ExecuteAtomicResponseSchema);
  message.results = receipt.results.map((result) => encodeResult(result, result.alias));
  message.positionToken = receipt.positionToken;
  message.walPosition = receipt.walPosition;
  message.applied = receipt.applied;
  message.idempotencyKey = receipt.idempotencyKey;
  message.schemaDifferences = encodeDifferences(receipt.schemaDifferences);
  return message;
}

/** As {@link encodeTransactionReceipt}, of a transaction that only appends. */
export function encodeAppendReceipt(receipt: TransactionReceipt): AppendEventsResponse {
  const message = create(AppendEventsResponseSchema);
  message.results = appendsIn(receipt).map(encodeAppendResult);
  message.positionToken = receipt.positionToken;
  message.walPosition = receipt.walPosition;
  message.applied = receipt.applied;
  message.idempotencyKey = receipt.idempotencyKey;
  return message;
}

/** Where an append of `eventstore.v1` ended. */
export function encodeAppended(heads: AggregateAppended): AppendResponse {
  const message = create(AppendResponseSchema);
  message.lastGlobalNonce = BigInt(heads.lastGlobalNonce);
  message.lastAggregateNonce = BigInt(heads.lastAggregateNonce);
  return message;
}

/** What became of each append of a transaction, in their order; of none when that is not known yet. */
export function appendsIn({ results }: TransactionReceipt): AppendResult[] {
  return results.flatMap(({ append }) => append ?? []);
}

/** The aliases of a remembered transaction are not kept, so its results carry none. */
export function encodeReceipt(receipt: Receipt): GetReceiptResponse {
  const message = create(GetReceiptResponseSchema);
  switch (receipt.state) {
    case "unknown":
      message.state = ReceiptState.UNKNOWN;
      return message;
    case "pending":
      message.state = ReceiptState.PENDING;
      return message;
    case "applied":
      message.state = ReceiptState.APPLIED;
      message.results = receipt.results.map((result) => encodeResult(result, ""));
      break;
    case "rejected": {
      const { reason, message: sentence, hint, details } = receipt.rejection;
      message.state = ReceiptState.REJECTED;
      message.rejection = create(RejectionSchema, {
        reason,
        message: sentence,
        hint,
        details: { ...details },
      });
      break;
    }
    default:
      return unreachable(receipt, "a receipt in an unknown state");
  }
  message.positionToken = receipt.positionToken;
  message.walPosition = receipt.walPosition;
  message.appliedAt = BigInt(receipt.appliedAt);
  return message;
}

function encodeResult(result: OperationResult, alias: string): WireResult {
  const message = create(OperationResultSchema);
  message.alias = alias;
  message.nodeId = result.nodeId;
  message.edgeId = result.edgeId;
  message.version = BigInt(result.version);
  message.created = result.created;
  if (result.append !== undefined) message.append = encodeAppendResult(result.append);
  return message;
}

function encodeAppendResult(result: AppendResult): WireAppendResult {
  const message = create(AppendResultSchema);
  const { count, lastAggregateNonce, lastGlobalNonce } = result;
  message.aggregateId = result.aggregateId;
  message.firstAggregateNonce = BigInt(lastAggregateNonce - count + 1);
  message.lastAggregateNonce = BigInt(lastAggregateNonce);
  message.firstGlobalNonce = BigInt(lastGlobalNonce - count + 1);
  message.lastGlobalNonce = BigInt(lastGlobalNonce);
  return message;
}
