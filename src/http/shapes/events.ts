/**
 * The event store as JSON: events, appends, heads, checkpoints, grants. A payload stands as JSON
 * where it is JSON, and as base64 where it is anything else.
 */
import * as v from "valibot";
import { atMost, closed } from "./closed.ts";
import {
  flag,
  identityMembers,
  jsonValue,
  number64,
  positionToken,
  text,
  textsByName,
  unixMs,
  wholeNumber,
} from "./common.ts";
import { grantShape } from "./sharing.ts";

const MAX_U32 = 2 ** 32 - 1;

const texts = (description: string) => v.pipe(v.array(v.string()), v.description(description));
const headers = v.pipe(textsByName, v.description("Short texts by name."));
const json = (description: string) => v.pipe(jsonValue, v.description(description));
const nonce = (description: string) => wholeNumber(0, Number.MAX_SAFE_INTEGER, description);

/** What an event says of itself; all of it may be left out. */
const metadataMembers = {
  event_version: v.optional(wholeNumber(0, MAX_U32, "Of the payload's schema.")),
  content_type: v.optional(text("Of the payload. Default: application/json for one sent as JSON.")),
  content_schema: v.optional(text("Which schema the payload keeps.")),
  correlation_id: v.optional(text("What the event belongs to.")),
  causation_id: v.optional(text("What it follows from.")),
  actor_id: v.optional(text("Kept as sent; never used for access.")),
  timestamp_unix_ms: v.optional(number64("The client's time.")),
  payload_sha256: v.optional(text("Base64.")),
  headers: v.optional(headers),
  tags: v.optional(texts("By which conditions and reads find the event.")),
};

const newEvent = closed({
  event_id: v.optional(
    text("No other event of the tenant may have it. Absent: the server makes one."),
  ),
  event_type: text('Dotted: "account.opened".'),
  aggregate_nonce: v.optional(
    number64("Place in the aggregate. Absent in all events of an append: the store numbers them."),
  ),
  payload: v.optional(json("Any JSON value; kept as compact JSON text.")),
  payload_base64: v.optional(text("Instead: any bytes.")),
  ...metadataMembers,
});

const EXPECTED =
  "How the aggregate must stand: its last nonce, or none, exists or any. 0 is the same as none.";

const queryItem = closed({
  event_types: v.optional(texts("Any of them; none: all.")),
  tags: v.optional(texts("All of them.")),
});

const condition = closed({
  fail_if_any: v.pipe(
    v.array(queryItem),
    v.description("1 to 32, each with at least one type or tag."),
  ),
  after_global_nonce: v.optional(number64("Of the last event that the client has seen.")),
});

const appendMembers = {
  aggregate_id: text('Any text: "Account-42".'),
  aggregate_type: text("Which the aggregate keeps."),
  expected_nonce: json(EXPECTED),
  events: v.pipe(v.array(newEvent), v.description("1 to 10,000 in one transaction.")),
  condition: v.optional(
    v.pipe(
      condition,
      v.description("Refuses the append when an event behind a position matches an item."),
    ),
  ),
};

const append = closed(appendMembers);

export const appendRequest = closed({
  ...identityMembers,
  idempotency_key: v.optional(text("Also as header Idempotency-Key.")),
  appends: v.pipe(
    v.array(append),
    v.minLength(1),
    atMost("operationsPerTransaction"),
    v.description("To one or several aggregates, all or nothing."),
  ),
  wait: v.optional(v.picklist(["applied", "durable"])),
});

export const appendResult = closed({
  aggregate_id: text("As in the request."),
  first_aggregate_nonce: nonce("Of its first event."),
  last_aggregate_nonce: nonce("Of its last event."),
  first_global_nonce: nonce("Of its first event."),
  last_global_nonce: nonce("Of its last event."),
});

export const appendAnswer = closed({
  results: v.pipe(
    v.array(appendResult),
    v.description("One for each append; none with wait durable."),
  ),
  wal_position: text("Where the transaction stands in the log."),
  position_token: positionToken,
  applied: flag("False with wait durable: ask GET /v1/receipts for the outcome."),
  idempotency_key: text("The key in force, also when the server made it."),
});

