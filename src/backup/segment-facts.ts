import type { JsonObject } from "../base/json.ts";
import { countIn, encodeStated, fieldsOf, isSha256, textIn } from "./stated-fields.ts";

/**
 * What a segment's `.checksum` object says of it: which records it must hold, which one stands
 * before them, and the SHA-256 of its bytes. It is written after the segment and so says that
 * the segment is whole; a segment without one is not part of the archive yet.
 */
export interface SegmentFacts {
  readonly tenantId: string;
  readonly incarnation: number;
  readonly logId: string;
  readonly partition: number;
  readonly records: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** The tenant's record before the first one; undefined: this one begins its life. */
  readonly previousOffset: number | undefined;
  /** Unix milliseconds of log time. */
  readonly firstLogTime: number;
  readonly lastLogTime: number;
  /** Bytes of the lines. */
  readonly lineBytes: number;
  /** Bytes of the object. */
  readonly bytes: number;
  /** Of the object, in hexadecimal. */
  readonly sha256: string;
}

const FORMAT = 1;

/** The content of a `.checksum` object. */
export function encodeSegmentFacts(facts: SegmentFacts): Uint8Array {
  const content: JsonObject = {
    format: FORMAT,
    sha256: facts.sha256,
    bytes: facts.bytes,
    line_bytes: facts.lineBytes,
    tenant_id: facts.tenantId,
    incarnation: facts.incarnation,
    log_id: facts.logId,
    partition: facts.partition,
    records: facts.records,
    first_offset: facts.firstOffset,
    last_offset: facts.lastOffset,
    previous_offset: facts.previousOffset ?? null,
    first_log_time: facts.firstLogTime,
    last_log_time: facts.lastLogTime,
  };
  return encodeStated(content);
}

/** Reads it back. Throws an error that says what is wrong with it. */
export function decodeSegmentFacts(bytes: Uint8Array): SegmentFacts {
  const field = fieldsOf(bytes, FORMAT);
  const previous = field["previous_offset"];
  const facts: SegmentFacts = {
    tenantId: textIn(field, "tenant_id"),
    incarnation: countIn(field, "incarnation"),
    logId: textIn(field, "log_id"),
    partition: countIn(field, "partition"),
    records: countIn(field, "records"),
    firstOffset: countIn(field, "first_offset"),
    lastOffset: countIn(field, "last_offset"),
    previousOffset: previous === null ? undefined : countIn(field, "previous_offset"),
    firstLogTime: countIn(field, "first_log_time"),
    lastLogTime: countIn(field, "last_log_time"),
    lineBytes: countIn(field, "line_bytes"),
    bytes: countIn(field, "bytes"),
    sha256: textIn(field, "sha256"),
  };
  const isOrdered =
    facts.firstOffset <= facts.lastOffset && (facts.previousOffset ?? -1) < facts.firstOffset;
  if (!isOrdered || !isSha256(facts.sha256)) {
    throw new Error("it does not say what a segment holds");
  }
  return facts;
}
