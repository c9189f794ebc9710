import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { refusal } from "../../test/harness/refusal.ts";
import { EVERY_KIND, NODE_A, NODE_B, thingWith } from "../../test/harness/schemas.ts";
import { limits } from "../base/limits.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import type { Value } from "../schema/value.ts";
import { type CursorScope, decodeCursor, encodeCursor, type Listing } from "./cursor.ts";
import { connectedListing, edgesListing, queryListing } from "./listing.ts";
import type { Filter, NodeQuery, OrderTerm } from "./query.ts";

const type = new SchemaRegistry(thingWith(...EVERY_KIND)).nodeType(1);
const term = (fieldId: number, descending = false): OrderTerm => ({
  operand: { of: "field", fieldId },
  descending,
});
const FILTER: Filter = {
  op: "and",
  filters: [
    { op: "eq", operand: { of: "field", fieldId: 1 }, values: [{ kind: "str", value: "a" }] },
    { op: "is_null", operand: { of: "field", fieldId: 2 }, values: [] },
  ],
};
const QUERY: NodeQuery = {
  typeId: 1,
  filter: FILTER,
  order: [term(1), { operand: { of: "attribute", attribute: "created_at" }, descending: true }],
  includeDeleted: false,
};
const scope = (listing: Listing, tenantId = "t1", actor = "user:a"): CursorScope => ({
  tenantId,
  actor,
  listing,
});
const PLACE: readonly Value[] = [
  { kind: "str", value: "b" },
  { kind: "timestamp", value: 5n },
  { kind: "ref", value: NODE_A },
];
const base = scope(queryListing(QUERY, type));

describe("a cursor goes on where its page ended", () => {
  test("queries, also where a field is absent", () => {
    expect(decodeCursor(encodeCursor(base, PLACE), base)).toEqual(PLACE);
    const absent: Value[] = [{ kind: "null" }, ...PLACE.slice(1)];
    expect(decodeCursor(encodeCursor(base, absent), base)).toEqual(absent);
  });

  test("edges and walks", () => {
    const place: Value[] = [
      { kind: "int", value: 100n },
      { kind: "ref", value: NODE_B },
    ];
    for (const listing of [edgesListing(NODE_A, "out", 0), connectedListing(NODE_A, "in", 7, 3)]) {
      expect(decodeCursor(encodeCursor(scope(listing), place), scope(listing))).toEqual(place);
    }
  });

  test("the same question gives the same cursor", () => {
    const again = scope(queryListing(structuredClone(QUERY), type));
    expect(encodeCursor(again, PLACE)).toEqual(encodeCursor(base, PLACE));
  });
});

describe("a cursor continues nothing else", () => {
  const others: [string, CursorScope][] = [
    ["another tenant", scope(base.listing, "t2")],
    ["another actor", scope(base.listing, "t1", "user:b")],
    ["tenant and actor cut differently", scope(base.listing, "t1user", ":a")],
    ["no filter", scope(queryListing({ ...QUERY, filter: undefined }, type))],
    ["another type", scope(queryListing({ ...QUERY, typeId: 2 }, type))],
    ["deleted nodes too", scope(queryListing({ ...QUERY, includeDeleted: true }, type))],
    [
      "another direction",
      scope(
        queryListing(
          {
            ...QUERY,
            order: QUERY.order.map((each) => ({ ...each, descending: !each.descending })),
          },
          type,
        ),
      ),
    ],
    [
      "another field",
      scope(queryListing({ ...QUERY, order: [term(2), ...QUERY.order.slice(1)] }, type)),
    ],
    [
      "or for and",
      scope(queryListing({ ...QUERY, filter: { ...FILTER, op: "or" } as Filter }, type)),
    ],
    [
      "another value",
      scope(
        queryListing(
          {
            ...QUERY,
            filter: {
              op: "eq",
              operand: { of: "field", fieldId: 1 },
              values: [{ kind: "str", value: "b" }],
            },
          },
          type,
        ),
      ),
    ],
  ];
  test.each(others)("%s", (_what, other) => {
    const error = refusal(() => decodeCursor(encodeCursor(base, PLACE), other));
    expect(error.reason).toBe("INVALID_CURSOR");
    expect(error.message).toContain("another question, actor or tenant");
    expect(error.hint).toBeString();
  });

  test("another list, edge type, direction, depth", () => {
    const place: Value[] = [
      { kind: "int", value: 1n },
      { kind: "ref", value: NODE_B },
    ];
    const listings = [
      edgesListing(NODE_A, "out", 0),
      edgesListing(NODE_A, "in", 0),
      edgesListing(NODE_A, "out", 1),
      edgesListing(NODE_B, "out", 0),
      connectedListing(NODE_A, "out", 0, 0),
      connectedListing(NODE_A, "out", 0, 1),
    ];
    for (const mine of listings) {
      for (const other of listings) {
        const run = () => decodeCursor(encodeCursor(scope(mine), place), scope(other));
        if (mine === other) expect(run()).toEqual(place);
        else expect(refusal(run).reason).toBe("INVALID_CURSOR");
      }
    }
  });
});

describe("what is not a cursor", () => {
  test("nothing, too much, another version, cut, longer, random bytes", () => {
    const good = encodeCursor(base, PLACE);
    const bad = [
      new Uint8Array(0),
      new Uint8Array(limits.cursorBytes + 1),
      Uint8Array.from([2, ...good.subarray(1)]),
      Uint8Array.from([...good, 0]),
    ];
    for (let length = 0; length < good.length; length++) bad.push(good.slice(0, length));
    for (const bytes of bad) {
      expect(refusal(() => decodeCursor(bytes, base)).reason).toBe("INVALID_CURSOR");
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(refusal(() => decodeCursor(bytes, base)).reason).toBe("INVALID_CURSOR");
      }),
    );
  });

  test("any flipped bit is refused, or names another place of the right kinds", () => {
    const good = encodeCursor(base, PLACE);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = good.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      let place: readonly Value[] | undefined;
      try {
        place = decodeCursor(bytes, base);
      } catch (error) {
        expect(error).toMatchObject({ reason: "INVALID_CURSOR" });
      }
      if (place !== undefined) {
        expect(place.map(({ kind }) => kind)).toEqual(["str", "timestamp", "ref"]);
      }
    }
  });

  test.each([
    [[{ kind: "int", value: 1n }, ...PLACE.slice(1)]],
    [[PLACE[0], { kind: "null" }, PLACE[2]]],
    [[PLACE[0], PLACE[1], { kind: "null" }]],
    [PLACE.slice(1)],
    [[...PLACE, PLACE[0]]],
    [[{ kind: "str", value: "a\u0000" }, ...PLACE.slice(1)]],
  ])("a forged place is refused: %#", (place) => {
    const forged = encodeCursor(base, place as Value[]);
    expect(refusal(() => decodeCursor(forged, base)).reason).toBe("INVALID_CURSOR");
  });

  test("at the limit of bytes, and one past it", () => {
    const of = (length: number) =>
      encodeCursor(base, [{ kind: "str", value: "x".repeat(length) }, ...PLACE.slice(1)]);
    const room = limits.cursorBytes - of(8000).length + 8000;
    const atLimit = of(room);
    expect(atLimit).toHaveLength(limits.cursorBytes);
    expect(decodeCursor(atLimit, base)).toHaveLength(3);
    expect(refusal(() => of(room + 1)).reason).toBe("LIMIT_EXCEEDED");
  });
});
