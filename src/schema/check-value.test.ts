import { describe, expect, test } from "bun:test";
import { refusal } from "../../test/harness/refusal.ts";
import { EVERY_VALUE, NODE_A } from "../../test/harness/schemas.ts";
import { limits } from "../base/limits.ts";
import { checkFields, checkText, checkValue } from "./check-value.ts";
import { NULL_VALUE, type Value } from "./value.ts";

const list = (count: number) => Array.from({ length: count }, () => "");
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
/** JSON text of exactly so many bytes. */
const jsonOf = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;

describe("taken as it is", () => {
  test.each([
    ...[...EVERY_VALUE.values()],
    NULL_VALUE,
    { kind: "str", value: "" },
    { kind: "str", value: "\u{1f600} é \uffff \u0001" },
    { kind: "int", value: -(2n ** 63n) },
    { kind: "int", value: 2n ** 63n - 1n },
    { kind: "float", value: 0 },
    { kind: "float", value: Number.MAX_VALUE },
    { kind: "float", value: 5e-324 },
    { kind: "timestamp", value: 8_640_000_000_000_000n },
    { kind: "timestamp", value: -8_640_000_000_000_000n },
    { kind: "enum", value: 1 },
    { kind: "enum", value: limits.enumValuesPerField },
    { kind: "list_str", value: list(limits.listItemsPerValue) },
    { kind: "list_int", value: [] },
    { kind: "json", value: " null " },
    { kind: "json", value: jsonOf(limits.jsonValueBytes) },
    { kind: "json", value: `"${"é".repeat(limits.jsonValueBytes / 2 - 1)}"` },
    { kind: "json", value: nested(limits.jsonValueDepth) },
    { kind: "json", value: '{"a": 1, "a": 2, "b": 1e999, "c": "\\u0000"}' },
    { kind: "json", value: `"${"[".repeat(500)}"` },
    { kind: "bytes", value: new Uint8Array(0) },
  ] as Value[])("%#", (value) => {
    expect(checkValue(value, "f")).toBe(value);
  });
});

test("-0 becomes 0", () => {
  const checked = checkValue({ kind: "float", value: -0 }, "f");
  expect(checked.kind === "float" && Object.is(checked.value, 0)).toBe(true);
});

describe("refused", () => {
  test.each([
    [{ kind: "str", value: "a\u0000b" }, "INVALID_VALUE", "NUL"],
    [{ kind: "str", value: "a\ud800" }, "INVALID_VALUE", "surrogate"],
    [{ kind: "str", value: "\udc00\ud800" }, "INVALID_VALUE", "surrogate"],
    [{ kind: "int", value: 2n ** 63n }, "INVALID_VALUE", "64 bits"],
    [{ kind: "int", value: -(2n ** 63n) - 1n }, "INVALID_VALUE", "64 bits"],
    [{ kind: "float", value: Number.NaN }, "INVALID_VALUE", "finite"],
    [{ kind: "float", value: Number.POSITIVE_INFINITY }, "INVALID_VALUE", "finite"],
    [{ kind: "float", value: Number.NEGATIVE_INFINITY }, "INVALID_VALUE", "finite"],
    [{ kind: "timestamp", value: 8_640_000_000_000_001n }, "INVALID_VALUE", "out of range"],
    [{ kind: "timestamp", value: -8_640_000_000_000_001n }, "INVALID_VALUE", "out of range"],
    [{ kind: "enum", value: 0 }, "INVALID_VALUE", "ordinal"],
    [{ kind: "enum", value: 1.5 }, "INVALID_VALUE", "ordinal"],
    [{ kind: "enum", value: limits.enumValuesPerField + 1 }, "INVALID_VALUE", "ordinal"],
    [{ kind: "list_str", value: ["a", "b\u0000"] }, "INVALID_VALUE", "f[1]: the text holds a NUL"],
    [{ kind: "list_int", value: [1n, 2n ** 63n] }, "INVALID_VALUE", "f[1]: "],
    [
      { kind: "list_str", value: list(limits.listItemsPerValue + 1) },
      "LIMIT_EXCEEDED",
      "10001 items",
    ],
    [
      { kind: "list_int", value: list(limits.listItemsPerValue + 1).map(() => 0n) },
      "LIMIT_EXCEEDED",
      "10001 items",
    ],
    [{ kind: "ref", value: "" }, "INVALID_VALUE", "not a node's id"],
    [{ kind: "ref", value: NODE_A.replace("nd_", "ed_") }, "INVALID_VALUE", "not a node's id"],
    [{ kind: "ref", value: NODE_A.toUpperCase() }, "INVALID_VALUE", "not a node's id"],
    [{ kind: "ref", value: `${NODE_A} ` }, "INVALID_VALUE", "not a node's id"],
    [{ kind: "json", value: "" }, "INVALID_VALUE", "not valid JSON"],
    [{ kind: "json", value: "{a: 1}" }, "INVALID_VALUE", "not valid JSON"],
    [{ kind: "json", value: '"\ud800"' }, "INVALID_VALUE", "surrogate"],
    [{ kind: "json", value: jsonOf(limits.jsonValueBytes + 1) }, "LIMIT_EXCEEDED", "65537 bytes"],
    [
      { kind: "json", value: `"${"é".repeat(limits.jsonValueBytes / 2)}"` },
      "LIMIT_EXCEEDED",
      "bytes",
    ],
    [{ kind: "json", value: nested(limits.jsonValueDepth + 1) }, "LIMIT_EXCEEDED", "nested"],
    [{ kind: "json", value: `"\\\\\\"",${nested(200)}` }, "LIMIT_EXCEEDED", "nested"],
  ] as [Value, string, string][])("%#", (value, reason, message) => {
    const error = refusal(() => checkValue(value, "f"));
    expect(error.code).toBe("invalid_argument");
    expect(error.reason).toBe(reason as never);
    expect(error.message).toStartWith("f");
    expect(error.message).toContain(message);
    expect(error.hint).toBeString();
    expect(error.details["field"]).toStartWith("f");
  });
});

test("fields: the same map unless one is normalised, and paths by field id", () => {
  expect(checkFields(EVERY_VALUE, "fields")).toBe(EVERY_VALUE);
  const zero = new Map<number, Value>([
    [1, { kind: "str", value: "a" }],
    [2, { kind: "float", value: -0 }],
  ]);
  const checked = checkFields(zero, "fields");
  expect(checked).not.toBe(zero);
  expect([...checked]).toEqual([
    [1, { kind: "str", value: "a" }],
    [2, { kind: "float", value: 0 }],
  ]);
  const bad = new Map<number, Value>([[7, { kind: "list_str", value: ["\u0000"] }]]);
  expect(refusal(() => checkFields(bad, "operations[0].fields")).details).toEqual({
    field: "operations[0].fields[7][0]",
  });
});

test("text by itself", () => {
  expect(() => checkText("a", "f")).not.toThrow();
  expect(refusal(() => checkText("\u0000", "f")).reason).toBe("INVALID_VALUE");
});
