import { assert } from "../../base/assert.ts";
import { logTrimmed } from "../errors.ts";
import type { TailCache } from "../tail-cache.ts";
import type { LogRecord } from "../wal.ts";
import { type Walk, type WalkedLog, walkLog } from "../walk.ts";
import { BATCH_HEADER_BYTES, readBatch, readRecords } from "./batch-format.ts";
import type { Disk, DiskFile } from "./disk.ts";
import type { Segment, SegmentList } from "./segment.ts";
import { SegmentWindow } from "./segment-window.ts";
import { damagedRead } from "./verify-segment.ts";

/** What readers see of a log. */
export interface ReadableLog extends WalkedLog {
  readonly disk: Disk;
  readonly segments: SegmentList;
  readonly tail: TailCache;
}

/**
 * Walks a log: out of the tail cache where that reaches, out of the files otherwise, verifying
 * each batch again. Every reader has a file of its own, closed when the walk ends.
 */
export async function* readLog(log: ReadableLog, walk: Walk): AsyncGenerator<readonly LogRecord[]> {
  const history = new HistoryReader(log.disk, log.segments);
  const read = (offset: number, most: number) =>
    log.tail.from(offset, most) ?? history.read(offset, most);
  try {
    yield* walkLog(log, read, walk);
  } finally {
    await history.close();
  }
}

/** Reads records out of segment files, forward, whole batches at a time. */
class HistoryReader {
  readonly #disk: Disk;
  readonly #segments: SegmentList;
  #segment: Segment | undefined;
  #file: DiskFile | undefined;
  /** Where the batch after the one read last begins, and its first offset. */
  #position = 0;
  #offset = 0;
  /** Records of the batch read last that were not asked for yet. */
  #rest: LogRecord[] = [];
  #window: SegmentWindow | undefined;
  #windowEnd = 0;

  constructor(disk: Disk, segments: SegmentList) {
    this.#disk = disk;
    this.#segments = segments;
  }

  /**
   * At most so many records from the offset on, all of them durable: out of as many batches
   * as that takes, so that a log of small batches is replayed as fast as one of large ones,
   * or up to where the log is damaged. Throws LOG_DAMAGED when that is at the offset itself.
   */
  async read(offset: number, most: number): Promise<LogRecord[]> {
    const found = this.#rest[0]?.offset === offset ? this.#rest : await this.#readBatchOf(offset);
    while (found.length < most) {
      try {
        found.push(...(await this.#readBatchOf(offset + found.length)));
      } catch {
        // Whoever asks for what follows is told.
        break;
      }
    }
    this.#rest = found.splice(most);
    return found;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #readBatchOf(offset: number): Promise<LogRecord[]> {
    const segment = this.#segments.find(offset);
    if (segment !== this.#segment) await this.#open(segment);
    if (offset !== this.#offset) {
      this.#position = segment.seek(offset);
      this.#offset = -1;
    }
    for (;;) {
      const records = await this.#readNext(segment);
      const first = records[0]?.offset ?? offset;
      const skipped = offset - first;
      if (skipped < records.length) return skipped === 0 ? records : records.slice(skipped);
    }
  }

  async #readNext(segment: Segment): Promise<LogRecord[]> {
    const window = this.#windowTo(segment);
    let length = BATCH_HEADER_BYTES;
    for (;;) {
      const at = await window.show(this.#position, length);
      const room = segment.endPosition - this.#position;
      const reading = readBatch(window.bytes, window.view, at, room, segment.header.salt);
      if (reading.kind === "short") {
        length = reading.totalBytes;
        continue;
      }
      const records =
        reading.kind === "batch" ? readRecords(window.bytes, window.view, at, reading) : undefined;
      if (reading.kind !== "batch" || records === undefined) {
        throw damagedRead(segment, this.#offset, this.#position);
      }
      this.#position += reading.totalBytes;
      this.#offset = reading.firstOffset + reading.count;
      return records;
    }
  }

  /** A window up to what is durable now; a new one when the segment has grown since. */
  #windowTo(segment: Segment): SegmentWindow {
    const file = this.#file;
    assert(file, "the segment is open");
    if (this.#window === undefined || this.#windowEnd !== segment.endPosition) {
      this.#windowEnd = segment.endPosition;
      this.#window = new SegmentWindow(file, segment.endPosition, READ_BYTES, false);
    }
    return this.#window;
  }

  async #open(segment: Segment): Promise<void> {
    await this.close();
    this.#file = await this.#openFile(segment);
    this.#segment = segment;
    this.#window = undefined;
    this.#offset = -1;
  }

  async #openFile(segment: Segment): Promise<DiskFile> {
    try {
      return await this.#disk.open(segment.path, "read");
    } catch (error) {
      // It was trimmed between the look at the list and now.
      const { start } = this.#segments;
      if (segment.header.firstOffset < start) throw logTrimmed(segment.header.firstOffset, start);
      throw error;
    }
  }
}

/** One read of history: a few hundred typical records. */
const READ_BYTES = 256 * 1024;
