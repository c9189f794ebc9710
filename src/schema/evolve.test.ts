import { describe, expect, test } from "bun:test";
import { refusal } from "../../test/harness/refusal.ts";
import { schemaOf } from "../../test/harness/schemas.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { BuildStep } from "./build-step.ts";
import { checkEvolution, evolveSchema } from "./evolve.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { parseSchema } from "./parse-schema.ts";
import type { SchemaChangeKind } from "./schema-change.ts";
import { decodeSchema } from "./schema-json.ts";
import type { Schema } from "./types.ts";

/**
 * The compatibility table, row by row: what each change is called, where it is, whether it is
 * possible, what it asks of the rows that are there; and what merging makes of the same schema.
 */
const TITLE = { field_id: 1, name: "title", kind: "str" };
const STATUS = { field_id: 2, name: "status", kind: "enum", enum_values: ["todo", "done"] };
const OWNER = { field_id: 3, name: "owner", kind: "ref", ref_type_id: 1 };
const CODE = { field_id: 4, name: "code", kind: "str", unique: true, required: true };
const DUE = { field_id: 5, name: "due", kind: "timestamp", indexed: true };
const NOTE = { field_id: 6, name: "note", kind: "str", searchable: true };
const KEY = { key_id: 1, name: "by_title", field_ids: [1, 5] };
const TASK = {
  type_id: 2,
  name: "Task",
  fields: [TITLE, STATUS, OWNER, CODE, DUE, NOTE],
  unique_keys: [KEY],
  default_grants: [{ principal: "tenant:*", permission: "read" }],
  reserved_field_ids: [90],
};
const SINCE = { field_id: 1, name: "since", kind: "int" };
const ASSIGNED = {
  edge_type_id: 10,
  name: "Assigned",
  from_type_id: 2,
  to_type_id: 1,
  fields: [SINCE],
};
const ONE_BOSS = { edge_type_id: 11, name: "Boss", unique_per_from: true };
const USER = { type_id: 1, name: "User" };
const FORM = {
  node_types: [USER, TASK],
  edge_types: [ASSIGNED, ONE_BOSS],
  reserved_type_ids: [91],
  reserved_edge_type_ids: [92],
};
const CURRENT = schemaOf(FORM);

const sent = (form: object): Schema => parseSchema(decodeSchema(form as JsonObject));
const schema = (change: object) => sent({ ...FORM, ...change });
const task = (change: object) => schema({ node_types: [USER, { ...TASK, ...change }] });
const edge = (change: object) => schema({ edge_types: [{ ...ASSIGNED, ...change }, ONE_BOSS] });
const field = (base: object, change: object) =>
  task({ fields: TASK.fields.map((each) => (each === base ? { ...base, ...change } : each)) });
const fieldAdded = (change: object) =>
  task({ fields: [...TASK.fields, { field_id: 9, name: "nine", kind: "str", ...change }] });
const without = <T>(list: readonly T[], item: T) => list.filter((each) => each !== item);

const NODE = "node type 2 (Task)";
const EDGE = "edge type 10 (Assigned)";
const TITLED = `${NODE} field 1 (title)`;
const NINE = `${NODE} field 9 (nine)`;
const node = (kind: string, fieldId: number) => ({ kind, typeId: 2, fieldId }) as BuildStep;

type Row = readonly [
  change: SchemaChangeKind,
  path: string,
  next: Schema,
  steps: readonly BuildStep[],
];

