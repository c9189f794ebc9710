import { describe, expect, test } from "bun:test";
import { limits } from "../base/limits.ts";
import { TailCache } from "./tail-cache.ts";
import { type LogRecord, RECORD_TYPE } from "./wal.ts";

function batchOf(first: number, count: number, bodyBytes = 1): LogRecord[] {
  const body = new Uint8Array(bodyBytes);
  return Array.from({ length: count }, (_, i) => ({
    offset: first + i,
    logTime: 1,
    type: RECORD_TYPE.record,
    body,
  }));
}

const offsets = (records: readonly LogRecord[] | undefined) => records?.map(({ offset }) => offset);

describe("the tail cache", () => {
  test("hands out the rest of a batch from any of its records, or as much of it as is wanted", () => {
    const cache = new TailCache();
    const batches = [batchOf(10, 3), batchOf(13, 1), batchOf(14, 5)];
    for (const batch of batches) cache.push(batch);
    expect(cache.from(10, 1_000)).toBe(batches[0] as LogRecord[]);
    expect(offsets(cache.from(11, 1_000))).toEqual([11, 12]);
    expect(offsets(cache.from(13, 1_000))).toEqual([13]);
    expect(offsets(cache.from(14, 2))).toEqual([14, 15]);
    expect(offsets(cache.from(18, 2))).toEqual([18]);
  });

  test("has nothing from before it began, and nothing from behind its end", () => {
    const cache = new TailCache();
    expect(cache.from(0, 1)).toBeUndefined();
    cache.push(batchOf(10, 3));
    expect(cache.from(9, 1)).toBeUndefined();
    expect(cache.from(13, 1)).toBeUndefined();
  });

  test("keeps so many bytes of bodies and not one more, the newest", () => {
    const cache = new TailCache();
    const size = limits.logTailBytes / 4;
    for (let i = 0; i < 4; i++) cache.push(batchOf(i, 1, size));
    expect(offsets(cache.from(0, 1))).toEqual([0]);
    cache.push(batchOf(4, 1, 1));
    expect(cache.from(0, 1)).toBeUndefined();
    expect(offsets(cache.from(1, 1))).toEqual([1]);
    expect(offsets(cache.from(4, 1))).toEqual([4]);
  });

  test("keeps so many records and not one more", () => {
    const cache = new TailCache();
    for (let i = 0; i < limits.logTailRecords; i++) cache.push(batchOf(i, 1, 0));
    expect(offsets(cache.from(0, 1))).toEqual([0]);
    for (let i = 0; i < 5_000; i++) {
      const next = limits.logTailRecords + i;
      cache.push(batchOf(next, 1, 0));
      expect(cache.from(i, 1)).toBeUndefined();
      expect(offsets(cache.from(i + 1, 1))).toEqual([i + 1]);
      expect(offsets(cache.from(next, 1))).toEqual([next]);
    }
  });

  test("a batch that is too large for it leaves it empty", () => {
    const cache = new TailCache();
    cache.push(batchOf(0, 1));
    cache.push(batchOf(1, 3, limits.logTailBytes / 2));
    expect(cache.from(0, 1)).toBeUndefined();
    expect(cache.from(1, 1)).toBeUndefined();
    cache.push(batchOf(4, 1));
    expect(offsets(cache.from(4, 1))).toEqual([4]);
  });
});
