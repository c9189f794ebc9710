import { expect, test } from "bun:test";
import fc from "fast-check";
import { compileLike } from "./like.ts";

test.each([
  ["", "", true],
  ["", "a", false],
  ["abc", "abc", true],
  ["abc", "abcd", false],
  ["abc", "ABC", false],
  ["a%", "a", true],
  ["a%", "abc", true],
  ["a%", "ba", false],
  ["%c", "abc", true],
  ["%c", "c", true],
  ["%c", "cb", false],
  ["%b%", "abc", true],
  ["%b%", "ac", false],
  ["%", "", true],
  ["%", "a\nb", true],
  ["%%", "", true],
  ["a%c", "abc", true],
  ["a%c", "ac", true],
  ["a%c", "acb", false],
  ["a%b%c", "a1b2b3c", true],
  ["a%b%c", "acb", false],
  ["_", "", false],
  ["_", "a", true],
  ["_", "\n", true],
  ["_", "\u{1f600}", true],
  ["__", "\u{1f600}", false],
  ["_\u{1f601}", "\u{1f600}\u{1f601}", true],
  ["%_", "", false],
  ["%_", "ab", true],
  ["_%_", "a", false],
  ["_%_", "ab", true],
  ["%a_c%", "xxabcxx", true],
  ["%a_c%", "xxaabbc", false],
  ["a\\%", "a%", true],
  ["a\\%", "ab", false],
  ["\\_", "_", true],
  ["\\_", "a", false],
  ["\\\\", "\\", true],
  ["\\a", "a", true],
  ["%\\%%", "50% off", true],
  [".*", "abc", false],
  ["[a-z]", "a", false],
  ["%\u{1f600}%", "a\u{1f600}b", true],
  ["\uffff%", "\uffffx", true],
])("%j like %j: %p", (pattern, text, matches) => {
  expect(compileLike(pattern)(text)).toBe(matches);
});

test("property: as a naive matcher has it", () => {
  const alphabet = ["a", "b", "\u{1f600}", "\n"];
  const anyText = fc.array(fc.constantFrom(...alphabet), { maxLength: 8 });
  const anyPattern = fc.array(fc.constantFrom(...alphabet, "%", "_", "\\%", "\\_", "\\\\", "\\a"), {
    maxLength: 8,
  });
  const naive = (pattern: readonly string[], text: readonly string[]): boolean => {
    const [head, ...rest] = pattern;
    if (head === undefined) return text.length === 0;
    if (head === "%")
      return naive(rest, text) || (text.length > 0 && naive(pattern, text.slice(1)));
    const literal = head.length > 1 && head.startsWith("\\") ? head.slice(1) : head;
    const fits = head === "_" ? text.length > 0 : text[0] === literal;
    return fits && naive(rest, text.slice(1));
  };
  fc.assert(
    fc.property(anyPattern, anyText, (pattern, text) => {
      expect(compileLike(pattern.join(""))(text.join(""))).toBe(naive(pattern, text));
    }),
    { numRuns: 3_000 },
  );
});

test("a hostile pattern costs pattern times text, not two to the power of them", () => {
  const matches = compileLike(`${"%a_".repeat(300)}%b`);
  expect(matches("a".repeat(20_000))).toBe(false);
});
