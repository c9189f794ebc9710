import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { refusal } from "../../test/harness/refusal.ts";
import { EVERY_KIND, EVERY_VALUE, NODE_A, thingWith } from "../../test/harness/schemas.ts";
import { type JsonObject, type JsonValue, parseJson } from "../base/json.ts";
import { stringifyJson } from "../base/json-write.ts";
import { SchemaRegistry } from "./registry.ts";
import type { FieldKind, Value } from "./value.ts";
import { fieldsFromJson, fieldsToJson, valueFromJson, valueToJson } from "./value-json.ts";
import { valueFromText } from "./value-text.ts";

const { table } = new SchemaRegistry(thingWith(...EVERY_KIND)).nodeType(1);
const shape = (kind: FieldKind) =>
  table.fields.find((field) => field.kind === kind) ?? table.get(0);
/** As REST reads it: from text. */
const read = (kind: FieldKind, text: string) => valueFromJson(shape(kind), parseJson(text), "f");

describe("from JSON", () => {
  test.each([
    ["str", '""', ""],
    ["str", '"a\\u00e9"', "aé"],
    ["int", "0", 0n],
    ["int", "-1", -1n],
    ["int", '"42"', 42n],
    ["int", "9007199254740993", 9007199254740993n],
    ["int", '"9007199254740993"', 9007199254740993n],
    ["int", "-9223372036854775808", -(2n ** 63n)],
    ["int", '"9223372036854775807"', 2n ** 63n - 1n],
    ["int", "1.0", 1n],
    ["int", "1e3", 1000n],
    ["float", "0", 0],
    ["float", "0.1", 0.1],
    ["float", "1e300", 1e300],
    ["float", "9007199254740993", 9007199254740992],
    ["bool", "false", false],
    ["timestamp", "1700000000000", 1_700_000_000_000n],
    ["timestamp", '"-5"', -5n],
    ["enum", '"doing"', 2],
    ["enum", "3", 3],
    ["ref", `"${NODE_A}"`, NODE_A],
    ["bytes", '""', new Uint8Array(0)],
    ["bytes", '"AP8="', new Uint8Array([0, 255])],
    ["list_str", '["", "a"]', ["", "a"]],
    ["list_int", '[1, "2", 9007199254740993]', [1n, 2n, 9007199254740993n]],
    ["json", '{"a": [1]}', '{"a":[1]}'],
    ["json", "9007199254740993", "9007199254740993"],
    ["json", "false", "false"],
  ] as const)("%s %s", (kind, text, value) => {
    expect(read(kind, text)).toEqual({ kind, value } as Value);
  });

  test("null is absence for every kind", () => {
    for (const field of table.fields)
      expect(valueFromJson(field, null, "f")).toEqual({ kind: "null" });
  });

  test.each([
    ["int", "1.5", "INVALID_VALUE"],
    ["int", "1e400", "INVALID_VALUE"],
    ["int", "9007199254740993.0", "INVALID_VALUE"],
    ["int", "1.00000000000000000001", "INVALID_VALUE"],
    ["int", '"1.0"', "FIELD_KIND_MISMATCH"],
    ["int", '"01"', "FIELD_KIND_MISMATCH"],
    ["int", '" 1"', "FIELD_KIND_MISMATCH"],
    ["int", '"0x1"', "FIELD_KIND_MISMATCH"],
    ["int", '""', "FIELD_KIND_MISMATCH"],
    ["int", "true", "FIELD_KIND_MISMATCH"],
    ["int", "[]", "FIELD_KIND_MISMATCH"],
    ["float", '"1"', "FIELD_KIND_MISMATCH"],
    ["float", "1e400", "INVALID_VALUE"],
    ["bool", "0", "FIELD_KIND_MISMATCH"],
    ["bool", '"true"', "FIELD_KIND_MISMATCH"],
    ["str", "1", "FIELD_KIND_MISMATCH"],
    ["str", "{}", "FIELD_KIND_MISMATCH"],
    ["timestamp", '"2024-01-15T00:00:00Z"', "FIELD_KIND_MISMATCH"],
    ["enum", '"Doing"', "ENUM_VALUE_UNKNOWN"],
    ["enum", "0", "ENUM_VALUE_UNKNOWN"],
    ["enum", "4", "ENUM_VALUE_UNKNOWN"],
    ["enum", "1.5", "FIELD_KIND_MISMATCH"],
    ["enum", "true", "FIELD_KIND_MISMATCH"],
    ["ref", "1", "FIELD_KIND_MISMATCH"],
    ["bytes", '"AP8"', "INVALID_VALUE"],
    ["bytes", '"A P8="', "INVALID_VALUE"],
    ["bytes", '"AP9="', "INVALID_VALUE"],
    ["bytes", '"_w=="', "INVALID_VALUE"],
    ["bytes", "[0]", "FIELD_KIND_MISMATCH"],
    ["list_str", '"a"', "FIELD_KIND_MISMATCH"],
    ["list_str", '["a", 1]', "FIELD_KIND_MISMATCH"],
    ["list_str", '["a", null]', "FIELD_KIND_MISMATCH"],
    ["list_int", "[1, 1.5]", "INVALID_VALUE"],
  ] as const)("%s refuses %s", (kind, text, reason) => {
    const error = refusal(() => read(kind, text));
    expect(error.reason).toBe(reason);
    expect(error.details["field"]).toStartWith("f");
    expect(error.hint).toBeString();
  });

  test("a number that JavaScript has rounded already is refused too", () => {
    expect(refusal(() => valueFromJson(shape("int"), 2 ** 53, "f")).reason).toBe("INVALID_VALUE");
    expect(valueFromJson(shape("int"), 2 ** 53 - 1, "f")).toEqual({
      kind: "int",
      value: 2n ** 53n - 1n,
    });
    expect(refusal(() => valueFromJson(shape("int"), Number.NaN, "f")).reason).toBe(
      "INVALID_VALUE",
    );
  });

  test("an unknown enum value is answered with the nearest", () => {
    const error = refusal(() => read("enum", '"dooing"'));
    expect(error.message).toBe('f: "dooing" is none of the enum\'s 3 values.');
    expect(error.hint).toBe("Did you mean doing?");
    expect(refusal(() => read("enum", '"blue"')).hint).toBe("Use one of todo, doing, done.");
  });

  test("an item of a list is named", () => {
    expect(refusal(() => read("list_str", '["a", 1]')).details["field"]).toBe("f[1]");
  });
});

