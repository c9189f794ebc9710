import { EntError, invalid } from "../../base/errors.ts";

/**
 * A web page that a user happens to visit can make its own name resolve to the user's
 * machine and then talk to a server there (DNS rebinding). The Host header tells: it names
 * what the browser believes it is talking to. So a server that trusts whoever reaches it
 * answers only to names that it is known by.
 */
export interface HostPolicy {
  /** The client is trusted to name tenant and actor: nothing but the network guards the data. */
  readonly trusted: boolean;
  /** In trusted mode: names besides localhost, 127.0.0.1 and [::1], without a port; "*" takes any. */
  readonly allowedHosts: readonly string[];
}

const GRAMMAR = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Throws HOST_REFUSED unless there is exactly one Host, well-formed and, in trusted mode, known. */
export function checkHost(host: string | null, policy: HostPolicy): void {
  // Several headers of one name arrive joined by a comma, which no host name has.
  if (host === null || !GRAMMAR.test(host)) {
    throw invalid(
      "HOST_REFUSED",
      "A request has exactly one Host header that names a host.",
      "Send Host once, as HTTP clients do by themselves.",
    );
  }
  if (!policy.trusted) return;
  const name = host.replace(/:[0-9]+$/, "").toLowerCase();
  if (LOOPBACK.has(name)) return;
  if (policy.allowedHosts.some((allowed) => allowed === "*" || allowed.toLowerCase() === name)) {
    return;
  }
  throw new EntError({
    code: "permission_denied",
    reason: "HOST_REFUSED",
    message: "The server does not answer to the name in the Host header.",
    hint: "Call it as localhost, or have its operator allow the name.",
  });
}
