/**
 * Authentication in a thread that has neither keys nor audit: the engine's thread judges each
 * credential, and who was identified is remembered here, under a hash of the header, until
 * the credential expires or the view of keys changes. The change is seen in shared memory, so
 * that a key which was revoked is refused here as soon as it is there.
 */
import type { Clock } from "../base/clock.ts";
import { leastRecentlyUsed } from "../base/least-recently-used.ts";
import { limits } from "../base/limits.ts";
import type { Asker } from "./audit-log.ts";
import type { Authenticator } from "./authenticate.ts";
import type { Identity } from "./identity.ts";
import { unauthenticated } from "./refusals.ts";

export interface DistantAuthenticatorDeps {
  /** Asks the thread that knows. Rejects with UNAUTHENTICATED. */
  readonly identify: (authorization: string, peer: string) => Promise<Identity>;
  readonly actedFor: (asker: Asker) => void;
  /** Of the view of keys; grows before whoever changed a key is told so. */
  readonly keysVersion: () => number;
  readonly clock: Clock;
}

interface Known {
  readonly identity: Identity;
  readonly keysVersion: number;
}

export class DistantAuthenticator implements Authenticator {
  readonly #deps: DistantAuthenticatorDeps;
  readonly #known = leastRecentlyUsed<Known>(limits.rememberedCredentials);

  constructor(deps: DistantAuthenticatorDeps) {
    this.#deps = deps;
  }

  identify(authorization: string | undefined, peer: () => string): Identity | Promise<Identity> {
    if (authorization === undefined) throw unauthenticated();
    // Too long to be one: not worth a hash here, but the audit must know.
    if (authorization.length > limits.credentialChars) return this.#ask(authorization, peer);
    const digest = Bun.SHA256.hash(authorization, "base64url");
    const known = this.#known.get(digest);
    if (known !== undefined && this.#holds(known)) return known.identity;
    const keysVersion = this.#deps.keysVersion();
    return this.#ask(authorization, peer).then((identity) => {
      // As of before it was asked: a key that is revoked meanwhile is judged once more.
      this.#known.set(digest, { identity, keysVersion });
      return identity;
    });
  }

  actedFor(asker: Asker): void {
    this.#deps.actedFor(asker);
  }

  #holds({ identity, keysVersion }: Known): boolean {
    return keysVersion === this.#deps.keysVersion() && this.#deps.clock.now() < identity.expiresAt;
  }

  #ask(authorization: string, peer: () => string): Promise<Identity> {
    // Of what is too long the beginning is refused just as well, and need not cross as a whole.
    return this.#deps.identify(authorization.slice(0, limits.credentialChars + 1), peer());
  }
}
