/** What is kept of an API key. */
export interface StoredKey {
  /** 32 bytes. */
  readonly secretHash: Uint8Array;
  /** Empty: a key of the server. */
  readonly tenantId: string;
  readonly actor: string;
  readonly mayActAs: readonly string[];
  readonly roles: readonly string[];
  /** Unix milliseconds from which on it no longer holds; Infinity: never. */
  readonly expiresAt: number;
}

/** Where keys are looked up: the view of `_system`, which the composition root hands in. */
export interface KeyLookup {
  /** Grows with whatever may change what {@link find} answers, so that answers can be remembered. */
  readonly version: number;
  /** Undefined for a key that is not there, is revoked, or whose tenant's life is over. */
  find(keyId: string): StoredKey | undefined;
}
