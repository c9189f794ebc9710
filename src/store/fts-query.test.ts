/**
 * Goal: whatever is typed into a search, the answer is hits, no hits or a clear refusal;
 * never an error of SQLite's, never a text that does not hold the words. Method: every
 * search runs on a real FTS5 table and is held against a naive tokenizer.
 */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EntError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

import { FTS_TOKENIZER, parseSearch } from "./fts-query.ts";

describe("a search", () => {
  test("finds texts with all of its words, in any order, whatever the case and accents", () => {
    const texts = ["The quick brown fox", "a brown Bär", "quickly browned"];
    expect(found(texts, "BROWN quick")).toEqual([0]);
    expect(found(texts, "bar")).toEqual([1]);
    expect(found(texts, "ba\u0308r")).toEqual([1]);
  });

  test("may end with the beginning of a word, and only there", () => {
    const texts = ["invoice number", "invoices paid", "inv"];
    expect(found(texts, "invoice", true)).toEqual([0, 1]);
    expect(found(texts, "inv numb", true)).toEqual([]);
    expect(found(texts, "invoice numb", true)).toEqual([0]);
    // What is behind the word says that it has ended.
    expect(found(texts, "invoice-", true)).toEqual([0]);
    expect(found(texts, "invoice", false)).toEqual([0]);
  });

  test("takes the parts of a word with signs in it as following each other", () => {
    const texts = ["mail to bob@example.com today", "example.com is of bob"];
    expect(found(texts, "bob@example.com")).toEqual([0]);
    expect(found(texts, "example.com")).toEqual([0, 1]);
  });

  test("passes over what is no word between words", () => {
    expect(found(["bread - butter 🎉"], "bread — butter 🎉 …")).toEqual([0]);
  });

  const texts = [
    "alpha beta",
    "alpha AND beta OR gamma NOT near",
    "col text owner",
    "x",
    "東京都 タワー",
    "שלום عالم",
  ];
  const hostile: readonly [string, readonly number[]][] = [
    ["alpha AND beta", [1]],
    ["alpha OR beta", [1]],
    ["alpha NOT gamma", [1]],
    ["NEAR(alpha beta)", []],
    ["NEAR(near near, 5)", []],
    ["col:text", [2]],
    ["{col} : text", [2]],
    ["- col : x", []],
    ["-x", [3]],
    ["^alpha", [0, 1]],
    ["alph*", []],
    ['"alpha', [0, 1]],
    ['alpha"', [0, 1]],
    ['al"pha', []],
    ['" OR "x', []],
    ["alpha + beta", [0, 1]],
    ["(alpha)", [0, 1]],
    ["alpha; DROP TABLE texts; --", []],
    ["東京都", [4]],
    ["東京", []],
    ["タワー", [4]],
    ["שלום", [5]],
    ["\u202eعالم", [5]],
  ];
  test.each(hostile)("for %p means its words and nothing else", (query, expected) => {
    expect(found(texts, query)).toEqual([...expected]);
  });

  const refused: readonly [string, string][] = [
    ["nothing", ""],
    ["white space", " \t\n\u2003"],
    ["only signs", '"* ^ - ( ) { } : + ,'],
    ["only an emoji", "🎉"],
    ["a combining mark alone", "\u0301"],
    ["a NUL character", "al\0pha"],
    ["a NUL character at the end", "alpha\0"],
    ["half a surrogate pair", "alpha\ud83d"],
    ["too many words", "a ".repeat(limits.searchTerms + 1)],
    ["too many words run together by signs", "a-".repeat(limits.searchTerms + 1)],
    ["10,000 words", "word ".repeat(10_000)],
    ["too many characters", "a".repeat(limits.searchChars + 1)],
  ];
  test.each(refused)("of %s is refused", (_what, query) => {
    const error = thrown(() => parseSearch(query, { prefix: false }));
    expect(error).toBeInstanceOf(EntError);
    expect((error as EntError).reason).toBe("SEARCH_INVALID");
    expect((error as EntError).code).toBe("invalid_argument");
  });

  test("may be as long as the limits say", () => {
    const words = "a ".repeat(limits.searchTerms).trim();
    expect(found(["a"], words)).toEqual([0]);
    const long = "a".repeat(limits.searchChars);
    expect(found([long, long.slice(1)], long)).toEqual([0]);
  });

  test("finds exactly the texts with its words, for any text", () => {
    const chars = fc.constantFrom(
      ..."aAbBäé1 \"'*:^-+(){},.ANDORT\n\u0301\u202e東京🎉ש\u2003\u00a0".split(""),
      "🎉",
    );
    const text = fc.array(chars, { maxLength: 12 }).map((list) => list.join(""));
    const wellFormed = text.map((said) => said.toWellFormed());
    fc.assert(
      fc.property(
        fc.array(wellFormed, { minLength: 1, maxLength: 5 }),
        wellFormed,
        fc.boolean(),
        (rows, query, prefix) => {
          if (naiveTokens(query).length === 0) {
            expect(() => parseSearch(query, { prefix })).toThrow(EntError);
            return;
          }
          const expected = rows.flatMap((row, i) => (naivelyHolds(row, query, prefix) ? [i] : []));
          expect(found(rows, query, prefix)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("is no error of SQLite's for any text at all", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.boolean(), (query, prefix) => {
        try {
          found(["alpha"], query, prefix);
        } catch (error) {
          expect(error).toBeInstanceOf(EntError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Places of the texts that the search finds. */
function found(texts: readonly string[], query: string, prefix = false): number[] {
  const { match } = parseSearch(query, { prefix });
  const db = new Database(":memory:", { strict: true });
  try {
    db.run(`CREATE VIRTUAL TABLE texts USING fts5(text, tokenize = "${FTS_TOKENIZER}")`);
    const insert = db.prepare("INSERT INTO texts (rowid, text) VALUES (?, ?)");
    for (const [i, text] of texts.entries()) insert.run(i, text);
    const rows = db
      .query("SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rowid")
      .values(`{text} : (${match})`);
    return rows.map(([rowid]) => Number(rowid));
  } finally {
    db.close();
  }
}

/** Tokens as a reader would count them: runs of letters, digits and marks, without case and accents. */
function naiveTokens(text: string): string[] {
  const runs = text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? [];
  return runs.map((run) => run.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase());
}

function naivelyHolds(text: string, query: string, prefix: boolean): boolean {
  const tokens = naiveTokens(text);
  const words = query.split(/\s+/u).filter((word) => naiveTokens(word).length > 0);
  return words.every((word, i) => {
    const isOpen = prefix && i === words.length - 1 && /[\p{L}\p{N}]\p{M}*$/u.test(word);
    return holdsPhrase(tokens, naiveTokens(word), isOpen);
  });
}

function holdsPhrase(
  tokens: readonly string[],
  phrase: readonly string[],
  isOpen: boolean,
): boolean {
  return tokens.some((_token, at) =>
    phrase.every((part, j) => {
      const token = tokens[at + j];
      if (token === undefined) return false;
      return isOpen && j === phrase.length - 1 ? token.startsWith(part) : token === part;
    }),
  );
}

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
