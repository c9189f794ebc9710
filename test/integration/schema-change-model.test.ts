/**
 * Random changes of a schema over random rows against a naive model, which goes through all
 * rows with loops: whether the change is refused, and what each node and edge is afterwards.
 * fast-check prints the seed of a failure.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { EntError } from "../../src/base/errors.ts";
import { int, ownId, str } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import {
  rows as anyRows,
  formOf,
  operationsOf,
  type Rows,
  type Shape,
  START,
  shape,
} from "../harness/random-schema-change.ts";

interface ModelNode {
  readonly id: string;
  readonly deleted: boolean;
  readonly text: string | undefined;
  readonly number: number | undefined;
  readonly other: number | undefined;
  readonly added: string | undefined;
}

const isSet = (change: object | undefined, attribute: "required" | "unique") =>
  Reflect.get(change ?? {}, attribute) === true;

/** The nodes as they are under the changed schema: what is required has its default. */
function nodesUnder({ nodes, deleted }: Rows, to: Shape): ModelNode[] {
  return nodes.map(([text, number, other], i) => {
    const sent = text === undefined ? undefined : `t${text}`;
    const kept = sent ?? (isSet(to.text, "required") ? "x" : undefined);
    return {
      id: ownId("nd", i),
      deleted: deleted.includes(i),
      text: to.dropText ? undefined : kept,
      number: number ?? (isSet(to.number, "required") ? 1 : undefined),
      other,
      added: isSet(to.added, "required") ? "new" : undefined,
    };
  });
}

/** Edges whose ends are there, deleted or not: one that is hidden still holds its place. */
function edgesIn({ nodes, edges }: Rows): readonly (readonly [number, number])[] {
  return edges.filter((ends) => ends.every((i) => i < nodes.length));
}

/** Those whose ends live. */
function seenEdgesIn(rows: Rows): readonly (readonly [number, number])[] {
  return edgesIn(rows).filter((ends) => !ends.some((i) => rows.deleted.includes(i)));
}

function hasTwice(values: readonly unknown[]): boolean {
  const present = values.filter((value) => value !== undefined);
  return new Set(present).size < present.length;
}

/** Whether some rule that the change brings is broken by rows that are there. */
function isBroken(rows: Rows, to: Shape): boolean {
  const live = nodesUnder(rows, to).filter((node) => !node.deleted);
  const pairs = live.map(({ number, other }) =>
    number === undefined || other === undefined ? undefined : `${number} ${other}`,
  );
  return (
    (!to.dropText && isSet(to.text, "unique") && hasTwice(live.map(({ text }) => text))) ||
    (isSet(to.number, "unique") && hasTwice(live.map(({ number }) => number))) ||
    (isSet(to.added, "unique") && hasTwice(live.map(({ added }) => added))) ||
    (to.key && hasTwice(pairs)) ||
    (to.single && hasTwice(edgesIn(rows).map(([from]) => from)))
  );
}

/** A node's values by field id, as plain values. */
function plain({ text, number, other, added }: ModelNode): [number, unknown][] {
  const values: [number, unknown][] = [
    [1, text],
    [2, number === undefined ? undefined : BigInt(number)],
    [3, other === undefined ? undefined : BigInt(other)],
    [4, added],
  ];
  return values.filter(([, value]) => value !== undefined);
}

const NO_CHANGE: Shape = {
  ...{ text: {}, number: {}, added: undefined, key: false },
  ...{ single: false, since: false, dropText: false },
};
/** Two edges leave the last node, and one of them is hidden. */
const HIDDEN_SECOND: Rows = {
  nodes: Array.from({ length: 3 }, () => [undefined, undefined, undefined]),
  edges: [
    [2, 1],
    [2, 0],
  ],
  deleted: [0],
};

const seen = { refused: 0, changed: 0 };

async function compare(partition: TestPartition, run: number, rows: Rows, to: Shape) {
  const tenant = partition.tenant(`run-${run}`);
  await tenant.register(START);
  const operations = operationsOf(rows);
  if (operations.length > 0) await tenant.execute(operations);
  const before = await tenant.nodes(
    rows.nodes.map((_, i) => ownId("nd", i)),
    { deleted: true },
  );
  const refusal = await tenant.register(formOf(to), "", "replace").then(
    () => undefined,
    (error: EntError) => error.reason,
  );
  const broken = isBroken(rows, to);
  seen[broken ? "refused" : "changed"] += 1;
  expect(refusal).toBe(broken ? "SCHEMA_INCOMPATIBLE" : undefined);
  const after = await tenant.nodes(
    rows.nodes.map((_, i) => ownId("nd", i)),
    { deleted: true },
  );
  if (broken) return expect(after.nodes).toEqual(before.nodes);
  const wanted = nodesUnder(rows, to);
  const found = after.nodes.map(({ id, deleted, fields }) => ({
    id,
    deleted,
    fields: [...fields]
      .map(([fieldId, value]) => [fieldId, Reflect.get(value, "value")])
      .toSorted(),
  }));
  expect(found).toEqual(
    wanted.map((node) => ({ id: node.id, deleted: node.deleted, fields: plain(node) })),
  );
  // Nothing but defaults was written: versions stay.
  expect(after.nodes.map(({ version }) => version)).toEqual(
    before.nodes.map(({ version }) => version),
  );
  const edges = await Promise.all(
    seenEdgesIn(rows).map(async ([from, to]) => {
      const all = await tenant.allEdges({ nodeId: ownId("nd", from) });
      return all.find((edge) => edge.toId === ownId("nd", to))?.fields.get(1);
    }),
  );
  expect(edges).toEqual(edges.map(() => (to.since ? int(7) : undefined)));
  if (to.dropText || !isSet(to.text, "unique")) return;
  const key = { by: "field", fieldId: 1 } as const;
  for (const { id, text, deleted } of wanted) {
    if (text === undefined || deleted) continue;
    expect((await tenant.byKey({ typeId: 1, key, values: [str(text)] })).id).toBe(id);
  }
}

test("a change is refused where rows stand against it, and else is what the model says", async () => {
  await using partition = await TestPartition.open();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(anyRows, shape, async (rows, to) => {
      run += 1;
      await compare(partition, run, rows, to);
    }),
    {
      numRuns: 60,
      // Edges that are hidden count as well.
      examples: [[HIDDEN_SECOND, { ...NO_CHANGE, single: true }]],
    },
  );
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(5);
}, 120_000);
