import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EntError } from "./errors.ts";
import {
  isJsonObject,
  JsonDecimal,
  type JsonObject,
  type JsonValue,
  parseJson,
  RawJson,
  sourceOf,
} from "./json.ts";
import { stringifyJson } from "./json-write.ts";
import { limits } from "./limits.ts";

function refusal(run: () => unknown): EntError {
  try {
    run();
  } catch (error) {
    if (error instanceof EntError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** What JSON.parse makes of the numbers that we keep exact. */
function rounded(value: JsonValue): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof JsonDecimal) return value.nearest;
  if (Array.isArray(value)) return value.map(rounded);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rounded(member)]));
}

describe("parseJson", () => {
  test("reads what JSON.parse reads, the same", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(0, 2), (text, indent) => {
        const value = JSON.parse(text);
        expect(rounded(parseJson(JSON.stringify(value, undefined, indent)))).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  test("agrees with JSON.parse on what is not JSON", () => {
    const alphabet = [...'{}[]:,"\\ntrue1.0e-+ fulsa\u0001é\n'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }), (letters) => {
        const text = letters.join("");
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        let read = true;
        try {
          parseJson(text);
        } catch (error) {
          const twice = error instanceof EntError && error.message.includes("given twice");
          read = twice;
        }
        expect(read).toBe(valid);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["9007199254740991", 9007199254740991],
    ["-9007199254740991", -9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["18446744073709551616", 18446744073709551616n],
    ["1.0", 1],
    ["1e3", 1000],
    ["12.50e1", 125],
    ["100e-2", 1],
    ["0.00001e5", 1],
    ["0e99999", 0],
    ["0.1", 0.1],
    ["1.5", 1.5],
    ["-2.5E+1", -25],
  ])("keeps the number %s exact", (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  test.each([
    "1.00000000000000000001",
    "9007199254740993.0",
    "9007199254740992.0",
    "1e400",
    "-1e400",
    "1e-400",
    "12345678901234567890123456789012345678901",
  ])("does not take %s for a number it is not", (text) => {
    const value = parseJson(text);
    expect(value).toBeInstanceOf(JsonDecimal);
    expect((value as JsonDecimal).source).toBe(text);
    expect((value as JsonDecimal).nearest).toBe(Number(text));
  });

  test("refuses a key given twice, wherever it stands", () => {
    const error = refusal(() => parseJson('{"a": [{"b": 1, "c": 2, "b": 3}]}'));
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(error.message).toContain('"b" is given twice at line 1, column 25');
  });

  test("__proto__ and constructor are ordinary members", () => {
    const value = parseJson('{"__proto__": {"a": 1}, "constructor": 2}') as JsonObject;
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(refusal(() => parseJson('{"__proto__": 1, "__proto__": 2}')).reason).toBe(
      "INVALID_REQUEST",
    );
  });

  test("tells line and column of what is wrong", () => {
    const error = refusal(() => parseJson('{\n  "a": 1,\n  "b" 2\n}'));
    expect(error.message).toBe('not valid JSON: "2" instead of a colon at line 3, column 7');
    expect(error.details).toEqual({ line: "3", column: "7" });
    expect(refusal(() => parseJson("")).message).toContain("the end instead of a value");
    expect(refusal(() => parseJson('["a')).message).toContain("the end");
    expect(refusal(() => parseJson("1 2")).message).toContain("line 1, column 3");
  });

  test("nesting at the limit and one past it", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(parseJson(nested(limits.jsonBodyDepth))).toBeArray();
    expect(refusal(() => parseJson(nested(limits.jsonBodyDepth + 1))).reason).toBe(
      "LIMIT_EXCEEDED",
    );
    expect(refusal(() => parseJson("[".repeat(1_000_000))).reason).toBe("LIMIT_EXCEEDED");
    expect(refusal(() => parseJson("[[1]]", { maxDepth: 1 })).reason).toBe("LIMIT_EXCEEDED");
  });

  test("tells how a member was written", () => {
    const text = '{"a" :  {"x" : 1.50,\n "y":[1 , 2]} , "b": "\\u0041", "c":-0}';
    const value = parseJson(text, { keepSources: true }) as JsonObject;
    expect(sourceOf(value, "a")).toBe('{"x" : 1.50,\n "y":[1 , 2]}');
    expect(sourceOf(value["a"] as JsonObject, "x")).toBe("1.50");
    expect(sourceOf(value, "b")).toBe('"\\u0041"');
    expect(sourceOf(value, "c")).toBe("-0");
    expect(sourceOf(value, "d")).toBeUndefined();
    expect(sourceOf(parseJson(text) as JsonObject, "a")).toBeUndefined();
  });

  test("an object is an object and nothing else", () => {
    expect(isJsonObject({})).toBe(true);
    const others: (JsonValue | undefined)[] = [
      null,
      undefined,
      [],
      "a",
      1,
      1n,
      true,
      new RawJson("{}"),
      new JsonDecimal("1e400", Number.POSITIVE_INFINITY),
    ];
    for (const other of others) expect(isJsonObject(other)).toBe(false);
  });
});

describe("stringifyJson", () => {
  test("writes what JSON.stringify writes, in one line and indented", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2), (value, indent) => {
        // -0 has no JSON of its own.
        const plain = JSON.parse(JSON.stringify(value));
        expect(stringifyJson(plain, { indent })).toBe(JSON.stringify(plain, undefined, indent));
      }),
    );
  });

  test("bigints, raw text and decimals as they are; undefined members not at all", () => {
    const value = {
      big: 9223372036854775807n,
      raw: new RawJson('{"a" : 1.50}'),
      decimal: new JsonDecimal("1e400", Number.POSITIVE_INFINITY),
      nothing: undefined,
      list: [1n, new RawJson("[ ]")],
    };
    expect(stringifyJson(value)).toBe(
      '{"big":9223372036854775807,"raw":{"a" : 1.50},"decimal":1e400,"list":[1,[ ]]}',
    );
    expect(stringifyJson({ nothing: undefined })).toBe("{}");
  });

  test("sorts members at every level when asked to", () => {
    expect(stringifyJson({ b: [{ d: 1, c: 2 }], a: {} }, { sortKeys: true })).toBe(
      '{"a":{},"b":[{"c":2,"d":1}]}',
    );
  });

  test("raw text survives plain JSON.stringify as an equal value", () => {
    expect(JSON.stringify({ a: new RawJson(' {"b" : 1} ') })).toBe('{"a":{"b":1}}');
  });
});
