/** What transactions came to, as the bytes of the messages that `encode-outcome.ts` makes. */
import type { ByteWriter } from "../base/bytes.ts";
import {
  lengthTag,
  numberTag,
  openMessage,
  writeBytes,
  writeFlag,
  writeNumber,
  writeText,
} from "../base/protobuf.ts";
import type { AliasedResult, TransactionReceipt } from "../engine/engine.ts";
import type { AggregateAppended } from "../engine/events.ts";
import type { AppendResult } from "../record/event.ts";
import { appendsIn } from "./encode-outcome.ts";
import type { PackedBytes } from "./methods.ts";
import { packed } from "./packed.ts";

/** `ExecuteAtomicResponse` */
export function packTransactionReceipt(receipt: TransactionReceipt): PackedBytes {
  return packed((writer) => {
    for (const result of receipt.results) writeResult(writer, result);
    writeReceipt(writer, receipt);
    for (const difference of receipt.schemaDifferences) {
      const start = openMessage(writer, RECEIPT.schemaDifferences);
      writeText(writer, DIFFERENCE.path, difference.path);
      writeText(writer, DIFFERENCE.kept, difference.kept);
      writeText(writer, DIFFERENCE.sent, difference.sent);
      writer.closeRun(start);
    }
  });
}

/** `AppendEventsResponse` */
export function packAppendReceipt(receipt: TransactionReceipt): PackedBytes {
  return packed((writer) => {
    for (const append of appendsIn(receipt)) writeAppend(writer, RECEIPT.results, append);
    writeReceipt(writer, receipt);
  });
}

/** `eventstore.v1.AppendResponse` */
export function packAppended(heads: AggregateAppended): PackedBytes {
  return packed((writer) => {
    writeNumber(writer, APPENDED.lastGlobalNonce, heads.lastGlobalNonce);
    writeNumber(writer, APPENDED.lastAggregateNonce, heads.lastAggregateNonce);
  });
}

/** What both answers say of the transaction, in fields of the same numbers. */
function writeReceipt(writer: ByteWriter, receipt: TransactionReceipt): void {
  writeBytes(writer, RECEIPT.positionToken, receipt.positionToken);
  writeText(writer, RECEIPT.walPosition, receipt.walPosition);
  writeFlag(writer, RECEIPT.applied, receipt.applied);
  writeText(writer, RECEIPT.idempotencyKey, receipt.idempotencyKey);
}

function writeResult(writer: ByteWriter, result: AliasedResult): void {
  const start = openMessage(writer, RECEIPT.results);
  writeText(writer, RESULT.alias, result.alias);
  writeText(writer, RESULT.nodeId, result.nodeId);
  writeText(writer, RESULT.edgeId, result.edgeId);
  writeNumber(writer, RESULT.version, result.version);
  writeFlag(writer, RESULT.created, result.created);
  if (result.append !== undefined) writeAppend(writer, RESULT.append, result.append);
  writer.closeRun(start);
}

function writeAppend(writer: ByteWriter, tag: number, append: AppendResult): void {
  const { count, lastAggregateNonce, lastGlobalNonce } = append;
  const start = openMessage(writer, tag);
  writeText(writer, APPEND.aggregateId, append.aggregateId);
  writeNumber(writer, APPEND.firstAggregateNonce, lastAggregateNonce - count + 1);
  writeNumber(writer, APPEND.lastAggregateNonce, lastAggregateNonce);
  writeNumber(writer, APPEND.firstGlobalNonce, lastGlobalNonce - count + 1);
  writeNumber(writer, APPEND.lastGlobalNonce, lastGlobalNonce);
  writer.closeRun(start);
}

const RECEIPT = {
  results: lengthTag(1),
  positionToken: lengthTag(2),
  walPosition: lengthTag(3),
  applied: numberTag(4),
  idempotencyKey: lengthTag(5),
  schemaDifferences: lengthTag(6),
} as const;

const RESULT = {
  alias: lengthTag(1),
  nodeId: lengthTag(2),
  edgeId: lengthTag(3),
  version: numberTag(4),
  created: numberTag(5),
  append: lengthTag(6),
} as const;

const APPEND = {
  aggregateId: lengthTag(1),
  firstAggregateNonce: numberTag(2),
  lastAggregateNonce: numberTag(3),
  firstGlobalNonce: numberTag(4),
  lastGlobalNonce: numberTag(5),
} as const;

const APPENDED = { lastGlobalNonce: numberTag(1), lastAggregateNonce: numberTag(2) } as const;

const DIFFERENCE = { path: lengthTag(1), kept: lengthTag(2), sent: lengthTag(3) } as const;
