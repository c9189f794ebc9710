/**
 * The views of a partition, opened: with a whole catalog, and with an offset from which nothing
 * is missed when it is replayed. What cannot be made whole is refused before anything is served
 * or removed.
 */
import { readdirSync, renameSync, rmSync } from "node:fs";
import { Slice } from "../applier/build-pass.ts";
import { readCheckpoint, removeCheckpoint, requireLogReaches } from "../applier/checkpoint.ts";
import type { History } from "../applier/history.ts";
import { replayTenant } from "../applier/replay.ts";
import { TenantView } from "../applier/tenant-view.ts";
import { must } from "../base/assert.ts";
import { EntError } from "../base/errors.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { troubleOf } from "../store/store-errors.ts";
import { TenantStore } from "../store/tenant-store.ts";
import { TenantStores } from "../store/tenant-stores.ts";
import { logTrimmed } from "../wal/errors.ts";
import { identityMissing, readLogIdentity } from "../wal/file-wal/log-identity.ts";
import { segmentSequences } from "../wal/file-wal/segment-names.ts";
import type { Wal } from "../wal/wal.ts";

export interface ViewsPlace {
  /** The directory below which every tenant has its own. */
  readonly tenants: string;
  readonly checkpoints: string;
  readonly openTenants: number;
  readonly busyTimeoutMs?: number | undefined;
  /** Told that the catalog's file is damaged, and made again. */
  readonly catalogRebuilding: (cause: unknown) => void;
}

/** Rows of a build that are looked at in one go; the catalog has none. */
const BUILD_SLICE_ROWS = 512;

/**
 * Throws DATA_DIR_INVALID where there are views and the log in files that they were made from is
 * gone: one that was begun in its place would be another, and in the way of the right one. Throws
 * LOG_DAMAGED where its segments are there and say nothing of which log they are.
 */
export async function requireLogOfViews(
  { tenants, checkpoints }: Pick<ViewsPlace, "tenants" | "checkpoints">,
  logDirectory: string,
  partition: number,
): Promise<void> {
  if ((await readLogIdentity(logDirectory)) !== undefined) return;
  const hasCatalog = TenantStore.exists(TenantStores.systemDirectory(tenants));
  if (!hasCatalog && (await readCheckpoint(checkpoints, partition)) === undefined) return;
  if (segmentSequences(readdirSync(logDirectory)).length > 0) {
    throw identityMissing(logDirectory, "segments");
  }
  throw new EntError({
    code: "failed_precondition",
    reason: "DATA_DIR_INVALID",
    message: `The log is gone: ${logDirectory} holds none, and the views beside it were made from one.`,
    hint: "Put the log back; where it is in Kafka or Kinesis, name it, or bring it here with `entdb log copy`. If it is lost, restore what was archived: entdb restore --target-time latest.",
  });
}

/**
 * Opens the views, and says from which offset they must be replayed. A catalog that is missing
 * or damaged is made again first: from a copy, if `placeCatalog` knows one, and what came since;
 * else from the log, or from its archive where the log was trimmed.
 * Throws LOG_SHORTER_THAN_VIEWS, LOG_TRIMMED, and what reading the archive throws.
 *
 * Without its catalog a checkpoint says nothing, and goes before another catalog is begun: as
 * long as there is none, everything is replayed, and views skip what they hold.
 */
export async function openViews(
  place: ViewsPlace,
  wal: Wal,
  history: History,
  placeCatalog: (directory: string) => Promise<unknown>,
): Promise<{ stores: TenantStores; from: number }> {
  const checkpoint = await readCheckpoint(place.checkpoints, wal.partition);
  if (checkpoint !== undefined) requireLogReaches(wal, checkpoint);
  const catalogFile = TenantStores.systemDirectory(place.tenants);
  if (TenantStore.exists(catalogFile)) {
    try {
      const stores = openStores(place, wal);
      if (checkpoint !== undefined) return { stores, from: checkpoint.offset };
      return await fromTheStart(stores, wal, history);
    } catch (error) {
      if (troubleOf(error) !== "damaged") throw error;
      place.catalogRebuilding(error);
      await removeCheckpoint(place.checkpoints, wal.partition);
      rmSync(`${catalogFile}.aside`, { recursive: true, force: true });
      renameSync(catalogFile, `${catalogFile}.aside`);
    }
  }
  await removeCheckpoint(place.checkpoints, wal.partition);
  await placeCatalog(catalogFile);
  return await fromTheStart(openStores(place, wal), wal, history);
}

function openStores(place: ViewsPlace, wal: Wal): TenantStores {
  return new TenantStores({
    directory: place.tenants,
    logId: wal.logId,
    logEnd: wal.end,
    openTenantsMax: place.openTenants,
    busyTimeoutMs: place.busyTimeoutMs,
  });
}

/** With the catalog as it was where the log begins now. */
async function fromTheStart(
  stores: TenantStores,
  wal: Wal,
  history: History,
): Promise<{ stores: TenantStores; from: number }> {
  const from = wal.start;
  try {
    await makeCatalog(stores, from, history);
    return { stores, from };
  } catch (error) {
    stores.closeAll();
    throw error;
  }
}

/**
 * Applies what the log no longer has of the catalog. An empty one would say that there are no
 * tenants, and their files would be removed: without a single record nothing goes on.
 */
async function makeCatalog(stores: TenantStores, before: number, history: History): Promise<void> {
  const entry = must(stores.findEntry(SYSTEM_TENANT_ID), "the catalog has an entry of its own");
  const view = new TenantView(stores.system);
  const from = Math.max(entry.createdOffset, view.appliedOffset + 1);
  if (from >= before) return;
  const range = { from, before };
  await replayTenant(history, entry, range, {
    view: () => view,
    onSlice: () => undefined,
    buildSlice: () => new Slice(BUILD_SLICE_ROWS),
    signal: new AbortController().signal,
  });
  if (view.appliedOffset < 0) throw logTrimmed(from, before);
}
