import { rmSync } from "node:fs";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError } from "../base/errors.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { ReadFile } from "../store/reader/read-job.ts";
import { troubleOf } from "../store/store-errors.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Slice } from "./build-pass.ts";
import type { History } from "./history.ts";
import { replayTenant } from "./replay.ts";
import { TenantView } from "./tenant-view.ts";
import type { ViewCopies } from "./view-copies.ts";

/** What a rebuild works with. */
export interface RebuildDeps {
  readonly history: History;
  readonly stores: TenantStores;
  /** What a damaged view may be begun with. */
  readonly copies: ViewCopies;
  /** Hash over everything declared in a view's file; computed off the serving thread. */
  readonly contentHash: (file: ReadFile) => Promise<string>;
  /** How much of a schema's build may be done before others get their turn. */
  readonly buildSlice: () => Slice;
}

/** What a view is to be made of, and whom it tells. */
export interface Making {
  /** Records from this offset on are left alone. */
  readonly before: number;
  readonly signal: CancelSignal;
  /** Told after each slice, with the offset behind it. */
  readonly onSlice?: (reached: number) => void;
}

/** What a view comes to, to be held against another. */
export interface ViewProof {
  readonly appliedOffset: number;
  readonly outcomeDigest: string;
  readonly contentHash: string;
}

/**
 * Makes a tenant's view from its records alone, in a directory beside the tenant's own, with
 * those that `making` asks for. The caller adopts or discards it. Throws what reading its history
 * throws, LOG_TRIMMED when that no longer reaches back to its first record, and `RecordFailure`.
 */
export async function rebuildView(
  deps: RebuildDeps,
  entry: CatalogEntry,
  making: Making,
): Promise<{ store: TenantStore; records: number }> {
  return await replayInto(deps, entry, deps.stores.openRebuild(entry), making);
}

/**
 * As {@link rebuildView}, but begins with a copy where there is one; a copy that is of no use
 * after all is thrown away for the records alone.
 */
export async function remakeView(
  deps: RebuildDeps,
  entry: CatalogEntry,
  making: Making,
): Promise<{ store: TenantStore; records: number }> {
  const { before, signal } = making;
  const place = deps.stores.rebuildPlace(entry);
  if (!(await deps.copies.place(entry, before, place, signal))) {
    return await rebuildView(deps, entry, making);
  }
  try {
    const store = deps.stores.openPlacedRebuild(entry);
    return await replayInto(deps, entry, store, making);
  } catch (error) {
    if (troubleOf(error) !== "damaged") throw error;
    return await rebuildView(deps, entry, making);
  }
}

/** Applies what the view in this file does not have. A file for which that fails is thrown away. */
async function replayInto(
  deps: RebuildDeps,
  entry: CatalogEntry,
  store: TenantStore,
  { before, signal, onSlice }: Making,
): Promise<{ store: TenantStore; records: number }> {
  try {
    const view = new TenantView(store);
    let records = 0;
    const range = { from: Math.max(entry.createdOffset, view.appliedOffset + 1), before };
    await replayTenant(deps.history, entry, range, {
      view: () => view,
      onSlice: (applied, reached) => {
        records += applied.length;
        onSlice?.(reached);
      },
      buildSlice: deps.buildSlice,
      signal,
    });
    if (signal.aborted) throw signal.reason;
    return { store, records };
  } catch (error) {
    deps.stores.discardRebuild(store);
    throw error;
  }
}

/** What the view in this open file comes to. */
export async function proofOf(deps: RebuildDeps, store: TenantStore): Promise<ViewProof> {
  const state = store.state();
  return {
    appliedOffset: state.appliedOffset,
    outcomeDigest: Buffer.from(state.outcomeDigest).toString("hex"),
    contentHash: await deps.contentHash(store.readFile),
  };
}

/** Puts the rebuilt file in the place of the old one, which is removed once it is out of the way. */
export function adoptView(deps: RebuildDeps, entry: CatalogEntry, rebuilt: TenantStore): void {
  const aside = deps.stores.adoptRebuild(entry, rebuilt);
  if (aside !== undefined) rmSync(aside, { recursive: true, force: true });
}

/** Throws REPLAY_DIVERGED unless the replay came to what the old view has, outcome by outcome and row by row. */
export function requireSame(entry: CatalogEntry, old: ViewProof, made: ViewProof): void {
  const same =
    old.appliedOffset === made.appliedOffset &&
    old.outcomeDigest === made.outcomeDigest &&
    old.contentHash === made.contentHash;
  if (same) return;
  throw new EntError({
    code: "data_loss",
    reason: "REPLAY_DIVERGED",
    message: `Replaying the log of tenant ${entry.tenantId} came to something else than its view holds.`,
    hint: "The old view is still served. Keep a copy of the data directory and report this; with the tenant's own directory removed it is made from the log alone.",
    details: {
      tenant_id: entry.tenantId,
      applied_offset: `${old.appliedOffset} and ${made.appliedOffset}`,
      outcome_digest: `${old.outcomeDigest} and ${made.outcomeDigest}`,
      content_hash: `${old.contentHash} and ${made.contentHash}`,
    },
  });
}
