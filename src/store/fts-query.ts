/**
 * What a person types into a search, as an FTS5 query. Every word stands in double quotes, so
 * that nothing in it is an operator, a column or a pattern: a search never means more than its
 * words, and no text is an error of SQLite's.
 *
 * Words are what stands between white space. The tokenizer ({@link FTS_TOKENIZER}) takes letters
 * and digits as they are, folds case and drops diacritics, and takes everything else for a border:
 * "foo-bar" is searched as foo followed at once by bar. A word without any letter or digit (a
 * dash, an emoji) is left out; a text of nothing else is refused. Scripts that put no spaces
 * between words have whole runs as one token.
 */
import { type EntError, type ErrorDetails, invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";

/** The tokenizer of every full-text index. What is indexed and what is searched must go through the same. */
export const FTS_TOKENIZER = "unicode61 remove_diacritics 2";

/** A search that FTS5 takes. */
export interface FtsQuery {
  /**
   * For the right side of MATCH: `"one" AND "two"*`. To be put in parentheses behind a column
   * filter: `{text} : (…)`.
   */
  readonly match: string;
}

const TOKEN = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{Co}\p{M}]*/gu;
const ENDS_IN_TOKEN = /[\p{L}\p{N}\p{Co}]\p{M}*$/u;

/**
 * The query that finds texts with all of these words, in any order. With `prefix` the last
 * word may be the beginning of one. Throws `EntError` SEARCH_INVALID for a text without a
 * word, with too many or too many characters, with a NUL character or half a surrogate pair.
 */
export function parseSearch(text: string, options: { readonly prefix: boolean }): FtsQuery {
  checkText(text);
  const words = text.split(/\s+/u).filter((word) => word.match(TOKEN) !== null);
  if (words.length === 0) {
    throw refused(
      "The text to search for holds no word.",
      "Search for words of letters or digits.",
    );
  }
  const terms = words.reduce((sum, word) => sum + (word.match(TOKEN)?.length ?? 0), 0);
  if (terms > limits.searchTerms) {
    throw refused(
      `The text to search for has ${terms} words; at most ${limits.searchTerms} are allowed.`,
      "Search for fewer words.",
      limitDetails("searchTerms"),
    );
  }
  const last = words.length - 1;
  const isOpen = options.prefix && ENDS_IN_TOKEN.test(words[last] ?? "");
  const quoted = words.map((word) => `"${word.replaceAll('"', '""')}"`);
  return { match: quoted.join(" AND ") + (isOpen ? "*" : "") };
}

function checkText(text: string): void {
  if (text.length > limits.searchChars) {
    throw refused(
      `The text to search for has ${text.length} characters; at most ${limits.searchChars} are allowed.`,
      "Search for fewer or shorter words.",
      limitDetails("searchChars"),
    );
  }
  if (text.isWellFormed() && !text.includes("\0")) return;
  throw refused(
    "The text to search for holds a NUL character or half a surrogate pair.",
    "Send text.",
  );
}

function refused(message: string, hint: string, details?: ErrorDetails): EntError {
  return invalid("SEARCH_INVALID", message, hint, details);
}