const SAFE: readonly Row[] = [
  [
    "type_added",
    "node type 3 (C)",
    schema({ node_types: [USER, TASK, { type_id: 3, name: "C" }] }),
    [],
  ],
  [
    "type_added",
    "node type 3 (C)",
    schema({
      node_types: [
        USER,
        TASK,
        { type_id: 3, name: "C", fields: [{ ...TITLE, required: true, unique: true }] },
      ],
    }),
    [],
  ],
  [
    "type_added",
    "edge type 3 (E)",
    schema({ edge_types: [ASSIGNED, ONE_BOSS, { edge_type_id: 3, name: "E" }] }),
    [],
  ],
  ["field_added", NINE, fieldAdded({}), []],
  ["field_added", NINE, fieldAdded({ unique: true, default: "x" }), []],
  ["field_added", NINE, fieldAdded({ indexed: true, searchable: true }), []],
  [
    "field_added",
    `${EDGE} field 2 (till)`,
    edge({ fields: [SINCE, { field_id: 2, name: "till", kind: "int", default: 1 }] }),
    [],
  ],
  [
    "enum_value_added",
    `${NODE} field 2 (status)`,
    field(STATUS, { enum_values: ["todo", "done", "late"] }),
    [],
  ],
  ["renamed", NODE, task({ name: "Job" }), []],
  ["renamed", TITLED, field(TITLE, { name: "label" }), []],
  ["renamed", EDGE, edge({ name: "Gave" }), []],
  [
    "renamed",
    `${NODE} unique key 1 (by_title)`,
    task({ unique_keys: [{ ...KEY, name: "k" }] }),
    [],
  ],
  ["described", NODE, task({ description: "d" }), []],
  ["described", TITLED, field(TITLE, { description: "d" }), []],
  ["described", EDGE, edge({ description: "d" }), []],
  ["deprecated_changed", NODE, task({ deprecated: true }), []],
  ["deprecated_changed", TITLED, field(TITLE, { deprecated: true }), []],
  ["deprecated_changed", EDGE, edge({ deprecated: true }), []],
  ["required_removed", `${NODE} field 4 (code)`, field(CODE, { required: false }), []],
  [
    "unique_removed",
    `${NODE} field 4 (code)`,
    field(CODE, { unique: false }),
    [node("drop_unique_field", 4)],
  ],
  ["indexed_added", TITLED, field(TITLE, { indexed: true }), [node("index_field", 1)]],
  ["indexed_added", `${NODE} field 4 (code)`, field(CODE, { indexed: true }), []],
  [
    "indexed_removed",
    `${NODE} field 5 (due)`,
    field(DUE, { indexed: false }),
    [node("drop_index", 5)],
  ],
  [
    "searchable_added",
    TITLED,
    field(TITLE, { searchable: true }),
    [{ kind: "search_type", typeId: 2 }],
  ],
  [
    "searchable_removed",
    `${NODE} field 6 (note)`,
    field(NOTE, { searchable: false }),
    [{ kind: "search_type", typeId: 2 }],
  ],
  ["default_changed", TITLED, field(TITLE, { default: "x" }), []],
  ["default_grants_changed", NODE, task({ default_grants: [] }), []],
  [
    "unique_key_removed",
    `${NODE} unique key 1 (by_title)`,
    task({ unique_keys: [] }),
    [{ kind: "drop_unique_key", typeId: 2, keyId: 1 }],
  ],
  [
    "unique_per_from_removed",
    "edge type 11 (Boss)",
    schema({ edge_types: [ASSIGNED, { ...ONE_BOSS, unique_per_from: false }] }),
    [],
  ],
  [
    "field_removed",
    `${NODE} field 2 (status)`,
    task({ fields: without(TASK.fields, STATUS), reserved_field_ids: [2, 90] }),
    [],
  ],
  [
    "field_removed",
    `${NODE} field 4 (code)`,
    task({ fields: without(TASK.fields, CODE), reserved_field_ids: [4, 90] }),
    [node("drop_unique_field", 4)],
  ],
  [
    "field_removed",
    `${NODE} field 6 (note)`,
    task({ fields: without(TASK.fields, NOTE), reserved_field_ids: [6, 90] }),
    [{ kind: "search_type", typeId: 2 }],
  ],
  ["field_removed", `${EDGE} field 1 (since)`, edge({ fields: [], reserved_field_ids: [1] }), []],
  ["field_reserved", NODE, task({ reserved_field_ids: [77, 90] }), []],
  ["field_reserved", EDGE, edge({ reserved_field_ids: [77] }), []],
  ["type_reserved", "schema", schema({ reserved_type_ids: [77, 91] }), []],
  ["type_reserved", "schema", schema({ reserved_edge_type_ids: [77, 92] }), []],
];

