import { Cors } from "../../face/cors.ts";
import { isAllowedOrigin, isOwnOrigin, originRefused } from "../../face/web-pages.ts";

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
  if (origin === null || isOwnOrigin(origin, host)) return undefined;
  if (isAllowedOrigin(origin, policy.allowedOrigins)) return origin;
  if (!policy.trusted) return undefined;
  throw originRefused();
}

/** The face takes the calls of the RPC face too, so its headers are among them. */
export const REST_CORS = new Cors({
  methods: ["GET", "HEAD", "POST"],
  requestHeaders: [
    "Content-Type",
    "Connect-Protocol-Version",
    "Connect-Timeout-Ms",
    "Connect-Accept-Encoding",
    "Connect-Content-Encoding",
    "Grpc-Timeout",
    "Idempotency-Key",
    "X-EntDB-Position",
    "X-Grpc-Web",
    "X-Timeout-Ms",
    "X-User-Agent",
  ],
  answerHeaders: [
    "Grpc-Status",
    "Grpc-Message",
    "Grpc-Status-Details-Bin",
    "Retry-After",
    "X-EntDB-Position",
  ],
});
