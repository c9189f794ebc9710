/**
 * Makes a data directory that stands by itself out of snapshots, archive and, where it is still
 * there, the log: everything, or one tenant, as it was at a time.
 *
 * 1. What comes out holds exactly the records whose log time is at or below the target, and has a
 *    log of its own, which goes on behind the last of them: it never catches up with the log that
 *    it came from, which would bring back what was to be undone.
 * 2. Views are made by the applier alone, from verified copies and records.
 * 3. Nothing appears under the directory's name before all of it is on disk. Whatever fails is
 *    named, and leaves nothing behind.
 *
 * A tenant that was deleted after the target time has left neither archive nor snapshots; it is
 * reported, and is no tenant of the new directory. Of one tenant that is restored alone, the
 * others are none either.
 */
import { writeCheckpoint } from "../applier/checkpoint.ts";
import { must } from "../base/assert.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { syncDirectory } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { type DataDirectory, openDataDirectory } from "../store/data-dir.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import { TenantStores } from "../store/tenant-stores.ts";
import { newLogId } from "../wal/log-id.ts";
import { openWal } from "../wal/open-wal.ts";
import type { ArchiveReader } from "./archive-reader.ts";
import {
  beforeTheBeginning,
  earliestCatalogTime,
  inTheFuture,
  nothingThere,
} from "./restorable-times.ts";
import { endTenants, lifeOf, livesEndedFrom } from "./restore-catalog.ts";
import { type LogTail, ReadableHistory, RestoreHistory } from "./restore-history.ts";
import { makeDirectory } from "./restore-place.ts";
import { type RestoredView, ViewRestorer } from "./restore-view.ts";
import { CATALOG_LIFE, type RestoredLife, writeRestoredLives } from "./restored-lives.ts";
import { historyForeign } from "./snapshot-errors.ts";
import type { SnapshotShelf } from "./snapshot-shelf.ts";

export interface RestoreSources {
  readonly shelf: SnapshotShelf;
  readonly archive: ArchiveReader;
  /** The log of the directory that is restored from, if it is still there. */
  readonly log: LogTail | undefined;
}

export interface RestoreRequest {
  /** Where the new data directory is to be: nothing, or an empty directory. */
  readonly directory: string;
  /** Undefined: every tenant. */
  readonly tenantId: string | undefined;
  /** Unix milliseconds; undefined: all that there is. */
  readonly targetTime: number | undefined;
  /** Do everything, and throw it away. */
  readonly dryRun: boolean;
}

export interface RestoreMachine {
  readonly clock: Clock;
  readonly random: Random;
  /** Told of what is being done, for people. */
  readonly progress: (message: string) => void;
}

/** What came out. */
export interface RestoreReport {
  /** Of the new log. */
  readonly logId: string;
  /** The last record that is in it; the new log goes on behind it. */
  readonly offset: number;
  /** Log time of that record, Unix milliseconds. */
  readonly logTime: number;
  /** The catalog first. */
  readonly views: readonly RestoredView[];
  /** Tenants of then that were deleted since. */
  readonly deletedSince: readonly string[];
}

const TOPIC = "entdb-wal";
const PARTITION = 0;
const OPEN_TENANTS = 2;
const EVER = Number.POSITIVE_INFINITY;

/**
 * Restores. Throws TARGET_TIME_INVALID, TENANT_NOT_FOUND, DATA_DIR_INVALID, OBJECT_NOT_FOUND,
 * OBJECT_DAMAGED, ARCHIVE_GAP, LOG_TRIMMED, and what the places say.
 */
export async function restoreDirectory(
  request: RestoreRequest,
  sources: RestoreSources,
  machine: RestoreMachine,
  signal: CancelSignal,
): Promise<RestoreReport> {
  const { directory, targetTime, dryRun } = request;
  const { clock, random } = machine;
  const now = clock.now();
  if (targetTime !== undefined && targetTime > now) throw inTheFuture(targetTime, now);
  return await makeDirectory({ directory, keep: !dryRun, random }, async (staging) => {
    const place = await openDataDirectory(staging);
    try {
      return await new Restoration(request, sources, machine, place).run(signal);
    } finally {
      place.close();
    }
  });
}

class Restoration {
  readonly #request: RestoreRequest;
  readonly #sources: RestoreSources;
  readonly #machine: RestoreMachine;
  readonly #place: DataDirectory;
  readonly #logId: string;
  readonly #views: ViewRestorer;
  readonly #restored: RestoredView[] = [];

