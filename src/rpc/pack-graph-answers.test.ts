import { test } from "bun:test";
import fc from "fast-check";
import {
  GetNodeByKeyResponseSchema,
  GetNodeResponseSchema,
  GetNodesResponseSchema,
  ListConnectedResponseSchema,
  ListEdgesResponseSchema,
  QueryNodesResponseSchema,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import { formsOf } from "../../test/harness/answer-forms.ts";
import type { Edge, Node } from "../record/graph.ts";
import type { Fields, Value } from "../schema/value.ts";
import {
  encodeConnectedAnswer,
  encodeEdgesAnswer,
  encodeNodeAnswer,
  encodeNodeByKeyAnswer,
  encodeNodesAnswer,
  encodeQueryAnswer,
} from "./encode-graph-answers.ts";
import {
  packConnectedAnswer,
  packEdgesAnswer,
  packNodeAnswer,
  packNodesAnswer,
  packQueryAnswer,
} from "./pack-graph-answers.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ minLength: 30, maxLength: 300 }),
  fc.string({ unit: "binary" }),
);
const number = fc.oneof(fc.nat(300), fc.maxSafeInteger().map(Math.abs));
const id = fc.oneof(fc.nat(20), fc.nat(2 ** 32 - 1));
const int = fc.oneof(
  fc.bigInt({ min: -70n, max: 70n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(2n ** 53n, -(2n ** 53n), 2n ** 52n, -(2n ** 52n) - 1n, -(2n ** 63n)),
);
const bytes = fc.uint8Array({ maxLength: 300 });
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant({ kind: "null" as const }),
  fc.record({ kind: fc.constantFrom("str", "ref", "json"), value: text }),
  fc.record({ kind: fc.constantFrom("int", "timestamp"), value: int }),
  fc.record({ kind: fc.constant("float" as const), value: fc.double({ noNaN: true }) }),
  fc.record({ kind: fc.constant("bool" as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant("enum" as const), value: id }),
  fc.record({ kind: fc.constant("list_str" as const), value: fc.array(text, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("list_int" as const), value: fc.array(int, { maxLength: 5 }) }),
  fc.record({ kind: fc.constant("bytes" as const), value: bytes }),
);
/** In the order of their ids, as they are stored. */
const fields: fc.Arbitrary<Fields> = fc
  .uniqueArray(fc.tuple(id, value), { selector: ([fieldId]) => fieldId, maxLength: 5 })
  .map((entries) => new Map(entries.toSorted((a, b) => a[0] - b[0])));

const node: fc.Arbitrary<Node> = fc.record({
  id: text,
  typeId: id,
  ownerActor: text,
  version: number,
  createdAt: number,
  updatedAt: number,
  deleted: fc.boolean(),
  fields,
});
const edge: fc.Arbitrary<Edge> = fc.record({
  id: text,
  edgeTypeId: id,
  fromId: text,
  toId: text,
  createdAt: number,
  updatedAt: number,
  fields,
});
const nodes = fc.array(node, { maxLength: 4 });
const page = {
  nextCursor: fc.option(bytes, { nil: undefined }),
  hasMore: fc.boolean(),
  positionToken: bytes,
};

/** Each answer, and what both forms of it are made with. */
const FORMS = [
  formsOf(
    GetNodeResponseSchema,
    fc.record({ node, positionToken: bytes }),
    encodeNodeAnswer,
    packNodeAnswer,
  ),
  formsOf(
    GetNodeByKeyResponseSchema,
    fc.record({ node, positionToken: bytes }),
    encodeNodeByKeyAnswer,
    packNodeAnswer,
  ),
  formsOf(
    GetNodesResponseSchema,
    fc.record({ nodes, missingIds: fc.array(text, { maxLength: 3 }), positionToken: bytes }),
    encodeNodesAnswer,
    packNodesAnswer,
  ),
  formsOf(
    QueryNodesResponseSchema,
    fc.record({
      nodes,
      totalCount: fc.option(number, { nil: undefined }),
      totalCountAbsentReason: fc.option(text, { nil: undefined }),
      ...page,
    }),
    encodeQueryAnswer,
    packQueryAnswer,
  ),
  formsOf(
    ListEdgesResponseSchema,
    fc.record({ edges: fc.array(edge, { maxLength: 4 }), nodes, ...page }),
    encodeEdgesAnswer,
    packEdgesAnswer,
  ),
  formsOf(
    ListConnectedResponseSchema,
    fc.record({
      nodes: fc.array(fc.record({ node, distance: id }), { maxLength: 4 }),
      ...page,
    }),
    encodeConnectedAnswer,
    packConnectedAnswer,
  ),
];

test.each(FORMS)("%s is the same bytes, packed and as a message", (_name, check) => check());
