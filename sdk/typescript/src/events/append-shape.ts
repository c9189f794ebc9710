/**
 * What the store in memory refuses before it looks at what is there: the limits and the shape that
 * the server has, in its order, so that a program's tests meet them too.
 */
import type { EntDBError } from "../errors/entdb-error.ts";
import {
  AlreadyExistsError,
  InvalidArgumentError,
  LimitExceededError,
} from "../errors/refusals.ts";
import type { SealedEvent } from "./event.ts";
import type { Append, AppendCondition, EventFilter } from "./event-store.ts";
import { wireNonce } from "./wire.ts";

/** The server's, as its reference of limits names them. */
const LIMITS = {
  eventsPerTransaction: 10_000,
  aggregateTextBytes: 4 * 1024,
  eventTextBytes: 64 * 1024,
  tagsPerEvent: 32,
  eventTagBytes: 256,
  conditionItems: 32,
  eventTypesPerFilter: 100,
  consumerBytes: 256,
} as const;

type Limit = keyof typeof LIMITS;

/** An append whose events are made. */
export interface SealedAppend extends Omit<Append, "events"> {
  readonly events: readonly SealedEvent[];
}

/** Throws {@link InvalidArgumentError}, {@link LimitExceededError}, {@link AlreadyExistsError}. */
export function checkRequest(appends: readonly SealedAppend[]): void {
  for (const append of appends) checkAppend(append);
  const events = appends.reduce((sum, append) => sum + append.events.length, 0);
  checkCount(events, "events", "eventsPerTransaction");
}

function checkAppend(append: SealedAppend): void {
  const { aggregateId, aggregateType, expected, events, condition } = append;
  requireText(aggregateId, "aggregateId", "aggregateTextBytes");
  requireText(aggregateType, "aggregateType", "aggregateTextBytes");
  if (typeof expected === "number") wireNonce(expected, "expected");
  if (events.length === 0) throw misshapen("events", "holds no event");
  const ids = new Set<string>();
  for (const { id, type, tags } of events) {
    checkText(id, "id", "eventTextBytes");
    checkText(type, "type", "eventTextBytes");
    checkTags(tags);
    if (id !== "" && ids.has(id)) throw idTaken(id);
    ids.add(id);
  }
  if (condition !== undefined) checkCondition(condition);
}

function checkCondition({ failIfAny, after = 0 }: AppendCondition): void {
  wireNonce(after, "condition.after");
  if (failIfAny.length === 0) throw misshapen("condition.failIfAny", "holds no item");
  checkCount(failIfAny.length, "condition.failIfAny", "conditionItems");
  for (const { types = [], tags = [] } of failIfAny) {
    if (types.length + tags.length === 0) {
      throw misshapen("condition.failIfAny", "has an item that names no type and no tag");
    }
    checkFilter({ types, tags });
  }
}

/** Throws {@link InvalidArgumentError}, {@link LimitExceededError}. */
export function checkFilter({ types = [], aggregateTypes = [], tags = [] }: EventFilter): void {
  checkCount(types.length, "types", "eventTypesPerFilter");
  checkCount(aggregateTypes.length, "aggregateTypes", "eventTypesPerFilter");
  checkTags(tags);
}

/** Throws {@link InvalidArgumentError}, {@link LimitExceededError}. */
export function checkConsumer(consumer: string): void {
  requireText(consumer, "consumer", "consumerBytes");
}

/** Throws {@link InvalidArgumentError}, {@link LimitExceededError}. */
export function checkAggregateId(aggregateId: string): void {
  requireText(aggregateId, "aggregateId", "aggregateTextBytes");
}

function checkTags(tags: readonly string[]): void {
  checkCount(new Set(tags).size, "tags", "tagsPerEvent");
  for (const tag of tags) requireText(tag, "tags", "eventTagBytes");
}

function requireText(text: string, what: string, limit: Limit): void {
  if (text === "") throw misshapen(what, "is empty");
  checkText(text, what, limit);
}

function checkText(text: string, what: string, limit: Limit): void {
  if (new TextEncoder().encode(text).length <= LIMITS[limit]) return;
  throw beyond(
    limit,
    `${what} holds a text of more than ${LIMITS[limit]} bytes.`,
    "Send a shorter one.",
  );
}

function checkCount(count: number, what: string, limit: Limit): void {
  if (count <= LIMITS[limit]) return;
  const message = `${what} holds ${count}; at most ${LIMITS[limit]} are allowed.`;
  throw beyond(limit, message, "Send fewer at once.");
}

function beyond(limit: Limit, message: string, hint: string): EntDBError {
  return new LimitExceededError({
    reason: "LIMIT_EXCEEDED",
    message,
    hint,
    details: { limit, max: String(LIMITS[limit]) },
  });
}

function misshapen(what: string, is: string): EntDBError {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `${what} ${is}.`,
    hint: "Compare it with the API reference.",
  });
}

/** The refusal of an event whose id another one has. */
export function idTaken(id: string): AlreadyExistsError {
  return new AlreadyExistsError({
    code: "already_exists",
    reason: "EVENT_ALREADY_EXISTS",
    message: `There is an event with the id ${id} already.`,
    hint: "Give every event an id of its own.",
  });
}
