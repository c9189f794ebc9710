import { EntError, type ErrorReason, invalid } from "../../base/errors.ts";
import { isSlyPath } from "../../face/sly-path.ts";

/**
 * What HTTP requests must look like before anything else looks at them. The rules about
 * Host and Origin keep web pages that a user happens to visit away from a server on the
 * user's own machine (DNS rebinding, requests across sites); the others refuse what
 * proxies and servers are known to read differently.
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

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
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
  if (hostIsAllowed(hosts[0] ?? "", policy)) return undefined;
  return {
    status: 403,
    error: new EntError({
      code: "permission_denied",
      reason: "HOST_REFUSED",
      message: "The server does not answer to the name in the Host header.",
      hint: "Call it as localhost, or have its operator allow the name.",
    }),
  };
}

function hostIsAllowed(host: string, policy: HttpPolicy): boolean {
  const name = host.replace(/:\d{1,5}$/, "").toLowerCase();
  if (LOOPBACK_HOSTS.has(name)) return true;
  return policy.allowedHosts.some((allowed) => allowed === "*" || allowed.toLowerCase() === name);
}

function originRefusal(head: RequestHead, policy: HttpPolicy): Refusal | undefined {
  const origin = head.values("origin")[0];
  if (origin === undefined || originIsAllowed(origin, head.values("host")[0], policy)) {
    return undefined;
  }
  return {
    status: 403,
    error: new EntError({
      code: "permission_denied",
      reason: "ORIGIN_REFUSED",
      message: "Pages of this origin may not call the server.",
      hint: "Have its operator allow the origin.",
    }),
  };
}

/** A page that the server itself handed out may call it, and pages of the origins on the list. */
function originIsAllowed(origin: string, host: string | undefined, policy: HttpPolicy): boolean {
  if (policy.allowedOrigins.some((allowed) => allowed === "*" || allowed === origin)) return true;
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

function refuse(status: number, reason: ErrorReason, message: string, hint?: string): Refusal {
  return { status, error: invalid(reason, message, hint) };
}
