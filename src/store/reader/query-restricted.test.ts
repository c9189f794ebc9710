/**
 * Queries of somebody who may read few nodes of many: pages are full, counts are of what may
 * be seen, and the many are not looked at.
 */
import type { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ownId, str } from "../../../test/harness/operations.ts";
import { refusal } from "../../../test/harness/refusal.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/harness/temporary-directory.ts";
import { thingWork, viewWithNodes } from "../../../test/harness/view-file.ts";
import { limits } from "../../base/limits.ts";
import { openForReading } from "../open-database.ts";
import { countNodes, queryKeyed, queryNodes } from "./query-nodes.ts";

const NODES = limits.readableNodes + 2_000;
/** Rows of the slice that shows how little may be read. */
const FIRST_SLICE = 1_000;
const text = { of: "field", fieldId: 1 } as const;
const byText = [{ operand: text, descending: true }];
const notEmpty = { op: "neq", operand: text, values: [str("")] } as const;

let place: TemporaryDirectory;
let db: Database;

/** Alice owns every so manieth node, and Bob the others. */
function openWith(every: number): void {
  const ownerOf = (i: number) => (i % every === every - 1 ? "user:alice" : "user:bob");
  const store = viewWithNodes(join(place.path, "acme"), NODES, ownerOf);
  store.close();
  db = openForReading(store.file);
}

beforeEach(() => {
  place = temporaryDirectory();
});
afterEach(() => {
  // Fails when a statement was left behind.
  db.close(true);
  place[Symbol.dispose]();
});

function run<T>(steps: Generator<void, T>): T {
  while (true) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

const mine = (every: number) =>
  Array.from({ length: Math.floor(NODES / every) }, (_, i) => ownId("nd", every * (i + 1) - 1));
const idsOf = (nodes: readonly { readonly id: string }[]) => nodes.map(({ id }) => id);

describe("who may read few nodes of many", () => {
  const EVERY = 500;
  const few = mine(EVERY);
  const enough = { scanRows: FIRST_SLICE + few.length };
  beforeEach(() => openWith(EVERY));

  test("has a page of them without a look at the others, in any order and with any filter", () => {
    const page = { ...enough, limit: 3, skip: 1 };
    expect(idsOf(run(queryNodes(db, thingWork({}, page))))).toEqual(few.slice(1, 4));
    const filtered = thingWork({ filter: notEmpty }, page);
    expect(idsOf(run(queryNodes(db, filtered)))).toEqual(few.slice(1, 4));
    const ordered = run(queryNodes(db, thingWork({ order: byText }, page)));
    const texts = few
      .map((id) => String(Number(id.slice(3))))
      .sort()
      .reverse();
    expect(ordered.map((node) => node.fields.get(1))).toEqual(texts.slice(1, 4).map(str));
  });

  test("goes on behind a place", () => {
    const work = thingWork({}, { ...enough, limit: 3 });
    const after = [{ kind: "ref" as const, value: few[4] as string }];
    expect(idsOf(run(queryNodes(db, { ...work, after })))).toEqual(few.slice(5, 8));
  });

  test("counts them alone", () => {
    expect(run(countNodes(db, thingWork({}, enough)))).toBe(few.length);
    expect(run(countNodes(db, thingWork({ filter: notEmpty }, enough)))).toBe(few.length);
  });

  test("has a budget all the same, and is told which way was gone", () => {
    const work = thingWork({}, { scanRows: FIRST_SLICE + few.length - 1 });
    const { reason, details } = refusal(() => run(queryNodes(db, work)));
    expect(reason).toBe("QUERY_NEEDS_INDEX");
    expect(details["plan"]).toContain(`the ${few.length} nodes of the type that may be read`);
    const early = refusal(() => run(queryNodes(db, thingWork({}, { scanRows: 10 }))));
    expect(early.details["plan"]).toContain("access tested of each row");
  });

  test("leaves a page that would take long to fill to a worker", () => {
    expect(queryKeyed(db, thingWork({}, { limit: 10 }))).toBeUndefined();
    const beyond = [{ kind: "ref" as const, value: ownId("nd", NODES - 10) }];
    const last = queryKeyed(db, { ...thingWork({}, { limit: 10 }), after: beyond });
    expect(idsOf(last ?? [])).toEqual(few.slice(-1));
  });

  test("sees everything with the right to all data", () => {
    const work = thingWork({}, { limit: 3 });
    const viewer = { ...work.viewer, seesAll: true };
    expect(idsOf(run(queryNodes(db, { ...work, viewer })))).toEqual(
      [0, 1, 2].map((i) => ownId("nd", i)),
    );
    expect(run(countNodes(db, { ...work, viewer }))).toBe(NODES);
  });
});

test("who may read every second node has full pages in the request's own turn", () => {
  openWith(2);
  const work = thingWork({}, { limit: 50 });
  expect(idsOf(queryKeyed(db, work) ?? [])).toEqual(mine(2).slice(0, 50));
  expect(run(countNodes(db, thingWork()))).toBe(NODES / 2);
});

test("who may read a lot beside a stretch of nothing has all of it", () => {
  const ownerOf = (i: number) => (i < 1_500 ? "user:bob" : "user:alice");
  const store = viewWithNodes(join(place.path, "acme"), NODES, ownerOf);
  store.close();
  db = openForReading(store.file);
  expect(run(countNodes(db, thingWork()))).toBe(NODES - 1_500);
  const [first] = run(queryNodes(db, thingWork({ filter: notEmpty }, { limit: 1 })));
  expect(first?.id).toBe(ownId("nd", 1_500));
});

test("so many readable nodes that they are no longer few are looked for among all", () => {
  // Counting those that may be read alone stays within this, counting all does not.
  const scanRows = FIRST_SLICE + limits.readableNodes + 1;
  const openBehind = (others: number) => {
    const ownerOf = (i: number) => (i < others ? "user:bob" : "user:alice");
    const store = viewWithNodes(join(place.path, `behind-${others}`), NODES, ownerOf);
    store.close();
    return openForReading(store.file);
  };
  const atLimit = openBehind(NODES - limits.readableNodes);
  expect(run(countNodes(atLimit, thingWork({}, { scanRows })))).toBe(limits.readableNodes);
  atLimit.close(true);
  db = openBehind(NODES - limits.readableNodes - 1);
  const { details } = refusal(() => run(countNodes(db, thingWork({}, { scanRows }))));
  expect(details["plan"]).toContain("access tested of each row");
});
