/**
 * Appends to aggregates. The head of the aggregate as it is here, in the order of the log, is
 * what decides: of any number of proposers of one nonce the first in the log wins.
 *
 * The order of checks is part of the contract: may the actor append, is the batch one that is
 * there already (by key, then by content), does the aggregate stand as expected, is it of that
 * type, do the nonces follow on its head, does the condition hold, are the event ids free.
 */
import { EntError } from "../base/errors.ts";
import type {
  AppendCondition,
  AppendEvents,
  AppendedEvent,
  AppendResult,
} from "../record/event.ts";
import { NONCE_OUT_OF_REACH } from "../record/event.ts";
import { keyReused, type OperationResult } from "../record/outcome.ts";
import type { AggregateHead } from "../store/reader/aggregate-reader.ts";
import type { RunEvent } from "../store/reader/event-reader.ts";
import { requireAggregate } from "./aggregate-access.ts";
import type { TransactionScope } from "./scope.ts";

/** Throws what the order of checks says; an event id that is taken may leave events behind, which the caller takes back. */
export function appendEvents(scope: TransactionScope, operation: AppendEvents): OperationResult {
  const head = scope.graph.aggregates.head(operation.aggregateId);
  requireAggregate(scope, operation.aggregateType, "write");
  if (head !== undefined && head.aggregateType !== operation.aggregateType) {
    requireAggregate(scope, head.aggregateType, "write");
  }
  const repeated = findRepeated(scope, operation, head);
  if (repeated !== undefined) return resultOf(repeated);
  const lastNonce = head?.lastNonce ?? 0;
  if (!isAsExpected(operation, lastNonce)) throw conflictOf(scope, operation, head);
  if (head !== undefined && head.aggregateType !== operation.aggregateType) {
    throw typeMismatch(operation, head);
  }
  requireConsecutive(operation, lastNonce);
  if (operation.condition !== undefined) requireCondition(scope, operation.condition);
  return resultOf(write(scope, operation, head));
}

function resultOf(append: AppendResult): OperationResult {
  return { nodeId: "", edgeId: "", version: 0, created: false, append };
}

/**
 * The append that this one repeats. Throws IDEMPOTENCY_KEY_REUSED when its key was bound by
 * another. Nothing is looked for in transactions that are known by a key of their own.
 */
function findRepeated(
  scope: TransactionScope,
  operation: AppendEvents,
  head: AggregateHead | undefined,
): AppendResult | undefined {
  const { contentKey: key, firstNonce } = operation;
  if (key === undefined || head === undefined) return undefined;
  const bound = key === "" ? undefined : scope.graph.events.appendOf(head.row, key);
  if (bound !== undefined && bound.firstNonce !== firstNonce) throw keyReused(key);
  if (firstNonce > head.lastNonce) return undefined;
  const found = sameBatch(scope, operation, head);
  if (found === undefined && bound !== undefined) throw keyReused(key);
  return found;
}

/** The append that begins at the operation's first nonce, when it is of the same events, all of them. */
function sameBatch(
  scope: TransactionScope,
  operation: AppendEvents,
  head: AggregateHead,
): AppendResult | undefined {
  const { events, firstNonce, aggregateId, aggregateType } = operation;
  if (head.aggregateType !== aggregateType) return undefined;
  const there = scope.graph.events.run(head.row, firstNonce, events.length);
  const first = there[0];
  if (first?.appendSize !== events.length || there.length !== events.length) return undefined;
  if (!there.every((event, i) => isSame(event, events[i]))) return undefined;
  return {
    aggregateId,
    count: events.length,
    lastAggregateNonce: firstNonce + events.length - 1,
    lastGlobalNonce: first.globalNonce + events.length - 1,
  };
}

function isSame(there: RunEvent, sent: AppendedEvent | undefined): boolean {
  return (
    sent !== undefined &&
    there.eventId === sent.eventId &&
    there.eventType === sent.eventType &&
    Buffer.compare(there.metadata, sent.metadata) === 0 &&
    Buffer.compare(there.payload, sent.payload) === 0 &&
    there.tags.length === sent.tags.length &&
    there.tags.every((tag, i) => tag === sent.tags[i])
  );
}

function isAsExpected({ expected }: AppendEvents, lastNonce: number): boolean {
  switch (expected.kind) {
    case "exact":
      return expected.nonce === lastNonce;
    case "none":
      return lastNonce === 0;
    case "exists":
      return lastNonce > 0;
    case "any":
      return true;
  }
}

function contradiction({ aggregateId, expected }: AppendEvents, actual: number): string {
  const there =
    actual === 0
      ? `There is no aggregate ${quoted(aggregateId)}`
      : `The last event of aggregate ${quoted(aggregateId)} is ${actual}`;
  if (expected.kind === "exists") return `${there}, and one was expected.`;
  if (expected.kind !== "exact" || expected.nonce === 0) return `${there}, and none was expected.`;
  return actual === 0
    ? `${there}, and one with ${expected.nonce} events was expected.`
    : `${there}, and ${expected.nonce} was expected.`;
}

