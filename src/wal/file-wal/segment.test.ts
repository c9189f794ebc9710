import { describe, expect, test } from "bun:test";
import { NO_SALT } from "./salt.ts";
import { Segment, SegmentList } from "./segment.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-header.ts";

function segmentFrom(firstOffset: number, size = 64 * 1024 * 1024): Segment {
  const previous = { sequence: 0, salt: NO_SALT, endPosition: 0 };
  const salt = { high: 1, low: 1 };
  const logId = "01a1fcf0-6b41-76c4-a754-c0ddeea850fc";
  return new Segment({ logId, partition: 0, sequence: 1, salt, firstOffset, size, previous }, "/x");
}

describe("a segment's index", () => {
  test("finds a place at or before any offset, and never far before it", () => {
    const segment = segmentFrom(1_000);
    const starts: { offset: number; position: number }[] = [];
    for (let i = 0; i < 2_000; i++) {
      starts.push({ offset: segment.end, position: segment.endPosition });
      segment.advance(1 + (i % 7), 100 + ((i * 37) % 5_000));
    }
    const places = new Set(starts.map(({ position }) => position));
    for (const { offset, position } of starts) {
      const found = segment.seek(offset);
      expect(places.has(found)).toBe(true);
      expect(found).toBeLessThanOrEqual(position);
      expect(position - found).toBeLessThan(64 * 1024 + 5_100);
    }
    expect(segment.seek(1_000)).toBe(SEGMENT_HEADER_BYTES);
  });
});

describe("the list of segments", () => {
  test("finds the one that holds an offset; of empty ones the last", () => {
    const list = new SegmentList();
    const segments = [segmentFrom(5), segmentFrom(9), segmentFrom(9), segmentFrom(12)];
    for (const segment of segments) list.push(segment);
    expect(list.start).toBe(5);
    expect(list.last).toBe(segments[3] as Segment);
    const found = [5, 8, 9, 11, 12, 99].map((offset) => segments.indexOf(list.find(offset)));
    expect(found).toEqual([0, 0, 2, 2, 3, 3]);
  });
});
