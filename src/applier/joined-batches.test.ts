import { expect, test } from "bun:test";
import { type LogRecord, RECORD_TYPE } from "../wal/wal.ts";
import { JOINED_RECORDS, JoinedBatches } from "./joined-batches.ts";

const MiB = 1024 * 1024;

function joined(sizes: readonly number[], until: number, body = new Uint8Array(1)) {
  const joining = new JoinedBatches(until);
  let offset = 0;
  return sizes.flatMap((size) => {
    const record = (): LogRecord => ({
      ...{ offset: offset++, logTime: 1, type: RECORD_TYPE.record, body },
    });
    const batch = joining.add(Array.from({ length: size }, record));
    return batch === undefined ? [] : [{ first: batch[0]?.offset, records: batch.length }];
  });
}

test("batches are joined in their order, up to so many records and one batch", () => {
  expect(joined([...Array(9).fill(1_000), 7, 5], 9_012)).toEqual([
    { first: 0, records: 9_000 },
    { first: 9_000, records: 12 },
  ]);
  expect(JOINED_RECORDS).toBe(8_192);
});

test("from an offset on they come as they are, at once", () => {
  const asTheyAre = [
    { first: 0, records: 7 },
    { first: 7, records: 1 },
    { first: 8, records: 4 },
  ];
  expect(joined([3, 4, 1, 4], 7)).toEqual(asTheyAre);
  expect(joined([3, 4, 1, 4], 5)).toEqual(asTheyAre);
  expect(joined([7, 1, 4], 0)).toEqual(asTheyAre);
});

test("large records fill a batch sooner", () => {
  expect(joined([3, 3, 3, 3, 1], 13, new Uint8Array(4 * MiB))).toEqual([
    { first: 0, records: 6 },
    { first: 6, records: 6 },
    { first: 12, records: 1 },
  ]);
});

test("what is not whole waits", () => {
  expect(joined([3, 4], 100)).toEqual([]);
});