/** An event that stands elsewhere will never be appended, wherever the head is; that comes before the conflict. */
function conflictOf(
  scope: TransactionScope,
  operation: AppendEvents,
  head: AggregateHead | undefined,
): EntError {
  if (operation.contentKey !== undefined) {
    const taken = operation.events.find((event, i) =>
      standsElsewhere(scope, event, i, operation, head),
    );
    if (taken !== undefined) return eventExists(taken.eventId);
  }
  const { aggregateId } = operation;
  const actual = head?.lastNonce ?? 0;
  return new EntError({
    code: "aborted",
    reason: "CONCURRENCY_CONFLICT",
    message: contradiction(operation, actual),
    hint: "Read the aggregate again, decide again, and append at its head.",
    details: {
      aggregate_id: detail(aggregateId),
      actual_last_aggregate_nonce: String(actual),
      actual_last_global_nonce: String(scope.graph.events.lastGlobalNonce),
    },
  });
}

/** At its own place it only says that the batch overlaps with what is there. */
function standsElsewhere(
  scope: TransactionScope,
  event: AppendedEvent,
  index: number,
  { firstNonce }: AppendEvents,
  head: AggregateHead | undefined,
): boolean {
  const { eventIds, events } = scope.graph;
  const found = eventIds.find(event.eventId);
  const place = found === undefined ? undefined : events.placeOf(found);
  if (place === undefined) return false;
  if (place.aggregate !== head?.row) return true;
  return firstNonce !== NONCE_OUT_OF_REACH && place.nonce !== firstNonce + index;
}

function typeMismatch(operation: AppendEvents, head: AggregateHead): EntError {
  const { aggregateId } = operation;
  return new EntError({
    code: "invalid_argument",
    reason: "AGGREGATE_TYPE_MISMATCH",
    message: `Aggregate ${quoted(aggregateId)} is of type ${quoted(head.aggregateType)}.`,
    hint: "Send this type, or choose another aggregate id.",
    details: {
      aggregate_id: detail(aggregateId),
      aggregate_type: detail(head.aggregateType),
    },
  });
}

/** Throws NONCE_NOT_CONSECUTIVE. */
function requireConsecutive({ firstNonce, aggregateId }: AppendEvents, lastNonce: number): void {
  if (firstNonce === 0 || firstNonce === lastNonce + 1) return;
  throw new EntError({
    code: "invalid_argument",
    reason: "NONCE_NOT_CONSECUTIVE",
    message: `The events are not numbered on from ${lastNonce + 1}.`,
    hint: "Number the events of an append head + 1, head + 2, and so on.",
    details: {
      aggregate_id: detail(aggregateId),
      actual_last_aggregate_nonce: String(lastNonce),
    },
  });
}

/** Throws APPEND_CONDITION_FAILED. */
function requireCondition(scope: TransactionScope, condition: AppendCondition): void {
  const { events, eventMatches } = scope.graph;
  for (const item of condition.items) {
    const found = eventMatches.firstBehind(condition.afterGlobalNonce, item);
    if (found === undefined) continue;
    throw new EntError({
      code: "aborted",
      reason: "APPEND_CONDITION_FAILED",
      message: `Event ${found}, behind event ${condition.afterGlobalNonce}, is one that the append must not follow on.`,
      hint: "Read the events that the condition is about, decide again, and name the last one read.",
      details: {
        global_nonce: String(found),
        actual_last_global_nonce: String(events.lastGlobalNonce),
      },
    });
  }
}

function write(
  scope: TransactionScope,
  operation: AppendEvents,
  head: AggregateHead | undefined,
): AppendResult {
  const { eventIds, eventWriter } = scope.graph;
  const { aggregateId, events, contentKey } = operation;
  const aggregate = head?.row ?? addAggregate(scope, operation);
  const lastNonce = head?.lastNonce ?? 0;
  const { lastGlobalNonce } = eventIds;
  for (const { eventId } of events) if (!eventIds.claim(eventId)) throw eventExists(eventId);
  const place = {
    firstGlobalNonce: lastGlobalNonce + 1,
    aggregate,
    firstNonce: lastNonce + 1,
    recordedAt: scope.logTime,
    key: contentKey || null,
  };
  eventWriter.addEvents(place, events);
  return {
    aggregateId,
    count: events.length,
    lastAggregateNonce: lastNonce + events.length,
    lastGlobalNonce: lastGlobalNonce + events.length,
  };
}

function addAggregate(scope: TransactionScope, operation: AppendEvents): number {
  const { aggregates, eventWriter, eventIds } = scope.graph;
  const [first] = operation.events;
  // A single event that is refused must leave no aggregate behind; several have a way back.
  if (first !== undefined && eventIds.find(first.eventId) !== undefined) {
    throw eventExists(first.eventId);
  }
  const aggregate = aggregates.lastRow + 1;
  eventWriter.addAggregate(aggregate, operation.aggregateId, operation.aggregateType);
  return aggregate;
}

function eventExists(eventId: string): EntError {
  return new EntError({
    code: "already_exists",
    reason: "EVENT_ALREADY_EXISTS",
    message: `Another event of the tenant has the id ${quoted(eventId)}.`,
    hint: "Give each event an id of its own, such as a UUID.",
    details: { event_id: detail(eventId) },
  });
}

const DETAIL_CHARS = 256;

/** A text of any length, as a detail of an error. */
function detail(text: string): string {
  return text.length <= DETAIL_CHARS ? text : text.slice(0, DETAIL_CHARS).toWellFormed();
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
