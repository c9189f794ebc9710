import { describe, expect, test } from "bun:test";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { IdFilter } from "./id-filter.ts";

const random = new SeededRandom(20261121);
const hash = () => random.below(2 ** 24) * 2 ** 24 + random.below(2 ** 24);

describe("a filter of ids", () => {
  test.each([
    ["as full as it was made for", 100_000, 100_000, 0.03],
    ["three times as full", 100_000, 300_000, 0.4],
    ["larger than the smallest", 1_000_000, 1_000_000, 0.03],
  ])("never calls absent what it was given, and most else, %s", (_name, made, given, most) => {
    const filter = new IdFilter(made);
    const hashes = Array.from({ length: given }, hash);
    for (const each of hashes) filter.add(each);
    expect(hashes.every((each) => !filter.excludes(each))).toBe(true);
    const others = Array.from({ length: 20_000 }, hash);
    const taken = others.filter((each) => !filter.excludes(each)).length;
    expect(taken / others.length).toBeLessThan(most);
  });

  test("says when it is outgrown, until none may be larger", () => {
    const filter = new IdFilter(1);
    expect(filter.isOutgrown).toBe(false);
    for (let i = 0; i < 110_000; i++) filter.add(hash());
    expect([filter.isOutgrown, filter.count]).toEqual([true, 110_000]);
    const largest = new IdFilter(10 ** 9);
    for (let i = 0; i < 7_000_000; i++) largest.add(i * 2 ** 20);
    expect(largest.isOutgrown).toBe(false);
  });
});
