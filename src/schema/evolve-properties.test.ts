import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EntError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { checkEvolution, type EvolvedSchema, evolveSchema } from "./evolve.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { parseSchema } from "./parse-schema.ts";
import { decodeSchema, decodeSchemaText, encodeSchema, encodeSchemaText } from "./schema-json.ts";
import type { Field, NodeType, Schema } from "./types.ts";

/**
 * Random pairs of schemas: what the law says of every evolution, and a model of compatibility
 * that asks nothing but "could a row that is there be wrong under the new schema?".
 */
const id = fc.integer({ min: 1, max: 4 });
const ids = fc.uniqueArray(id, { maxLength: 2 });

const anyField = fc.record({
  field_id: id,
  name: fc.constantFrom("a", "b", "c", "d"),
  kind: fc.constantFrom("str", "str", "int", "enum"),
  required: fc.boolean(),
  hasDefault: fc.boolean(),
  enum_values: fc.constantFrom(["x"], ["x", "y"], ["y", "x"]),
  unique: fc.boolean(),
  indexed: fc.boolean(),
  searchable: fc.boolean(),
  deprecated: fc.boolean(),
});

const anyFields = fc.uniqueArray(anyField, { selector: (field) => field.field_id, maxLength: 3 });

function fieldForm({
  hasDefault,
  ...field
}: typeof anyField extends fc.Arbitrary<infer F> ? F : never) {
  const { enum_values, searchable, ...rest } = field;
  return {
    ...rest,
    ...(field.kind === "enum" ? { enum_values } : {}),
    ...(field.kind === "str" ? { searchable } : {}),
    ...(hasDefault ? { default: field.kind === "int" ? 1 : "x" } : {}),
  };
}

const anyNodeType = fc
  .record({
    type_id: id,
    name: fc.constantFrom("A", "B", "C", "D"),
    fields: anyFields,
    reserved_field_ids: ids,
    keyed: fc.boolean(),
  })
  .map(({ keyed, fields, ...type }) => ({
    ...type,
    fields: fields.map(fieldForm),
    unique_keys: keyed
      ? [{ key_id: 1, name: "key", field_ids: fields.map((f) => f.field_id) }]
      : [],
  }));

const anyEdgeType = fc.record({
  edge_type_id: id,
  name: fc.constantFrom("E", "F", "G"),
  to_type_id: fc.constantFrom(0, 0, 1),
  unique_per_from: fc.boolean(),
});

/** Only those that are schemas at all. */
const anySchema: fc.Arbitrary<Schema> = fc
  .record({
    node_types: fc.uniqueArray(anyNodeType, { selector: (type) => type.type_id, maxLength: 3 }),
    edge_types: fc.uniqueArray(anyEdgeType, { selector: (t) => t.edge_type_id, maxLength: 2 }),
    reserved_type_ids: ids,
    reserved_edge_type_ids: ids,
  })
  .map(schemaOrNone)
  .filter((schema) => schema !== undefined);

function schemaOrNone(form: object): Schema | undefined {
  try {
    return parseSchema(decodeSchema(form as JsonObject));
  } catch (error) {
    if (error instanceof EntError && error.reason === "SCHEMA_INVALID") return undefined;
    throw error;
  }
}

/** Most pairs of independent schemas are refused at the first field: so one is a change of the other. */
const anyPair: fc.Arbitrary<readonly [Schema, Schema]> = fc.oneof(
  fc.tuple(anySchema, anySchema),
  fc
    .tuple(anySchema, anySchema, fc.infiniteStream(fc.boolean()))
    .map(([a, b, coin]) => [a, crossed(a, b, coin) ?? b] as const),
);

