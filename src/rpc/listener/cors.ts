import { cors } from "@connectrpc/connect";
import { ACTOR_HEADER, TENANT_HEADER } from "../../face/claim.ts";
import { REQUEST_ID_HEADER } from "../../face/request-id.ts";

/**
 * What a browser must be told before a page of another origin may call. Off unless the
 * origin is on the list, which `http-rules.ts` has checked by the time that these are asked.
 */
const ALLOWED_HEADERS = [
  ...cors.allowedHeaders,
  "Authorization",
  TENANT_HEADER,
  ACTOR_HEADER,
  REQUEST_ID_HEADER,
].join(", ");
const EXPOSED_HEADERS = [
  ...cors.exposedHeaders,
  REQUEST_ID_HEADER,
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
].join(", ");
const PREFLIGHT_SECONDS = 7_200;

/** For the answer to OPTIONS. */
export function preflightHeaders(origin: string): Headers {
  return new Headers({
    "access-control-allow-origin": origin,
    "access-control-allow-methods": cors.allowedMethods.join(", "),
    "access-control-allow-headers": ALLOWED_HEADERS,
    "access-control-max-age": String(PREFLIGHT_SECONDS),
    vary: "Origin",
  });
}

/** Adds what every answer to a page of another origin needs. */
export function allowOrigin(headers: Headers, origin: string): void {
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED_HEADERS);
  headers.append("vary", "Origin");
}
