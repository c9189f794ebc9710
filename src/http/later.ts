import { EntError } from "../base/errors.ts";

/**
 * What EntDB's interface knows and this version does not do yet. Asking for it is answered
 * with NOT_IMPLEMENTED, never passed over: a client that grants access and is not told that
 * nothing was granted would be worse off than one that is refused.
 */
const PATHS: readonly (readonly [prefix: string, feature: string])[] = [
  ["/v1/events/search", "Search over the payloads of events"],
];

/** The refusal for a path; undefined for one that is simply unknown. */
export function laterPath(path: string): EntError | undefined {
  const found = PATHS.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  return found === undefined
    ? undefined
    : notImplemented(found[1], "GET /openapi.json lists what is served.", path.slice(0, 64));
}

function notImplemented(feature: string, hint: string, what: string): EntError {
  return new EntError({
    code: "unimplemented",
    reason: "NOT_IMPLEMENTED",
    message: `${feature}: not in this version.`,
    hint,
    details: { what },
  });
}
