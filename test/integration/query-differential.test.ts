/**
 * Queries through the engine (schema, index rows, SQL, read workers, cursors) against a naive
 * filter over an array. Random attributes of the schema's fields, random nodes of which some
 * are refused, deleted or updated, random queries: all pages together, counts, offsets and
 * totals must be what the naive one says. fast-check prints the seed of a failure.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { Filter, NodeQuery, OrderTerm } from "../../src/query/query.ts";
import type { Node } from "../../src/record/graph.ts";
import { KIND_TRAITS } from "../../src/schema/field-kinds.ts";
import { EMPTY_SCHEMA, type Field, type Schema } from "../../src/schema/types.ts";
import { type Value, valuesEqual } from "../../src/schema/value.ts";
import { naiveQuery } from "../harness/naive-query.ts";
import { createNode, deleteNode, ref, str, updateNode } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { anyNodes, anyQuery, QUERY_SCHEMA } from "../harness/random-query.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;
let tenants = 0;

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

const CODE = 13;
const PARENT = 9;

/** How a field is declared this time; what its kind cannot be, it is not. */
interface Attributes {
  readonly indexed: boolean;
  readonly unique: boolean;
  readonly required: boolean;
}

const anySchema: fc.Arbitrary<Schema> = fc
  .array(
    fc.record({
      indexed: fc.boolean(),
      unique: fc.constantFrom(false, false, false, false, true),
      required: fc.boolean(),
    }),
    { minLength: 13, maxLength: 13 },
  )
  .map((attributes) => {
    const [thing, other] = QUERY_SCHEMA.nodeTypes;
    if (thing === undefined || other === undefined) throw new Error("two types");
    const fields = thing.fields.map((field, i) => declared(field, attributes[i] as Attributes));
    return { ...EMPTY_SCHEMA, nodeTypes: [{ ...thing, fields }, other] };
  });

const DEFAULTS: Readonly<Record<number, Value>> = {
  2: { kind: "int", value: 1n },
  3: { kind: "float", value: 0 },
  12: { kind: "str", value: "b" },
};

function declared(field: Field, wish: Attributes): Field {
  const { indexable, keyable } = KIND_TRAITS[field.kind];
  const unique = wish.unique && keyable && field.kind !== "bool" && field.fieldId !== PARENT;
  const required = wish.required && field.fieldId in DEFAULTS;
  return {
    ...field,
    indexed: wish.indexed && indexable,
    unique: unique || field.fieldId === CODE,
    required,
    defaultValue: required ? DEFAULTS[field.fieldId] : undefined,
  };
}

/** The graph once more, by its rules: who is refused, and what the others look like. */
class NaiveGraph {
  readonly nodes = new Map<string, Node>();
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** False when the engine must refuse it. */
  create(node: Node, now: number): boolean {
    const fields = new Map(node.fields);
    for (const field of this.#fieldsOf(node)) {
      if (field.required && !fields.has(field.fieldId)) {
        fields.set(field.fieldId, field.defaultValue as Value);
      }
    }
    const parent = fields.get(PARENT);
    if (parent?.kind === "ref" && parent.value !== node.id && !this.#isLive(parent.value)) {
      return false;
    }
    if (this.#holdsAny(node.typeId, fields)) return false;
    const born = { version: 1, createdAt: now, updatedAt: now, deleted: false };
    this.nodes.set(node.id, { ...node, ...born, ownerActor: "user:alice", fields });
    return true;
  }

  touch(id: string, now: number, change: Partial<Node>): void {
    const node = this.nodes.get(id) as Node;
    this.nodes.set(id, { ...node, ...change, version: node.version + 1, updatedAt: now });
  }

  #isLive(id: string): boolean {
    return this.nodes.get(id)?.deleted === false;
  }

  #holdsAny(typeId: number, fields: Node["fields"]): boolean {
    const unique = this.#fieldsOf({ typeId }).filter((field) => field.unique);
    return [...this.nodes.values()].some(
      (node) =>
        node.typeId === typeId &&
        !node.deleted &&
        unique.some(({ fieldId }) => {
          const [mine, theirs] = [fields.get(fieldId), node.fields.get(fieldId)];
          return mine !== undefined && theirs !== undefined && valuesEqual(mine, theirs);
        }),
    );
  }

  #fieldsOf({ typeId }: { readonly typeId: number }): readonly Field[] {
    return this.#schema.nodeTypes.find((type) => type.typeId === typeId)?.fields ?? [];
  }
}

