import type { Clock } from "../base/clock.ts";
import { leastRecentlyUsed } from "../base/least-recently-used.ts";
import { limits } from "../base/limits.ts";
import { isSecretOf, parseApiKey } from "./api-key.ts";
import type { Asker, AuditLog } from "./audit-log.ts";
import { type Identity, TRUSTED } from "./identity.ts";
import type { KeyLookup } from "./key-lookup.ts";
import { unauthenticated } from "./refusals.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/**
 * From the header Authorization to an identity. Every refusal is the same: the caller
 * learns nothing of why, and an unknown key costs what a wrong secret costs.
 *
 * Who has been identified is remembered, under a hash of the header so that no secret
 * stays in memory: a key for as long as the view of keys stands still, so that a revocation
 * holds at once; a token until it expires.
 */
export interface Authenticator {
  /**
   * Whose request it is: at once for a key or a known token, later for a token that must be
   * verified first. `peer` is asked for the client's address when a credential does not hold. Throws, or
   * rejects with, UNAUTHENTICATED.
   */
  identify(authorization: string | undefined, peer: () => string): Identity | Promise<Identity>;
  /** Tells the audit that a credential was used in the name of somebody else. */
  actedFor(asker: Asker): void;
}

/** Trusted mode: whoever reaches the port is asked nothing, and a credential is passed over. */
export const trusting: Authenticator = {
  identify: () => TRUSTED,
  actedFor: () => undefined,
};

export interface AuthenticatorDeps {
  readonly keys: KeyLookup;
  /** Undefined: tokens are not taken. */
  readonly tokens: TokenVerifier | undefined;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

interface Known {
  readonly identity: Identity;
  /** Of the view of keys, when it was looked up there; undefined for a token. */
  readonly keysVersion: number | undefined;
}

const BEARER = /^Bearer +([^\s,]+)$/i;

/** Asks everybody for a credential. */
export class CredentialAuthenticator implements Authenticator {
  readonly #deps: AuthenticatorDeps;
  readonly #known = leastRecentlyUsed<Known>(limits.rememberedCredentials);
  /** Tokens on their way, so that calls which bring one at once cause one verification. At most as many as calls. */
  readonly #verifying = new Map<string, Promise<Identity | undefined>>();

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps;
  }

  identify(authorization: string | undefined, peer: () => string): Identity | Promise<Identity> {
    // Who sends nothing has not failed: the audit is about credentials that do not hold.
    if (authorization === undefined) throw unauthenticated();
    if (authorization.length > limits.credentialChars) throw this.#refusal(peer);
    const digest = Bun.SHA256.hash(authorization, "base64url");
    const known = this.#known.get(digest);
    if (known !== undefined && this.#holds(known)) return known.identity;
    const text = BEARER.exec(authorization)?.[1] ?? "";
    const key = parseApiKey(text);
    if (key === undefined && this.#deps.tokens !== undefined && text.includes(".")) {
      return this.#byToken(this.#deps.tokens, { text, digest }, peer);
    }
    const identity = this.#byKey(key?.keyId ?? "", key?.secret ?? "");
    if (identity === undefined) throw this.#refusal(peer);
    this.#known.set(digest, { identity, keysVersion: this.#deps.keys.version });
    return identity;
  }

  actedFor(asker: Asker): void {
    this.#deps.audit.actedFor(asker);
  }

  #holds({ identity, keysVersion }: Known): boolean {
    if (keysVersion !== undefined && keysVersion !== this.#deps.keys.version) return false;
    return this.#deps.clock.now() < identity.expiresAt;
  }

  #byKey(keyId: string, secret: string): Identity | undefined {
    const stored = this.#deps.keys.find(keyId);
    if (!isSecretOf(secret, stored?.secretHash) || stored === undefined) return undefined;
    const { tenantId, actor, mayActAs, roles, expiresAt } = stored;
    if (this.#deps.clock.now() >= expiresAt) return undefined;
    // Only the server's own credentials speak for its parts.
    if (tenantId !== "" && actor.startsWith("system:")) return undefined;
    return { tenantId, actor, mayActAs, roles, credential: `key:${keyId}`, expiresAt };
  }

  async #byToken(
    tokens: TokenVerifier,
    token: { readonly text: string; readonly digest: string },
    peer: () => string,
  ): Promise<Identity> {
    let verifying = this.#verifying.get(token.digest);
    if (verifying === undefined) {
      verifying = tokens
        .verify(token.text, token.digest)
        .finally(() => this.#verifying.delete(token.digest));
      this.#verifying.set(token.digest, verifying);
    }
    const identity = await verifying;
    if (identity === undefined) throw this.#refusal(peer);
    this.#known.set(token.digest, { identity, keysVersion: undefined });
    return identity;
  }

  #refusal(peer: () => string) {
    this.#deps.audit.authenticationFailed(peer());
    return unauthenticated();
  }
}