const BY_DATA: readonly Row[] = [
  ["unique_added", TITLED, field(TITLE, { unique: true }), [node("unique_field", 1)]],
  [
    "unique_added",
    `${NODE} field 5 (due)`,
    field(DUE, { unique: true }),
    [node("unique_field", 5), node("drop_index", 5)],
  ],
  [
    "unique_key_added",
    `${NODE} unique key 2 (k)`,
    task({ unique_keys: [KEY, { key_id: 2, name: "k", field_ids: [1] }] }),
    [{ kind: "unique_key", typeId: 2, keyId: 2 }],
  ],
  [
    "unique_per_from_added",
    EDGE,
    edge({ unique_per_from: true }),
    [{ kind: "unique_per_from", edgeTypeId: 10 }],
  ],
  [
    "required_added",
    `${NODE} field 2 (status)`,
    schema({
      node_types: [
        USER,
        {
          ...TASK,
          fields: TASK.fields.map((each) =>
            each === STATUS ? { ...STATUS, required: true, default: "todo" } : each,
          ),
        },
      ],
    }),
    [node("fill_node_default", 2)],
  ],
  [
    "required_field_added",
    NINE,
    fieldAdded({ required: true, default: "x" }),
    [node("fill_node_default", 9)],
  ],
  [
    "required_field_added",
    NINE,
    fieldAdded({ required: true, default: "x", unique: true, searchable: true }),
    [node("unique_field", 9), { kind: "search_type", typeId: 2 }, node("fill_node_default", 9)],
  ],
  [
    "required_field_added",
    NINE,
    fieldAdded({ required: true, default: "x", indexed: true }),
    [node("index_field", 9), node("fill_node_default", 9)],
  ],
  [
    "required_added",
    TITLED,
    field(TITLE, { required: true, default: "x" }),
    [{ kind: "unique_key", typeId: 2, keyId: 1 }, node("fill_node_default", 1)],
  ],
  [
    "required_field_added",
    `${EDGE} field 2 (till)`,
    edge({
      fields: [SINCE, { field_id: 2, name: "till", kind: "int", default: 1, required: true }],
    }),
    [{ kind: "fill_edge_default", edgeTypeId: 10, fieldId: 2 }],
  ],
  [
    "type_removed",
    EDGE,
    schema({ edge_types: [ONE_BOSS], reserved_edge_type_ids: [10, 92] }),
    [{ kind: "require_no_edges", edgeTypeId: 10 }],
  ],
  [
    "type_removed",
    NODE,
    sent({
      node_types: [USER],
      edge_types: [ONE_BOSS],
      reserved_type_ids: [2, 91],
      reserved_edge_type_ids: [10, 92],
    }),
    [
      { kind: "require_no_nodes", typeId: 2 },
      { kind: "require_no_edges", edgeTypeId: 10 },
    ],
  ],
];

type Breaking = readonly [
  change: SchemaChangeKind,
  path: string,
  next: Schema,
  details: Readonly<Record<string, string>>,
  hint: RegExp,
];
const AT_TASK = { type_id: "2", type_name: "Task" };
const at = (id: number, name: string) => ({ ...AT_TASK, field_id: String(id), field_name: name });

