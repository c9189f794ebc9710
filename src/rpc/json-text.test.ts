import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { JSON_OPTIONS, quoteLongNumbers } from "./json-text.ts";

describe("long numbers", () => {
  test.each([
    ["9007199254740993", '"9007199254740993"'],
    ["-9223372036854775808", '"-9223372036854775808"'],
    ['{"a":1234567890123456,"b":12}', '{"a":"1234567890123456","b":12}'],
    ["[900719925474099.3e1,0.1]", '["900719925474099.3e1",0.1]'],
    ['"9007199254740993"', '"9007199254740993"'],
    ['{"1234567890123456":1}', '{"1234567890123456":1}'],
    ['"a\\"1234567890123456"', '"a\\"1234567890123456"'],
    ['"a\\\\",1234567890123456', '"a\\\\","1234567890123456"'],
    ["123456789012345", "123456789012345"],
    ['"never ends 1234567890123456', '"never ends 1234567890123456'],
    ["-", "-"],
    ["", ""],
  ])("in %s become text", (text, expected) => expect(quoteLongNumbers(text)).toBe(expected));

  test("are all that changes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const read = JSON.parse(quoteLongNumbers(text), (_key, each) =>
          typeof each === "string" && /^-?\d[\d.eE+-]{14,}$/.test(each) ? Number(each) : each,
        );
        const same = JSON.parse(text, (_key, each) =>
          typeof each === "string" && /^-?\d[\d.eE+-]{14,}$/.test(each) ? Number(each) : each,
        );
        expect(read).toEqual(same);
      }),
    );
  });
});

test("what is no UTF-8 is refused, and a byte-order mark is text", () => {
  const { textDecoder } = JSON_OPTIONS;
  expect(() => textDecoder.decode(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(TypeError);
  expect(textDecoder.decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31))).toBe("\ufeff1");
});
