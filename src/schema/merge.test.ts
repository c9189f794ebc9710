import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { refusal } from "../../test/harness/refusal.ts";
import { schemaOf } from "../../test/harness/schemas.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { evolveSchema } from "./evolve.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { parseSchema } from "./parse-schema.ts";
import { decodeSchema } from "./schema-json.ts";
import { EMPTY_SCHEMA, type Schema } from "./types.ts";

const STATUS = { field_id: 2, name: "status", kind: "enum", enum_values: ["todo", "done"] };
const TITLE = { field_id: 1, name: "title", kind: "str" };
const OWNER = { field_id: 3, name: "owner", kind: "ref", ref_type_id: 1 };
const TASK = {
  type_id: 2,
  name: "Task",
  fields: [TITLE, STATUS, OWNER],
  unique_keys: [{ key_id: 1, name: "by_both", field_ids: [1, 2] }],
};
const USER = { type_id: 1, name: "User" };
const ASSIGNED = { edge_type_id: 10, name: "Assigned", from_type_id: 2, to_type_id: 1 };
const CURRENT = schemaOf({ node_types: [USER, TASK], edge_types: [ASSIGNED] });

/** As records of rules version 1 merge. */
const mergeSchema = (current: Schema, incoming: Schema) =>
  evolveSchema(current, incoming, "merge", 1);

/** Sent by itself, as a client would that knows only this part. */
const sent = (form: JsonObject) => parseSchema(decodeSchema(form));
const task = (change: object) => sent({ node_types: [{ ...TASK, ...change } as JsonValue] });
const field = (base: object, change: object) => {
  const fields = TASK.fields.map((other) => (other === base ? { ...base, ...change } : other));
  return task({ fields });
};

describe("what is new is added", () => {
  test("to nothing, a whole schema", () => {
    expect(mergeSchema(EMPTY_SCHEMA, CURRENT)).toMatchObject({
      schema: CURRENT,
      changed: true,
      differences: [],
    });
  });

  test("types, in their place", () => {
    const { schema, changed } = mergeSchema(
      CURRENT,
      sent({
        node_types: [
          { type_id: 3, name: "C" },
          { type_id: 2147483647, name: "Z" },
        ],
        edge_types: [{ edge_type_id: 4, name: "E", from_type_id: 1 }],
      }),
    );
    expect(changed).toBe(true);
    expect(schema.nodeTypes.map((type) => type.typeId)).toEqual([1, 2, 3, 2147483647]);
    expect(schema.edgeTypes.map((type) => type.edgeTypeId)).toEqual([4, 10]);
    expect(schema.nodeTypes[1]).toBe(CURRENT.nodeTypes[1] as never);
  });

  test("optional fields, indexed and unique ones too, to node and edge types", () => {
    const added = [
      { field_id: 9, name: "due", kind: "timestamp", indexed: true },
      { field_id: 8, name: "code", kind: "str", unique: true },
      { field_id: 7, name: "level", kind: "int", default: 0 },
    ];
    const edge = { ...ASSIGNED, fields: [{ field_id: 1, name: "since", kind: "timestamp" }] };
    const { schema, changed, differences } = mergeSchema(
      CURRENT,
      sent({ node_types: [{ ...TASK, fields: [...TASK.fields, ...added] }], edge_types: [edge] }),
    );
    expect(changed).toBe(true);
    expect(differences).toEqual([]);
    expect(schema.nodeTypes[1]?.fields.map((each) => each.fieldId)).toEqual([1, 2, 3, 7, 8, 9]);
    expect(schema.edgeTypes[0]?.fields).toHaveLength(1);
  });

  test("enum values at the end", () => {
    const { schema, changed } = mergeSchema(
      CURRENT,
      field(STATUS, { enum_values: ["todo", "done", "late"] }),
    );
    expect(changed).toBe(true);
    expect(schema.nodeTypes[1]?.fields[1]?.enumValues).toEqual(["todo", "done", "late"]);
    expect(schema.nodeTypes[1]?.uniqueKeys).toEqual(CURRENT.nodeTypes[1]?.uniqueKeys as never);
  });

  test("types with required fields and keys of their own", () => {
    const type = {
      type_id: 5,
      name: "New",
      fields: [{ field_id: 1, name: "a", kind: "str", required: true }],
      unique_keys: [{ key_id: 1, name: "k", field_ids: [1] }],
    };
    expect(mergeSchema(CURRENT, sent({ node_types: [type] })).changed).toBe(true);
  });
});

