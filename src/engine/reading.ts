/** How fresh a read must be. It fails with POSITION_NOT_REACHED at the deadline rather than answer older. */
export interface Freshness {
  /** The opaque token of an earlier answer; undefined or empty: none. */
  readonly atLeast: Uint8Array | undefined;
  /** Everything that was durable before the read began. */
  readonly strong: boolean;
}

/** A read's answer and the position it was read at, as the token that clients hand back. */
export type Read<T> = T & { readonly positionToken: Uint8Array };

/** A page's place. `pageSize` 0 asks for the default; `offset` is REST's and excludes a cursor. */
export interface PageRequest {
  readonly pageSize: number;
  readonly cursor: Uint8Array | undefined;
}
