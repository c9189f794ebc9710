import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { EventQueryItem } from "../../record/event.ts";
import { EVENT_TABLES } from "../migrations/event-tables.ts";
import { EventWriter } from "../writer/event-writer.ts";
import { EventMatches } from "./event-matches.ts";

interface Kind {
  readonly eventType: string;
  readonly tags: readonly string[];
}

/** A file of events of these kinds, in this order. */
function fileOf(kinds: readonly Kind[]): Database {
  const db = new Database(":memory:", { safeIntegers: true });
  db.run(EVENT_TABLES);
  const writer = new EventWriter(db);
  writer.addAggregate(1, "A-1", "A");
  for (const [i, { eventType, tags }] of kinds.entries()) {
    const nonce = i + 1;
    const place = { firstGlobalNonce: nonce, aggregate: 1, firstNonce: nonce, recordedAt: 0 };
    const none = new Uint8Array(0);
    const event = { eventId: `e${nonce}`, eventType, metadata: none, payload: none, tags };
    writer.addEvents({ ...place, key: null }, [event]);
  }
  return db;
}

function plainly(kinds: readonly Kind[], after: number, { eventTypes, tags }: EventQueryItem) {
  const found = kinds.findIndex(
    (kind, i) =>
      i + 1 > after &&
      (eventTypes.length === 0 || eventTypes.includes(kind.eventType)) &&
      tags.every((tag) => kind.tags.includes(tag)),
  );
  return found < 0 ? undefined : found + 1;
}

/** Runs of the same, so that blocks of a type end and begin again. */
const run = fc.record({
  eventType: fc.constantFrom("x", "y", "z"),
  tags: fc.subarray(["a", "b", "c"]),
  length: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 200, max: 600 })),
});
const question = fc.record({
  eventTypes: fc.subarray(["x", "y", "z", "none"]),
  tags: fc.subarray(["a", "b", "c", "nothing"]),
});

/** The statements that finding something takes. */
function looksOf(db: Database, find: (matches: EventMatches) => unknown): number {
  let looks = 0;
  const counting = {
    query: (sql: string) => ({
      values: (...values: [string, number]) => {
        looks += 1;
        return db.query(sql).values(...values);
      },
    }),
  };
  find(new EventMatches(counting as unknown as Database));
  return looks;
}

describe("events by type and tags", () => {
  test("are those that a plain search finds", () => {
    fc.assert(
      fc.property(
        fc.array(run, { minLength: 1, maxLength: 8 }),
        fc.array(fc.tuple(question, fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 20 }),
        (runs, questions) => {
          const kinds = runs.flatMap(({ length, ...kind }) => Array.from({ length }, () => kind));
          using db = fileOf(kinds);
          const matches = new EventMatches(db);
          for (const [item, share] of questions) {
            if (item.eventTypes.length + item.tags.length === 0) continue;
            const after = Math.floor(share * (kinds.length + 1));
            expect(matches.firstBehind(after, item)).toBe(plainly(kinds, after, item));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("take as many looks as the rarest of what is asked for has events, whatever the order", () => {
    const often = { eventType: "often", tags: ["often"] };
    const kinds: Kind[] = Array.from({ length: 5_000 }, () => often);
    for (const at of [10, 2_000, 4_000]) kinds[at] = { eventType: "often", tags: ["rare"] };
    kinds[4_500] = { eventType: "rare", tags: [] };
    using db = fileOf(kinds);
    const looks = (eventTypes: readonly string[], tags: readonly string[]) =>
      looksOf(db, (matches) =>
        expect(matches.firstBehind(0, { eventTypes, tags })).toBeUndefined(),
      );
    expect(looks([], ["often", "rare"])).toBeLessThan(10);
    expect(looks([], ["rare", "often"])).toBeLessThan(10);
    expect(looks(["rare"], ["rare"])).toBeLessThan(10);
    // The one block that holds the type holds the tag as well: that is gone through.
    expect(looks(["rare"], ["often"])).toBeLessThan(3 * 256 + 10);
    expect(looks(["none"], ["often"])).toBeLessThan(10);
  });
});