describe("what is there stays", () => {
  test("the same schema, or a part of it, changes nothing and differs in nothing", () => {
    const parts = [
      CURRENT,
      EMPTY_SCHEMA,
      task({ unique_keys: [] }),
      task({ fields: [], unique_keys: [] }),
      field(STATUS, { enum_values: ["todo"] }),
    ];
    for (const part of parts) {
      const merged = mergeSchema(CURRENT, part);
      expect(merged.changed).toBe(false);
      expect(merged.schema).toBe(CURRENT);
      expect(merged.differences).toEqual([]);
    }
  });

  test.each([
    [task({ name: "Job" }), "node type 2 (Task): name", "Task", "Job"],
    [task({ description: "x" }), "node type 2 (Task): description", "", "x"],
    [task({ deprecated: true }), "node type 2 (Task): deprecated", "false", "true"],
    [field(TITLE, { name: "label" }), "node type 2 (Task) field 1 (title): name", "title", "label"],
    [
      field(TITLE, { required: true }),
      "node type 2 (Task) field 1 (title): required",
      "false",
      "true",
    ],
    [
      field(TITLE, { searchable: true }),
      "node type 2 (Task) field 1 (title): searchable",
      "false",
      "true",
    ],
    [field(TITLE, { default: "" }), "node type 2 (Task) field 1 (title): default", "none", '""'],
    [
      field(STATUS, { default: "done" }),
      "node type 2 (Task) field 2 (status): default",
      "none",
      '"done"',
    ],
    [
      task({ unique_keys: [{ key_id: 1, name: "other", field_ids: [1, 2] }] }),
      "node type 2 (Task) unique key 1 (by_both): name",
      "by_both",
      "other",
    ],
    [
      sent({ edge_types: [{ ...ASSIGNED, name: "Gave" }] }),
      "edge type 10 (Assigned): name",
      "Assigned",
      "Gave",
    ],
  ])("case %#: and the difference is listed", (incoming, path, kept, other) => {
    const merged = mergeSchema(CURRENT, incoming);
    expect(merged.schema).toBe(CURRENT);
    expect(merged.differences).toEqual([{ path, kept, sent: other }]);
  });

  test("also where the tenant's is the stricter one", () => {
    const strict = schemaOf({
      node_types: [
        {
          ...USER,
          fields: [
            { field_id: 1, name: "mail", kind: "str", required: true, unique: true, indexed: true },
          ],
        },
      ],
      edge_types: [{ edge_type_id: 1, name: "E", unique_per_from: true }],
    });
    const merged = mergeSchema(
      strict,
      sent({
        node_types: [{ ...USER, fields: [{ field_id: 1, name: "mail", kind: "str" }] }],
        edge_types: [{ edge_type_id: 1, name: "E" }],
      }),
    );
    expect(merged.changed).toBe(false);
    expect(merged.differences.map((difference) => difference.path.split(": ")[1])).toEqual([
      "required",
      "unique",
      "indexed",
      "unique_per_from",
    ]);
  });
});

