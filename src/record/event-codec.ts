/**
 * The operations of the event store, to and from protobuf. As in `operation-codec.ts`: the
 * bytes are the proto's, what is not known is passed over. Metadata and payloads pass through
 * as they are, and are read as views of the record's own bytes.
 */
import { type ByteReader, type ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import {
  lengthTag,
  numberTag,
  openMessage,
  requireEnd,
  skipField,
  writeBytes,
  writeFlag,
  writeNumber,
  writeText,
  writeTexts,
} from "../base/protobuf.ts";
import type { Grant } from "./access.ts";
import {
  type AppendCondition,
  type AppendEvents,
  type AppendedEvent,
  type EventQueryItem,
  EXPECTATIONS,
  type ExpectedNonce,
  type SetAggregateGrants,
  type StoreCheckpoint,
} from "./event.ts";
import { readGrant, writeGrantField } from "./grant-codec.ts";

const APPEND = {
  aggregateId: lengthTag(1),
  aggregateType: lengthTag(2),
  expectation: numberTag(3),
  expectedNonce: numberTag(4),
  firstNonce: numberTag(5),
  events: lengthTag(6),
  condition: lengthTag(7),
  knownByContent: numberTag(8),
  key: lengthTag(9),
} as const;

const EVENT = {
  eventId: lengthTag(1),
  eventType: lengthTag(2),
  metadata: lengthTag(3),
  payload: lengthTag(4),
  tags: lengthTag(5),
} as const;

const CONDITION = { items: lengthTag(1), afterGlobalNonce: numberTag(2) } as const;
const ITEM = { eventTypes: lengthTag(1), tags: lengthTag(2) } as const;
const CHECKPOINT = {
  consumer: lengthTag(1),
  globalNonce: numberTag(2),
  expectedGlobalNonce: numberTag(3),
} as const;
const GRANTS = { aggregateType: lengthTag(1), grants: lengthTag(2), reset: numberTag(3) } as const;

export function writeEventOperation(
  writer: ByteWriter,
  operation: AppendEvents | StoreCheckpoint | SetAggregateGrants,
): void {
  switch (operation.op) {
    case "append_events":
      return writeAppend(writer, operation);
    case "store_checkpoint":
      writeText(writer, CHECKPOINT.consumer, operation.consumer);
      writeNumber(writer, CHECKPOINT.globalNonce, operation.globalNonce);
      if (operation.expectedGlobalNonce === undefined) return;
      // Also 0, which is another thing than absence.
      writer.varint(CHECKPOINT.expectedGlobalNonce);
      return writer.varint(operation.expectedGlobalNonce);
    case "set_aggregate_grants":
      writeText(writer, GRANTS.aggregateType, operation.aggregateType);
      for (const grant of operation.grants ?? []) writeGrantField(writer, GRANTS.grants, grant);
      return writeFlag(writer, GRANTS.reset, operation.grants === undefined);
  }
}

function writeAppend(writer: ByteWriter, operation: AppendEvents): void {
  const { expected, contentKey } = operation;
  writeText(writer, APPEND.aggregateId, operation.aggregateId);
  writeText(writer, APPEND.aggregateType, operation.aggregateType);
  writeNumber(writer, APPEND.expectation, EXPECTATIONS.indexOf(expected.kind) + 1);
  if (expected.kind === "exact") writeNumber(writer, APPEND.expectedNonce, expected.nonce);
  writeNumber(writer, APPEND.firstNonce, operation.firstNonce);
  for (const event of operation.events) writeEvent(writer, event);
  if (operation.condition !== undefined) writeCondition(writer, operation.condition);
  writeFlag(writer, APPEND.knownByContent, contentKey !== undefined);
  writeText(writer, APPEND.key, contentKey ?? "");
}

function writeEvent(writer: ByteWriter, event: AppendedEvent): void {
  const start = openMessage(writer, APPEND.events);
  writeText(writer, EVENT.eventId, event.eventId);
  writeText(writer, EVENT.eventType, event.eventType);
  writeBytes(writer, EVENT.metadata, event.metadata);
  writeBytes(writer, EVENT.payload, event.payload);
  writeTexts(writer, EVENT.tags, event.tags);
  writer.closeRun(start);
}

function writeCondition(writer: ByteWriter, condition: AppendCondition): void {
  const start = openMessage(writer, APPEND.condition);
  for (const item of condition.items) {
    const itemStart = openMessage(writer, CONDITION.items);
    writeTexts(writer, ITEM.eventTypes, item.eventTypes);
    writeTexts(writer, ITEM.tags, item.tags);
    writer.closeRun(itemStart);
  }
  writeNumber(writer, CONDITION.afterGlobalNonce, condition.afterGlobalNonce);
  writer.closeRun(start);
}

/** Throws `MalformedBytesError` for an expectation that is none. */
export function readAppend(reader: ByteReader, end: number): AppendEvents {
  let aggregateId = "";
  let aggregateType = "";
  let condition: AppendCondition | undefined;
  let key = "";
  const events: AppendedEvent[] = [];
  const numbers = new Map<number, number>();
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === APPEND.events) events.push(readEvent(reader, reader.runEnd()));
    else if (tag === APPEND.aggregateId) aggregateId = reader.text();
    else if (tag === APPEND.aggregateType) aggregateType = reader.text();
    else if (tag === APPEND.condition) condition = readCondition(reader, reader.runEnd());
    else if (tag === APPEND.key) key = reader.text();
    else if (NUMBERS.has(tag)) numbers.set(tag, reader.varint());
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  const number = (tag: number) => numbers.get(tag) ?? 0;
  return {
    op: "append_events",
    aggregateId,
    aggregateType,
    expected: expectedOf(number(APPEND.expectation), number(APPEND.expectedNonce)),
    firstNonce: number(APPEND.firstNonce),
    events,
    condition,
    contentKey: number(APPEND.knownByContent) === 0 ? undefined : key,
  };
}

