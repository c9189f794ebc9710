import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { refusal } from "../../test/harness/refusal.ts";
import { EVERY_KIND, EVERY_VALUE, schemaOf, thingWith } from "../../test/harness/schemas.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { SchemaRegistry } from "./registry.ts";
import { applyPatch, checkCreate } from "./validate-fields.ts";
import { type Fields, NULL_VALUE, type Value, valuesEqual } from "./value.ts";

const typeOf = (...fields: JsonValue[]) => new SchemaRegistry(thingWith(...fields)).nodeType(1);
const str = (value: string): Value => ({ kind: "str", value });
const fields = (...entries: [number, Value][]): Fields => new Map(entries);

const every = typeOf(...EVERY_KIND);
const task = typeOf(
  { field_id: 1, name: "title", kind: "str", required: true },
  { field_id: 2, name: "level", kind: "int", default: 0 },
  {
    field_id: 3,
    name: "status",
    kind: "enum",
    enum_values: ["todo", "done"],
    required: true,
    default: "todo",
  },
  { field_id: 4, name: "note", kind: "str" },
);
const LEVEL_0: Value = { kind: "int", value: 0n };
const TODO: Value = { kind: "enum", value: 1 };
const DONE: Value = { kind: "enum", value: 2 };

describe("checkCreate", () => {
  test("complete fields go out as the same map", () => {
    expect(checkCreate(every, EVERY_VALUE)).toBe(EVERY_VALUE);
    const complete = fields([1, str("a")], [2, LEVEL_0], [3, DONE]);
    expect(checkCreate(task, complete)).toBe(complete);
    const none = fields();
    expect(checkCreate(every, none)).toBe(none);
  });

  test("0, empty text and false are values", () => {
    const zeros = fields(
      [1, str("")],
      [2, LEVEL_0],
      [3, { kind: "float", value: 0 }],
      [4, { kind: "bool", value: false }],
    );
    expect(checkCreate(every, zeros)).toBe(zeros);
    expect([...checkCreate(task, fields([1, str("")]))][0]).toEqual([1, str("")]);
  });

  test("defaults are filled in, nulls dropped, ids put in order", () => {
    const sent = fields([4, NULL_VALUE], [3, NULL_VALUE], [1, str("a")]);
    expect([...checkCreate(task, sent)]).toEqual([
      [1, str("a")],
      [2, LEVEL_0],
      [3, TODO],
    ]);
    expect(
      [...checkCreate(task, fields([4, str("n")], [1, str("a")], [3, DONE], [2, LEVEL_0]))].map(
        ([id]) => id,
      ),
    ).toEqual([1, 2, 3, 4]);
    expect(sent.size).toBe(3);
  });

  test("an edge's fields likewise", () => {
    const edge = new SchemaRegistry(
      schemaOf({
        edge_types: [
          {
            edge_type_id: 3,
            name: "E",
            fields: [{ field_id: 1, name: "w", kind: "float", default: 1 }],
          },
        ],
      }),
    ).edgeType(3);
    expect([...checkCreate(edge, fields())]).toEqual([[1, { kind: "float", value: 1 }]]);
    expect(refusal(() => checkCreate(edge, fields([2, TODO]))).message).toBe(
      "Edge type 3 (E) has no field 2; it has 1 (w).",
    );
  });

  test.each([
    [
      fields([1, str("a")], [9, str("x")]),
      "FIELD_UNKNOWN",
      "Node type 1 (Thing) has no field 9; it has 1 (title), 2 (level), 3 (status), 4 (note).",
    ],
    [
      fields([1, str("a")], [9, NULL_VALUE]),
      "FIELD_UNKNOWN",
      "Node type 1 (Thing) has no field 9; it has 1 (title), 2 (level), 3 (status), 4 (note).",
    ],
    [fields([2, LEVEL_0]), "FIELD_REQUIRED", "Field 1 (title) of node type 1 (Thing) is required."],
    [
      fields([1, NULL_VALUE]),
      "FIELD_REQUIRED",
      "Field 1 (title) of node type 1 (Thing) is required.",
    ],
    [
      fields([1, LEVEL_0]),
      "FIELD_KIND_MISMATCH",
      "Field 1 (title) of node type 1 (Thing) takes str, not int.",
    ],
    [
      fields([1, str("a")], [3, { kind: "enum", value: 3 }]),
      "ENUM_VALUE_UNKNOWN",
      "Field 3 (status) of node type 1 (Thing) has 2 enum values; 3 is none of their ordinals.",
    ],
  ] as const)("refusal %#", (sent, reason, message) => {
    const error = refusal(() => checkCreate(task, sent));
    expect(error.reason).toBe(reason);
    expect(error.message).toBe(message);
    expect(error.details["field_id"]).toBeString();
  });

  test("every kind takes its own values and no other's", () => {
    for (const form of EVERY_KIND) {
      const { field_id, kind } = form as JsonObject;
      for (const [, value] of EVERY_VALUE) {
        const run = () => checkCreate(every, fields([field_id as number, value]));
        if (value.kind === kind) expect(run().size).toBe(1);
        else expect(refusal(run).reason).toBe("FIELD_KIND_MISMATCH");
      }
    }
  });
});

