import type { Clock } from "../base/clock.ts";
import { readClaims, type TokenClaims } from "./claims.ts";
import type { Identity } from "./identity.ts";
import type { TokenKeys } from "./token-keys.ts";

/**
 * Verifies JSON Web Tokens: a signature of an allowed algorithm by one of the issuer's keys,
 * the issuer, the audience, and the time. Nothing in a token is followed or fetched: a key
 * that it brings or points to (jwk, jku, x5c, x5u) is passed over, and without a key of
 * ours it is refused.
 */
export interface TokenVerifier {
  /** Undefined for a token that is not to be believed. `digest` names it where it has no id of its own. Never rejects. */
  verify(token: string, digest: string): Promise<Identity | undefined>;
}

/** For clocks that do not agree. */
const SKEW_SECONDS = 60;

export interface TokenVerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly claims: TokenClaims;
  readonly keys: TokenKeys;
  readonly clock: Clock;
  /** Told of what hinders verifying as such, such as keys that cannot be fetched. */
  readonly failed: (cause: unknown) => void;
}

/** Loads the library that verifies; it is not loaded where tokens are not taken. */
export async function openTokenVerifier(options: TokenVerifierOptions): Promise<TokenVerifier> {
  const { jwtVerify, errors } = await import("jose");
  const { issuer, audience, algorithms, claims, keys, clock, failed } = options;
  return {
    async verify(token, digest) {
      try {
        const { payload } = await jwtVerify(token, keys.find, {
          issuer,
          audience,
          algorithms: [...algorithms],
          clockTolerance: SKEW_SECONDS,
          requiredClaims: ["exp"],
          currentDate: new Date(clock.now()),
        });
        const expiresAt = ((payload.exp ?? 0) + SKEW_SECONDS) * 1000;
        return readClaims(payload, claims, { expiresAt, digest });
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) failed(error);
        return undefined;
      }
    },
  };
}
