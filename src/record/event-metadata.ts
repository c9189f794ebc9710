/**
 * An event's metadata as bytes, in the log and in views. Canonical: equal metadata are equal
 * bytes, so that batches are compared without a look inside. Frozen (golden vectors in
 * `test/golden/event-metadata.json`).
 *
 * The bytes are those of an `eventstore.v1.EventMetadata` without id, type, tenant, aggregate,
 * nonces and recorded time: fields in the order of their numbers, defaults left out, headers in
 * the order of their names. So a face may send them as they are, with the rest before or behind.
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import {
  lengthTag,
  numberTag,
  openMessage,
  requireEnd,
  skipField,
  writeBytes,
  writeNumber,
  writeText,
  writeTexts,
} from "../base/protobuf.ts";
import type { EventMetadata } from "./event.ts";

const METADATA = {
  eventVersion: numberTag(6),
  contentType: lengthTag(7),
  contentSchema: lengthTag(8),
  correlationId: lengthTag(9),
  causationId: lengthTag(10),
  actorId: lengthTag(11),
  timestampUnixMs: numberTag(13),
  payloadSha256: lengthTag(15),
  headers: lengthTag(16),
} as const;

const ENTRY = { key: lengthTag(1), value: lengthTag(2) } as const;
const NO_BYTES = new Uint8Array(0);
const shared = new ByteWriter(1024);

export const NO_METADATA: EventMetadata = {
  eventVersion: 0,
  contentType: "",
  contentSchema: "",
  correlationId: "",
  causationId: "",
  actorId: "",
  timestampUnixMs: 0n,
  payloadSha256: NO_BYTES,
  headers: new Map(),
};

/** Headers as a map, or as messages hold them. */
export type EncodableMetadata = Omit<EventMetadata, "headers"> & {
  readonly headers: EventMetadata["headers"] | Readonly<Record<string, string>>;
};

export function encodeEventMetadata(metadata: EncodableMetadata): Uint8Array {
  shared.reset();
  writeNumber(shared, METADATA.eventVersion, metadata.eventVersion);
  writeText(shared, METADATA.contentType, metadata.contentType);
  writeText(shared, METADATA.contentSchema, metadata.contentSchema);
  writeText(shared, METADATA.correlationId, metadata.correlationId);
  writeText(shared, METADATA.causationId, metadata.causationId);
  writeText(shared, METADATA.actorId, metadata.actorId);
  if (metadata.timestampUnixMs !== 0n) {
    shared.varint(METADATA.timestampUnixMs);
    shared.varint64(metadata.timestampUnixMs);
  }
  writeBytes(shared, METADATA.payloadSha256, metadata.payloadSha256);
  writeHeaders(entriesOf(metadata.headers));
  return shared.length === 0 ? NO_BYTES : shared.take();
}

function entriesOf(headers: EncodableMetadata["headers"]): [string, string][] {
  return isMap(headers) ? [...headers] : Object.entries(headers);
}

function isMap(headers: EncodableMetadata["headers"]): headers is EventMetadata["headers"] {
  return headers instanceof Map;
}

function writeHeaders(headers: [string, string][]): void {
  const sorted = headers.sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of sorted) {
    const start = openMessage(shared, METADATA.headers);
    writeTexts(shared, ENTRY.key, [key]);
    writeTexts(shared, ENTRY.value, [value]);
    shared.closeRun(start);
  }
}

/** Throws `MalformedBytesError`: what we wrote ourselves must read back, so this is damage. */
export function decodeEventMetadata(bytes: Uint8Array): EventMetadata {
  if (bytes.length === 0) return NO_METADATA;
  const reader = new ByteReader(bytes);
  const metadata: Writable<EventMetadata> = { ...NO_METADATA };
  const headers = new Map<string, string>();
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === METADATA.headers) readHeader(reader, headers);
    else readField(reader, tag, metadata);
  }
  return { ...metadata, headers };
}

function readField(reader: ByteReader, tag: number, metadata: Writable<EventMetadata>): void {
  switch (tag) {
    case METADATA.eventVersion:
      metadata.eventVersion = reader.varint();
      return;
    case METADATA.contentType:
      metadata.contentType = reader.text();
      return;
    case METADATA.contentSchema:
      metadata.contentSchema = reader.text();
      return;
    case METADATA.correlationId:
      metadata.correlationId = reader.text();
      return;
    case METADATA.causationId:
      metadata.causationId = reader.text();
      return;
    case METADATA.actorId:
      metadata.actorId = reader.text();
      return;
    case METADATA.timestampUnixMs:
      metadata.timestampUnixMs = reader.varint64();
      return;
    case METADATA.payloadSha256:
      metadata.payloadSha256 = reader.copy();
      return;
    default:
      skipField(reader, tag);
  }
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

function readHeader(reader: ByteReader, headers: Map<string, string>): void {
  const end = reader.runEnd();
  let key = "";
  let value = "";
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === ENTRY.key) key = reader.text();
    else if (tag === ENTRY.value) value = reader.text();
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  headers.set(key, value);
}