const BREAKING: readonly Breaking[] = [
  [
    "type_removed",
    "node type 1 (User)",
    schema({
      node_types: [{ ...TASK, fields: without(TASK.fields, OWNER), reserved_field_ids: [3, 90] }],
      edge_types: [ONE_BOSS],
      reserved_edge_type_ids: [10, 92],
    }),
    { type_id: "1", type_name: "User" },
    /deprecated.*reserved_type_ids/,
  ],
  [
    "type_removed",
    EDGE,
    schema({ edge_types: [ONE_BOSS] }),
    { edge_type_id: "10", type_name: "Assigned" },
    /deprecated.*reserved_edge_type_ids/,
  ],
  [
    "field_removed",
    `${NODE} field 2 (status)`,
    task({ fields: without(TASK.fields, STATUS) }),
    at(2, "status"),
    /deprecated.*reserved_field_ids/,
  ],
  ["kind_changed", TITLED, field(TITLE, { kind: "int" }), at(1, "title"), /new field_id/],
  [
    "ref_target_changed",
    `${NODE} field 3 (owner)`,
    field(OWNER, { ref_type_id: 2 }),
    at(3, "owner"),
    /new field_id/,
  ],
  [
    "ref_target_changed",
    `${NODE} field 3 (owner)`,
    field(OWNER, { ref_type_id: 0 }),
    at(3, "owner"),
    /new field_id/,
  ],
  [
    "edge_ends_changed",
    EDGE,
    edge({ to_type_id: 2 }),
    { edge_type_id: "10", type_name: "Assigned" },
    /new edge_type_id/,
  ],
  [
    "edge_ends_changed",
    EDGE,
    edge({ from_type_id: 0 }),
    { edge_type_id: "10", type_name: "Assigned" },
    /new edge_type_id/,
  ],
  [
    "enum_value_removed",
    `${NODE} field 2 (status)`,
    field(STATUS, { enum_values: ["todo"] }),
    at(2, "status"),
    /at the end/,
  ],
  [
    "enum_value_removed",
    `${NODE} field 2 (status)`,
    field(STATUS, { enum_values: ["todo", "finished"] }),
    at(2, "status"),
    /at the end/,
  ],
  [
    "enum_order_changed",
    `${NODE} field 2 (status)`,
    field(STATUS, { enum_values: ["done", "todo"] }),
    at(2, "status"),
    /at the end/,
  ],
  [
    "enum_order_changed",
    `${NODE} field 2 (status)`,
    field(STATUS, { enum_values: ["new", "todo", "done"] }),
    at(2, "status"),
    /at the end/,
  ],
  ["required_added", TITLED, field(TITLE, { required: true }), at(1, "title"), /default/],
  ["required_field_added", NINE, fieldAdded({ required: true }), at(9, "nine"), /default/],
  [
    "reserved_id_used",
    `${NODE} field 90 (ninety)`,
    task({
      fields: [...TASK.fields, { field_id: 90, name: "ninety", kind: "str" }],
      reserved_field_ids: [],
    }),
    at(90, "ninety"),
    /never used/,
  ],
  [
    "reserved_id_used",
    "node type 91 (X)",
    schema({ node_types: [USER, TASK, { type_id: 91, name: "X" }], reserved_type_ids: [] }),
    { type_id: "91", type_name: "X" },
    /never used/,
  ],
  [
    "reserved_id_used",
    "edge type 92 (X)",
    schema({
      edge_types: [ASSIGNED, ONE_BOSS, { edge_type_id: 92, name: "X" }],
      reserved_edge_type_ids: [],
    }),
    { edge_type_id: "92", type_name: "X" },
    /never used/,
  ],
  ["reservation_removed", NODE, task({ reserved_field_ids: [] }), AT_TASK, /Keep 90/],
  ["reservation_removed", "schema", schema({ reserved_type_ids: [] }), {}, /Keep 91/],
  ["reservation_removed", "schema", schema({ reserved_edge_type_ids: [] }), {}, /Keep 92/],
  [
    "unique_key_changed",
    `${NODE} unique key 1 (by_title)`,
    task({ unique_keys: [{ ...KEY, field_ids: [5, 1] }] }),
    { ...AT_TASK, key_id: "1", key_name: "by_title" },
    /new key_id/,
  ],
];

/** All that a push is answered with, but for the sentences. */
const brief = (changes: ReturnType<typeof checkEvolution>["changes"]) =>
  changes.map(({ change, path, compatibility }) => ({ change, path, compatibility }));

describe("replacing: what is safe is done at once, and leaves rows alone but for indexes", () => {
  test.each(SAFE)("%s at %s", (change, path, next, steps) => {
    const evolved = evolveSchema(CURRENT, next, "replace");
    expect(brief(evolved.changes)).toEqual([{ change, path, compatibility: "safe" }]);
    expect(evolved).toMatchObject({ changed: true, differences: [], steps });
    const { formerNames: _names, ...become } = evolved.schema;
    expect(become).toEqual(next);
  });
});

describe("replacing: what rows decide is left to steps", () => {
  test.each(BY_DATA)("%s at %s", (change, path, next, steps) => {
    const evolved = evolveSchema(CURRENT, next, "replace");
    expect(brief(evolved.changes)).toContainEqual({
      change,
      path,
      compatibility: "data_dependent",
    });
    expect(evolved.changes.some((each) => each.compatibility === "breaking")).toBe(false);
    expect(evolved.steps).toEqual(steps);
    expect(evolved.schema).toEqual(next);
  });
});

