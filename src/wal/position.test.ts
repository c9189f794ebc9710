import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  decodePositionToken,
  encodePositionToken,
  formatPosition,
  offsetOfToken,
  parsePosition,
  requireSameLog,
} from "./position.ts";

const logId = "01a1fcf0-6b41-76c4-a754-c0ddeea850fc";
const other = "01a1fcf0-6b41-76c4-a754-c0ddeea850fd";

describe("the readable form", () => {
  test("is partition:offset, both ways", () => {
    expect(formatPosition({ partition: 0, offset: 12_345 })).toBe("0:12345");
    expect(parsePosition("0:12345", "entdb-wal")).toEqual({
      topic: "entdb-wal",
      partition: 0,
      offset: 12_345,
    });
    expect(parsePosition(`3:${Number.MAX_SAFE_INTEGER}`, "t").offset).toBe(Number.MAX_SAFE_INTEGER);
  });

  test.each([
    "",
    "0",
    ":",
    "0:",
    ":1",
    "0:-1",
    "0:1.5",
    "0:01",
    "00:1",
    "0:1 ",
    " 0:1",
    "0:1:2",
    "a:b",
    "0:９",
    "0:9007199254740992",
    "0:1e3",
  ])("%p is no position", (text) => {
    expect(() => parsePosition(text, "t")).toThrow(
      expect.objectContaining({ reason: "INVALID_POSITION" }),
    );
  });
});

describe("the token", () => {
  test("comes back as it was", () => {
    const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(fc.nat(1_000), count, (partition, offset) => {
        const token = encodePositionToken({ logId, partition, offset });
        expect(decodePositionToken(token)).toEqual({ logId, partition, offset });
      }),
    );
  });

  test("has these bytes, for ever", () => {
    const token = encodePositionToken({ logId, partition: 1, offset: 300 });
    expect(Buffer.from(token).toString("hex")).toBe(`01${logId.replaceAll("-", "")}01ac02`);
  });

  test("cut off, lengthened, of another version, empty or huge: INVALID_POSITION", () => {
    const token = encodePositionToken({ logId, partition: 0, offset: 300 });
    const broken = [
      ...Array.from(token, (_, length) => token.subarray(0, length)),
      Uint8Array.from([...token, 0]),
      Uint8Array.from([2, ...token.subarray(1)]),
      new Uint8Array(1_000_000),
      Uint8Array.from([...token.subarray(0, 18), ...new Uint8Array(9).fill(0xff)]),
    ];
    for (const bytes of broken) {
      expect(() => decodePositionToken(bytes)).toThrow(
        expect.objectContaining({ reason: "INVALID_POSITION" }),
      );
    }
  });

  test("any bytes are a position or INVALID_POSITION, nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          const { partition, offset } = decodePositionToken(bytes);
          expect(Number.isSafeInteger(partition) && Number.isSafeInteger(offset)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ reason: "INVALID_POSITION" });
        }
      }),
    );
  });

  test("of another log or partition is refused, of this one it names the offset", () => {
    const token = encodePositionToken({ logId, partition: 0, offset: 300 });
    expect(offsetOfToken(token, { logId, partition: 0 })).toBe(300);
    const foreign = expect.objectContaining({ reason: "POSITION_FROM_ANOTHER_LOG" });
    expect(() => offsetOfToken(token, { logId: other, partition: 0 })).toThrow(foreign);
    expect(() =>
      requireSameLog({ logId, partition: 0, offset: 1 }, { logId, partition: 1 }),
    ).toThrow(foreign);
  });
});
