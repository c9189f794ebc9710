import { expect, test } from "bun:test";
import fc from "fast-check";
import { LineMemory, PiecePool } from "./line-memory.ts";

const line = fc.string({ unit: "grapheme-ascii", maxLength: 9_000 }).map((text) => `${text}\n`);
const written = (memory: LineMemory, from: number) =>
  Buffer.concat(memory.from(from)).toString("latin1");

test("holds what was added, from any place on, however it lies in pieces", () => {
  const pool = new PiecePool();
  fc.assert(
    fc.property(fc.array(line, { maxLength: 200 }), fc.nat(), (lines, place) => {
      const memory = new LineMemory(pool);
      for (const one of lines) memory.add(one);
      const all = lines.join("");
      expect(memory.bytes).toBe(all.length);
      const from = place % (all.length + 1);
      expect(written(memory, from)).toBe(all.slice(from));
      expect(memory.heldBytes).toBeLessThanOrEqual(2 * all.length + 4_096);
      memory.release();
      expect(memory.heldBytes).toBe(0);
    }),
  );
});

test("uses what was given back again, as far as it is kept", () => {
  const pool = new PiecePool();
  const text = "x".repeat(1024 * 1024);
  const fill = () => {
    const memory = new LineMemory(pool);
    memory.add(text);
    return memory;
  };
  const first = fill();
  const pieces = new Set(first.from(0).map(({ buffer }) => buffer));
  first.release();
  const second = fill();
  const again = second.from(0).filter(({ buffer }) => pieces.has(buffer));
  expect(again.length).toBeGreaterThan(1);
  expect(written(second, 0)).toBe(text);
});
