import { describe, expect, test } from "bun:test";
import type { Value } from "../schema/value.ts";
import type { Row } from "./operand.ts";
import { compileOrder, placeOf, rowAt } from "./order.ts";
import type { NodeAttribute, OrderTerm } from "./query.ts";

const int = (value: number): Value => ({ kind: "int", value: BigInt(value) });
const row = (id: string, fields: readonly [number, Value][] = [], at = 0): Row => ({
  id,
  version: at + 1,
  createdAt: at,
  updatedAt: at * 2,
  fields: new Map(fields),
});
const by = (fieldId: number, descending = false): OrderTerm => ({
  operand: { of: "field", fieldId },
  descending,
});
const byAttribute = (attribute: NodeAttribute, descending = false): OrderTerm => ({
  operand: { of: "attribute", attribute },
  descending,
});
const ids = (rows: readonly Row[], ...terms: OrderTerm[]) =>
  [...rows]
    .sort(compileOrder(terms))
    .map(({ id }) => id)
    .join("");

const rows = [
  row(
    "d",
    [
      [1, int(2)],
      [2, int(1)],
    ],
    1,
  ),
  row("b", [[1, int(1)]], 3),
  row("e", [[2, int(2)]], 2),
  row(
    "a",
    [
      [1, int(2)],
      [2, int(3)],
    ],
    4,
  ),
  row("c", [], 2),
];

describe("order", () => {
  test("without terms, by id", () => {
    expect(ids(rows)).toBe("abcde");
    expect(ids(rows, byAttribute("id", true))).toBe("edcba");
  });

  test("absent fields last, ascending and descending, ties by id", () => {
    expect(ids(rows, by(1))).toBe("badce");
    expect(ids(rows, by(1, true))).toBe("adbce");
  });

  test("several terms, each with its own direction", () => {
    expect(ids(rows, by(1, true), by(2))).toBe("dabec");
    expect(ids(rows, by(1), by(2, true))).toBe("badec");
    expect(ids(rows, by(1), byAttribute("id", true))).toBe("bdaec");
  });

  test("attributes", () => {
    expect(ids(rows, byAttribute("created_at"))).toBe("dceba");
    expect(ids(rows, byAttribute("updated_at", true))).toBe("abced");
    expect(ids(rows, byAttribute("version"), by(2))).toBe("decba");
  });
});

test("a place stands for its row: what comes behind the place comes behind the row", () => {
  const orders = [
    [],
    [byAttribute("id", true)],
    [by(1)],
    [by(1, true)],
    [by(1), by(2, true)],
    [by(2, true), byAttribute("id", true)],
    [byAttribute("created_at"), by(1)],
    [byAttribute("updated_at", true)],
    [byAttribute("version")],
  ];
  for (const terms of orders) {
    const compare = compileOrder(terms);
    for (const a of rows) {
      const place = placeOf(terms, a);
      expect(place).toHaveLength(terms.length + 1);
      const stand = rowAt(terms, place);
      expect(compare(a, stand)).toBe(0);
      for (const b of rows) expect(Math.sign(compare(b, stand))).toBe(Math.sign(compare(b, a)));
    }
  }
});

test("a place holds null for what is absent, and the id last", () => {
  expect(placeOf([by(1), byAttribute("created_at")], row("x", [], 7))).toEqual([
    { kind: "null" },
    { kind: "timestamp", value: 7n },
    { kind: "ref", value: "x" },
  ]);
});
