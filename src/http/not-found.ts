import { EntError } from "../base/errors.ts";
import { didYouMean, suggest } from "../base/suggest.ts";
import { methodNotAllowed } from "./guards/request-line.ts";
import { laterPath } from "./later.ts";
import type { Route } from "./route.ts";

/**
 * Why no route took a request: the path takes another method, is one of a later version, or
 * is not known, with the nearest that are.
 */
export function refusalOfPath(routes: readonly Route[], path: string): EntError {
  const methods = routes.filter((route) => fits(route.path, path)).map((route) => route.method);
  if (methods.length > 0) return methodNotAllowed(allowOf(methods));
  const later = laterPath(path);
  if (later !== undefined) return later;
  const near = suggest(path, new Set(routes.map((route) => route.path)));
  return new EntError({
    code: "not_found",
    reason: "ROUTE_NOT_FOUND",
    message: `There is nothing at ${JSON.stringify(path.slice(0, 128))}.`,
    hint: didYouMean(near, "GET /openapi.json lists what there is."),
  });
}

function allowOf(methods: readonly Route["method"][]): string {
  const known = new Set<string>(methods);
  const allowed = [known.has("GET") ? "GET, HEAD" : "", known.has("POST") ? "POST" : ""];
  return [...allowed, "OPTIONS"].filter((method) => method !== "").join(", ");
}

function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => part === given[i] || (part.startsWith(":") && given[i] !== ""))
  );
}
