import type { CancelSignal } from "../base/cancel-signal.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";

/** Where views can be had as they were, so that only what came since is replayed. */
export interface ViewCopies {
  /**
   * Places the newest usable files of the tenant, in this life of its id and of this log, into a
   * directory that is not there yet: with records below `before` alone. Resolves with whether
   * there were any; when not, there is no directory either. What cannot be used is passed over
   * and told; rejects with the signal's reason only.
   */
  place(
    life: Pick<CatalogEntry, "tenantId" | "incarnation">,
    before: number,
    directory: string,
    signal: CancelSignal,
  ): Promise<boolean>;
}

/** There are none: everything is replayed. */
export const NO_COPIES: ViewCopies = { place: () => Promise.resolve(false) };
