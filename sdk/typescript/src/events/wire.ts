/** Appends, filters and heads between programs and messages. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "../errors/refusals.ts";
import type {
  AppendEventsSchema,
  AppendResult,
  Aggregate as WireAggregate,
} from "../gen/entdb/v1/event_model_pb.ts";
import { safeNumber } from "../values/value.ts";
import { type EventDefaults, seal, wireEvent } from "./event.ts";
import type {
  AggregateHead,
  Append,
  AppendCondition,
  Appended,
  EventFilter,
  ExpectedNonce,
} from "./event-store.ts";

/** As requests and operations carry it. */
export function wireAppend(
  append: Append,
  defaults: EventDefaults,
): MessageInitShape<typeof AppendEventsSchema> {
  return {
    aggregateId: append.aggregateId,
    aggregateType: append.aggregateType,
    expected: { kind: wireExpected(append.expected) },
    events: append.events.map((event) => wireEvent(seal(event, defaults))),
    ...(append.condition === undefined ? {} : { condition: wireCondition(append.condition) }),
  };
}

/** A nonce as messages carry it. Throws {@link InvalidArgumentError} for a number that is none. */
export function wireNonce(nonce: number, name: string): bigint {
  if (Number.isSafeInteger(nonce) && nonce >= 0) return BigInt(nonce);
  throw new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `${name} is ${nonce}.`,
    hint: "Give a whole number, from 0 on.",
  });
}

/** As requests and operations carry it. */
export function wireCheckpoint(consumer: string, globalNonce: number, expected?: number) {
  return {
    consumer,
    globalNonce: wireNonce(globalNonce, "globalNonce"),
    ...(expected === undefined ? {} : { expectedGlobalNonce: wireNonce(expected, "expected") }),
  };
}

export function wireFilter(filter: EventFilter) {
  return {
    eventTypes: [...(filter.types ?? [])],
    aggregateTypes: [...(filter.aggregateTypes ?? [])],
    aggregateIdPrefix: filter.aggregateIdPrefix ?? "",
    tags: [...(filter.tags ?? [])],
  };
}

export function appendedOf(result: AppendResult): Appended {
  return {
    aggregateId: result.aggregateId,
    firstAggregateNonce: safeNumber(result.firstAggregateNonce, "firstAggregateNonce"),
    lastAggregateNonce: safeNumber(result.lastAggregateNonce, "lastAggregateNonce"),
    firstGlobalNonce: safeNumber(result.firstGlobalNonce, "firstGlobalNonce"),
    lastGlobalNonce: safeNumber(result.lastGlobalNonce, "lastGlobalNonce"),
  };
}

export function headOf(aggregate: WireAggregate): AggregateHead {
  return {
    aggregateId: aggregate.aggregateId,
    aggregateType: aggregate.aggregateType,
    lastAggregateNonce: safeNumber(aggregate.lastAggregateNonce, "lastAggregateNonce"),
    lastGlobalNonce: safeNumber(aggregate.lastGlobalNonce, "lastGlobalNonce"),
    createdAt: new Date(Number(aggregate.createdAt)),
    updatedAt: new Date(Number(aggregate.updatedAt)),
  };
}

function wireExpected(expected: ExpectedNonce) {
  if (typeof expected === "number") {
    return { case: "exact", value: wireNonce(expected, "expected") } as const;
  }
  return { case: expected, value: true } as const;
}

function wireCondition({ failIfAny, after = 0 }: AppendCondition) {
  return {
    failIfAny: failIfAny.map(({ types = [], tags = [] }) => ({
      eventTypes: [...types],
      tags: [...tags],
    })),
    afterGlobalNonce: wireNonce(after, "condition.after"),
  };
}