/** An event as it stands. What it does not say is left out. */
export const eventShape = closed({
  event_id: text("Of this event alone."),
  event_type: text("As sent."),
  aggregate_id: text("Whose event it is."),
  aggregate_type: text("Of the aggregate."),
  aggregate_nonce: nonce("Place in the aggregate, from 1."),
  global_nonce: nonce("Place in the tenant, from 1, without gaps."),
  recorded_time_unix_ms: unixMs,
  payload: v.optional(json("Where content_type is JSON's and the payload is JSON.")),
  payload_base64: v.optional(text("In every other case.")),
  ...metadataMembers,
});

const pageMembers = {
  events: v.array(eventShape),
  is_end: flag("Nothing follows."),
};

export const aggregateEventsAnswer = closed({
  ...pageMembers,
  next_from_aggregate_nonce: nonce("What to ask for next."),
});

export const eventsAnswer = closed({
  ...pageMembers,
  next_from_global_nonce: nonce("What to ask for next."),
});

export const aggregateShape = closed({
  aggregate_id: v.string(),
  aggregate_type: v.string(),
  last_aggregate_nonce: nonce("Its head."),
  last_global_nonce: nonce("Of its last event."),
  created_at: unixMs,
  updated_at: unixMs,
});

export const aggregatesAnswer = closed({
  aggregates: v.pipe(v.array(aggregateShape), v.description("By id.")),
  next_cursor: v.nullable(text("Hand it back as cursor for the next page; null: the last.")),
  has_more: flag("Whether another page follows."),
  last_global_nonce: nonce("Of the tenant's last event; 0: there is none."),
});

/** The data of an event `event`; of one `keep-alive` `up_to_global_nonce` alone. */
export const subscriptionEvent = closed({
  event: v.optional(eventShape),
  up_to_global_nonce: nonce(
    "Everything up to and including it has been sent, or is not asked for.",
  ),
});

const consumer = text("1 to 256 bytes.");

export const checkpointAnswer = closed({
  consumer,
  global_nonce: nonce("The last event that the consumer is done with; 0: there is none."),
  updated_at: v.optional(unixMs),
});

const checkpointMembers = {
  consumer,
  global_nonce: number64("The last event that the consumer is done with."),
  expected_global_nonce: v.optional(
    number64("Where the checkpoint must stand before; 0: also none. Absent: anywhere."),
  ),
};

export const checkpointRequest = closed({
  ...identityMembers,
  ...checkpointMembers,
  idempotency_key: v.optional(text("Also as header Idempotency-Key.")),
});

const grantsMembers = {
  aggregate_type: text("Of the aggregates that the grants are for."),
  grants: v.optional(
    v.pipe(
      v.array(grantShape),
      atMost("principalsPerNode"),
      v.description("read, write and admin. None: only who holds the right data."),
    ),
  ),
  reset: v.optional(
    flag("Back to the default, which lets everybody of the tenant read and append."),
  ),
};

export const aggregateGrantsRequest = closed({
  ...identityMembers,
  ...grantsMembers,
  idempotency_key: v.optional(text("Also as header Idempotency-Key.")),
});

export const aggregateGrantsAnswer = closed({
  grants: v.array(grantShape),
  is_default: flag("Nothing was set for the type: everybody of the tenant may read and append."),
});

/** Where a change of checkpoint or grants stands. */
export const storedAnswer = closed({
  wal_position: text("Where the transaction stands in the log."),
  position_token: positionToken,
});

/** The operations of a transaction that are about events. */
export const eventOperations = [
  closed({ op: v.literal("append_events"), ...appendMembers }),
  closed({ op: v.literal("store_checkpoint"), ...checkpointMembers }),
  closed({ op: v.literal("set_aggregate_grants"), ...grantsMembers }),
] as const;

export type JsonAppend = v.InferOutput<typeof append>;
export type JsonNewEvent = v.InferOutput<typeof newEvent>;
export type JsonCondition = v.InferOutput<typeof condition>;
export type JsonEventOperation = v.InferOutput<(typeof eventOperations)[number]>;
export type JsonCheckpoint = Omit<Extract<JsonEventOperation, { op: "store_checkpoint" }>, "op">;
export type JsonAggregateGrants = Omit<
  Extract<JsonEventOperation, { op: "set_aggregate_grants" }>,
  "op"
>;
