/**
 * Brings one tenant of a stopped server's data directory up to date, in place: from a snapshot
 * and what came since, or from the archive alone. Only what the same log has written goes into
 * it: a directory that was restored to a time never gets back what was undone.
 *
 * The files are made beside the tenant's own and take their place when they are on disk; what is
 * thrown leaves the tenant as it was.
 */
import { rm } from "node:fs/promises";
import { removeCheckpoint } from "../applier/checkpoint.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { syncDirectory } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import { type DataDirectory, openDataDirectory } from "../store/data-dir.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { TenantStores } from "../store/tenant-stores.ts";
import { readCopy } from "../store/view-copy.ts";
import { idOf, type Manifest } from "./manifest.ts";
import { requireDataDirectory } from "./restore-place.ts";
import { type RestoredView, ViewRestorer } from "./restore-view.ts";
import type { RestoreMachine, RestoreSources } from "./restorer.ts";
import { historyForeign, snapshotForeign } from "./snapshot-errors.ts";

/** What the tenant's files are begun with. */
export type TenantBase =
  | { readonly from: "snapshot"; readonly manifest: Manifest }
  /** Its files as they are; every record from this offset on is applied that they lack. */
  | { readonly from: "position"; readonly offset: number };

export interface TenantRestore {
  /** The data directory, on which no server runs. */
  readonly directory: string;
  readonly tenantId: string;
  readonly base: TenantBase;
  /** Do everything, and throw it away. */
  readonly dryRun: boolean;
}

const PARTITION = 0;
const OPEN_TENANTS = 2;

/**
 * Restores the tenant. Throws DATA_DIR_LOCKED while a server runs, DATA_DIR_INVALID,
 * TENANT_NOT_FOUND, SNAPSHOT_FOREIGN, POSITION_BEYOND_LOG, and what reading snapshot, archive
 * and log throws.
 */
export async function restoreTenant(
  request: TenantRestore,
  sources: RestoreSources,
  machine: RestoreMachine,
  signal: CancelSignal,
): Promise<RestoredView> {
  const { directory } = request;
  requireDataDirectory(directory);
  const place = await openDataDirectory(directory);
  try {
    const system = TenantStores.systemDirectory(place.tenants);
    const { logId } = readCopy(system).state;
    const logEnd = Number.MAX_SAFE_INTEGER;
    const options = { directory: place.tenants, logId, logEnd, openTenantsMax: OPEN_TENANTS };
    const stores = new TenantStores(options);
    try {
      return await new InPlace(request, sources, machine, { place, stores, logId }).run(signal);
    } finally {
      stores.closeAll();
    }
  } finally {
    place.close();
  }
}

interface Opened {
  readonly place: DataDirectory;
  readonly stores: TenantStores;
  readonly logId: string;
}

class InPlace {
  readonly #request: TenantRestore;
  readonly #sources: RestoreSources;
  readonly #opened: Opened;
  readonly #views: ViewRestorer;

  constructor(
    request: TenantRestore,
    sources: RestoreSources,
    machine: RestoreMachine,
    opened: Opened,
  ) {
    const { shelf, archive, log } = sources;
    const until = Number.POSITIVE_INFINITY;
    this.#request = request;
    this.#sources = sources;
    this.#opened = opened;
    this.#views = new ViewRestorer({
      ...{ shelf, archive, log, until, logId: opened.logId, progress: machine.progress },
    });
  }

  async run(signal: CancelSignal): Promise<RestoredView> {
    const { tenantId, dryRun } = this.#request;
    const { stores, place } = this.#opened;
    const entry = stores.findEntry(tenantId);
    if (entry === undefined) throw noTenant(tenantId);
    await this.#requireOwnHistory(signal);
    const made = await this.#begin(entry, signal);
    let restored: RestoredView;
    try {
      restored = await this.#views.replay(made, entry, this.#manifest, signal);
    } catch (error) {
      stores.discardRebuild(made);
      throw error;
    }
    if (dryRun) {
      stores.discardRebuild(made);
      return restored;
    }
    const aside = stores.adoptRebuild(entry, made);
    await syncDirectory(place.tenants);
    if (aside !== undefined) await rm(aside, { recursive: true, force: true });
    // A log that is not here has records behind those of the archive: all of it is replayed.
    if (this.#sources.log === undefined) await removeCheckpoint(place.checkpoints, PARTITION);
    return restored;
  }

  get #manifest(): Manifest | undefined {
    const { base } = this.#request;
    return base.from === "snapshot" ? base.manifest : undefined;
  }

  /** The files that are to replace the tenant's own, open. */
  async #begin(entry: CatalogEntry, signal: CancelSignal): Promise<TenantStore> {
    const { base } = this.#request;
    const { stores, logId } = this.#opened;
    if (base.from === "snapshot") {
      const { manifest } = base;
      const key = `${manifest.tenantId}/${idOf(manifest)}`;
      if (manifest.logId !== logId)
        throw historyForeign(`the snapshot ${key}`, manifest.logId, logId);
      if (manifest.incarnation !== entry.incarnation) {
        throw snapshotForeign(key, "is of an earlier life of the tenant's id");
      }
      await this.#views.placeSnapshot(manifest, stores.rebuildPlace(entry), signal);
      return stores.openPlacedRebuild(entry);
    }
    const { appliedOffset } = stores.open(entry.tenantId)?.state() ?? { appliedOffset: -1 };
    await this.#requirePosition(base.offset, appliedOffset, signal);
    stores.copyToRebuild(entry);
    return stores.openPlacedRebuild(entry);
  }

  async #requirePosition(from: number, applied: number, signal: CancelSignal): Promise<void> {
    const { tenantId } = this.#request;
    const newest = await this.#sources.archive.newestFacts(tenantId, signal);
    const end = (newest?.lastOffset ?? -1) + 1;
    if (from > end) {
      throw noPosition(from, `the archive of tenant ${tenantId} ends before ${end}`);
    }
    if (from > applied + 1) {
      throw noPosition(
        from,
        `the tenant's files end at ${applied}, and what is between would be missing`,
      );
    }
  }

  /** Archive and log must be of the log that the directory belongs to. */
  async #requireOwnHistory(signal: CancelSignal): Promise<void> {
    const { archive, log } = this.#sources;
    const { logId } = this.#opened;
    const { tenantId } = this.#request;
    const newest = await archive.newestFacts(tenantId, signal);
    if (newest !== undefined && newest.logId !== logId) {
      throw historyForeign(`the archive of tenant ${tenantId}`, newest.logId, logId);
    }
    if (log !== undefined && log.logId !== logId) throw historyForeign("the log", log.logId, logId);
  }
}

function noTenant(tenantId: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "TENANT_NOT_FOUND",
    message: `The data directory has no tenant ${tenantId}.`,
    hint: "Restore it into an empty directory, as it was at a time when it was there.",
    details: { tenant_id: tenantId },
  });
}

function noPosition(offset: number, why: string): EntError {
  return new EntError({
    code: "out_of_range",
    reason: "POSITION_BEYOND_LOG",
    message: `nothing can be replayed from ${offset} on: ${why}`,
    hint: "Begin at a position that both the tenant's files and the archive reach.",
    details: { offset: String(offset) },
  });
}
