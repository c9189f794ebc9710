import { describe, expect, test } from "bun:test";
import { create, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import fc from "fast-check";
import { CreateNodeSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { ValueSchema } from "../../gen/entdb/v1/model_pb.ts";
import { refusal } from "../../test/harness/refusal.ts";
import type { Fields, Value } from "../schema/value.ts";
import { decodeFields, decodeValue, decodeValues } from "./decode-value.ts";
import { encodeFields, encodeValue } from "./encode-value.ts";

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: "grapheme" });

const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.constant<Value>({ kind: "null" }),
  text.map((value): Value => ({ kind: "str", value })),
  int64.map((value): Value => ({ kind: "int", value })),
  // As values are kept: JSON has no -0, and neither has the engine.
  fc.double({ noNaN: true }).map((value): Value => ({ kind: "float", value: value + 0 })),
  fc.boolean().map((value): Value => ({ kind: "bool", value })),
  int64.map((value): Value => ({ kind: "timestamp", value })),
  fc.nat().map((value): Value => ({ kind: "enum", value })),
  fc.array(text).map((value): Value => ({ kind: "list_str", value })),
  fc.array(int64).map((value): Value => ({ kind: "list_int", value })),
  text.map((value): Value => ({ kind: "ref", value })),
  fc.json().map((value): Value => ({ kind: "json", value })),
  fc.uint8Array().map((value): Value => ({ kind: "bytes", value })),
);

describe("values", () => {
  test("come back as they went, in protobuf and in JSON", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const message = encodeValue(value);
        const binary = fromBinary(ValueSchema, toBinary(ValueSchema, message));
        expect(decodeValue(binary, "value")).toEqual(value);
        const json = fromJsonString(ValueSchema, toJsonString(ValueSchema, message));
        expect(decodeValue(json, "value")).toEqual(value);
      }),
    );
  });

  test("come back by field id, in ascending order, whatever order they were sent in", () => {
    const fields: Fields = new Map([
      [4_294_967_295, { kind: "bool", value: false }],
      [10, { kind: "str", value: "" }],
      [2, { kind: "int", value: 0n }],
    ]);
    const message = create(CreateNodeSchema, { fields: encodeFields(fields) });
    const received = fromBinary(CreateNodeSchema, toBinary(CreateNodeSchema, message));
    const decoded = decodeFields(received.fields, "fields");
    expect([...decoded.keys()]).toEqual([2, 10, 4_294_967_295]);
    expect(new Map(decoded)).toEqual(new Map(fields));
  });

  test("without a kind are refused, with their place", () => {
    const none = create(ValueSchema);
    const cases: [() => unknown, string][] = [
      [() => decodeValue(none, "values[3]"), "values[3]"],
      [() => decodeValue(undefined, "preconditions[0].value"), "preconditions[0].value"],
      [() => decodeFields({ 7: none }, "fields"), "fields[7]"],
      [() => decodeValues([encodeValue({ kind: "null" }), none], "values"), "values[1]"],
    ];
    for (const [decode, path] of cases) {
      const error = refusal(decode);
      expect([error.reason, error.details["field"]]).toEqual(["INVALID_REQUEST", path]);
    }
  });
});