describe("to JSON", () => {
  test.each([
    [{ kind: "int", value: 2n ** 53n - 1n }, 9007199254740991],
    [{ kind: "int", value: 2n ** 53n }, "9007199254740992"],
    [{ kind: "int", value: -(2n ** 53n) }, "-9007199254740992"],
    [{ kind: "list_int", value: [0n, 2n ** 63n - 1n] }, [0, "9223372036854775807"]],
    [{ kind: "enum", value: 2 }, "doing"],
    [{ kind: "enum", value: 9 }, 9],
    [{ kind: "bytes", value: new Uint8Array([0, 255]) }, "AP8="],
    [{ kind: "bool", value: false }, false],
    [{ kind: "null" }, null],
  ] as [Value, JsonValue][])("%#", (value, json) => {
    expect(valueToJson(shape("enum"), value)).toEqual(json);
  });

  test("and back: the same value, for any value of any kind", () => {
    const any = fc.oneof(
      fc.record({ kind: fc.constant("str" as const), value: fc.string({ unit: "grapheme" }) }),
      fc.record({
        kind: fc.constant("int" as const),
        value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      }),
      fc.record({
        kind: fc.constant("float" as const),
        value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      }),
      fc.record({ kind: fc.constant("bool" as const), value: fc.boolean() }),
      fc.record({
        kind: fc.constant("timestamp" as const),
        value: fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n }),
      }),
      fc.record({ kind: fc.constant("enum" as const), value: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ kind: fc.constant("list_str" as const), value: fc.array(fc.string()) }),
      fc.record({
        kind: fc.constant("list_int" as const),
        value: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      }),
      fc.record({ kind: fc.constant("json" as const), value: fc.json() }),
      fc.record({ kind: fc.constant("bytes" as const), value: fc.uint8Array() }),
    );
    fc.assert(
      fc.property(any, (value: Value) => {
        if (value.kind === "null") return;
        const field = shape(value.kind);
        const text = stringifyJson({ [field.name]: valueToJson(field, value) });
        const payload = parseJson(text, { keepSources: true });
        const back = fieldsFromJson(table, payload, "payload").get(field.fieldId);
        // A json value of null is absence: that is what JSON's null says of any field.
        if (value.kind === "json" && value.value === "null") expect(back).toEqual({ kind: "null" });
        else expect(back).toEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("payloads", () => {
  test("by name, and back", () => {
    const payload = fieldsToJson(table, EVERY_VALUE);
    expect(Object.keys(payload)).toEqual(table.fields.map((field) => field.name));
    const text = stringifyJson(payload);
    expect(text).toContain('"meta":{"a" : 1}');
    expect([...fieldsFromJson(table, parseJson(text, { keepSources: true }), "payload")]).toEqual([
      ...EVERY_VALUE,
    ]);
  });

  test("a json field keeps its text when the sources were kept", () => {
    const text = '{"meta": {"z" : 1.50, "a":9007199254740993}}';
    const meta = (keepSources: boolean) =>
      fieldsFromJson(table, parseJson(text, { keepSources }), "payload").get(10);
    expect(meta(true)).toEqual({ kind: "json", value: '{"z" : 1.50, "a":9007199254740993}' });
    expect(meta(false)).toEqual({ kind: "json", value: '{"z":1.5,"a":9007199254740993}' });
  });

  test("a field that the schema does not know is not left out", () => {
    expect(fieldsToJson(table, new Map([[99, { kind: "enum", value: 2 }]]))).toEqual({ "99": 2 });
  });

  test.each([
    [{ txet: "a" }, "FIELD_UNKNOWN", "Did you mean text?"],
    [{ "1": "a" }, "FIELD_UNKNOWN", undefined],
    [{ toString: "a" }, "FIELD_UNKNOWN", undefined],
    [{ id: NODE_A }, "SERVER_OWNED_FIELD", "Leave it out of the payload."],
    [{ created_at: 1 }, "SERVER_OWNED_FIELD", undefined],
    [{ version: null }, "SERVER_OWNED_FIELD", undefined],
    [[], "INVALID_REQUEST", undefined],
    [null, "INVALID_REQUEST", undefined],
    ["{}", "INVALID_REQUEST", undefined],
    [{ count: "x" }, "FIELD_KIND_MISMATCH", undefined],
  ] as const)("refusal %#", (payload, reason, hint) => {
    const error = refusal(() =>
      fieldsFromJson(table, payload as JsonObject, "operations[0].payload"),
    );
    expect(error.reason).toBe(reason);
    if (hint !== undefined) expect(error.hint).toBe(hint);
  });

  test("the path says which field", () => {
    const error = refusal(() => fieldsFromJson(table, { count: true }, "operations[0].payload"));
    expect(error.message).toBe("operations[0].payload.count: takes int, not a boolean.");
  });
});

describe("from plain text", () => {
  test.each([
    ["str", "36", { kind: "str", value: "36" }],
    ["str", "", { kind: "str", value: "" }],
    ["int", "36", { kind: "int", value: 36n }],
    ["int", "9223372036854775807", { kind: "int", value: 2n ** 63n - 1n }],
    ["float", "-1.5e3", { kind: "float", value: -1500 }],
    ["float", "1", { kind: "float", value: 1 }],
    ["bool", "true", { kind: "bool", value: true }],
    ["bool", "false", { kind: "bool", value: false }],
    ["timestamp", "1700000000000", { kind: "timestamp", value: 1_700_000_000_000n }],
    ["enum", "doing", { kind: "enum", value: 2 }],
    ["enum", "3", { kind: "enum", value: 3 }],
    ["ref", NODE_A, { kind: "ref", value: NODE_A }],
    ["bytes", "AP8=", { kind: "bytes", value: new Uint8Array([0, 255]) }],
    ["json", '{"a" : 1}', { kind: "json", value: '{"a" : 1}' }],
    ["list_str", '["a"]', { kind: "list_str", value: ["a"] }],
    ["list_int", "[1]", { kind: "list_int", value: [1n] }],
  ] as [FieldKind, string, Value][])("%s %s", (kind, text, value) => {
    expect(valueFromText(shape(kind), text, "f")).toEqual(value);
  });

  test("an enum's value may look like a number", () => {
    const years = { kind: "enum", enumValues: ["2023", "2024", "1"] } as const;
    expect(valueFromText(years, "1", "f")).toEqual({ kind: "enum", value: 3 });
    expect(valueFromText(years, "2", "f")).toEqual({ kind: "enum", value: 2 });
  });

  test.each([
    ["int", "1.5", "FIELD_KIND_MISMATCH"],
    ["int", "", "FIELD_KIND_MISMATCH"],
    ["float", "x", "FIELD_KIND_MISMATCH"],
    ["float", "Infinity", "FIELD_KIND_MISMATCH"],
    ["bool", "1", "FIELD_KIND_MISMATCH"],
    ["enum", "x", "ENUM_VALUE_UNKNOWN"],
    ["enum", "4", "ENUM_VALUE_UNKNOWN"],
    ["json", "{", "INVALID_REQUEST"],
    ["list_int", "1", "FIELD_KIND_MISMATCH"],
  ] as [FieldKind, string, string][])("%s refuses %j", (kind, text, reason) => {
    expect(refusal(() => valueFromText(shape(kind), text, "f")).reason).toBe(reason as never);
  });
});