describe("applyPatch", () => {
  const current = fields([1, str("a")], [2, LEVEL_0], [3, TODO]);

  test("a patch that changes nothing gives the same map", () => {
    for (const patch of [fields(), fields([1, str("a")], [3, TODO]), fields([4, NULL_VALUE])]) {
      const patched = applyPatch(task, current, patch);
      expect(patched.fields).toBe(current);
      expect(patched.changed.size).toBe(0);
    }
    expect(applyPatch(every, EVERY_VALUE, new Map(EVERY_VALUE)).fields).toBe(EVERY_VALUE);
  });

  test("sets, replaces and clears, and says which", () => {
    const { fields: after, changed } = applyPatch(
      task,
      current,
      fields([4, str("n")], [2, NULL_VALUE], [1, str("a")], [3, DONE]),
    );
    expect([...after]).toEqual([
      [1, str("a")],
      [3, DONE],
      [4, str("n")],
    ]);
    expect([...changed]).toEqual([
      [4, str("n")],
      [2, NULL_VALUE],
      [3, DONE],
    ]);
    expect(current.size).toBe(3);
  });

  test("keeps ids in order when a field comes in between", () => {
    const { fields: after } = applyPatch(
      task,
      fields([1, str("a")], [4, str("n")]),
      fields([2, LEVEL_0]),
    );
    expect([...after.keys()]).toEqual([1, 2, 4]);
  });

  test("a cleared default stays absent", () => {
    expect(applyPatch(task, current, fields([2, NULL_VALUE])).fields.has(2)).toBe(false);
  });

  test.each([
    [fields([9, str("x")]), "FIELD_UNKNOWN"],
    [fields([9, NULL_VALUE]), "FIELD_UNKNOWN"],
    [fields([2, str("x")]), "FIELD_KIND_MISMATCH"],
    [fields([3, { kind: "enum", value: 3 }]), "ENUM_VALUE_UNKNOWN"],
    [fields([1, NULL_VALUE]), "FIELD_REQUIRED"],
    [fields([3, NULL_VALUE]), "FIELD_REQUIRED"],
  ] as const)("refusal %#", (patch, reason) => {
    expect(refusal(() => applyPatch(task, current, patch)).reason).toBe(reason);
  });

  test("property: it is the naive merge, and tells exactly what changed", () => {
    const anyFields = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom("", "a", "b")))
      .map((entries) => new Map(entries.map(([id, text]) => [id, str(text)] as const)));
    const anyPatch = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom(undefined, "", "a", "b")))
      .map(
        (entries) =>
          new Map(
            entries.map(([id, text]) => [id, text === undefined ? NULL_VALUE : str(text)] as const),
          ),
      );
    const type = typeOf(
      ...Array.from({ length: 6 }, (_, i) => ({ field_id: i + 1, name: `f${i}`, kind: "str" })),
    );
    fc.assert(
      fc.property(anyFields, anyPatch, (before, patch) => {
        const start = checkCreate(type, before);
        const naive: Record<number, Value> = Object.fromEntries(start);
        for (const [id, value] of patch) {
          if (value.kind === "null") delete naive[id];
          else naive[id] = value;
        }
        const { fields: after, changed } = applyPatch(type, start, patch);
        expect(Object.fromEntries(after)).toEqual(naive);
        expect([...after.keys()]).toEqual([...after.keys()].sort((a, b) => a - b));
        for (let id = 1; id <= 6; id++) {
          const same = valuesEqual(start.get(id) ?? NULL_VALUE, after.get(id) ?? NULL_VALUE);
          expect(changed.has(id)).toBe(!same);
          if (!same) expect(changed.get(id)).toEqual(after.get(id) ?? NULL_VALUE);
        }
      }),
    );
  });
});