describe("replacing: what changes the meaning of what is stored is refused", () => {
  test.each(BREAKING)("%s at %s", (change, path, next, details, hint) => {
    const error = refusal(() => evolveSchema(CURRENT, next, "replace"));
    expect(error.code).toBe("failed_precondition");
    expect(error.reason).toBe("SCHEMA_INCOMPATIBLE");
    expect(error.message.toLowerCase()).toStartWith(path.toLowerCase());
    expect(error.hint).toMatch(hint);
    expect(error.details).toEqual({ ...details, change, incompatible_changes: "1" });
    const { changes } = checkEvolution(CURRENT, next, "replace");
    const breaking = changes.filter((each) => each.compatibility === "breaking");
    expect(brief(breaking)).toEqual([{ change, path, compatibility: "breaking" }]);
    expect(breaking[0]?.hint).toBe(error.hint as string);
  });

  test("the first in full, the others counted", () => {
    const next = task({
      fields: [
        { ...TITLE, kind: "int" },
        { ...STATUS, enum_values: ["todo"] },
      ],
      unique_keys: [],
    });
    const error = refusal(() => evolveSchema(CURRENT, next, "replace"));
    expect(error.details["incompatible_changes"]).toBe("6");
    expect(error.message).toContain("(and 5 more incompatible changes)");
    expect(checkEvolution(CURRENT, next, "replace").changes).toHaveLength(7);
  });

  test("a reference to a type that is not there any more", () => {
    const next = schema({ node_types: [TASK], reserved_type_ids: [1, 91] });
    for (const evolve of [evolveSchema, checkEvolution]) {
      expect(refusal(() => evolve(CURRENT, next, "replace")).reason).toBe("SCHEMA_INVALID");
    }
  });

  test("nothing is a change of nothing", () => {
    const evolved = evolveSchema(CURRENT, schema({}), "replace");
    expect(evolved.schema).toBe(CURRENT);
    expect(evolved).toMatchObject({ changed: false, changes: [], steps: [] });
  });
});

describe("merging the same schemas", () => {
  const ADDED: ReadonlySet<SchemaChangeKind> = new Set([
    "type_added",
    "field_added",
    "enum_value_added",
    "field_reserved",
    "type_reserved",
  ]);
  /** What a part of a schema need not hold, and what it may hold less of, differs in nothing. */
  const SILENT: ReadonlySet<SchemaChangeKind> = new Set(["unique_key_removed"]);

  test.each(SAFE)("%s at %s", (change, path, next) => {
    const merged = evolveSchema(CURRENT, next, "merge");
    if (ADDED.has(change)) {
      expect(merged.changed).toBe(true);
      expect(merged.differences).toEqual([]);
      expect(merged.schema).toEqual(next);
      expect(brief(merged.changes)).toEqual([{ change, path, compatibility: "safe" }]);
      return;
    }
    expect(merged.schema).toBe(CURRENT);
    expect(merged).toMatchObject({ changed: false, changes: [], steps: [] });
    expect(merged.differences).toHaveLength(SILENT.has(change) ? 0 : 1);
  });

  test.each(BY_DATA)("%s at %s", (change, path, next, steps) => {
    const merged = evolveSchema(CURRENT, next, "merge");
    if (change === "required_field_added") {
      expect(merged.schema).toEqual(next);
      expect(merged.differences).toEqual([]);
      expect(merged.steps).toEqual(steps);
      return;
    }
    expect(merged.schema).toBe(CURRENT);
    const expected = change === "required_added" ? "required" : undefined;
    const { differences } = merged;
    expect(differences.length).toBeGreaterThan(0);
    expect(differences[0]?.path).toStartWith(change === "type_removed" ? "schema: " : path);
    if (expected !== undefined) expect(differences[0]?.path).toEndWith(expected);
  });

  const CONTRADICTIONS: ReadonlySet<SchemaChangeKind> = new Set([
    "kind_changed",
    "ref_target_changed",
    "edge_ends_changed",
    "enum_order_changed",
    "required_field_added",
    "reserved_id_used",
  ]);
  test.each(BREAKING)("%s at %s", (change, _path, next, details) => {
    const values = next.nodeTypes.flatMap((type) => type.fields)[1]?.enumValues ?? [];
    const replaced = change === "enum_value_removed" && values[1] === "finished";
    if (!CONTRADICTIONS.has(change) && !replaced) {
      expect(evolveSchema(CURRENT, next, "merge").schema).toBe(CURRENT);
      return;
    }
    const error = refusal(() => evolveSchema(CURRENT, next, "merge"));
    const told = replaced ? "enum_order_changed" : change;
    expect(error.reason).toBe("SCHEMA_INCOMPATIBLE");
    expect(error.details).toEqual({ ...details, change: told, incompatible_changes: "1" });
    const { changes, schema: merged } = checkEvolution(CURRENT, next, "merge");
    expect(changes.map((each) => [each.change, each.compatibility])).toEqual([[told, "breaking"]]);
    expect(fingerprintOf(merged)).toBe(fingerprintOf(CURRENT));
  });

  test("a new field may not bear the name of a key, since REST asks by either", () => {
    const error = refusal(() =>
      evolveSchema(
        CURRENT,
        sent({
          node_types: [
            { type_id: 2, name: "Task", fields: [{ field_id: 9, name: "by_title", kind: "str" }] },
          ],
        }),
        "merge",
      ),
    );
    expect(error.details["change"]).toBe("name_taken");
  });

  test("searchable fields are counted in the whole, but a type that is beyond it stops no other", () => {
    const searchable = (from: number, count: number): JsonValue[] =>
      Array.from({ length: count }, (_, i) => ({
        field_id: from + i,
        name: `f${from + i}`,
        kind: "str",
        searchable: true,
      }));
    const type = (fields: JsonValue[]) => ({ type_id: 1, name: "A", fields });
    const most = limits.searchableFieldsPerType;
    const full = schemaOf({ node_types: [type(searchable(1, most))] });
    const more = sent({ node_types: [type(searchable(most + 1, 1))] });
    expect(refusal(() => evolveSchema(full, more, "merge")).reason).toBe("LIMIT_EXCEEDED");
    const beyond = evolveSchema(full, more, "merge", 1).schema;
    expect(beyond.nodeTypes[0]?.fields).toHaveLength(most + 1);
    const other = sent({ node_types: [{ type_id: 2, name: "B" }] });
    expect(evolveSchema(beyond, other, "merge").changed).toBe(true);
  });
});

