/**
 * What a segment's own object says of the segment: the facts that its checksum object has too, so
 * that one whose checksum is missing is still known for what it is.
 *
 * The head is a member of its own before the compressed lines, empty but for its comment: whoever
 * inflates the object gets the lines alone. Its `bytes` and `sha256` are those of what follows it.
 * Segments of earlier versions have none.
 */
import { decodeSegmentFacts, encodeSegmentFacts, type SegmentFacts } from "./segment-facts.ts";

/** Magic, deflate, "a comment follows", no time, no flags, system unknown (RFC 1952). */
const BEGIN = Uint8Array.of(0x1f, 0x8b, 0x08, 0x10, 0, 0, 0, 0, 0, 0xff);
/** The end of the comment, nothing deflated, and CRC-32 and size of nothing. */
const END = Uint8Array.of(0, 0x03, 0x00, 0, 0, 0, 0, 0, 0, 0, 0);

/** The object of a segment: the head, and the compressed lines of which `facts` tells. */
export function withHead(facts: SegmentFacts, lines: Uint8Array): Uint8Array {
  return Buffer.concat([BEGIN, encodeSegmentFacts(facts), END, lines]);
}

export interface HeadedSegment {
  readonly facts: SegmentFacts;
  /** The compressed lines. */
  readonly lines: Uint8Array;
}

/** The parts of such an object; undefined for one without a head. Throws what is wrong with the head. */
export function splitHead(object: Uint8Array): HeadedSegment | undefined {
  if (Buffer.compare(object.subarray(0, BEGIN.length), BEGIN) !== 0) return undefined;
  const end = object.indexOf(0, BEGIN.length);
  const lines = object.subarray(end + END.length);
  if (end < 0 || Buffer.compare(object.subarray(end, end + END.length), END) !== 0) {
    throw new Error("its head has no end");
  }
  return { facts: decodeSegmentFacts(object.subarray(BEGIN.length, end)), lines };
}
