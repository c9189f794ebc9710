/**
 * Rows of fields that wait for the end of their transaction. Goal: the table comes to what it
 * would have come to at once, whatever is taken back in between. Method: random changes, with
 * savepoints and transactions that are kept or taken back, against a set that is changed at once.
 */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { GRAPH_TABLES } from "../migrations/tables.ts";
import { FieldRows } from "./field-rows.ts";

const value = fc.oneof(
  fc.constantFrom("", "a", "ä", "\u{1f600}", "\uffee"),
  fc.constantFrom(-(2n ** 63n), -1n, 0n, 2n ** 62n),
  fc.constantFrom(-1.5, 0.25, 1e300),
  fc.constantFrom(Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(255, 1)),
);
const row = fc.record({
  typeId: fc.constantFrom(1, 2),
  fieldId: fc.constantFrom(1, 10),
  value,
  nodeId: fc.constantFrom<string>("n1", "n2"),
});
type Valued<T> = T extends fc.Arbitrary<infer V> ? V : never;
type Row = Valued<typeof row>;

/** Each toggles its row: what is not there is added, what is there removed. */
const part = fc.record({
  rows: fc.array(row, { maxLength: 8 }),
  isSettledAfter: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
  way: fc.constantFrom("plain" as const, "kept" as const, "taken back" as const),
});
const transaction = fc.record({ parts: fc.array(part, { maxLength: 6 }), isKept: fc.boolean() });

const keyOf = ({ typeId, fieldId, value: held, nodeId }: Row): string =>
  Bun.inspect([typeId, fieldId, held, nodeId]);

class Bed {
  readonly db = new Database(":memory:", { strict: true, safeIntegers: true });
  readonly rows = new FieldRows(this.db);
  model = new Set<string>();

  constructor() {
    this.db.run(GRAPH_TABLES);
  }

  toggle(one: Row): void {
    const key = keyOf(one);
    const isAdded = !this.model.has(key);
    if (isAdded) this.model.add(key);
    else this.model.delete(key);
    this.rows.change({ ...one, isAdded });
  }

  part({ rows, isSettledAfter, way }: Valued<typeof part>): void {
    const before = new Set(this.model);
    if (way !== "plain") {
      this.db.run("SAVEPOINT record");
      this.rows.openWayBack();
    }
    for (const [i, one] of rows.entries()) {
      this.toggle(one);
      if (i === isSettledAfter) this.rows.settle();
    }
    if (way === "kept") {
      this.rows.closeWayBack();
      this.db.run("RELEASE record");
    } else if (way === "taken back") {
      this.rows.takeBack();
      this.db.run("ROLLBACK TO record; RELEASE record");
      this.model = before;
    }
  }

  get held(): Set<string> {
    const all = this.db.query("SELECT * FROM field_values").values() as never[][];
    return new Set(
      all.map(([typeId, fieldId, held, nodeId]) =>
        Bun.inspect([Number(typeId), Number(fieldId), held, nodeId]),
      ),
    );
  }
}

describe("rows that wait", () => {
  test("come to what would have been written at once", () => {
    fc.assert(
      fc.property(fc.array(transaction, { maxLength: 6 }), (transactions) => {
        const bed = new Bed();
        for (const { parts, isKept } of transactions) {
          const before = new Set(bed.model);
          bed.db.run("BEGIN");
          for (const one of parts) bed.part(one);
          if (isKept) {
            bed.rows.settle();
            bed.db.run("COMMIT");
          } else {
            bed.db.run("ROLLBACK");
            bed.rows.forget();
            bed.model = before;
          }
          expect(bed.held).toEqual(bed.model);
        }
        bed.db.close();
      }),
      { numRuns: 300 },
    );
  });

  test("are written in parts where there are very many", () => {
    const bed = new Bed();
    bed.db.run("BEGIN");
    for (let n = 0; n < 70_000; n++) {
      bed.toggle({ typeId: 1, fieldId: 1, value: BigInt(n % 100), nodeId: `n${n}` });
    }
    const written = bed.held.size;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(70_000);
    bed.rows.settle();
    expect(bed.held.size).toBe(70_000);
    bed.db.close();
  });
});
