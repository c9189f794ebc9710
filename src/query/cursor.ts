import { ByteReader, ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import { EntError } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import { sha256 } from "../base/sha256.ts";
import { readValue, writeValue } from "../record/value-codec.ts";
import { checkValue } from "../schema/check-value.ts";
import type { FieldKind, Value } from "../schema/value.ts";

/**
 * Opaque cursors: the place of a page's last row, bound to the question, the actor and
 * the tenant, so that it continues nothing else.
 *
 *     cursor = version:u8 (1) listing:u8 binding:16 bytes count:varint { value }
 *
 * A cursor is no secret and gives no right: what it names is only a place to go on from,
 * and every row behind it passes the same checks as on the first page.
 */
export interface CursorScope {
  readonly tenantId: string;
  readonly actor: string;
  /** Which list, and everything that decides which rows are in it and in which order (`listing.ts`). */
  readonly listing: Listing;
}

export interface Listing {
  readonly kind:
    | "query"
    | "edges"
    | "connected"
    | "search"
    | "mailbox"
    | "mailbox_search"
    | "administration"
    | "aggregates";
  /** The question in canonical bytes. The size of a page is no part of it. */
  readonly question: Uint8Array;
  /** Kinds of the values that are a row's place, in order. */
  readonly place: readonly PlacePart[];
}

export interface PlacePart {
  readonly kind: FieldKind;
  /** Whether a row may lack the value: it is null then. */
  readonly nullable: boolean;
}

const VERSION = 1;
const BINDING_BYTES = 16;
const LISTING_TAGS: Readonly<Record<Listing["kind"], number>> = {
  query: 1,
  edges: 2,
  connected: 3,
  search: 4,
  administration: 9,
  aggregates: 10,
  mailbox: 5,
  mailbox_search: 6,
};

/**
 * The cursor that goes on behind the row at this place. Throws `EntError` LIMIT_EXCEEDED
 * when the row's values are so long that it would pass `limits.cursorBytes`.
 */
export function encodeCursor(scope: CursorScope, place: readonly Value[]): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u8(VERSION);
  writer.u8(LISTING_TAGS[scope.listing.kind]);
  writer.raw(bindingOf(scope));
  writer.varint(place.length);
  for (const value of place) writeValue(writer, value);
  if (writer.length <= limits.cursorBytes) return writer.take();
  throw new EntError({
    code: "failed_precondition",
    reason: "LIMIT_EXCEEDED",
    message: `The cursor of this page would take ${writer.length} bytes; the limit is ${limits.cursorBytes}.`,
    hint: "Order by a field with shorter values, or ask for a page that holds all rows.",
    details: limitDetails("cursorBytes"),
  });
}

/** The place that a client's cursor names. Throws `EntError` INVALID_CURSOR for one that is not ours, or not of this question. */
export function decodeCursor(bytes: Uint8Array, scope: CursorScope): readonly Value[] {
  if (bytes.length > limits.cursorBytes) throw cursorMalformed();
  try {
    return read(new ByteReader(bytes), scope);
  } catch (cause) {
    if (cause instanceof MalformedBytesError) throw cursorMalformed(cause);
    throw cause;
  }
}

function read(reader: ByteReader, { tenantId, actor, listing }: CursorScope): readonly Value[] {
  if (reader.u8() !== VERSION || reader.u8() !== LISTING_TAGS[listing.kind])
    throw cursorMalformed();
  const bound = reader.raw(BINDING_BYTES);
  if (Buffer.compare(bound, bindingOf({ tenantId, actor, listing })) !== 0) {
    throw new EntError({
      code: "invalid_argument",
      reason: "INVALID_CURSOR",
      message: "The cursor belongs to another question, actor or tenant.",
      hint: "Go on with exactly the request that gave the cursor (only the page's size may change), or begin without one.",
    });
  }
  if (reader.varint() !== listing.place.length) throw cursorMalformed();
  const place = listing.place.map((part) => readPart(reader, part));
  if (!reader.done) throw cursorMalformed();
  return place;
}

/** The binding is no signature: a forged place must not be able to break a comparison. */
function readPart(reader: ByteReader, part: PlacePart): Value {
  const value = readValue(reader);
  if (value.kind === "null" ? !part.nullable : value.kind !== part.kind) throw cursorMalformed();
  try {
    return value.kind === "ref" ? value : checkValue(value, "cursor");
  } catch (cause) {
    throw cursorMalformed(cause);
  }
}

function bindingOf({ tenantId, actor, listing }: CursorScope): Uint8Array {
  const writer = new ByteWriter(256);
  writer.text(tenantId);
  writer.text(actor);
  writer.bytes(listing.question);
  return sha256(writer.peek()).subarray(0, BINDING_BYTES);
}

/** INVALID_CURSOR: what came back is not what was given. */
export function cursorMalformed(cause?: unknown): EntError {
  return new EntError({
    code: "invalid_argument",
    reason: "INVALID_CURSOR",
    message: "The cursor is not one that this server gave.",
    hint: "Send a cursor back as it was received, or begin without one.",
    cause,
  });
}
