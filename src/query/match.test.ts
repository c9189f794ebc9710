import { describe, expect, test } from "bun:test";
import { EVERY_VALUE, NODE_A, NODE_B } from "../../test/harness/schemas.ts";
import type { Value } from "../schema/value.ts";
import { compileFilter } from "./match.ts";
import type { Row } from "./operand.ts";
import type { ComparisonOp, Filter, NodeAttribute } from "./query.ts";

const row: Row = { id: NODE_B, version: 3, createdAt: 100, updatedAt: 200, fields: EVERY_VALUE };
const empty: Row = { ...row, fields: new Map() };

const on = (fieldId: number, op: ComparisonOp, ...values: Value[]): Filter => ({
  op,
  operand: { of: "field", fieldId },
  values,
});
const onAttribute = (attribute: NodeAttribute, op: ComparisonOp, ...values: Value[]): Filter => ({
  op,
  operand: { of: "attribute", attribute },
  values,
});
const str = (value: string): Value => ({ kind: "str", value });
const int = (value: bigint): Value => ({ kind: "int", value });
const time = (value: bigint): Value => ({ kind: "timestamp", value });
const ref = (value: string): Value => ({ kind: "ref", value });
const bytes = (...value: number[]): Value => ({ kind: "bytes", value: new Uint8Array(value) });

describe("comparisons with what is there", () => {
  test.each([
    [on(1, "eq", str("a")), true],
    [on(1, "neq", str("a")), false],
    [on(1, "neq", str("b")), true],
    [on(1, "gt", str("A")), true],
    [on(1, "lte", str("a")), true],
    [on(1, "like", str("_")), true],
    [on(1, "contains", str("")), true],
    [on(1, "contains", str("b")), false],
    [on(2, "eq", int(1n)), true],
    [on(2, "lt", int(1n)), false],
    [on(2, "in", int(5n), int(1n)), true],
    [on(2, "in", int(5n)), false],
    [on(3, "gte", { kind: "float", value: 1.5 }), true],
    [on(4, "eq", { kind: "bool", value: false }), true],
    [on(4, "lt", { kind: "bool", value: true }), true],
    [on(5, "gt", time(0n)), true],
    [on(6, "eq", { kind: "enum", value: 2 }), true],
    [on(6, "lt", { kind: "enum", value: 3 }), true],
    [on(7, "contains", str("y")), true],
    [on(7, "contains", str("")), false],
    [on(7, "eq", { kind: "list_str", value: ["x", "y"] }), true],
    [on(7, "neq", { kind: "list_str", value: ["y", "x"] }), true],
    [on(8, "contains", int(2n)), true],
    [on(8, "eq", { kind: "list_int", value: [1n] }), false],
    [on(9, "eq", ref(NODE_A)), true],
    [on(9, "lt", ref(NODE_B)), true],
    [on(11, "eq", bytes(0, 255)), true],
    [on(11, "in", bytes(1), bytes(0, 255)), true],
    [on(11, "gt", bytes(0)), true],
    [on(10, "is_null"), false],
    [onAttribute("id", "eq", ref(NODE_B)), true],
    [onAttribute("id", "gt", ref("nd_")), true],
    [onAttribute("created_at", "eq", time(100n)), true],
    [onAttribute("created_at", "gt", time(100n)), false],
    [onAttribute("updated_at", "in", time(1n), time(200n)), true],
    [onAttribute("version", "gte", int(3n)), true],
    [onAttribute("version", "is_null"), false],
  ])("case %#", (filter, matches) => {
    expect(compileFilter(filter)(row)).toBe(matches);
  });
});

describe("absence", () => {
  test("every comparison with an absent field is false, neq too", () => {
    for (const op of ["eq", "neq", "gt", "gte", "lt", "lte", "in", "like", "contains"] as const) {
      expect(compileFilter(on(1, op, str("a")))(empty)).toBe(false);
    }
  });

  test("is_null is the test for it", () => {
    expect(compileFilter(on(1, "is_null"))(empty)).toBe(true);
    expect(compileFilter(on(1, "is_null"))(row)).toBe(false);
  });

  test("0, empty text, false and an empty list are there", () => {
    const zeros: Row = {
      ...row,
      fields: new Map<number, Value>([
        [1, str("")],
        [2, int(0n)],
        [4, { kind: "bool", value: false }],
        [7, { kind: "list_str", value: [] }],
      ]),
    };
    for (const fieldId of [1, 2, 4, 7])
      expect(compileFilter(on(fieldId, "is_null"))(zeros)).toBe(false);
    expect(compileFilter(on(1, "eq", str("")))(zeros)).toBe(true);
  });
});

describe("groups", () => {
  const yes = on(1, "eq", str("a"));
  const no = on(1, "eq", str("b"));
  test.each([
    ["and", [yes], true],
    ["and", [yes, no], false],
    ["and", [yes, yes, yes], true],
    ["and", [yes, yes, no], false],
    ["or", [no], false],
    ["or", [no, yes], true],
    ["or", [no, no, no], false],
    ["or", [no, no, yes], true],
  ] as const)("%s %#", (op, filters, matches) => {
    expect(compileFilter({ op, filters })(row)).toBe(matches);
  });

  test("no filter matches every row", () => {
    expect(compileFilter(undefined)(empty)).toBe(true);
  });

  test("groups inside groups", () => {
    const filter: Filter = {
      op: "and",
      filters: [
        { op: "or", filters: [no, yes] },
        { op: "and", filters: [yes] },
      ],
    };
    expect(compileFilter(filter)(row)).toBe(true);
    expect(compileFilter(filter)(empty)).toBe(false);
  });
});
