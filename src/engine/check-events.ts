/**
 * The shape of what operations say about events, checked before the append: texts, numbers of
 * them, nonces. What depends on where aggregates stand is decided at apply.
 */
import { EntError, invalid } from "../base/errors.ts";
import { type LimitName, limitDetails, limits } from "../base/limits.ts";
import {
  type AppendCondition,
  type AppendEvents,
  type AppendedEvent,
  type EventFilter,
  NONCE_OUT_OF_REACH,
  type SetAggregateGrants,
  type StoreCheckpoint,
} from "../record/event.ts";
import { checkGrants } from "./check-sharing.ts";

/**
 * How whoever sent an append calls a place of it: the append's own member, or that of one of its
 * events. Asked for when something is wrong, and seldom otherwise.
 */
export type PlaceInAppend = (member: string, event?: number) => string;

/** The places of an append that stands at `path`, in EntDB's own words. */
export function placesOf(path: string): PlaceInAppend {
  return (member, event) =>
    memberOf(path, event === undefined ? member : `events[${event}].${member}`);
}

/** The place of a member of what stands at `path`, which is empty for a request itself. */
export function memberOf(path: string, member: string): string {
  return path === "" ? member : `${path}.${member}`;
}

/** Nonces of 2^63 and more fit nobody's signed numbers. */
const NONCE_END = 2n ** 63n;

/** As sent, and with ids for events that came without. Throws INVALID_REQUEST, EVENT_ALREADY_EXISTS, LIMIT_EXCEEDED. */
export function checkAppend(
  operation: AppendEvents,
  place: PlaceInAppend,
  makeId: () => string,
): { readonly sent: AppendEvents; readonly resolved: AppendEvents } {
  requireText(operation.aggregateId, place("aggregate_id"), "aggregateTextBytes");
  requireText(operation.aggregateType, place("aggregate_type"), "aggregateTextBytes");
  checkCount(operation.events.length, place("events"), "eventsPerTransaction");
  if (operation.events.length === 0) {
    throw misshapen(place("events"), "holds no event", "Send at least one event.");
  }
  const events = operation.events.map((event, i) => checkEvent(event, place, i));
  requireDistinct(events);
  if (operation.condition !== undefined) checkCondition(operation.condition, place("condition"));
  const sent = { ...operation, events };
  if (!events.some(({ eventId }) => eventId === "")) return { sent, resolved: sent };
  const named = events.map((event) =>
    event.eventId === "" ? { ...event, eventId: makeId() } : event,
  );
  return { sent, resolved: { ...sent, events: named } };
}

function checkEvent(event: AppendedEvent, place: PlaceInAppend, index: number): AppendedEvent {
  // Of ten thousand events none is wrong most of the time: their places are not put in words.
  if (faultOf(event.eventId, "eventTextBytes") || faultOf(event.eventType, "eventTextBytes")) {
    checkText(event.eventId, place("event_id", index));
    checkText(event.eventType, place("event_type", index));
  }
  if (event.tags.length === 0) return event;
  const tags = [...new Set(event.tags)];
  checkTags(tags, place("tags", index));
  return { ...event, tags };
}

/** Two events of one append with one id: the second finds it taken. */
function requireDistinct(events: readonly AppendedEvent[]): void {
  if (events.length === 1) return;
  const seen = new Set<string>();
  for (const { eventId } of events) {
    if (eventId === "") continue;
    if (seen.has(eventId)) throw eventExists(eventId);
    seen.add(eventId);
  }
}

/** The refusal of an event whose id another one has. */
function eventExists(eventId: string): EntError {
  return new EntError({
    code: "already_exists",
    reason: "EVENT_ALREADY_EXISTS",
    message: `The event id ${JSON.stringify(eventId.slice(0, 80))} stands twice in one append.`,
    hint: "Give each event an id of its own, such as a UUID.",
    details: { event_id: eventId.slice(0, 256) },
  });
}

const NO_ITEM_HINT = "Name at least one type or tag, or leave the condition out.";

function checkCondition({ items, afterGlobalNonce }: AppendCondition, path: string): void {
  if (items.length === 0) throw misshapen(`${path}.fail_if_any`, "holds no item", NO_ITEM_HINT);
  checkCount(items.length, `${path}.fail_if_any`, "conditionItems");
  requireNonce(afterGlobalNonce, `${path}.after_global_nonce`);
  for (const [i, { eventTypes, tags }] of items.entries()) {
    const where = `${path}.fail_if_any[${i}]`;
    if (eventTypes.length + tags.length === 0) {
      throw misshapen(where, "names no type and no tag", NO_ITEM_HINT);
    }
    checkTypes(eventTypes, `${where}.event_types`);
    checkTags(tags, `${where}.tags`);
  }
}

/** Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkFilter(filter: EventFilter, path: string): void {
  checkTypes(filter.eventTypes, `${path}.event_types`);
  checkTypes(filter.aggregateTypes, `${path}.aggregate_types`);
  checkTags(filter.tags, `${path}.tags`);
  checkText(filter.aggregateIdPrefix, `${path}.aggregate_id_prefix`);
}

function checkTypes(types: readonly string[], path: string): void {
  checkCount(types.length, path, "eventTypesPerFilter");
  for (const type of types) checkText(type, path);
}

function checkTags(tags: readonly string[], path: string): void {
  checkCount(tags.length, path, "tagsPerEvent");
  for (const tag of tags) {
    if (tag === "") throw misshapen(path, "holds an empty tag", "Leave it out.");
    checkText(tag, path, "eventTagBytes");
  }
}

/** Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkStoreCheckpoint(operation: StoreCheckpoint, path: string): void {
  checkConsumer(operation.consumer, memberOf(path, "consumer"));
  requireNonce(operation.globalNonce, memberOf(path, "global_nonce"));
  requireNonce(operation.expectedGlobalNonce ?? 0, memberOf(path, "expected_global_nonce"));
}

/** Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkConsumer(consumer: string, path: string): void {
  requireText(consumer, path, "consumerBytes");
}

/** With each grant once. Throws INVALID_REQUEST, INVALID_PRINCIPAL, LIMIT_EXCEEDED. */
export function checkAggregateGrants(
  operation: SetAggregateGrants,
  path: string,
): SetAggregateGrants {
  requireText(operation.aggregateType, memberOf(path, "aggregate_type"), "aggregateTextBytes");
  if (operation.grants === undefined) return operation;
  return { ...operation, grants: checkGrants(operation.grants, memberOf(path, "grants")) };
}

/** An expected nonce of 64 bits as a number: {@link NONCE_OUT_OF_REACH} for all that no aggregate can have. */
export function reachableNonce(nonce: bigint): number {
  return Math.min(Number(nonce), NONCE_OUT_OF_REACH);
}

/**
 * The nonce of a checkpoint of 64 bits as a number. Throws INVALID_REQUEST for one that no event
 * can have, here where it is known as it was sent: behind this a number would stand in its place.
 */
export function checkpointNonce(nonce: bigint, path: string): number {
  if (nonce < BigInt(NONCE_OUT_OF_REACH)) return Number(nonce);
  throw misshapen(
    memberOf(path, "global_nonce"),
    `is ${nonce}, beyond every nonce`,
    "Name the last event that the consumer is done with.",
  );
}

/**
 * What {@link AppendEvents.firstNonce} is for events with these nonces: all of them 0, or all of
 * them proposed. Throws INVALID_REQUEST.
 */
export function firstNonceOf(nonces: readonly bigint[], place: PlaceInAppend): number {
  const [first = 0n] = nonces;
  if (followAsNumbers(nonces, first)) return Number(first);
  for (const [i, nonce] of nonces.entries()) {
    const field = () => place("aggregate_nonce", i);
    if (nonce >= NONCE_END) {
      throw misshapen(field(), `is ${nonce}, beyond every nonce`, NUMBERING_HINT);
    }
    if ((nonce === 0n) !== (first === 0n)) {
      const what = "is 0 for some of the events, and not for others";
      throw misshapen(field(), what, "Number all events of an append, or none.");
    }
  }
  if (first === 0n) return 0;
  const follow = nonces.every((nonce, i) => nonce === first + BigInt(i));
  return follow ? reachableNonce(first) : NONCE_OUT_OF_REACH;
}

/** Whether proposed nonces follow on each other, as nearly all do. Says no of those that numbers cannot tell apart. */
function followAsNumbers(nonces: readonly bigint[], first: bigint): boolean {
  const from = Number(first);
  if (from === 0 || from + nonces.length > NONCE_OUT_OF_REACH) return false;
  return nonces.every((nonce, i) => Number(nonce) === from + i);
}

/** How events are numbered, for whoever has not done so. */
export const NUMBERING_HINT = "Number the events of an append head + 1, head + 2, and so on.";

/** Throws INVALID_REQUEST. */
function requireNonce(nonce: number, path: string): void {
  if (!Number.isSafeInteger(nonce) || nonce < 0) throw misshapen(path, "is not a nonce");
}

type TextLimit = "eventTextBytes" | "aggregateTextBytes" | "eventTagBytes" | "consumerBytes";

/** Any text but the empty one. Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function requireText(text: string, path: string, limit: TextLimit): void {
  if (text === "") {
    throw misshapen(path, "is empty", `Send a text of 1 to ${limits[limit]} bytes.`);
  }
  checkText(text, path, limit);
}

/** Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkText(text: string, path: string, limit: TextLimit = "eventTextBytes"): void {
  const fault = faultOf(text, limit);
  if (fault === "long") throw tooLong(path, limit);
  if (fault === "malformed") throw misshapen(path, "holds half a surrogate pair");
}

function faultOf(text: string, limit: TextLimit): "long" | "malformed" | undefined {
  const most = limits[limit];
  // No unit takes more than three bytes, so that most texts need not be measured.
  if (text.length * 3 > most && Buffer.byteLength(text) > most) return "long";
  return text.isWellFormed() ? undefined : "malformed";
}

function checkCount(count: number, path: string, limit: LimitName): void {
  if (count <= limits[limit]) return;
  throw invalid(
    "LIMIT_EXCEEDED",
    `${path} holds ${count}; at most ${limits[limit]} are allowed.`,
    "Send fewer at once.",
    limitDetails(limit),
  );
}

function tooLong(path: string, limit: LimitName): EntError {
  return invalid(
    "LIMIT_EXCEEDED",
    `${path} holds a text of more than ${limits[limit]} bytes.`,
    "Send a shorter one.",
    limitDetails(limit),
  );
}

/** A refusal of a field. */
export function misshapen(
  path: string,
  what: string,
  hint = "Compare it with the API reference.",
): EntError {
  return invalid("INVALID_REQUEST", `${path} ${what}.`, hint, { field: path });
}
