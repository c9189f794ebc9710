import { create } from "@bufbuild/protobuf";
import { NullValue } from "@bufbuild/protobuf/wkt";
import {
  IntListSchema,
  StrListSchema,
  ValueSchema,
  type Value as WireValue,
} from "../../gen/entdb/v1/model_pb.ts";
import { unreachable } from "../base/assert.ts";
import type { Fields, Value } from "../schema/value.ts";

/** Values to the wire: the mirror of `decode-value.ts`. */
export function encodeFields(fields: Fields): Record<number, WireValue> {
  const encoded: Record<number, WireValue> = {};
  for (const [fieldId, value] of fields) encoded[fieldId] = encodeValue(value);
  return encoded;
}

export function encodeValue(value: Value): WireValue {
  const message = create(ValueSchema);
  message.kind = kindOf(value);
  return message;
}

function kindOf(value: Value): WireValue["kind"] {
  switch (value.kind) {
    case "null":
      return { case: "nullValue", value: NullValue.NULL_VALUE };
    case "str":
      return { case: "strValue", value: value.value };
    case "int":
      return { case: "intValue", value: value.value };
    case "float":
      return { case: "floatValue", value: value.value };
    case "bool":
      return { case: "boolValue", value: value.value };
    case "timestamp":
      return { case: "timestampValue", value: value.value };
    case "enum":
      return { case: "enumValue", value: value.value };
    case "list_str":
      return { case: "listStrValue", value: create(StrListSchema, { values: [...value.value] }) };
    case "list_int":
      return { case: "listIntValue", value: create(IntListSchema, { values: [...value.value] }) };
    case "ref":
      return { case: "refValue", value: value.value };
    case "json":
      return { case: "jsonValue", value: value.value };
    case "bytes":
      return { case: "bytesValue", value: value.value };
    default:
      return unreachable(value, "a kind of value that the wire does not know");
  }
}
