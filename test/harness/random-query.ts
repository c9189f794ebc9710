import fc from "fast-check";
import type { Comparison, Filter, NodeQuery, Operand, OrderTerm } from "../../src/query/query.ts";
import type { Node } from "../../src/record/graph.ts";
import type { Schema } from "../../src/schema/types.ts";
import type { Value } from "../../src/schema/value.ts";
import { schemaOf } from "./schemas.ts";

/**
 * Random nodes of {@link QUERY_SCHEMA} and random queries over them that pass every
 * check. Values come from small pools, so that comparisons meet ties, absences and
 * neighbours rather than always missing.
 */
export const QUERY_SCHEMA: Schema = schemaOf({
  node_types: [
    {
      type_id: 1,
      name: "Thing",
      fields: [
        { field_id: 1, name: "text", kind: "str" },
        { field_id: 2, name: "count", kind: "int", indexed: true },
        { field_id: 3, name: "ratio", kind: "float", indexed: true, required: true, default: 0 },
        { field_id: 4, name: "done", kind: "bool", indexed: true },
        { field_id: 5, name: "due", kind: "timestamp", indexed: true },
        { field_id: 6, name: "status", kind: "enum", enum_values: ["a", "b", "c"], indexed: true },
        { field_id: 7, name: "tags", kind: "list_str" },
        { field_id: 8, name: "scores", kind: "list_int" },
        { field_id: 9, name: "parent", kind: "ref", indexed: true },
        { field_id: 10, name: "meta", kind: "json" },
        { field_id: 11, name: "blob", kind: "bytes" },
        { field_id: 12, name: "label", kind: "str", indexed: true },
        { field_id: 13, name: "code", kind: "str", unique: true },
      ],
    },
    { type_id: 2, name: "Other" },
  ],
});

const TEXTS = ["", "a", "A", "b", "ab", "a%", "a_b", "\\", "é", "\uffff", "\u{1f600}", "a\nb"];
const PATTERNS = ["", "%", "a%", "%b", "_", "a\\%", "\\\\", "%\\_%", "_%", "%\u{1f600}%", "a_b"];
const IDS = Array.from({ length: 30 }, (_, i) => `nd_${String(i).padStart(26, "0")}`);
const BIG = 9_007_199_254_740_993n;

const text = fc.constantFrom(...TEXTS);
const integer = fc.constantFrom(-BIG, -1n, 0n, 1n, 2n, BIG - 1n, BIG);
const str: fc.Arbitrary<Value> = text.map((value) => ({ kind: "str", value }));
const int: fc.Arbitrary<Value> = integer.map((value) => ({ kind: "int", value }));
const time: fc.Arbitrary<Value> = fc.constantFrom(0n, 1n, 5n, 1_700_000_000_000n).map((value) => ({
  kind: "timestamp",
  value,
}));
const ref: fc.Arbitrary<Value> = fc.constantFrom(...IDS).map((value) => ({ kind: "ref", value }));

/** By field id: a value of the field. */
const VALUES: Readonly<Record<number, fc.Arbitrary<Value>>> = {
  1: str,
  2: int,
  3: fc.constantFrom(-1.5, 0, 0.1, 2).map((value) => ({ kind: "float", value })),
  4: fc.boolean().map((value) => ({ kind: "bool", value })),
  5: time,
  6: fc.constantFrom(1, 2, 3).map((value) => ({ kind: "enum", value })),
  7: fc.array(text, { maxLength: 3 }).map((value) => ({ kind: "list_str", value })),
  8: fc.array(integer, { maxLength: 3 }).map((value) => ({ kind: "list_int", value })),
  9: ref,
  10: fc.constantFrom("1", "{}").map((value) => ({ kind: "json", value })),
  11: fc
    .array(fc.constantFrom(0, 1, 255), { maxLength: 2 })
    .map((value) => ({ kind: "bytes", value: Uint8Array.from(value) })),
  12: str,
  13: str,
};

function valueFor(operand: Operand): fc.Arbitrary<Value> {
  if (operand.of === "field") return VALUES[operand.fieldId] as fc.Arbitrary<Value>;
  if (operand.attribute === "id") return ref;
  return operand.attribute === "version" ? int : time;
}