describe("what contradicts is refused, naming type, field, change and the safe way", () => {
  const edge = (change: object) => sent({ edge_types: [{ ...ASSIGNED, ...change } as JsonValue] });
  const added = (extra: object) =>
    task({ fields: [...TASK.fields, { field_id: 9, name: "n", kind: "str", ...extra }] });
  test.each([
    [field(TITLE, { kind: "int" }), "kind_changed", "2", "1"],
    [field(OWNER, { ref_type_id: 2 }), "ref_target_changed", "2", "3"],
    [field(OWNER, { ref_type_id: 0 }), "ref_target_changed", "2", "3"],
    [field(STATUS, { enum_values: ["done", "todo"] }), "enum_order_changed", "2", "2"],
    [field(STATUS, { enum_values: ["new", "todo", "done"] }), "enum_order_changed", "2", "2"],
    [field(TITLE, { unique: true }), "unique_added", "2", "1"],
    [field(TITLE, { indexed: true }), "indexed_added", "2", "1"],
    [added({ required: true }), "required_field_added", "2", "9"],
    [added({ required: true, default: "x" }), "required_field_added", "2", "9"],
    [
      task({ fields: [{ field_id: 9, name: "title", kind: "str" }], unique_keys: [] }),
      "name_taken",
      "2",
      "9",
    ],
    [
      task({ unique_keys: [...TASK.unique_keys, { key_id: 2, name: "k", field_ids: [1] }] }),
      "unique_key_added",
      "2",
      undefined,
    ],
    [
      task({ unique_keys: [{ key_id: 1, name: "by_both", field_ids: [2, 1] }] }),
      "unique_key_changed",
      "2",
      undefined,
    ],
    [sent({ node_types: [{ type_id: 9, name: "Task" }] }), "name_taken", "9", undefined],
  ] as const)("case %#", (incoming, change, typeId, fieldId) => {
    const error = refusal(() => mergeSchema(CURRENT, incoming as never));
    expect(error.code).toBe("failed_precondition");
    expect(error.reason).toBe("SCHEMA_INCOMPATIBLE");
    expect(error.details["change"]).toBe(change);
    expect(error.details["type_id"]).toBe(typeId);
    expect(error.details["field_id"]).toBe(fieldId as never);
    expect(error.hint).toBeString();
  });

  test.each([
    [edge({ from_type_id: 1 }), "edge_ends_changed"],
    [edge({ to_type_id: 0 }), "edge_ends_changed"],
    [edge({ unique_per_from: true }), "unique_per_from_added"],
    [edge({ edge_type_id: 11 }), "name_taken"],
  ])("case %#", (incoming, change) => {
    const error = refusal(() => mergeSchema(CURRENT, incoming as never));
    expect(error.reason).toBe("SCHEMA_INCOMPATIBLE");
    expect(error.details["change"]).toBe(change);
  });

  test("the first is told in full, the others are counted", () => {
    const error = refusal(() =>
      mergeSchema(
        CURRENT,
        task({
          fields: [
            { ...TITLE, kind: "int" },
            { ...OWNER, kind: "str", ref_type_id: 0 },
          ],
          unique_keys: [],
        }),
      ),
    );
    expect(error.message).toBe(
      "Node type 2 (Task) field 1 (title): it is of kind str, not int (and 1 more incompatible change).",
    );
    expect(error.details["incompatible_changes"]).toBe("2");
  });

  test("a reference to a type that neither has", () => {
    const incoming = sent({ edge_types: [{ edge_type_id: 4, name: "E", from_type_id: 77 }] });
    expect(refusal(() => mergeSchema(CURRENT, incoming)).reason).toBe("SCHEMA_INVALID");
  });

  test("growing past a limit", () => {
    const fields = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, i) => ({
        field_id: from + i,
        name: `f${from + i}`,
        kind: "str",
      }));
    const half = limits.fieldsPerType - 1;
    const current = schemaOf({ node_types: [{ type_id: 1, name: "A", fields: fields(1, half) }] });
    const more = (to: number) =>
      sent({ node_types: [{ type_id: 1, name: "A", fields: fields(half + 1, to) }] });
    expect(mergeSchema(current, more(half + 1)).changed).toBe(true);
    expect(refusal(() => mergeSchema(current, more(half + 2))).reason).toBe("LIMIT_EXCEEDED");
  });
});

test("property: merging again changes nothing, and what is absent never goes", () => {
  const anyField = fc.record({
    field_id: fc.integer({ min: 1, max: 6 }),
    kind: fc.constantFrom("str", "int"),
    indexed: fc.boolean(),
  });
  const anyType = fc.record({
    type_id: fc.integer({ min: 1, max: 4 }),
    fields: fc.uniqueArray(anyField, { selector: (each) => each.field_id }),
  });
  const anySchema = fc.uniqueArray(anyType, { selector: (each) => each.type_id }).map((types) =>
    schemaOf({
      node_types: types.map((type) => ({
        ...type,
        name: `T${type.type_id}`,
        fields: type.fields.map((each) => ({ ...each, name: `f${each.field_id}` })),
      })),
    }),
  );
  fc.assert(
    fc.property(anySchema, anySchema, (a, b) => {
      let merged: ReturnType<typeof mergeSchema>;
      try {
        merged = mergeSchema(a, b);
      } catch {
        return;
      }
      expect(merged.changed).toBe(fingerprintOf(merged.schema) !== fingerprintOf(a));
      expect(mergeSchema(merged.schema, b).changed).toBe(false);
      expect(mergeSchema(merged.schema, a).changed).toBe(false);
      for (const type of a.nodeTypes) {
        const after = merged.schema.nodeTypes.find((each) => each.typeId === type.typeId);
        for (const each of type.fields) expect(after?.fields).toContainEqual(each);
      }
      expect(parseSchema(merged.schema)).toEqual(merged.schema);
    }),
  );
});
