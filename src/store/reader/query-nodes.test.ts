import type { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { ownId, str } from "../../../test/harness/operations.ts";
import { refusal } from "../../../test/harness/refusal.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/harness/temporary-directory.ts";
import { thingWork, viewWithNodes } from "../../../test/harness/view-file.ts";
import type { NodeQuery } from "../../query/query.ts";
import { openForReading } from "../open-database.ts";
import { countNodes, queryNodes } from "./query-nodes.ts";

const NODES = 2_500;
const text = { of: "field", fieldId: 1 } as const;
const byText = (descending: boolean): NodeQuery["order"] => [{ operand: text, descending }];
const noText = { op: "is_null", operand: text, values: [] } as const;

let place: TemporaryDirectory;
let db: Database;

beforeEach(() => {
  place = temporaryDirectory();
  const store = viewWithNodes(join(place.path, "acme"), NODES);
  store.close();
  db = openForReading(store.file);
});
afterEach(() => {
  // Fails when a statement was left behind.
  db.close(true);
  place[Symbol.dispose]();
});

/** Runs it to its end: what it came to, and how often it gave way. */
function run<T>(steps: Generator<void, T>): { answer: T; slices: number } {
  for (let slices = 0; ; slices++) {
    const step = steps.next();
    if (step.done) return { answer: step.value, slices };
  }
}

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ownId("nd", from + i));

describe("a walk in order", () => {
  test("stops when the page is full: nothing behind it is looked at", () => {
    const work = thingWork({}, { limit: 10, scanRows: 10 });
    const { answer, slices } = run(queryNodes(db, work));
    expect(answer.map((node) => node.id)).toEqual(ids(0, 10));
    expect(slices).toBe(0);
  });

  test("passes over rows first, which count as looked at", () => {
    const enough = thingWork({}, { skip: 5, limit: 10, scanRows: 15 });
    expect(run(queryNodes(db, enough)).answer.map((node) => node.id)).toEqual(ids(5, 15));
    const tooFew = thingWork({}, { skip: 5, limit: 10, scanRows: 14 });
    expect(refusal(() => run(queryNodes(db, tooFew))).reason).toBe("QUERY_NEEDS_INDEX");
  });

  test("goes on behind a place", () => {
    const work = thingWork({}, { limit: 3 });
    const after = [{ kind: "ref" as const, value: ownId("nd", 7) }];
    const { answer } = run(queryNodes(db, { ...work, after }));
    expect(answer.map((node) => node.id)).toEqual(ids(8, 11));
  });

  test("gives way between slices, also while nothing matches", () => {
    const { answer, slices } = run(queryNodes(db, thingWork({ filter: noText })));
    expect([answer, slices]).toEqual([[], 2]);
  });

  test("that is given up in the middle leaves no statement behind", () => {
    const steps = queryNodes(db, thingWork({ filter: noText }));
    expect(steps.next().done).toBe(false);
    steps.return([]);
  });
});

describe("rows in an order that nothing walks in", () => {
  test("are the best of all, whatever part is asked for", () => {
    const inOrder = ids(0, NODES)
      .map((id, i) => ({ id, text: String(i) }))
      .sort((a, b) => (a.text < b.text ? -1 : 1));
    fc.assert(
      fc.property(
        fc.nat(NODES),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        (skip, limit, down) => {
          const work = thingWork({ order: byText(down) }, { skip, limit });
          const wanted = down ? [...inOrder].reverse() : inOrder;
          const { answer } = run(queryNodes(db, work));
          expect(answer.map((node) => node.id)).toEqual(
            wanted.slice(skip, skip + limit).map(({ id }) => id),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  test("are all looked at, and no more than allowed", () => {
    const fits = thingWork({ order: byText(false) }, { limit: 1, scanRows: NODES });
    expect(run(queryNodes(db, fits)).answer[0]?.fields.get(1)).toEqual(str("0"));
    const past = thingWork({ order: byText(false) }, { limit: 1, scanRows: NODES - 1 });
    expect(refusal(() => run(queryNodes(db, past))).reason).toBe("QUERY_NEEDS_INDEX");
  });
});

describe("a count", () => {
  test("is of all rows, with and without a test of each, in slices", () => {
    expect(run(countNodes(db, thingWork()))).toEqual({ answer: NODES, slices: 2 });
    expect(run(countNodes(db, thingWork({ filter: noText })))).toEqual({ answer: 0, slices: 2 });
  });

  test("has the same budget as a query", () => {
    for (const filter of [undefined, noText]) {
      expect(run(countNodes(db, thingWork({ filter }, { scanRows: NODES }))).slices).toBe(2);
      const past = thingWork({ filter }, { scanRows: NODES - 1 });
      expect(refusal(() => run(countNodes(db, past))).reason).toBe("QUERY_NEEDS_INDEX");
    }
  });
});
