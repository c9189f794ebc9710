/**
 * Which web pages may talk to a server, the same for every face.
 *
 * A page that a user happens to visit can make its own name resolve to the user's machine and then
 * talk to a server there (DNS rebinding). Host tells: it names what the browser believes it is
 * talking to. A page can also send requests across sites; Origin tells whose page it is.
 */
import { EntError } from "../base/errors.ts";

const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether a Host, which is well-formed, names this machine, or one of these names without a port; "*" is any. */
export function isKnownHost(host: string, allowedHosts: readonly string[]): boolean {
  const name = host.replace(/:[0-9]{1,5}$/, "").toLowerCase();
  if (LOOPBACK.has(name)) return true;
  return allowedHosts.some((allowed) => allowed === "*" || allowed.toLowerCase() === name);
}

export function hostRefused(): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "HOST_REFUSED",
    message: "The server does not answer to the name in the Host header.",
    hint: "Call it as localhost, or have its operator allow the name.",
  });
}

/** Whether it is a page that the server itself handed out. */
export function isOwnOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** Whether the origin is one of these, as browsers spell them; "*" is any. */
export function isAllowedOrigin(origin: string, allowedOrigins: readonly string[]): boolean {
  return allowedOrigins.some((allowed) => allowed === "*" || allowed === origin);
}

export function originRefused(): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "ORIGIN_REFUSED",
    message: "Pages of this origin may not call the server.",
    hint: "Have its operator allow the origin.",
  });
}
