import { assert, must } from "../../base/assert.ts";
import { firstIndex } from "../../base/first-index.ts";
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from "./segment-header.ts";

/**
 * A segment as memory knows it: where its acknowledged part ends, and a sparse index by
 * which a reader finds an offset without walking the file. Only the writer moves the end,
 * and only past what a sync has made durable.
 */
export class Segment {
  readonly header: SegmentHeader;
  readonly path: string;
  /** Marks at least {@link INDEX_STEP_BYTES} apart: parallel arrays, both growing. */
  readonly #offsets: number[];
  readonly #positions: number[] = [SEGMENT_HEADER_BYTES];
  #end: number;
  #endPosition = SEGMENT_HEADER_BYTES;

  constructor(header: SegmentHeader, path: string) {
    this.header = header;
    this.path = path;
    this.#end = header.firstOffset;
    this.#offsets = [header.firstOffset];
  }

  /** One past the last durable offset in it. */
  get end(): number {
    return this.#end;
  }

  /** The byte behind its last durable batch. */
  get endPosition(): number {
    return this.#endPosition;
  }

  /** Bytes that are left for batches. */
  get room(): number {
    return this.header.size - this.#endPosition;
  }

  /** Takes up a batch that is durable and stands at {@link endPosition}. */
  advance(count: number, bytes: number): void {
    const marked = must(this.#positions.at(-1), "the first mark is always there");
    if (this.#endPosition - marked >= INDEX_STEP_BYTES) {
      this.#offsets.push(this.#end);
      this.#positions.push(this.#endPosition);
    }
    this.#end += count;
    this.#endPosition += bytes;
  }

  /** The start of a batch at or before the offset, to walk on from. */
  seek(offset: number): number {
    const at = lastAtMost(this.#offsets, offset);
    return must(this.#positions[at], "offsets and positions are parallel");
  }
}

/** All segments of a log, oldest first, without gaps. The last one is where appends go, or went. */
export class SegmentList {
  readonly #segments: Segment[] = [];
  readonly #firsts: number[] = [];

  push(segment: Segment): void {
    this.#segments.push(segment);
    this.#firsts.push(segment.header.firstOffset);
  }

  get last(): Segment {
    return must(this.#segments.at(-1), "a log has a segment");
  }

  at(index: number): Segment | undefined {
    return this.#segments[index];
  }

  get start(): number {
    return must(this.#firsts[0], "a log has a segment");
  }

  /**
   * The segments from the oldest on that end at or below the offset. Never the newest one that
   * has a record, which says what the log's time is, and nothing behind it.
   */
  below(offset: number): readonly Segment[] {
    const newest = this.#segments.findLastIndex(({ header, end }) => end > header.firstOffset);
    const kept = this.#segments.findIndex(({ end }, i) => end > offset || i >= newest);
    return this.#segments.slice(0, Math.max(0, kept));
  }

  /** Forgets the oldest ones, so many; at least one stays. */
  dropFirst(count: number): void {
    assert(count < this.#segments.length, "a log has a segment");
    this.#segments.splice(0, count);
    this.#firsts.splice(0, count);
  }

  /** The segment that holds the offset. Empty ones begin where their successor does, which is the one found. */
  find(offset: number): Segment {
    return must(this.#segments[lastAtMost(this.#firsts, offset)], "offsets are checked before");
  }
}

/** The last place in a growing list whose value is at most `value`. */
function lastAtMost(sorted: readonly number[], value: number): number {
  return firstIndex(0, sorted.length, (i) => (sorted[i] as number) > value) - 1;
}

/** A reader walks at most this far over batches it does not want; 1 k marks for a segment of 64 MiB. */
const INDEX_STEP_BYTES = 64 * 1024;
