import { EntError } from "../../base/errors.ts";

/** Which web pages may call. */
export interface OriginPolicy {
  readonly trusted: boolean;
  /** Origins as browsers spell them; "*" takes any. */
  readonly allowedOrigins: readonly string[];
}

/**
 * The origin that is to be told it may read the answer; undefined when there is none, or
 * when it is the server's own. In trusted mode a foreign origin that is not on the list is
 * refused (ORIGIN_REFUSED): without credentials nothing else would keep a web page that the
 * user visits away from the data. With credentials it is merely told nothing.
 */
export function checkOrigin(
  origin: string | null,
  host: string,
  policy: OriginPolicy,
): string | undefined {
  if (origin === null || origin === `http://${host}` || origin === `https://${host}`) {
    return undefined;
  }
  if (policy.allowedOrigins.some((allowed) => allowed === "*" || allowed === origin)) return origin;
  if (!policy.trusted) return undefined;
  throw new EntError({
    code: "permission_denied",
    reason: "ORIGIN_REFUSED",
    message: "Pages of this origin may not call the server.",
    hint: "Have its operator allow the origin.",
  });
}

const ALLOWED_METHODS = "GET, HEAD, POST";
const ALLOWED_HEADERS = [
  "Authorization",
  "Content-Type",
  "Connect-Protocol-Version",
  "Connect-Timeout-Ms",
  "Connect-Accept-Encoding",
  "Connect-Content-Encoding",
  "Grpc-Timeout",
  "Idempotency-Key",
  "X-Actor",
  "X-EntDB-Position",
  "X-Grpc-Web",
  "X-Request-Id",
  "X-Tenant-ID",
  "X-Timeout-Ms",
  "X-User-Agent",
].join(", ");
const EXPOSED_HEADERS = [
  "Grpc-Status",
  "Grpc-Message",
  "Grpc-Status-Details-Bin",
  "Retry-After",
  "X-EntDB-Position",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
  "X-Request-Id",
].join(", ");
const PREFLIGHT_SECONDS = 7_200;

/** The answer to a browser that asks whether it may send a request. */
export function preflightHeaders(origin: string): Record<string, string> {
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": ALLOWED_METHODS,
    "access-control-allow-headers": ALLOWED_HEADERS,
    "access-control-max-age": String(PREFLIGHT_SECONDS),
    vary: "Origin",
  };
}

/** Adds what a page of an allowed foreign origin needs in order to read the answer. */
export function allowOrigin(headers: Headers, origin: string): void {
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED_HEADERS);
  headers.append("vary", "Origin");
}
