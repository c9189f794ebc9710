import { describe, expect, test } from "bun:test";
import {
  createEdge,
  createNode,
  deleteEdge,
  edge,
  fieldsOf,
  float,
  int,
  ownId,
  ref,
  str,
  updateEdge,
  updateNode,
} from "../../test/harness/operations.ts";
import { refusal } from "../../test/harness/refusal.ts";
import { thingWith } from "../../test/harness/schemas.ts";
import { EMPTY_SCHEMA } from "../schema/types.ts";
import { formatLogId } from "../wal/log-id.ts";
import { checkTransaction } from "./check-transaction.ts";
import type { RequestedOperation } from "./engine.ts";

/** Makes the ids 1, 2, 3… of nodes and edges. */
function counting() {
  let made = 0;
  return {
    nodeId: () => ownId("nd", ++made),
    edgeId: () => ownId("ed", ++made),
    eventId: () => `event-${++made}`,
  };
}

const LOG = { logId: formatLogId(new Uint8Array(16).fill(7)), partition: 0 };
const ASKER = { actor: "user:alice", log: LOG };
const check = (...operations: RequestedOperation[]) =>
  checkTransaction(operations, counting(), ASKER);

describe("what goes into the log", () => {
  test("has ids made and aliases resolved; what is hashed has neither", () => {
    const operations = [
      createNode(1, { 1: str("x") }, { alias: "a" }),
      createNode(1, { 2: ref("$a.id") }, { id: ownId("nd", 9), alias: "b" }),
      createEdge(5, "$a.id", "$b.id", { 1: ref("$b.id") }, { alias: "e" }),
      updateEdge(edge("$e.id"), { 1: ref("$a.id") }),
      deleteEdge(edge(5, "$a.id", "$b.id")),
      updateNode("$a.id", { 2: ref("$b.id") }, { preconditions: { 2: ref("$a.id") } }),
    ];
    const { sent, resolved } = check(...operations);
    expect(sent).toEqual(operations);
    const [a, b, e] = [ownId("nd", 1), ownId("nd", 9), ownId("ed", 2)];
    expect<unknown>(resolved).toEqual([
      { ...createNode(1, { 1: str("x") }), id: a },
      { ...createNode(1, { 2: ref(a) }), id: b },
      { ...createEdge(5, a, b, { 1: ref(b) }), id: e },
      updateEdge(edge(e), { 1: ref(a) }),
      deleteEdge(edge(5, a, b)),
      updateNode(a, { 2: ref(b) }, { preconditions: { 2: ref(a) } }),
    ]);
    for (const operation of resolved) expect(operation).not.toHaveProperty("alias");
  });

  test("has values in their normal form, and so has what is hashed", () => {
    const { sent, resolved } = check(createNode(1, { 1: float(-0), 2: ref(ownId("nd", 1)) }));
    for (const [operation] of [sent, resolved]) {
      const value = (operation as { fields: ReadonlyMap<number, unknown> }).fields.get(1);
      expect(Object.is((value as { value: number }).value, 0)).toBe(true);
    }
  });

  test("has a normal form beside an alias too", () => {
    const { sent, resolved } = check(
      createNode(1, {}, { alias: "a" }),
      createNode(1, { 1: float(-0), 2: ref("$a.id") }),
    );
    const fieldsAt = (operations: readonly unknown[]) =>
      (operations[1] as { fields: ReadonlyMap<number, { value: unknown }> }).fields;
    expect(Object.is(fieldsAt(sent).get(1)?.value, 0)).toBe(true);
    expect<unknown>(fieldsAt(sent).get(2)).toEqual(ref("$a.id"));
    expect<unknown>(fieldsAt(resolved)).toEqual(fieldsOf({ 1: float(0), 2: ref(ownId("nd", 1)) }));
  });

  test("has schemas in their normal form", () => {
    const { nodeTypes } = thingWith(
      { field_id: 1, name: "a", kind: "int" },
      { field_id: 2, name: "b", kind: "int" },
    );
    const backwards = nodeTypes.map((type) => ({ ...type, fields: [...type.fields].reverse() }));
    const { sent, resolved } = check({
      op: "register_schema",
      schema: { ...EMPTY_SCHEMA, nodeTypes: backwards },
    });
    expect(sent[0]).toEqual({ op: "register_schema", schema: { ...EMPTY_SCHEMA, nodeTypes } });
    expect(resolved).toEqual([sent[0] as never]);
  });

  test("is not what the caller holds: nothing that was sent is changed", () => {
    const operation = createNode(1, { 1: float(-0) }, { alias: "a" });
    const before = structuredClone(operation);
    check(operation);
    expect(operation).toEqual(before);
  });
});

describe("a refusal names the place", () => {
  test.each([
    ["operations[1].id", [createNode(1), updateNode("nd_x")]],
    ["operations[0].from_id", [createEdge(5, "$x.id", ownId("nd", 1))]],
    ["operations[0].fields[7]", [createNode(1, { 7: int(2n ** 63n) })]],
    ["operations[0].fields[7]", [createNode(1, { 7: ref("$x.id") })]],
    ["operations[0].type_id", [createNode(0)]],
    [
      "operations[0].preconditions[3]",
      [updateNode(ownId("nd", 1), {}, { preconditions: { 3: str("\0") } })],
    ],
  ] as [string, RequestedOperation[]][])("%s", (place, operations) => {
    expect(refusal(() => check(...operations)).message).toContain(place);
  });
});