const field = (fieldId: number): Operand => ({ of: "field", fieldId });
const ORDERED: readonly Operand[] = [
  ...[1, 2, 3, 4, 5, 6, 9, 11, 12, 13].map(field),
  ...(["id", "created_at", "updated_at", "version"] as const).map(
    (attribute): Operand => ({ of: "attribute", attribute }),
  ),
];
const ordered = fc.constantFrom(...ORDERED);

const bySize: fc.Arbitrary<Comparison> = fc
  .tuple(fc.constantFrom("eq", "neq", "gt", "gte", "lt", "lte"), ordered)
  .chain(([op, operand]) => valueFor(operand).map((value) => ({ op, operand, values: [value] })));
const byList: fc.Arbitrary<Comparison> = ordered.chain((operand) =>
  fc
    .array(valueFor(operand), { minLength: 1, maxLength: 4 })
    .map((values) => ({ op: "in" as const, operand, values })),
);
const byContents: fc.Arbitrary<Comparison> = fc.oneof(
  fc.tuple(fc.constantFrom(1, 7, 12), str).map(([fieldId, value]) => ({
    op: "contains" as const,
    operand: field(fieldId),
    values: [value],
  })),
  int.map((value) => ({ op: "contains" as const, operand: field(8), values: [value] })),
  fc.tuple(fc.constantFrom(1, 12), fc.constantFrom(...PATTERNS)).map(([fieldId, pattern]) => ({
    op: "like" as const,
    operand: field(fieldId),
    values: [{ kind: "str" as const, value: pattern }],
  })),
  fc
    .tuple(fc.constantFrom("eq" as const, "neq" as const), fc.constantFrom(7, 8))
    .chain(([op, id]) =>
      (VALUES[id] as fc.Arbitrary<Value>).map((value) => ({
        op,
        operand: field(id),
        values: [value],
      })),
    ),
);
const byAbsence: fc.Arbitrary<Comparison> = fc
  .oneof(ordered, fc.constantFrom(7, 8, 10).map(field))
  .map((operand) => ({ op: "is_null", operand, values: [] }));

const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ node: Filter }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    { arbitrary: fc.oneof(bySize, bySize, byList, byContents, byAbsence), weight: 4 },
    {
      arbitrary: fc.record({
        op: fc.constantFrom("and" as const, "and" as const, "or" as const),
        filters: fc.array(tie("node"), { minLength: 1, maxLength: 3 }),
      }),
      weight: 3,
    },
  ),
})).node;

const anyOrder: fc.Arbitrary<OrderTerm[]> = fc.array(
  fc.record({ operand: ordered, descending: fc.boolean() }),
  { maxLength: 3 },
);

export const anyQuery: fc.Arbitrary<NodeQuery> = fc.record({
  typeId: fc.constant(1),
  filter: fc.option(anyFilter, { nil: undefined }),
  order: anyOrder,
  includeDeleted: fc.boolean(),
});

/** Field 3 is required, field 13 unique; the others are there or not. */
const anyFields = fc.record(
  Object.fromEntries(Object.entries(VALUES).filter(([id]) => id !== "13")),
  { requiredKeys: ["3"] },
);

/** Up to 30 nodes with ids of their own, in no order. */
export const anyNodes: fc.Arbitrary<Node[]> = fc
  .tuple(
    fc.shuffledSubarray(IDS),
    fc.array(
      fc.record({
        fields: anyFields,
        isOther: fc.constantFrom(false, false, false, true),
        deleted: fc.constantFrom(false, false, false, true),
        version: fc.constantFrom(1, 2),
        createdAt: fc.constantFrom(0, 1, 5),
        updatedAt: fc.constantFrom(5, 1_700_000_000_000),
      }),
      { minLength: 30, maxLength: 30 },
    ),
    fc.shuffledSubarray(TEXTS),
  )
  .map(([ids, shapes, codes]) =>
    ids.map((id, i) => {
      const { fields, isOther, ...attributes } = shapes[i] as (typeof shapes)[number];
      const held = new Map(
        Object.entries(fields).map(([fieldId, value]) => [Number(fieldId), value as Value]),
      );
      const code = codes[i];
      if (code !== undefined) held.set(13, { kind: "str", value: code });
      const typeId = isOther ? 2 : 1;
      const owner = { ownerActor: "user:a" };
      return { id, typeId, ...owner, ...attributes, fields: isOther ? new Map() : held };
    }),
  );
