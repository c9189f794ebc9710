/**
 * Who a request is from, as its credential says, or in trusted mode as whoever reaches the
 * port may say. What it asks for in whose name is claimed in the request and held against
 * this (`face/claim.ts`).
 */
export interface Identity {
  /** The one tenant that the credential is good for; empty: every tenant, and the server itself. */
  readonly tenantId: string;
  /** For whom it speaks when the request names nobody. */
  readonly actor: string;
  /**
   * Actors in whose name it may act besides: "user:bob"; "*": everybody who is a "user:".
   * Whoever acts for somebody has that somebody's rights, and none of its own roles.
   */
  readonly mayActAs: readonly string[];
  /** Roles that it carries, by name. */
  readonly roles: readonly string[];
  /** "key:…", "jwt:…"; empty in trusted mode. */
  readonly credential: string;
  /** Unix milliseconds from which on it no longer holds; Infinity: never. */
  readonly expiresAt: number;
}

/** Whoever reaches a port in trusted mode: administers everything, and is whom the request says. */
export const TRUSTED: Identity = {
  tenantId: "",
  actor: "user:operator",
  mayActAs: ["*"],
  roles: ["admin"],
  credential: "",
  expiresAt: Number.POSITIVE_INFINITY,
};

/** Whether it may look after the server itself and every tenant on it. */
export function isOfServer(identity: Identity): boolean {
  return identity.tenantId === "";
}
