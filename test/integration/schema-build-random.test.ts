/**
 * Any rows and any change of schema: brought to it in slices of any size, or in the record's own
 * transaction, a tenant comes to the same outcome and the same rows. fast-check prints the seed
 * of a failure.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonObject } from "../../src/base/json.ts";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import type { Value } from "../../src/schema/value.ts";
import { viewRows } from "../harness/built-views.ts";
import { createEdge, createNode, deleteNode, int, ownId, str } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { schemaOf } from "../harness/schemas.ts";

const NODES = 9;
const RUNS = 40;

const field = (fieldId: number, kind: string, change: JsonObject = {}): JsonObject => ({
  field_id: fieldId,
  name: `f${fieldId}`,
  kind,
  ...change,
});

/** How one field stands in a schema: as a key, in an index, filled. */
const attributes = fc.record(
  {
    unique: fc.constant(true),
    indexed: fc.constant(true),
    required: fc.constant(true),
    searchable: fc.constant(true),
  },
  { requiredKeys: [] },
);

interface Shape {
  readonly text: JsonObject;
  readonly number: JsonObject;
  readonly added: JsonObject | undefined;
  readonly key: boolean;
  readonly single: boolean;
  readonly since: boolean;
  readonly dropText: boolean;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  text: attributes,
  number: attributes,
  added: fc.option(attributes, { nil: undefined }),
  key: fc.boolean(),
  single: fc.boolean(),
  since: fc.boolean(),
  dropText: fc.boolean(),
});

/** Only what is required has a default, so that it can be filled in. */
function withDefault(change: JsonObject, value: string | number): JsonObject {
  return change["required"] === true ? { ...change, default: value } : change;
}

function formOf({ text, number, added, key, single, since, dropText }: Shape): JsonObject {
  const { searchable: _, ...numeric } = number;
  const fields = [
    ...(dropText ? [] : [field(1, "str", withDefault(text, "x"))]),
    field(2, "int", withDefault(numeric, 1)),
    field(3, "int"),
    ...(added === undefined ? [] : [field(4, "str", withDefault(added, "new"))]),
  ];
  const keys = key ? [{ key_id: 1, name: "pair", field_ids: [2, 3] }] : [];
  const reserved_field_ids = dropText ? [1] : [];
  const likes = {
    edge_type_id: 10,
    name: "likes",
    unique_per_from: single,
    fields: since ? [field(1, "int", { required: true, default: 7 })] : [],
  };
  const type = { type_id: 1, name: "Thing", fields, unique_keys: keys, reserved_field_ids };
  return { node_types: [type], edge_types: [likes] };
}

const START = formOf({
  text: {},
  number: {},
  added: undefined,
  key: false,
  single: false,
  since: false,
  dropText: false,
});

const value = fc.option(fc.nat({ max: 6 }), { nil: undefined });
const rowsOf = fc.record({
  nodes: fc.array(fc.tuple(value, value, value), { minLength: 0, maxLength: NODES }),
  edges: fc.uniqueArray(fc.tuple(fc.nat({ max: NODES - 1 }), fc.nat({ max: NODES - 1 })), {
    maxLength: 5,
    selector: ([from, to]) => `${from}-${to}`,
  }),
  deleted: fc.uniqueArray(fc.nat({ max: NODES - 1 }), { maxLength: 3 }),
});

function operationsOf(rows: typeof rowsOf extends fc.Arbitrary<infer T> ? T : never) {
  const { nodes, edges, deleted } = rows;
  const operations: RequestedOperation[] = nodes.map(([text, number, other], i) => {
    const values: Record<number, Value> = {};
    if (text !== undefined) values[1] = str(`t${text}`);
    if (number !== undefined) values[2] = int(number);
    if (other !== undefined) values[3] = int(other);
    return createNode(1, values, { id: ownId("nd", i) });
  });
  const there = (i: number) => i < nodes.length;
  for (const [n, [from, to]] of edges.entries()) {
    if (!there(from) || !there(to)) continue;
    const id = ownId("ed", n);
    operations.push(createEdge(10, ownId("nd", from), ownId("nd", to), {}, { id }));
  }
  for (const i of deleted.filter(there)) operations.push(deleteNode(ownId("nd", i)));
  return operations;
}

/** One step of a tenant's life: the types come by a replacement, or along with a write. */
const change = fc.record({
  to: shape,
  attached: fc.boolean(),
  /** With types that come along: whether the write itself is refused. */
  refused: fc.boolean(),
});

test("in slices or at once, the outcome and the rows are the same", async () => {
  const scenario = fc.record({
    rows: rowsOf,
    changes: fc.array(change, { minLength: 1, maxLength: 3 }),
    sliceRows: fc.integer({ min: 1, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ rows, changes, sliceRows }) => {
      const sliced = { buildRowsAtOnce: -1, buildSliceRows: sliceRows };
      const ways = [sliced, { buildRowsAtOnce: 1_000_000 }];
      const found: unknown[] = [];
      for (const way of ways) {
        await using partition = await TestPartition.open(way);
        const tenant = partition.tenant("acme");
        await tenant.register(START, "start");
        const operations = operationsOf(rows);
        if (operations.length > 0) await tenant.execute(operations, { key: "rows" });
        const told: string[] = [];
        for (const [n, { to, attached, refused }] of changes.entries()) {
          const form = formOf(to);
          const write = refused ? deleteNode(ownId("nd", 500)) : createNode(1, { 2: int(n) });
          const doing = attached
            ? tenant.execute([createNode(1, {}, { id: ownId("nd", 600 + n) }), write], {
                key: `change-${n}`,
                schema: schemaOf(form),
              })
            : tenant.register(form, `change-${n}`, "replace");
          told.push(await doing.then(() => "applied", String));
          await until(() => partition.engine.logState().tenantsBehind.length === 0);
        }
        found.push({ told, ...viewRows(partition, "acme") });
      }
      expect(found[0]).toEqual(found[1]);
    }),
    { numRuns: RUNS },
  );
}, 120_000);
