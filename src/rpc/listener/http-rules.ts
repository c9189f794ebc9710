import { EntError, type ErrorReason, invalid } from "../../base/errors.ts";
import { isSlyPath } from "../../face/sly-path.ts";
import {
  hostRefused,
  isAllowedOrigin,
  isKnownHost,
  isOwnOrigin,
  originRefused,
} from "../../face/web-pages.ts";

/**
 * What HTTP requests must look like before anything else looks at them. The rules about
 * Host and Origin keep web pages that a user happens to visit away (`face/web-pages.ts`); the
 * others refuse what proxies and servers are known to read differently.
 */
export interface HttpPolicy {
  /** Names that Host may say besides localhost, 127.0.0.1 and [::1]; "*" takes any. */
  readonly allowedHosts: readonly string[];
  /** Origins, as browsers spell them, whose pages may call; "*" takes any. */
  readonly allowedOrigins: readonly string[];
}

export interface RequestHead {
  readonly httpVersion: string;
  readonly method: string;
  readonly target: string;
  /** Every value of the header as it was sent, in order. */
  values(name: string): readonly string[];
}

export interface Refusal {
  readonly error: EntError;
  readonly status: number;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "OPTIONS"]);

/** Why the request is refused; undefined when it may go on. */
export function refusalOf(head: RequestHead, policy: HttpPolicy): Refusal | undefined {
  if (head.httpVersion === "1.0") {
    return refuse(
      505,
      "INVALID_REQUEST",
      "HTTP/1.0 is not spoken here.",
      "Use HTTP/1.1 or HTTP/2.",
    );
  }
  if (!METHODS.has(head.method)) {
    return methodNotAllowed();
  }
  const path = head.target.split("?", 1)[0] ?? "";
  if (!path.startsWith("/") || isSlyPath(path)) {
    return refuse(400, "INVALID_REQUEST", "The path is not one that this server reads.");
  }
  if (head.values("authorization").length > 1) {
    return refuse(400, "INVALID_REQUEST", "The header Authorization was sent more than once.");
  }
  return hostRefusal(head, policy) ?? originRefusal(head, policy);
}

/** The code is the one that Connect's clients read out of a 405. */
function methodNotAllowed(): Refusal {
  const error = new EntError({
    code: "unknown",
    reason: "METHOD_NOT_ALLOWED",
    message: "This HTTP method is not served.",
    hint: "Use POST or GET.",
  });
  return { status: 405, error };
}

function hostRefusal(head: RequestHead, policy: HttpPolicy): Refusal | undefined {
  const hosts = head.values("host");
  if (hosts.length !== 1) {
    return refuse(400, "HOST_REFUSED", "A request has exactly one Host header.");
  }
  if (isKnownHost(hosts[0] ?? "", policy.allowedHosts)) return undefined;
  return { status: 403, error: hostRefused() };
}

function originRefusal(head: RequestHead, policy: HttpPolicy): Refusal | undefined {
  const [origin] = head.values("origin");
  if (origin === undefined || isAllowedOrigin(origin, policy.allowedOrigins)) return undefined;
  const [host] = head.values("host");
  if (host !== undefined && isOwnOrigin(origin, host)) return undefined;
  return { status: 403, error: originRefused() };
}

function refuse(status: number, reason: ErrorReason, message: string, hint?: string): Refusal {
  return { status, error: invalid(reason, message, hint) };
}