  constructor(
    request: RestoreRequest,
    sources: RestoreSources,
    machine: RestoreMachine,
    place: DataDirectory,
  ) {
    this.#request = request;
    this.#sources = sources;
    this.#machine = machine;
    this.#place = place;
    this.#logId = newLogId(machine.random, machine.clock.now());
    const until = request.targetTime ?? EVER;
    this.#views = new ViewRestorer({
      shelf: sources.shelf,
      archive: sources.archive,
      log: sources.log,
      until,
      logId: this.#logId,
      progress: machine.progress,
    });
  }

  async run(signal: CancelSignal): Promise<RestoreReport> {
    const stores = await this.#openCatalog(signal);
    let left: Left;
    try {
      left = await this.#restoreTenants(stores, signal);
      for (const store of stores.allOpen()) store.checkpoint();
    } finally {
      stores.closeAll();
    }
    await this.#beginLog(left);
    signal.throwIfAborted();
    const { lives: _, ...told } = left;
    return { ...told, logId: this.#logId, views: this.#restored };
  }

  /** Archive and log must be of one line: neither may have what the other has left. */
  async #requireOneLine(signal: CancelSignal): Promise<void> {
    const { archive, log } = this.#sources;
    const newest = await archive.newestFacts(SYSTEM_TENANT_ID, signal);
    if (newest === undefined || log === undefined || newest.logId === log.logId) return;
    if (newest.lastOffset < log.start) return;
    throw historyForeign("the archive", newest.logId, log.logId);
  }

  /** The catalog first: it says which tenants there were. */
  async #openCatalog(signal: CancelSignal): Promise<TenantStores> {
    await this.#requireOneLine(signal);
    const { tenants } = this.#place;
    const directory = TenantStores.systemDirectory(tenants);
    const base = await this.#views.placeBase(CATALOG_LIFE, directory, signal);
    const stores = new TenantStores({
      directory: tenants,
      logId: this.#logId,
      logEnd: Number.MAX_SAFE_INTEGER,
      openTenantsMax: OPEN_TENANTS,
    });
    try {
      const entry = must(stores.findEntry(SYSTEM_TENANT_ID), "the catalog has an entry of its own");
      const restored = await this.#views.replay(stores.system, entry, base, signal);
      if (restored.offset < 0) throw await this.#nothingThen(signal);
      this.#restored.push(restored);
      return stores;
    } catch (error) {
      stores.closeAll();
      throw error;
    }
  }

  async #restoreTenants(stores: TenantStores, signal: CancelSignal): Promise<Left> {
    const { tenantId } = this.#request;
    const { archive, log } = this.#sources;
    const from = (this.#restored[0]?.offset ?? -1) + 1;
    const whole = new RestoreHistory(archive, log, EVER);
    // A time before a damage can be had, though nobody knows then who was deleted behind it.
    const isAll = this.#request.targetTime === undefined;
    const told = isAll ? whole : new ReadableHistory(whole);
    const ended = await livesEndedFrom(told, from, signal);
    const entries = [...stores.catalog.all()];
    const isThere = (entry: CatalogEntry) => !ended.has(lifeOf(entry));
    const isWanted = (entry: CatalogEntry) => tenantId === undefined || tenantId === entry.tenantId;
    const wanted = entries.filter((entry) => isThere(entry) && isWanted(entry));
    if (tenantId !== undefined && wanted.length === 0) throw this.#noSuchTenant(tenantId, entries);
    for (const entry of wanted) await this.#restoreTenant(stores, entry, signal);
    const offset = Math.max(...this.#restored.map((view) => view.offset));
    const logTime = Math.max(...this.#restored.map((view) => view.logTime));
    const others = entries.filter((entry) => !wanted.includes(entry));
    const deletedSince = others.filter((entry) => !isThere(entry)).map((entry) => entry.tenantId);
    const end = endTenants(stores.system, others, offset, logTime);
    const { appliedOffset } = stores.system.state();
    const system = { ...CATALOG_LIFE, offset: appliedOffset };
    return { offset: end, logTime, deletedSince, lives: [system, ...this.#livesOf(wanted)] };
  }

  #livesOf(entries: readonly CatalogEntry[]): RestoredLife[] {
    return entries.map(({ tenantId, incarnation }) => {
      const view = this.#restored.find((restored) => restored.tenantId === tenantId);
      return { tenantId, incarnation, offset: must(view, "it was restored").offset };
    });
  }

  async #restoreTenant(
    stores: TenantStores,
    entry: CatalogEntry,
    signal: CancelSignal,
  ): Promise<void> {
    const directory = stores.directoryOf(entry);
    const base = await this.#views.placeBase(entry, directory, signal);
    if (base === undefined) stores.createFile(entry);
    const store = must(stores.open(entry.tenantId), "it is in the catalog");
    this.#restored.push(await this.#views.replay(store, entry, base, signal));
    store.checkpoint();
    stores.close(entry.tenantId);
    await syncDirectory(directory);
  }

  /** An empty log, whose first record follows the last that was restored. */
  async #beginLog({ offset, lives }: Left): Promise<void> {
    const { clock, random } = this.#machine;
    const logId = this.#logId;
    const firstOffset = offset + 1;
    const directory = await this.#place.makeLogDirectory(PARTITION);
    const wal = await openWal({
      ...{ kind: "file", topic: TOPIC, partition: PARTITION, clock, random },
      ...{ directory, logId, firstOffset },
    });
    await wal.close();
    const { checkpoints, tenants } = this.#place;
    await writeRestoredLives(checkpoints, { logId, partition: PARTITION }, lives);
    await writeCheckpoint(checkpoints, { logId, partition: PARTITION, offset: firstOffset });
    await syncDirectory(TenantStores.systemDirectory(tenants));
    await syncDirectory(tenants);
  }

  async #nothingThen(signal: CancelSignal): Promise<EntError> {
    const { targetTime } = this.#request;
    const { archive, log, shelf } = this.#sources;
    if (targetTime === undefined) return nothingThere(shelf.place);
    const whole = new RestoreHistory(archive, log, EVER);
    const earliest = await earliestCatalogTime(shelf, whole, signal);
    if (earliest === undefined) return nothingThere(shelf.place);
    return beforeTheBeginning(shelf.place, targetTime, earliest);
  }

  #noSuchTenant(tenantId: string, entries: readonly CatalogEntry[]): EntError {
    const wasThere = entries.some((entry) => entry.tenantId === tenantId);
    return new EntError({
      code: "not_found",
      reason: "TENANT_NOT_FOUND",
      message: wasThere
        ? `Tenant ${tenantId} was deleted since: its archive and its snapshots went with it.`
        : `There was no tenant ${tenantId} then.`,
      hint: "Look at the audit of the catalog for when it was created and deleted.",
      details: { tenant_id: tenantId },
    });
  }
}

type Left = Pick<RestoreReport, "offset" | "logTime" | "deletedSince"> & {
  readonly lives: readonly RestoredLife[];
};
