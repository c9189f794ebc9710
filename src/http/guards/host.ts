import { invalid } from "../../base/errors.ts";
import { hostRefused, isKnownHost } from "../../face/web-pages.ts";

/** A server that trusts whoever reaches it answers only to names that it is known by. */
export interface HostPolicy {
  /** The client is trusted to name tenant and actor: nothing but the network guards the data. */
  readonly trusted: boolean;
  /** In trusted mode: names besides localhost, 127.0.0.1 and [::1], without a port; "*" takes any. */
  readonly allowedHosts: readonly string[];
}

const GRAMMAR = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;

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
  if (policy.trusted && !isKnownHost(host, policy.allowedHosts)) throw hostRefused();
}
