import { expect, test } from "bun:test";
import fc from "fast-check";
import { firstIndex } from "./first-index.ts";

test("finds what a search from the beginning finds, and looks only where it may", () => {
  const bounds = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(60));
  fc.assert(
    fc.property(bounds, ([from, length, start]) => {
      const to = from + length;
      const found = firstIndex(from, to, (i) => {
        expect(i >= from && i < to).toBe(true);
        return i >= start;
      });
      expect(found).toBe(Math.max(from, Math.min(start, to)));
    }),
  );
});