/** A schema whose parts come from either. */
function crossed(a: Schema, b: Schema, coins: Iterator<boolean>): Schema | undefined {
  const flip = () => coins.next().value === true;
  const types = a.nodeTypes.map((type): NodeType => {
    const other = b.nodeTypes.find((each) => each.typeId === type.typeId);
    if (other === undefined || flip()) return type;
    const fields = type.fields.flatMap((field): Field[] => {
      const second = other.fields.find((each) => each.fieldId === field.fieldId);
      if (second === undefined) return flip() ? [field] : [];
      return [flip() ? field : { ...field, unique: second.unique, required: second.required }];
    });
    const reservedFieldIds = [...type.reservedFieldIds];
    for (const { fieldId } of type.fields) {
      if (!fields.some((field) => field.fieldId === fieldId)) reservedFieldIds.push(fieldId);
    }
    return { ...type, fields, reservedFieldIds, uniqueKeys: [] };
  });
  return schemaOrNone(encodeSchema({ ...a, nodeTypes: types }));
}

function attempt(run: () => EvolvedSchema): EvolvedSchema | EntError {
  try {
    return run();
  } catch (error) {
    if (error instanceof EntError) return error;
    throw error;
  }
}

const bare = ({ formerNames: _names, ...schema }: Schema) => schema;
const text = (schema: Schema) => encodeSchemaText(bare(schema));

/** Whether a row that may be there could be wrong under the new schema, or a number mean two things. */
function isBreaking(a: Schema, b: Schema): boolean {
  const typesGone = a.nodeTypes.some(
    ({ typeId }) =>
      !b.nodeTypes.some((type) => type.typeId === typeId) && !b.reservedTypeIds.includes(typeId),
  );
  const edgesGone = a.edgeTypes.some(
    ({ edgeTypeId }) =>
      !b.edgeTypes.some((type) => type.edgeTypeId === edgeTypeId) &&
      !b.reservedEdgeTypeIds.includes(edgeTypeId),
  );
  const takenBack =
    a.reservedTypeIds.some((each) => !b.reservedTypeIds.includes(each)) ||
    a.reservedEdgeTypeIds.some((each) => !b.reservedEdgeTypeIds.includes(each));
  const endsMoved = a.edgeTypes.some((type) =>
    b.edgeTypes.some(
      (other) =>
        other.edgeTypeId === type.edgeTypeId &&
        (other.toTypeId !== type.toTypeId || other.fromTypeId !== type.fromTypeId),
    ),
  );
  const inside = a.nodeTypes.some((type) =>
    b.nodeTypes.some((other) => other.typeId === type.typeId && isTypeBreaking(type, other)),
  );
  return typesGone || edgesGone || takenBack || endsMoved || inside;
}

function isTypeBreaking(a: NodeType, b: NodeType): boolean {
  const mine = new Map(a.fields.map((field) => [field.fieldId, field]));
  const theirs = new Map(b.fields.map((field) => [field.fieldId, field]));
  for (const field of a.fields) {
    const other = theirs.get(field.fieldId);
    if (other === undefined) {
      if (!b.reservedFieldIds.includes(field.fieldId)) return true;
    } else if (
      other.kind !== field.kind ||
      field.enumValues.some((value, i) => other.enumValues[i] !== value)
    ) {
      return true;
    }
  }
  const mustBeThere = b.fields.some(
    (field) =>
      field.required &&
      field.defaultValue === undefined &&
      mine.get(field.fieldId)?.required !== true,
  );
  const keysMoved = a.uniqueKeys.some((key) =>
    b.uniqueKeys.some(
      (other) => other.keyId === key.keyId && other.fieldIds.join() !== key.fieldIds.join(),
    ),
  );
  const takenBack = a.reservedFieldIds.some((each) => !b.reservedFieldIds.includes(each));
  return mustBeThere || keysMoved || takenBack;
}

const RUNS = { numRuns: 2_000 };

