import { expect, test } from "bun:test";
import { refusal } from "../../test/harness/refusal.ts";
import { schemaOf } from "../../test/harness/schemas.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import type { Value } from "../schema/value.ts";
import { parseKey } from "./parse-key.ts";

const type = new SchemaRegistry(
  schemaOf({
    node_types: [
      {
        type_id: 1,
        name: "User",
        fields: [
          { field_id: 1, name: "email", kind: "str", unique: true },
          { field_id: 2, name: "org", kind: "int" },
          { field_id: 3, name: "role", kind: "enum", enum_values: ["a", "b"] },
        ],
        unique_keys: [{ key_id: 5, name: "by_role", field_ids: [3, 2] }],
      },
    ],
  }),
).nodeType(1);
const str = (value: string): Value => ({ kind: "str", value });
const int = (value: bigint): Value => ({ kind: "int", value });
const role = (value: number): Value => ({ kind: "enum", value });
const byField = (fieldId: number) => ({ by: "field", fieldId }) as const;
const byKey = (keyId: number) => ({ by: "key", keyId }) as const;

test("a unique field, and a composite key in its own order", () => {
  expect(parseKey(type, byField(1), [str("a@b")])).toEqual([str("a@b")]);
  expect(parseKey(type, byKey(5), [role(2), int(0n)])).toEqual([role(2), int(0n)]);
});

test.each([
  [byField(9), [str("a")], "FIELD_UNKNOWN"],
  [byField(2), [int(1n)], "KEY_UNKNOWN"],
  [byKey(1), [int(1n)], "KEY_UNKNOWN"],
  [byField(1), [], "INVALID_REQUEST"],
  [byKey(5), [role(1)], "INVALID_REQUEST"],
  [byKey(5), [role(1), int(1n), int(2n)], "INVALID_REQUEST"],
  [byField(1), [int(1n)], "FIELD_KIND_MISMATCH"],
  [byField(1), [{ kind: "null" }], "FIELD_KIND_MISMATCH"],
  [byKey(5), [int(1n), role(1)], "FIELD_KIND_MISMATCH"],
  [byKey(5), [role(3), int(1n)], "ENUM_VALUE_UNKNOWN"],
  [byField(1), [str("\u0000")], "INVALID_VALUE"],
] as const)("refusal %#", (choice, values, reason) => {
  const error = refusal(() => parseKey(type, choice, values));
  expect(error.code).toBe("invalid_argument");
  expect(error.reason).toBe(reason);
  expect(error.hint).toBeString();
});
