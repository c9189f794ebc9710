import { expect, test } from "bun:test";
import fc from "fast-check";
import { outlivingDates } from "../../test/harness/quick-collection.ts";
import { NumberMap } from "./number-map.ts";

/** Few enough to meet, some that share their lower bits, and the largest that there are. */
const keys = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 40 }).map((n) => n * 2 ** 20),
  fc.maxSafeNat(),
);
const steps = fc.array(fc.tuple(fc.constantFrom("set", "delete", "get"), keys), {
  maxLength: 300,
});

test("is a Map to whoever uses it", () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const map = new NumberMap<number>();
      const model = new Map<number, number>();
      for (const [step, [what, key]] of taken.entries()) {
        if (what === "delete") expect(map.delete(key)).toBe(model.delete(key));
        if (what === "set") {
          map.set(key, step);
          model.set(key, step);
        }
        expect(map.get(key)).toBe(model.get(key));
        expect(map.size).toBe(model.size);
      }
      expect(new Map(map.entries())).toEqual(model);
      expect(new Set(map.values())).toEqual(new Set(model.values()));
      for (const key of model.keys()) expect(map.get(key)).toBe(model.get(key));
      map.clear();
      expect(map.size).toBe(0);
      expect(map.values()).toEqual([]);
    }),
  );
});

test("entries that come and go in order take no more room", () => {
  const map = new NumberMap<number>();
  for (let key = 0; key < 100_000; key++) {
    map.set(key, key);
    if (key >= 8) expect(map.delete(key - 8)).toBe(true);
  }
  expect(map.values().sort((a, b) => a - b)).toEqual([
    99_992, 99_993, 99_994, 99_995, 99_996, 99_997, 99_998, 99_999,
  ]);
});

test("what has gone does not outlive a quick collection", () => {
  const map = new NumberMap<Date>();
  let next = 0;
  const churn = (rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < 8; i++) map.set(next + i, new Date());
      for (let i = 0; i < 8; i++) map.delete(next + i);
      next += 8;
    }
  };
  expect(outlivingDates(churn)).toBeLessThan(100);
});
