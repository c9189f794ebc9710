import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { EVERY_VALUE } from "../../test/harness/schemas.ts";
import { ByteReader, ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import type { Fields, Value } from "../schema/value.ts";
import { decodeFields, encodeFields, readValue, writeFields } from "./value-codec.ts";

interface GoldenField {
  readonly field_id: number;
  readonly kind: Value["kind"];
  readonly value?: unknown;
}

const golden: {
  readonly vectors: readonly {
    readonly name: string;
    readonly fields: readonly GoldenField[];
    readonly hex: string;
  }[];
} = JSON.parse(readFileSync(new URL("../../test/golden/values.json", import.meta.url), "utf8"));

function goldenValue({ kind, value }: GoldenField): Value {
  switch (kind) {
    case "int":
    case "timestamp":
      return { kind, value: BigInt(value as string) };
    case "list_int":
      return { kind, value: (value as string[]).map(BigInt) };
    case "bytes":
      return { kind, value: new Uint8Array(Buffer.from(value as string, "hex")) };
    case "null":
      return { kind };
    default:
      return { kind, value } as Value;
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

describe("golden values", () => {
  test.each(golden.vectors.map((vector) => [vector.name, vector] as const))(
    "%s",
    (_name, vector) => {
      const fields = new Map(vector.fields.map((field) => [field.field_id, goldenValue(field)]));
      expect(hex(encodeFields(fields))).toBe(vector.hex);
      expect([...decodeFields(bytesOf(vector.hex))]).toEqual([...fields]);
      const backwards = new Map([...fields].reverse());
      expect(hex(encodeFields(backwards))).toBe(vector.hex);
    },
  );

  test("by hand: version, count, then ascending id, tag, body", () => {
    const fields: Fields = new Map<number, Value>([
      [300, { kind: "bool", value: false }],
      [1, { kind: "str", value: "hi" }],
      [2, { kind: "int", value: -2n }],
    ]);
    expect(hex(encodeFields(fields))).toBe(
      ["01", "03", "01", "01", "02", "6869", "02", "02", "fffffffffffffffe", "ac02", "04"].join(""),
    );
  });
});

const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.constant({ kind: "null" } as const),
  fc.record({ kind: fc.constant("str" as const), value: fc.string({ unit: "grapheme" }) }),
  fc.record({
    kind: fc.constant("str" as const),
    value: fc.string({ minLength: 30, maxLength: 200 }),
  }),
  fc.record({
    kind: fc.constantFrom("int" as const, "timestamp" as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({ kind: fc.constant("float" as const), value: fc.double({ noNaN: true }) }),
  fc.record({ kind: fc.constant("bool" as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant("enum" as const), value: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({ kind: fc.constant("list_str" as const), value: fc.array(fc.string()) }),
  fc.record({
    kind: fc.constant("list_int" as const),
    value: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  }),
  fc.record({ kind: fc.constant("bytes" as const), value: fc.uint8Array() }),
);

describe("property", () => {
  test("what was written is read, and takes all of the bytes", () => {
    const anyFields = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), anyValue))
      .map((entries) => new Map(entries));
    fc.assert(
      fc.property(anyFields, (fields) => {
        const decoded = decodeFields(encodeFields(fields));
        expect([...decoded]).toEqual([...fields].sort((a, b) => a[0] - b[0]));
      }),
    );
  });

  test("every shorter text is damage, never other fields", () => {
    const whole = encodeFields(EVERY_VALUE);
    for (let length = 1; length < whole.length; length++) {
      expect(() => decodeFields(whole.subarray(0, length))).toThrow(MalformedBytesError);
    }
  });
});

describe("damage is named", () => {
  test.each([
    ["another version", "0200"],
    ["an unknown tag", "0101010d"],
    ["bytes behind the last field", "0100ff"],
    ["a varint without end", `01${"ff".repeat(9)}`],
    ["text that is not UTF-8", "0101010102c328"],
    ["a length beyond the end", "0101010105ff"],
  ])("%s", (_name, text) => {
    expect(() => decodeFields(bytesOf(text))).toThrow(MalformedBytesError);
  });
});

test("fields inside another encoding count themselves, also when there are none", () => {
  const writer = new ByteWriter();
  writeFields(writer, new Map());
  expect(hex(writer.take())).toBe("0100");
  expect(encodeFields(new Map())).toHaveLength(0);
  expect(decodeFields(new Uint8Array(0)).size).toBe(0);
});

test("bytes that were read do not share the buffer they came from", () => {
  const buffer = bytesOf("0c020102");
  const value = readValue(new ByteReader(buffer));
  buffer.fill(0);
  expect(value).toEqual({ kind: "bytes", value: new Uint8Array([1, 2]) });
});
