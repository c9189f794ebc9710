/**
 * Who looks at a tenant's nodes, as every read judges it: get, list, walk, search, count,
 * mailbox, stream. Made once for a request; the predicate that takes it is in
 * `store/visibility.ts`.
 */
export interface Viewer {
  /** Whom grants may name to mean this viewer; each once, in a fixed order. */
  readonly principals: readonly string[];
  /** Holds the right to all data: no grant is asked for. */
  readonly seesAll: boolean;
  /** The time by which grants expire, Unix milliseconds. */
  readonly now: number;
}