/** Makes the nodes in the engine and in the naive graph, over three moments of time. */
async function populate(
  tenant: TenantClient,
  schema: Schema,
  wanted: readonly Node[],
  start: number,
): Promise<readonly Node[]> {
  const naive = new NaiveGraph(schema);
  await tenant.execute([{ op: "register_schema", schema }]);
  // Every third node refers to nobody, so that there is somebody to refer to.
  const nodes = wanted.map((node, i) => {
    const fields = new Map(node.fields);
    if (i % 3 === 0) fields.delete(PARENT);
    if (i % 7 === 1) fields.set(PARENT, ref(node.id));
    return { ...node, fields: node.typeId === 1 ? fields : new Map<number, Value>() };
  });
  const made: Promise<boolean>[] = [];
  const expected: boolean[] = [];
  const half = Math.floor(nodes.length / 2);
  for (const [i, node] of nodes.entries()) {
    if (i === half) {
      await Promise.all(made);
      partition.fakeClock.advance(1);
    }
    const now = start + (i < half ? 0 : 1);
    const { id, typeId, fields } = node;
    const create = { ...createNode(typeId, {}, { id }), fields };
    made.push(tenant.execute([create]).then(isTrue, isFalse));
    const accepted = naive.create(node, now);
    expected.push(accepted);
    if (!accepted || !node.deleted) continue;
    made.push(tenant.execute([deleteNode(id)]).then(isTrue));
    expected.push(true);
    naive.touch(id, now, { deleted: true });
  }
  expect(await Promise.all(made)).toEqual(expected);
  partition.fakeClock.advance(4);
  const late = [...naive.nodes.values()].filter((node) => node.typeId === 1 && !node.deleted);
  for (const { id, fields } of late.filter((_, i) => i % 4 === 0)) {
    await tenant.execute([updateNode(id, { 1: str("late") })]);
    const changed = new Map(fields).set(1, str("late"));
    const free = schema.nodeTypes[0]?.fields[0]?.unique !== true;
    naive.touch(id, start + 5, { fields: changed });
    if (!free) break;
  }
  return [...naive.nodes.values()];
}

const isTrue = () => true;
const isFalse = () => false;

/** The same filter with the moments 0, 1 and 5 meant from the start on. */
function shifted(filter: Filter, start: number): Filter {
  if ("filters" in filter) {
    return { ...filter, filters: filter.filters.map((part) => shifted(part, start)) };
  }
  const { operand } = filter;
  if (operand.of === "field" || !operand.attribute.endsWith("_at")) return filter;
  const values = filter.values.map((value): Value => {
    if (value.kind !== "timestamp" || value.value > 5n) return value;
    return { kind: "timestamp", value: value.value + BigInt(start) };
  });
  return { ...filter, values };
}

/**
 * A filter that says: equal in the first term of the order, and anything in the second.
 * Such queries meet the ways along an index that random filters rarely do.
 */
function pinned(query: NodeQuery, nodes: readonly Node[]): Filter | undefined {
  const [first, second] = query.order;
  const one = first && heldFirst(first, nodes);
  const other = second && heldFirst(second, nodes);
  const parts: Filter[] = [];
  if (first && one) parts.push({ op: "eq", operand: first.operand, values: [one] });
  if (second && other) {
    const op = second.descending ? "lte" : "gte";
    parts.push({ op, operand: second.operand, values: [other] });
  }
  return parts.length > 0 ? { op: "and", filters: parts } : query.filter;
}

/** The first value in the order of this term. */
function heldFirst(term: OrderTerm, nodes: readonly Node[]): Value | undefined {
  const { operand } = term;
  if (operand.of === "attribute") return undefined;
  const inOrder = { typeId: 1, filter: undefined, order: [term], includeDeleted: false };
  return naiveQuery(nodes, inOrder)[0]?.fields.get(operand.fieldId);
}

const somehow = {
  pageSize: fc.constantFrom(1, 2, 3, 7, 1_000),
  offset: fc.constantFrom(0, 1, 5, 40),
};
const anyQuestion = fc.oneof(
  fc.record({ ...somehow, isPinned: fc.constant(false), query: anyQuery }),
  fc.record({
    ...somehow,
    isPinned: fc.constant(true),
    query: fc.record({
      typeId: fc.constant(1),
      filter: fc.constant(undefined),
      order: fc
        .tuple(
          fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 9, 11, 12, 13], { minLength: 2 }),
          fc.boolean(),
        )
        .map(([fieldIds, descending]) =>
          fieldIds.slice(0, 2).map((fieldId): OrderTerm => {
            return { operand: { of: "field", fieldId }, descending };
          }),
        ),
      includeDeleted: fc.constant(false),
    }),
  }),
);

async function compare(
  tenant: TenantClient,
  nodes: readonly Node[],
  asked: NodeQuery,
  pageSize: number,
  offset: number,
): Promise<void> {
  const { typeId, filter, includeDeleted } = asked;
  const wanted = naiveQuery(nodes, asked);
  expect(await tenant.queryAll(asked, pageSize)).toEqual(wanted);
  expect(await tenant.count({ typeId, filter, includeDeleted })).toBe(wanted.length);
  const page = await tenant.query({ ...asked, pageSize, offset, withTotalCount: true });
  expect(page.nodes).toEqual(wanted.slice(offset, offset + pageSize));
  expect(page.totalCount).toBe(wanted.length);
  expect(page.hasMore).toBe(wanted.length > offset + pageSize);
}

test("every query is what the naive filter says, page by page", async () => {
  await fc.assert(
    fc.asyncProperty(
      anySchema,
      anyNodes,
      fc.array(anyQuestion, { minLength: 6, maxLength: 10 }),
      async (schema, wanted, questions) => {
        tenants += 1;
        partition.fakeClock.advance(1_000);
        const start = partition.fakeClock.now();
        const tenant = partition.tenant(`tenant-${tenants}`);
        const nodes = await populate(tenant, schema, wanted, start);
        for (const { query, pageSize, offset, isPinned } of questions) {
          const random = query.filter && shifted(query.filter, start);
          const filter = isPinned ? pinned(query, nodes) : random;
          await compare(tenant, nodes, { ...query, filter }, pageSize, offset);
        }
      },
    ),
    { numRuns: 120 },
  );
}, 60_000);
