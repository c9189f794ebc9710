import { expect, test } from "bun:test";
import fc from "fast-check";
import { PiecePool, SegmentMemory } from "./segment-memory.ts";

const run = fc.uint8Array({ maxLength: 9_000 });
const written = (memory: SegmentMemory, from: number) => Buffer.concat(memory.from(from));

test("holds what was added, from any place on, however it lies in pieces", () => {
  const pool = new PiecePool();
  fc.assert(
    fc.property(fc.array(run, { maxLength: 200 }), fc.nat(), (runs, place) => {
      const memory = new SegmentMemory(pool);
      for (const one of runs) memory.add(one);
      const all = Buffer.concat(runs);
      expect(memory.bytes).toBe(all.length);
      const from = place % (all.length + 1);
      expect(written(memory, from)).toEqual(all.subarray(from));
      expect(memory.heldBytes).toBeLessThanOrEqual(2 * all.length + 4_096);
      memory.release();
      expect(memory.heldBytes).toBe(0);
    }),
  );
});

test("uses what was given back again, as far as it is kept", () => {
  const pool = new PiecePool();
  const bytes = Buffer.alloc(1024 * 1024, "x");
  const fill = () => {
    const memory = new SegmentMemory(pool);
    memory.add(bytes);
    return memory;
  };
  const first = fill();
  const pieces = new Set(first.from(0).map(({ buffer }) => buffer));
  first.release();
  const second = fill();
  const again = second.from(0).filter(({ buffer }) => pieces.has(buffer));
  expect(again.length).toBeGreaterThan(1);
  expect(written(second, 0)).toEqual(bytes);
});
