import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { measurementOf, quantile } from "./figures.ts";

describe("quantiles", () => {
  test("of a hundred values: half lie below p50, one at or above p99", () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(quantile(values, 0.5)).toBe(51);
    expect(quantile(values, 0.99)).toBe(100);
  });

  test("of one value is that value, of none 0", () => {
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBe(0);
  });

  test("are values that were measured, and at most a hundredth of them lie above p99", () => {
    const latencies = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(latencies, (values) => {
        const { p50Ms, p99Ms } = measurementOf(values, 1);
        expect(values).toContain(p50Ms);
        expect(values).toContain(p99Ms);
        expect(p50Ms).toBeLessThanOrEqual(p99Ms);
        expect(values.filter((value) => value > p99Ms).length).toBeLessThanOrEqual(
          values.length / 100,
        );
      }),
    );
  });
});

test("calls a second are those that were answered over the whole time", () => {
  expect(measurementOf([3, 1, 2], 0.5)).toEqual({
    ...{ calls: 3, seconds: 0.5, callsPerSecond: 6 },
    ...{ p50Ms: 2, p99Ms: 3 },
  });
});
