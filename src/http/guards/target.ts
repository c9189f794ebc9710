import { invalid } from "../../base/errors.ts";
import { isSlyPath } from "../../face/sly-path.ts";

/** The two parts of a request's target that mean something, still percent-encoded. */
export interface Target {
  readonly path: string;
  /** What follows the question mark; empty when there is none. */
  readonly search: string;
}

/**
 * Splits a request's URL. Throws INVALID_REQUEST for a target that is no plain path: an
 * authority (CONNECT), a fragment, an empty segment, an encoded slash, backslash or NUL,
 * escapes that are broken or no UTF-8.
 */
export function parseTarget(url: string): Target {
  const scheme = url.indexOf("://");
  const start = scheme < 0 ? -1 : url.indexOf("/", scheme + 3);
  if (start < 0 || url.includes("#")) throw refused();
  const question = url.indexOf("?", start);
  const path = question < 0 ? url.slice(start) : url.slice(start, question);
  if (isSlyPath(path) || (path.includes("%") && !isDecodable(path))) throw refused();
  return { path, search: question < 0 ? "" : url.slice(question + 1) };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function refused() {
  return invalid(
    "INVALID_REQUEST",
    "The path of the request is not one that this server reads.",
    "Send a path of percent-encoded UTF-8 without //, \\, %2f, %5c, %00 and #; what may hold such characters goes into the query or the body.",
  );
}