describe("steps", () => {
  const one = (field: object, more: object = {}) =>
    schemaOf({
      node_types: [
        {
          type_id: 1,
          name: "A",
          fields: [{ field_id: 1, name: "a", kind: "str", ...field }],
          ...more,
        },
      ],
    });
  const steps = (before: Schema, after: Schema) =>
    evolveSchema(before, after, "replace").steps.map((step): string => step.kind);

  test.each([
    [{ unique: true, indexed: true }, { indexed: true }, ["index_field", "drop_unique_field"]],
    [{ indexed: true }, { unique: true, indexed: true }, ["unique_field", "drop_index"]],
    [{ unique: true }, { unique: true, indexed: true }, []],
    [{ unique: true, indexed: true }, { unique: true }, []],
    [{ searchable: true }, { searchable: true, indexed: true }, ["index_field"]],
    [
      { searchable: true },
      { searchable: true, required: true, default: "x" },
      ["search_type", "fill_node_default"],
    ],
    [
      { unique: true },
      { unique: true, required: true, default: "x" },
      ["unique_field", "fill_node_default"],
    ],
    [{ required: true }, { required: true, default: "x" }, []],
    [{ default: "x" }, { required: true, default: "x" }, ["fill_node_default"]],
  ])("from %j to %j: %j", (before, after, kinds) => {
    expect(steps(one(before), one(after))).toEqual(kinds);
  });

  test("those that may be refused come first, those that drop come last", () => {
    const before = schemaOf({
      node_types: [
        {
          type_id: 1,
          name: "A",
          fields: [
            { field_id: 1, name: "a", kind: "str", unique: true },
            { field_id: 2, name: "b", kind: "str", searchable: true },
          ],
        },
        { type_id: 2, name: "B" },
      ],
      edge_types: [{ edge_type_id: 1, name: "E" }],
    });
    const after = schemaOf({
      node_types: [
        {
          type_id: 1,
          name: "A",
          fields: [
            { field_id: 1, name: "a", kind: "str", indexed: true },
            { field_id: 2, name: "b", kind: "str", required: true, default: "x" },
          ],
          unique_keys: [{ key_id: 1, name: "k", field_ids: [1, 2] }],
        },
      ],
      edge_types: [{ edge_type_id: 1, name: "E", unique_per_from: true }],
      reserved_type_ids: [2],
    });
    expect(steps(before, after)).toEqual([
      "unique_key",
      "require_no_nodes",
      "unique_per_from",
      "index_field",
      "search_type",
      "fill_node_default",
      "drop_unique_field",
    ]);
  });
});
