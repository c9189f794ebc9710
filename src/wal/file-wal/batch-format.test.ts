import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RECORD_TYPE } from "../wal.ts";
import { BatchEncoder } from "./batch-encoder.ts";
import {
  BATCH_HEADER_BYTES,
  type BatchReading,
  batchPattern,
  readBatch,
  readRecords,
} from "./batch-format.ts";

const salt = { high: 0xdeadbeef, low: 0x00000001 };
const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function encode(firstOffset: number, logTime: number, bodies: readonly Uint8Array[]): Uint8Array {
  const encoder = new BatchEncoder();
  encoder.begin(salt, firstOffset);
  for (const body of bodies) encoder.add(RECORD_TYPE.record, logTime, body);
  return encoder.finish().slice();
}

function read(bytes: Uint8Array, at = 0, room = bytes.length - at): BatchReading {
  return readBatch(bytes, viewOf(bytes), at, room, salt);
}

function recordsIn(bytes: Uint8Array, at = 0) {
  const batch = read(bytes, at);
  return batch.kind === "batch" ? readRecords(bytes, viewOf(bytes), at, batch) : undefined;
}

describe("a batch", () => {
  test("has these bytes, for ever", () => {
    const bytes = encode(2 ** 33 + 1, 1_700_000_000_123, [Buffer.from("hi"), Buffer.alloc(0)]);
    const rows = [
      "45426174" + "0001" + "0000" + "deadbeef00000001",
      "0000000200000001" + "00000002" + "00000032",
    ];
    const records = [
      "0000001a" + "01000000" + "0000000200000001" + "0000018bcfe5687b" + "6869",
      "00000018" + "01000000" + "0000000200000002" + "0000018bcfe5687b",
    ];
    const sum = "00000000" + "443704fa";
    expect(Buffer.from(bytes).toString("hex")).toBe([...rows, sum, ...records].join(""));
  });

  test("comes back as it was, at any place, whatever is in it", () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 });
    const offsets = fc.integer({ min: 0, max: 2 ** 52 });
    fc.assert(
      fc.property(bodies, offsets, offsets, fc.nat(64), (given, first, logTime, at) => {
        const bytes = Buffer.concat([
          Buffer.alloc(at, 0xff),
          encode(first, logTime, given),
          Buffer.alloc(50),
        ]);
        expect(recordsIn(bytes, at)).toEqual(
          given.map((body, i) => ({
            offset: first + i,
            logTime,
            type: RECORD_TYPE.record,
            body: Buffer.from(body),
          })),
        );
      }),
    );
  });

  test("the encoder's buffer grows with the batch and serves the next", () => {
    const encoder = new BatchEncoder();
    const body = Buffer.alloc(100_000, 7);
    encoder.begin(salt, 1);
    for (let i = 0; i < 50; i++) encoder.add(RECORD_TYPE.record, 5, body);
    expect(recordsIn(encoder.finish())?.length).toBe(50);
    encoder.begin(salt, 51);
    encoder.add(RECORD_TYPE.record, 6, Buffer.from("small"));
    expect(recordsIn(encoder.finish())).toMatchObject([{ offset: 51, logTime: 6 }]);
  });

  test("is no batch with any bit flipped, or with another segment's salt", () => {
    const bytes = encode(7, 8, [Buffer.from("a record's body"), Buffer.from("another")]);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(read(flipped).kind).not.toBe("batch");
      expect(read(flipped).kind).not.toBe("zero");
    }
    expect(readBatch(bytes, viewOf(bytes), 0, bytes.length, { high: 1, low: 1 }).kind).toBe(
      "damaged",
    );
  });

  test("is short when fewer bytes are in sight, damaged when its segment has no room for it", () => {
    const bytes = encode(7, 8, [Buffer.from("a record's body")]);
    for (let length = 1; length < bytes.length; length++) {
      const part = bytes.subarray(0, length);
      const wanted = length < BATCH_HEADER_BYTES ? BATCH_HEADER_BYTES : bytes.length;
      expect(read(part, 0, bytes.length)).toEqual({ kind: "short", totalBytes: wanted });
      if (length >= BATCH_HEADER_BYTES) expect(read(part).kind).toBe("damaged");
    }
  });

  test("zeros, and the last bytes of a segment, are the end of the log", () => {
    expect(read(new Uint8Array(100)).kind).toBe("zero");
    expect(read(new Uint8Array(100), 61).kind).toBe("zero");
    expect(read(new Uint8Array(0)).kind).toBe("zero");
    const dirty = new Uint8Array(100);
    dirty[BATCH_HEADER_BYTES - 1] = 1;
    expect(read(dirty).kind).toBe("damaged");
    expect(read(Uint8Array.from([...dirty.subarray(1), 0, 0])).kind).toBe("damaged");
  });

  test("starts with a pattern that tells it from others", () => {
    const bytes = encode(7, 8, [Buffer.from("x")]);
    expect(Buffer.from(bytes).indexOf(batchPattern(salt))).toBe(0);
    expect(Buffer.from(bytes).indexOf(batchPattern({ high: 1, low: 2 }))).toBe(-1);
  });

  test("with records that do not fill it, or are not dense, is not taken", () => {
    const bytes = encode(7, 8, [Buffer.from("first"), Buffer.from("second")]);
    const batch = { kind: "batch", firstOffset: 7, count: 2, totalBytes: bytes.length } as const;
    const records = (changed: Partial<typeof batch>, from: Uint8Array = bytes) =>
      readRecords(from, viewOf(from), 0, { ...batch, ...changed });
    expect(records({})).toHaveLength(2);
    expect(records({ count: 1 as never })).toBeUndefined();
    expect(records({ count: 3 as never })).toBeUndefined();
    expect(records({ firstOffset: 8 as never })).toBeUndefined();
    expect(records({ totalBytes: (bytes.length - 1) as never })).toBeUndefined();
    const otherType = bytes.slice();
    otherType[BATCH_HEADER_BYTES + 4] = 9;
    expect(records({}, otherType)).toBeUndefined();
  });
});