const NUMBERS: ReadonlySet<number> = new Set([
  APPEND.expectation,
  APPEND.expectedNonce,
  APPEND.firstNonce,
  APPEND.knownByContent,
]);

function expectedOf(expectation: number, nonce: number): ExpectedNonce {
  const kind = EXPECTATIONS[expectation - 1];
  if (kind === "exact") return { kind, nonce };
  if (kind !== undefined) return { kind };
  throw new MalformedBytesError(`an append with expectation ${expectation}`);
}

function readEvent(reader: ByteReader, end: number): AppendedEvent {
  let eventId = "";
  let eventType = "";
  let metadata = NO_BYTES;
  let payload = NO_BYTES;
  let tags = NO_TAGS;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === EVENT.eventId) eventId = reader.text();
    else if (tag === EVENT.eventType) eventType = reader.text();
    else if (tag === EVENT.metadata) metadata = reader.bytes();
    else if (tag === EVENT.payload) payload = reader.bytes();
    else if (tag === EVENT.tags) tags = [...tags, reader.text()];
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { eventId, eventType, metadata, payload, tags };
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_TAGS: readonly string[] = [];

function readCondition(reader: ByteReader, end: number): AppendCondition {
  const items: EventQueryItem[] = [];
  let afterGlobalNonce = 0;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === CONDITION.items) items.push(readItem(reader, reader.runEnd()));
    else if (tag === CONDITION.afterGlobalNonce) afterGlobalNonce = reader.varint();
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { items, afterGlobalNonce };
}

function readItem(reader: ByteReader, end: number): EventQueryItem {
  const eventTypes: string[] = [];
  const tags: string[] = [];
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === ITEM.eventTypes) eventTypes.push(reader.text());
    else if (tag === ITEM.tags) tags.push(reader.text());
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { eventTypes, tags };
}

export function readCheckpoint(reader: ByteReader, end: number): StoreCheckpoint {
  let consumer = "";
  let globalNonce = 0;
  let expectedGlobalNonce: number | undefined;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === CHECKPOINT.consumer) consumer = reader.text();
    else if (tag === CHECKPOINT.globalNonce) globalNonce = reader.varint();
    else if (tag === CHECKPOINT.expectedGlobalNonce) expectedGlobalNonce = reader.varint();
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { op: "store_checkpoint", consumer, globalNonce, expectedGlobalNonce };
}

export function readAggregateGrants(reader: ByteReader, end: number): SetAggregateGrants {
  let aggregateType = "";
  let reset = false;
  const grants: Grant[] = [];
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === GRANTS.aggregateType) aggregateType = reader.text();
    else if (tag === GRANTS.grants) grants.push(readGrant(reader, reader.runEnd()));
    else if (tag === GRANTS.reset) reset = reader.varint() !== 0;
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { op: "set_aggregate_grants", aggregateType, grants: reset ? undefined : grants };
}
