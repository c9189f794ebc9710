import { invalid } from "../base/errors.ts";

/** One name and value of a URL's query, decoded. */
export type QueryPair = readonly [name: string, value: string];

/**
 * The pairs of a query in their order. Strict where URLSearchParams guesses: broken
 * percent-escapes and invalid UTF-8 are INVALID_REQUEST. A plus is a blank.
 */
export function parseQueryString(search: string): QueryPair[] {
  if (search === "") return [];
  const pairs: QueryPair[] = [];
  for (const part of search.split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const name = decode(at < 0 ? part : part.slice(0, at));
    pairs.push([name, at < 0 ? "" : decode(part.slice(at + 1))]);
  }
  return pairs;
}

function decode(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  return decodeEscapes(text.replaceAll("+", " "));
}

function decodeEscapes(text: string): string {
  const decoded = unescaped(text);
  if (decoded !== undefined) return decoded;
  throw invalid(
    "INVALID_REQUEST",
    `The URL holds ${JSON.stringify(text.slice(0, 64))}, which is not percent-encoded UTF-8.`,
    "Encode every part of the URL, as encodeURIComponent does.",
  );
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
