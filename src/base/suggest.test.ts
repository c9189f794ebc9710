import { expect, test } from "bun:test";
import { didYouMean, suggest } from "./suggest.ts";

const NAMES = ["title", "status", "priority", "due_at", "id"];

test.each([
  ["titel", ["title"]],
  ["Title", ["title"]],
  ["statsu", ["status"]],
  ["prioritty", ["priority"]],
  ["dueat", ["due_at"]],
  ["ib", ["id"]],
  ["colour", []],
  ["", []],
])("%p is near %p", (wanted, near) => {
  expect(suggest(wanted, NAMES)).toEqual(near);
});

test("nearest first, three at most, always in the same order", () => {
  const names = ["field4", "field1", "field3", "field2", "field"];
  expect(suggest("field", names)).toEqual(["field", "field1", "field2"]);
  expect(suggest("field", [...names].reverse())).toEqual(["field", "field1", "field2"]);
});

test("a name of a million letters costs nothing", () => {
  expect(suggest("x".repeat(1_000_000), NAMES)).toEqual([]);
});

test("words it as a question, or falls back", () => {
  expect(didYouMean(["a", "b"], "No.")).toBe("Did you mean a or b?");
  expect(didYouMean([], "No.")).toBe("No.");
});
