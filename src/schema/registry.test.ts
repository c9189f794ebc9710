import { describe, expect, test } from "bun:test";
import { refusal } from "../../test/harness/refusal.ts";
import { schemaOf } from "../../test/harness/schemas.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { SchemaRegistry } from "./registry.ts";
import { EMPTY_SCHEMA } from "./types.ts";

const schema = schemaOf({
  node_types: [
    {
      type_id: 2,
      name: "Task",
      fields: [
        { field_id: 1, name: "title", kind: "str", required: true },
        { field_id: 3, name: "status", kind: "str", default: "todo" },
        { field_id: 4, name: "constructor", kind: "str" },
      ],
      unique_keys: [{ key_id: 5, name: "by_title", field_ids: [1] }],
    },
  ],
  edge_types: [
    { edge_type_id: 9, name: "Blocks", fields: [{ field_id: 1, name: "why", kind: "str" }] },
  ],
});
const registry = new SchemaRegistry(schema);
const { table } = registry.nodeType(2);

test("types by id and by name", () => {
  expect(registry.schema).toBe(schema);
  expect(registry.fingerprint).toBe(fingerprintOf(schema));
  expect(registry.nodeType(2)).toBe(registry.nodeTypeByName("Task"));
  expect(registry.findNodeType(2)).toBe(registry.nodeType(2));
  expect(registry.findNodeType(3)).toBeUndefined();
  expect(registry.edgeType(9)).toBe(registry.edgeTypeByName("Blocks"));
  expect(registry.findEdgeType(9)).toBe(registry.edgeType(9));
  expect(registry.findEdgeType(2)).toBeUndefined();
});

test("fields and keys by id and by name", () => {
  expect(table.get(1)).toBe(table.getByName("title"));
  expect(table.find(2)).toBeUndefined();
  expect(table.getByName("constructor").fieldId).toBe(4);
  expect(refusal(() => table.getByName("toString")).reason).toBe("FIELD_UNKNOWN");
  expect(table.key(5)).toBe(table.keyByName("by_title"));
  expect(table.findKeyByName("by")).toBeUndefined();
  expect(table.filled.map((field) => field.fieldId)).toEqual([1, 3]);
  expect(registry.edgeType(9).table.get(1).name).toBe("why");
});

describe("what is not there is answered with what is", () => {
  test.each([
    [() => registry.nodeType(7), "TYPE_UNKNOWN", "The tenant has no node type 7; it has Task."],
    [
      () => registry.edgeType(7),
      "EDGE_TYPE_UNKNOWN",
      "The tenant has no edge type 7; it has Blocks.",
    ],
    [
      () => table.get(9),
      "FIELD_UNKNOWN",
      "Node type 2 (Task) has no field 9; it has 1 (title), 3 (status), 4 (constructor).",
    ],
    [
      () => table.key(1),
      "KEY_UNKNOWN",
      "Node type 2 (Task) has no unique key 1; it has 5 (by_title).",
    ],
    [
      () => new SchemaRegistry(EMPTY_SCHEMA).nodeType(1),
      "TYPE_UNKNOWN",
      "The tenant has no node type 1; it has none.",
    ],
  ] as const)("by id %#", (run, reason, message) => {
    const error = refusal(run);
    expect(error.code).toBe("invalid_argument");
    expect(error.reason).toBe(reason);
    expect(error.message).toBe(message);
    expect(error.details["suggestions"]).toBeUndefined();
  });

  test.each([
    [() => registry.nodeTypeByName("task"), "TYPE_UNKNOWN", "Task"],
    [() => registry.edgeTypeByName("Block"), "EDGE_TYPE_UNKNOWN", "Blocks"],
    [() => table.getByName("titel"), "FIELD_UNKNOWN", "title"],
    [() => table.keyByName("by_titel"), "KEY_UNKNOWN", "by_title"],
  ] as const)("by name %#", (run, reason, suggestion) => {
    const error = refusal(run);
    expect(error.reason).toBe(reason);
    expect(error.hint).toBe(`Did you mean ${suggestion}?`);
    expect(error.details["suggestions"]).toBe(suggestion);
  });

  test("a long list and a long name are cut", () => {
    const fields = Array.from({ length: 50 }, (_, i) => ({
      field_id: i + 1,
      name: `f${i}`,
      kind: "str",
    }));
    const long = new SchemaRegistry(schemaOf({ node_types: [{ type_id: 1, name: "A", fields }] }));
    expect(refusal(() => long.nodeType(1).table.get(99)).message).toEndWith(
      "20 (f19), and 30 more.",
    );
    const error = refusal(() => long.nodeTypeByName("x".repeat(10_000)));
    expect(error.message.length).toBeLessThan(200);
  });
});
