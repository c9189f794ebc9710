/**
 * Events as the bytes of both contracts' messages, for answers of many events: what
 * `encode-events.ts` makes as messages is written here field by field, and an event's stored
 * metadata goes in as it is. The two say the same (`pack-events.test.ts`), with
 * fields in another order, which protobuf leaves open.
 */
import { ByteReader, type ByteWriter } from "../base/bytes.ts";
import {
  lengthTag,
  numberTag,
  openMessage,
  skipField,
  writeBytes,
  writeFlag,
  writeNumber,
  writeText,
  writeTexts,
} from "../base/protobuf.ts";
import type { EventBatch, EventPage } from "../engine/events.ts";
import type { StoredEvent } from "../record/event.ts";
import type { PackedBytes } from "./methods.ts";
import { packed } from "./packed.ts";

/** Writes the fields of one event's message. */
type WriteEvent = (writer: ByteWriter, event: StoredEvent) => void;

/** `eventstore.v1.EventData` of a tenant. */
export function eventDataOf(tenantId: string): WriteEvent {
  return (writer, event) => {
    const meta = openMessage(writer, EVENT_DATA.meta);
    writeText(writer, META.eventId, event.eventId);
    writeText(writer, META.aggregateId, event.aggregateId);
    writeText(writer, META.aggregateType, event.aggregateType);
    writeNumber(writer, META.aggregateNonce, event.aggregateNonce);
    writeText(writer, META.eventType, event.eventType);
    writeText(writer, META.tenantId, tenantId);
    writeNumber(writer, META.recordedTimeUnixMs, event.recordedAt);
    writeNumber(writer, META.globalNonce, event.globalNonce);
    // What is stored are fields of this very message.
    writer.raw(event.metadata);
    writer.closeRun(meta);
    writeBytes(writer, EVENT_DATA.payload, event.payload);
  };
}

/** `entdb.v1.Event`. */
export function writeEvent(writer: ByteWriter, event: StoredEvent): void {
  writeText(writer, EVENT.eventId, event.eventId);
  writeText(writer, EVENT.eventType, event.eventType);
  writeNumber(writer, EVENT.aggregateNonce, event.aggregateNonce);
  writeBytes(writer, EVENT.payload, event.payload);
  writeTexts(writer, EVENT.tags, event.tags);
  writeText(writer, EVENT.aggregateId, event.aggregateId);
  writeText(writer, EVENT.aggregateType, event.aggregateType);
  writeNumber(writer, EVENT.globalNonce, event.globalNonce);
  writeNumber(writer, EVENT.recordedTimeUnixMs, event.recordedAt);
  if (event.metadata.length > 0) writeRenumbered(writer, event.metadata);
}

/**
 * A batch as gRPC sends messages one behind the other: one for each event, in field 1, or for a
 * batch without events an empty one. `rest` writes what else the message holds, `upTo` being the
 * position that is reached with it.
 */
export function packBatch(
  { events, upToGlobalNonce }: EventBatch,
  write: WriteEvent,
  rest: (writer: ByteWriter, upTo: number) => void = () => undefined,
): PackedBytes {
  return packed((writer) => {
    const last = events.at(-1);
    for (const event of events) {
      const message = openEnvelope(writer);
      writeIn(writer, event, write);
      rest(writer, event === last ? upToGlobalNonce : event.globalNonce);
      writer.closeFixedRun(message);
    }
    if (last !== undefined) return;
    const message = openEnvelope(writer);
    rest(writer, upToGlobalNonce);
    writer.closeFixedRun(message);
  });
}

/** A page as the answers of all reads of events begin: events, whether it ends there, what to ask for next. */
export function packPage(
  { events, isEnd, nextFrom }: EventPage,
  write: WriteEvent,
  positionToken: Uint8Array = NO_BYTES,
): PackedBytes {
  return packed((writer) => {
    for (const event of events) writeIn(writer, event, write);
    writeFlag(writer, PAGE.isEnd, isEnd);
    writeNumber(writer, PAGE.nextFrom, nextFrom);
    writeBytes(writer, PAGE.positionToken, positionToken);
  });
}

/** The rest of `entdb.v1.SubscribeEventsResponse`. */
export function writeUpTo(writer: ByteWriter, upTo: number): void {
  writeNumber(writer, UP_TO_GLOBAL_NONCE, upTo);
}

function writeIn(writer: ByteWriter, event: StoredEvent, write: WriteEvent): void {
  const start = openMessage(writer, FIRST_FIELD);
  write(writer, event);
  writer.closeRun(start);
}

/** gRPC's prefix: not compressed, and a length. */
function openEnvelope(writer: ByteWriter): number {
  writer.u8(0);
  return writer.openFixedRun();
}

/** The metadata as fields of `entdb.v1.Event`, which has other numbers for them. */
function writeRenumbered(writer: ByteWriter, metadata: Uint8Array): void {
  const reader = new ByteReader(metadata);
  while (!reader.done) {
    const tag = reader.varint();
    const from = reader.at;
    skipField(reader, tag);
    const renumbered = EVENT_TAGS.get(tag);
    if (renumbered === undefined) continue;
    writer.varint(renumbered);
    writer.raw(metadata.subarray(from, reader.at));
  }
}

const NO_BYTES = new Uint8Array(0);
const FIRST_FIELD = lengthTag(1);
const UP_TO_GLOBAL_NONCE = numberTag(2);
const PAGE = { isEnd: numberTag(2), nextFrom: numberTag(3), positionToken: lengthTag(4) } as const;
const EVENT_DATA = { meta: lengthTag(1), payload: lengthTag(2) } as const;

const META = {
  eventId: lengthTag(1),
  aggregateId: lengthTag(2),
  aggregateType: lengthTag(3),
  aggregateNonce: numberTag(4),
  eventType: lengthTag(5),
  tenantId: lengthTag(12),
  recordedTimeUnixMs: numberTag(14),
  globalNonce: numberTag(17),
} as const;

const EVENT = {
  eventId: lengthTag(1),
  eventType: lengthTag(2),
  aggregateNonce: numberTag(4),
  payload: lengthTag(5),
  tags: lengthTag(14),
  aggregateId: lengthTag(15),
  aggregateType: lengthTag(16),
  globalNonce: numberTag(17),
  recordedTimeUnixMs: numberTag(18),
} as const;

/** From the tags of stored metadata to those of `entdb.v1.Event`. */
const EVENT_TAGS: ReadonlyMap<number, number> = new Map([
  [numberTag(6), numberTag(3)],
  [lengthTag(7), lengthTag(6)],
  [lengthTag(8), lengthTag(7)],
  [lengthTag(9), lengthTag(8)],
  [lengthTag(10), lengthTag(9)],
  [lengthTag(11), lengthTag(10)],
  [numberTag(13), numberTag(11)],
  [lengthTag(15), lengthTag(12)],
  [lengthTag(16), lengthTag(13)],
]);
