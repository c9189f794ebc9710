import { describe, expect, test } from "bun:test";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "./segment-header.ts";

const header: SegmentHeader = {
  logId: "01a1fcf0-6b41-76c4-a754-c0ddeea850fc",
  partition: 3,
  sequence: 9,
  salt: { high: 0x01020304, low: 0xfffefdfc },
  firstOffset: 2 ** 40 + 5,
  size: 64 * 1024 * 1024,
  previous: { sequence: 8, salt: { high: 0xa0a0a0a0, low: 7 }, endPosition: 67_108_000 },
};

describe("a segment's header", () => {
  test("comes back as it was", () => {
    const block = encodeSegmentHeader(header);
    expect(block.length).toBe(SEGMENT_HEADER_BYTES);
    expect(decodeSegmentHeader(block)).toEqual({ kind: "header", header });
  });

  test("has these bytes, for ever", () => {
    const block = encodeSegmentHeader(header);
    expect(block.subarray(0, 96).toString("hex").match(/.{32}/g)).toEqual([
      "456e74444273656700010000" + "00000003",
      "01a1fcf06b4176c4a754c0ddeea850fc",
      "01020304fffefdfc" + "0000000000000009",
      "0000010000000005" + "0000000004000000",
      "0000000000000008" + "a0a0a0a000000007",
      "0000000003fffca0" + "0000000000000000",
    ]);
    expect(block.subarray(96, 4092).every((byte) => byte === 0)).toBe(true);
    expect(block.subarray(4092).toString("hex")).toBe("ac9eb67e");
  });

  test("is damaged by every flipped bit", () => {
    const block = encodeSegmentHeader(header);
    for (let bit = 0; bit < block.length * 8; bit++) {
      block[bit >> 3] = (block[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeSegmentHeader(block).kind).toBe("damaged");
      block[bit >> 3] = (block[bit >> 3] as number) ^ (1 << (bit & 7));
    }
  });

  test("zeros are a segment that was not begun; fewer bytes are damage", () => {
    expect(decodeSegmentHeader(new Uint8Array(SEGMENT_HEADER_BYTES)).kind).toBe("blank");
    expect(decodeSegmentHeader(new Uint8Array(SEGMENT_HEADER_BYTES - 1)).kind).toBe("damaged");
    expect(decodeSegmentHeader(encodeSegmentHeader(header).subarray(1)).kind).toBe("damaged");
  });
});
