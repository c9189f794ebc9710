import { EntError, invalid } from "../../base/errors.ts";

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "OPTIONS"]);

/** What the whole server has methods for; a route may have fewer. */
const SERVED_METHODS = "GET, HEAD, POST, OPTIONS";

/** Throws METHOD_NOT_ALLOWED for TRACE, CONNECT and whatever else no route has. */
export function checkMethod(method: string): void {
  if (!METHODS.has(method)) throw methodNotAllowed(SERVED_METHODS);
}

export function methodNotAllowed(allowed: string): EntError {
  return new EntError({
    code: "unimplemented",
    reason: "METHOD_NOT_ALLOWED",
    message: "This path is not served with that HTTP method.",
    hint: `Use ${allowed}.`,
    details: { allow: allowed },
  });
}

/**
 * Throws INVALID_REQUEST when Authorization came twice. Headers of one name arrive joined
 * by a comma, which none of the credentials has that this server takes.
 */
export function checkAuthorization(authorization: string | null): void {
  if (authorization?.includes(",")) {
    throw invalid(
      "INVALID_REQUEST",
      "The header Authorization was sent more than once.",
      "Send one credential.",
    );
  }
}
