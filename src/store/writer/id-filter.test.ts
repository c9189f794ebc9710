import { describe, expect, test } from "bun:test";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { IdFilter } from "./id-filter.ts";

const random = new SeededRandom(20261121);
const hash = () => random.below(2 ** 20) * 2 ** 20 + random.below(2 ** 20);

describe("a filter of ids", () => {
  test.each([
    ["as full as it was made for", 65_536, 65_536, 0.01],
    ["three times as full", 65_536, 196_608, 0.15],
    ["larger than the smallest", 1_000_000, 1_000_000, 0.01],
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
    for (let i = 0; i < 70_000; i++) filter.add(hash());
    expect([filter.isOutgrown, filter.count]).toEqual([true, 70_000]);
    const largest = new IdFilter(10 ** 9);
    for (let i = 0; i < 8_500_000; i++) largest.add(i * 2 ** 16);
    expect(largest.isOutgrown).toBe(false);
  });
});