describe("replacing", () => {
  test("refuses exactly what a row could be wrong under; else the schema is what was sent", () => {
    let refusals = 0;
    let changes = 0;
    fc.assert(
      fc.property(anyPair, ([a, b]) => {
        const evolved = attempt(() => evolveSchema(a, b, "replace"));
        if (evolved instanceof EntError) {
          // What was sent names a type that it does not hold.
          if (evolved.reason === "SCHEMA_INVALID") return;
          refusals += 1;
          expect(evolved.reason).toBe("SCHEMA_INCOMPATIBLE");
          expect(isBreaking(a, b)).toBe(true);
          return;
        }
        if (evolved.changed) changes += 1;
        expect(isBreaking(a, b)).toBe(false);
        expect(text(evolved.schema)).toBe(text(b));
        expect(evolved.changed).toBe(text(a) !== text(b));
        expect(evolved.changes.length > 0).toBe(evolved.changed);
        if (!evolved.changed) expect(evolved.steps).toEqual([]);
      }),
      RUNS,
    );
    // Neither side may be what never happens.
    expect(refusals).toBeGreaterThan(20);
    expect(changes).toBeGreaterThan(20);
  });

  test("a schema by itself, and one after the other, change nothing", () => {
    fc.assert(
      fc.property(anySchema, (a) => {
        const same = attempt(() => evolveSchema(a, a, "replace"));
        expect(same).toMatchObject({ changed: false, steps: [], changes: [] });
      }),
    );
  });
});

describe("merging", () => {
  test("is idempotent, and only ever adds", () => {
    let merges = 0;
    fc.assert(
      fc.property(anyPair, ([a, b]) => {
        const merged = attempt(() => evolveSchema(a, b, "merge"));
        if (merged instanceof EntError) return;
        merges += 1;
        expect(merged.changed).toBe(fingerprintOf(merged.schema) !== fingerprintOf(a));
        expect(merged.changes.length > 0).toBe(merged.changed);
        for (const again of [a, b]) {
          const second = attempt(() => evolveSchema(merged.schema, again, "merge"));
          expect(second).toMatchObject({ changed: false });
        }
        // Whoever replaces by the outcome would not be refused: nothing went, nothing was bent.
        const replaced = attempt(() => evolveSchema(a, bare(merged.schema), "replace"));
        expect(replaced).toMatchObject({ schema: merged.schema, steps: merged.steps });
        expect(parseSchema(merged.schema)).toEqual(bare(merged.schema));
      }),
      RUNS,
    );
    expect(merges).toBeGreaterThan(20);
  });
});

test("a check says what evolving does", () => {
  fc.assert(
    fc.property(anyPair, fc.constantFrom("merge" as const, "replace" as const), ([a, b], mode) => {
      const evolved = attempt(() => evolveSchema(a, b, mode));
      if (evolved instanceof EntError && evolved.reason === "SCHEMA_INVALID") return;
      const checked = checkEvolution(a, b, mode);
      const breaking = checked.changes.filter((each) => each.compatibility === "breaking");
      if (evolved instanceof EntError) {
        expect(evolved.details["incompatible_changes"]).toBe(String(breaking.length));
        expect(evolved.details["change"]).toBe(breaking[0]?.change as string);
        expect(evolved.hint).toBe(breaking[0]?.hint as string);
      } else {
        expect(breaking).toEqual([]);
        expect(checked.changes).toEqual(evolved.changes);
        expect(fingerprintOf(checked.schema)).toBe(fingerprintOf(evolved.schema));
      }
    }),
    RUNS,
  );
});

test("a rename changes no fingerprint, and the tenant's text comes back as it was", () => {
  fc.assert(
    fc.property(anySchema, (a) => {
      const nodeTypes = a.nodeTypes.map((type) => ({ ...type, name: `${type.name}_new` }));
      const renamed = attempt(() => evolveSchema(a, { ...a, nodeTypes }, "replace"));
      if (renamed instanceof EntError) {
        expect(renamed.reason).toBe("SCHEMA_INVALID");
        return;
      }
      expect(fingerprintOf(renamed.schema)).toBe(fingerprintOf(a));
      expect(decodeSchemaText(encodeSchemaText(renamed.schema))).toEqual(renamed.schema);
      expect(renamed.steps).toEqual([]);
    }),
  );
});
