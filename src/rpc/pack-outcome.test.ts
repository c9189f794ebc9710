import { test } from "bun:test";
import fc from "fast-check";
import { ExecuteAtomicResponseSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { AppendEventsResponseSchema } from "../../gen/entdb/v1/events_pb.ts";
import { AppendResponseSchema } from "../../gen/eventstore/v1/eventstore_pb.ts";
import { formsOf } from "../../test/harness/answer-forms.ts";
import type { TransactionReceipt } from "../engine/engine.ts";
import type { AppendResult } from "../record/event.ts";
import { encodeAppended, encodeAppendReceipt, encodeTransactionReceipt } from "./encode-outcome.ts";
import { packAppended, packAppendReceipt, packTransactionReceipt } from "./pack-outcome.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ minLength: 120, maxLength: 200 }),
);
const number = fc.oneof(fc.nat(300), fc.maxSafeInteger().map(Math.abs));

/** Its last events have the numbers of at least as many. */
const append: fc.Arbitrary<AppendResult> = fc
  .record({ aggregateId: text, count: fc.integer({ min: 1, max: 10_000 }), a: number, g: number })
  .map(({ aggregateId, count, a, g }) => ({
    aggregateId,
    count,
    lastAggregateNonce: Math.max(a, count),
    lastGlobalNonce: Math.max(g, count),
  }));

const receipt: fc.Arbitrary<TransactionReceipt> = fc.record({
  results: fc.array(
    fc.record(
      { alias: text, nodeId: text, edgeId: text, version: number, created: fc.boolean(), append },
      { requiredKeys: ["alias", "nodeId", "edgeId", "version", "created"] },
    ),
    { maxLength: 4 },
  ),
  positionToken: fc.uint8Array({ maxLength: 200 }),
  walPosition: text,
  applied: fc.boolean(),
  idempotencyKey: text,
  schemaDifferences: fc.array(fc.record({ path: text, kept: text, sent: text }), { maxLength: 3 }),
});

const FORMS = [
  formsOf(ExecuteAtomicResponseSchema, receipt, encodeTransactionReceipt, packTransactionReceipt),
  formsOf(AppendEventsResponseSchema, receipt, encodeAppendReceipt, packAppendReceipt),
  formsOf(
    AppendResponseSchema,
    fc.record({ lastAggregateNonce: number, lastGlobalNonce: number }),
    encodeAppended,
    packAppended,
  ),
];

test.each(FORMS)("%s is the same bytes, packed and as a message", (_name, check) => check());
