import { expect, test } from "bun:test";
import fc from "fast-check";
import { AssertionError } from "../base/assert.ts";
import type { Value } from "./value.ts";
import { compareValues } from "./value-order.ts";

/** Values of one kind each, in their order. */
const ORDERED: readonly (readonly Value[])[] = [
  [
    "",
    "A",
    "a",
    "aa",
    "b",
    "z",
    "é",
    "\u07ff",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ].map((value) => ({ kind: "str", value })),
  [-(2n ** 63n), -1n, 0n, 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n].map((value) => ({
    kind: "int",
    value,
  })),
  [-Number.MAX_VALUE, -1, -5e-324, 0, 5e-324, 0.1, 1, Number.MAX_VALUE].map((value) => ({
    kind: "float",
    value,
  })),
  [false, true].map((value) => ({ kind: "bool", value })),
  [-1n, 0n, 1n].map((value) => ({ kind: "timestamp", value })),
  [1, 2, 10].map((value) => ({ kind: "enum", value })),
  [[], [0], [0, 0], [1], [127], [128], [255]].map((value) => ({
    kind: "bytes",
    value: new Uint8Array(value),
  })),
];

test.each(ORDERED.map((values) => [values[0]?.kind, values] as const))("%s", (_kind, values) => {
  for (const [i, a] of values.entries()) {
    for (const [j, b] of values.entries()) {
      expect(Math.sign(compareValues(a, b))).toBe(Math.sign(i - j));
    }
  }
});

test("text in the order of its UTF-8 bytes", () => {
  const text = fc.string({ unit: "binary" }).filter((value) => value.isWellFormed());
  fc.assert(
    fc.property(text, text, fc.constantFrom("", "\ud7ff", "\u{10000}"), (a, b, prefix) => {
      const order = compareValues(
        { kind: "str", value: prefix + a },
        { kind: "str", value: prefix + b },
      );
      expect(Math.sign(order)).toBe(
        Buffer.compare(Buffer.from(prefix + a), Buffer.from(prefix + b)),
      );
    }),
    { numRuns: 2_000 },
  );
});

test("what has no order is a programmer's error", () => {
  const json: Value = { kind: "json", value: "1" };
  expect(() => compareValues(json, json)).toThrow(AssertionError);
  expect(() => compareValues({ kind: "int", value: 1n }, { kind: "float", value: 1 })).toThrow(
    AssertionError,
  );
});
