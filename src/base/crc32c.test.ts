import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { crc32c } from "./crc32c.ts";

const bytesOf = (length: number, at: (i: number) => number) =>
  Uint8Array.from({ length }, (_, i) => at(i));

/** One bit at a time, straight from the definition. */
function slow(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("CRC-32C", () => {
  test.each([
    ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(0), 0],
    // RFC 3720, appendix B.4.
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", bytesOf(32, () => 0xff), 0x62a8ab43],
    ["32 ascending", bytesOf(32, (i) => i), 0x46dd794e],
    ["32 descending", bytesOf(32, (i) => 31 - i), 0x113fdb5c],
  ])("of %s", (_name, bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
  });

  test("agrees with the definition on any bytes, any range of them, and in any two parts", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(), fc.nat(), (bytes, a, b) => {
        const start = a % (bytes.length + 1);
        const middle = start + (b % (bytes.length - start + 1));
        const whole = slow(bytes.subarray(start));
        expect(crc32c(bytes, 0, start)).toBe(whole);
        expect(crc32c(bytes, crc32c(bytes, 0, start, middle), middle)).toBe(whole);
      }),
    );
  });

  test("finds every single flipped bit", () => {
    const bytes = bytesOf(61, (i) => (i * 37) & 255);
    const sum = crc32c(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(crc32c(flipped)).not.toBe(sum);
    }
  });
});
