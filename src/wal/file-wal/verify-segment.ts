import { logDamaged } from "../errors.ts";
import {
  BATCH_HEADER_BYTES,
  type BatchReading,
  batchPattern,
  readBatch,
  readRecords,
} from "./batch-format.ts";
import type { DiskFile } from "./disk.ts";
import type { Segment } from "./segment.ts";
import { SegmentWindow } from "./segment-window.ts";
import { ZEROS } from "./zeros.ts";

/**
 * The check of one segment at opening: every batch, every sum, every offset.
 *
 * A segment that has a successor must hold exactly the batches up to the offset and byte
 * that the successor states. The last one holds what verifies; behind the first batch
 * that does not, nothing that verifies with a later offset may follow (then the failing
 * one was acknowledged, and is damage), and whatever bytes are there are a torn tail.
 */
export interface SegmentEnd {
  readonly offset: number;
  readonly position: number;
}

/** What the check found behind the last batch of a log's last segment. */
export interface Tail {
  /** One past the last byte that is not zero; the segment's end position when the rest is clean. */
  readonly dirtyUntil: number;
  /** Where the last batch begins; undefined when the segment is empty. */
  readonly lastBatchAt: number | undefined;
}

/** Walks the batches of one segment in memory order and keeps the log's time. */
export class SegmentVerifier {
  /** Log time of the last record seen; 0 before the first. */
  lastLogTime = 0;

  /** Checks a segment that ends where its successor says, and moves its end there. Throws LOG_DAMAGED. */
  async sealed(segment: Segment, file: DiskFile, stated: SegmentEnd): Promise<void> {
    const window = new SegmentWindow(file, segment.header.size, CHUNK_BYTES, true);
    while (segment.end < stated.offset) {
      if (!(await this.#take(segment, window))) throw damagedAt(segment, "a batch does not verify");
    }
    if (segment.end !== stated.offset || segment.endPosition !== stated.position) {
      throw damagedAt(segment, "it does not end where the segment behind it says");
    }
  }

  /** Checks the log's last segment as far as it verifies, and moves its end there. Throws LOG_DAMAGED. */
  async last(segment: Segment, file: DiskFile): Promise<Tail> {
    const window = new SegmentWindow(file, segment.header.size, CHUNK_BYTES, true);
    let lastBatchAt: number | undefined;
    for (;;) {
      const at = segment.endPosition;
      if (!(await this.#take(segment, window))) break;
      lastBatchAt = at;
    }
    return { lastBatchAt, dirtyUntil: await inspectRest(segment, window) };
  }

  /** Takes up the batch at the segment's end; false when none verifies there. */
  async #take(segment: Segment, window: SegmentWindow): Promise<boolean> {
    const batch = await batchAt(segment, window, segment.endPosition);
    if (batch.kind !== "batch") return false;
    if (batch.firstOffset !== segment.end) {
      throw damagedAt(segment, `a batch of offset ${batch.firstOffset} stands in its place`);
    }
    const at = await window.show(segment.endPosition, batch.totalBytes);
    const records = readRecords(window.bytes, window.view, at, batch);
    if (records === undefined) throw damagedAt(segment, "a batch verifies but its records do not");
    for (const { logTime } of records) {
      if (logTime < this.lastLogTime) throw damagedAt(segment, "log time goes back");
      this.lastLogTime = logTime;
    }
    segment.advance(batch.count, batch.totalBytes);
    return true;
  }
}

/** LOG_DAMAGED, naming the segment and the first offset that cannot be served. */
export function damagedAt(segment: Segment, what: string): Error {
  const { sequence } = segment.header;
  return logDamaged(`the log is damaged in segment ${sequence} at offset ${segment.end}: ${what}`, {
    segment: String(sequence),
    path: segment.path,
    offset: String(segment.end),
    position: String(segment.endPosition),
  });
}

/** LOG_DAMAGED for a batch that verified at opening, or was written since, and no longer does. */
export function damagedRead(segment: Segment, offset: number, position: number): Error {
  const { sequence } = segment.header;
  return logDamaged(
    `the log is damaged in segment ${sequence} at byte ${position}: a batch no longer verifies`,
    {
      segment: String(sequence),
      path: segment.path,
      offset: String(offset),
      position: String(position),
    },
  );
}

/** What stands at a position of the segment, the whole of it shown in the window. */
export async function batchAt(
  segment: Segment,
  window: SegmentWindow,
  position: number,
): Promise<BatchReading> {
  const { salt, size } = segment.header;
  const room = size - position;
  let length = BATCH_HEADER_BYTES;
  for (;;) {
    const at = await window.show(position, length);
    const reading = readBatch(window.bytes, window.view, at, room, salt);
    if (reading.kind !== "short") return reading;
    length = reading.totalBytes;
  }
}

/**
 * Reads everything behind the segment's end. Throws LOG_DAMAGED if a batch of a later
 * offset verifies there; returns one past the last byte that is not zero.
 */
export async function inspectRest(segment: Segment, window: SegmentWindow): Promise<number> {
  const { size, salt } = segment.header;
  const pattern = batchPattern(salt);
  let dirtyUntil = segment.endPosition;
  // Stretches overlap, so that a pattern that lies across the end of one is seen in the next.
  const step = ZEROS.length - pattern.length;
  for (let position = segment.endPosition; position < size; position += step) {
    const length = Math.min(ZEROS.length, size - position);
    const at = await window.show(position, length);
    const stretch = Buffer.from(window.bytes.buffer, window.bytes.byteOffset + at, length);
    if (ZEROS.compare(stretch, 0, length, 0, length) === 0) continue;
    const found = patternPlaces(stretch, pattern).map((place) => position + place);
    dirtyUntil = position + lastNonZero(stretch) + 1;
    for (const place of found) await refuseLaterBatch(segment, window, place);
  }
  return dirtyUntil;
}

async function refuseLaterBatch(
  segment: Segment,
  window: SegmentWindow,
  position: number,
): Promise<void> {
  const batch = await batchAt(segment, window, position);
  if (batch.kind !== "batch" || batch.firstOffset <= segment.end) return;
  throw damagedAt(
    segment,
    `a batch does not verify, yet offset ${batch.firstOffset} behind it does`,
  );
}

function patternPlaces(bytes: Buffer, pattern: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1))
    places.push(at);
  return places;
}

function lastNonZero(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at >= 0; at--) if (bytes[at] !== 0) return at;
  return -1;
}

const CHUNK_BYTES = 1024 * 1024;
