/** Random rows, and random changes of the schema that they were written under. */
import fc from "fast-check";
import type { JsonObject } from "../../src/base/json.ts";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import type { Value } from "../../src/schema/value.ts";
import { createEdge, createNode, deleteNode, int, ownId, str } from "./operations.ts";

const NODES = 9;

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

/** How a schema of one node type and one edge type may look. */
export interface Shape {
  readonly text: JsonObject;
  readonly number: JsonObject;
  readonly added: JsonObject | undefined;
  readonly key: boolean;
  readonly single: boolean;
  readonly since: boolean;
  readonly dropText: boolean;
}

export const shape: fc.Arbitrary<Shape> = fc.record({
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

export function formOf({ text, number, added, key, single, since, dropText }: Shape): JsonObject {
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

/** What rows are written under: nothing unique, indexed, required or searchable. */
export const START = formOf({
  text: {},
  number: {},
  added: undefined,
  key: false,
  single: false,
  since: false,
  dropText: false,
});

const value = fc.option(fc.nat({ max: 6 }), { nil: undefined });
export const rows = fc.record({
  nodes: fc.array(fc.tuple(value, value, value), { minLength: 0, maxLength: NODES }),
  edges: fc.uniqueArray(fc.tuple(fc.nat({ max: NODES - 1 }), fc.nat({ max: NODES - 1 })), {
    maxLength: 5,
    selector: ([from, to]) => `${from}-${to}`,
  }),
  deleted: fc.uniqueArray(fc.nat({ max: NODES - 1 }), { maxLength: 3 }),
});

export type Rows = typeof rows extends fc.Arbitrary<infer T> ? T : never;

export function operationsOf({ nodes, edges, deleted }: Rows): RequestedOperation[] {
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
