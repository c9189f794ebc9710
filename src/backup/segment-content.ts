/**
 * What an object of the archive holds: lines of JSON, one for each record, compressed. Read back
 * whole or refused.
 */
import { messageOf } from "../base/errors.ts";
import { objectDamaged } from "../blob/errors.ts";
import type { LogRecord } from "../wal/wal.ts";
import { recordsOf } from "./archive-lines.ts";
import type { BackupThread } from "./backup-thread.ts";
import type { SegmentFacts } from "./segment-facts.ts";
import { type StoredSegmentBytes, unpackSegment } from "./unpack-segment.ts";

/** Where segments are inflated and read. */
export type Unpacking = Pick<BackupThread, "unpack">;

/** For whoever holds up nobody. */
export const UNPACKING_HERE: Unpacking = {
  unpack: (segment) => Promise.resolve(unpackSegment(segment)),
};

/** SHA-256 in hexadecimal; on a pool thread, since segments are large. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Buffer.from(digest).toString("hex");
}

/** What a stored segment holds, with what can be said of it without its checksum. */
export interface SegmentRecords {
  readonly records: readonly LogRecord[];
  readonly lineBytes: number;
}

/** The records of a stored segment, whose bodies share memory. Throws OBJECT_DAMAGED naming the object. */
export async function readSegment(
  place: string,
  key: string,
  segment: StoredSegmentBytes,
  unpacking: Unpacking,
): Promise<SegmentRecords> {
  try {
    const { records, lineBytes } = await unpacking.unpack(segment);
    return { records: recordsOf(records), lineBytes };
  } catch (error) {
    throw objectDamaged(place, key, messageOf(error), error);
  }
}

/** Throws OBJECT_DAMAGED unless the records are those that the checksum object tells of. */
export function requireAsStated(
  place: string,
  key: string,
  { records, lineBytes }: SegmentRecords,
  facts: SegmentFacts,
): void {
  const isSame =
    records.length === facts.records &&
    records[0]?.offset === facts.firstOffset &&
    records.at(-1)?.offset === facts.lastOffset &&
    lineBytes === facts.lineBytes;
  if (!isSame) throw objectDamaged(place, key, "it holds other records than its checksum says");
}
