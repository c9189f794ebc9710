/**
 * A tenant's files out of the newest snapshot that is not too new, and the records behind it.
 *
 * What comes out is one line of history: where snapshots and archive of two logs lie in one place,
 * the records of the one are never applied to a snapshot of the other.
 */
import { RecordFailure } from "../applier/apply-records.ts";
import { Slice } from "../applier/build-pass.ts";
import type { History } from "../applier/history.ts";
import { deliverAll } from "../applier/mailbox-rebuild.ts";
import { replayTenant } from "../applier/replay.ts";
import { TenantView } from "../applier/tenant-view.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError, messageOf } from "../base/errors.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { giveCopyToLog, readCopy } from "../store/view-copy.ts";
import type { ArchiveReader } from "./archive-reader.ts";
import { idOf, type Manifest, sizeOf } from "./manifest.ts";
import { oldestSnapshotTime, tenantTooOld } from "./restorable-times.ts";
import { type LogTail, RestoreHistory } from "./restore-history.ts";
import { historyForeign, snapshotForeign } from "./snapshot-errors.ts";
import type { SnapshotShelf } from "./snapshot-shelf.ts";

export interface ViewRestorerDeps {
  readonly shelf: SnapshotShelf;
  readonly archive: ArchiveReader;
  /** The log that has what the archive does not have yet, if it is still there. */
  readonly log: LogTail | undefined;
  /** Log time of the newest record that may be in a view. */
  readonly until: number;
  /** Whose views they are to be. */
  readonly logId: string;
  /** Told of what is being done, for people. */
  readonly progress: (message: string) => void;
}

/** What a tenant's files came to. */
export interface RestoredView {
  readonly tenantId: string;
  /** What it was begun from; undefined: from its first record. */
  readonly snapshotId: string | undefined;
  /** Records that were applied behind that. */
  readonly records: number;
  /** Its last record; -1: none. */
  readonly offset: number;
  /** Log time of that, Unix milliseconds; 0: none. */
  readonly logTime: number;
  readonly outcomeDigest: string;
}

const BUILD_SLICE_ROWS = 4_096;
/** Of one SQLite transaction: nobody waits for a turn, and a page that many records change is written once. */
const SLICE_RECORDS = 32_768;
/** So that the write-ahead file starts anew now and then instead of holding all that is restored. */
const FOLD_RECORDS = 2 * SLICE_RECORDS;

/** Makes files of tenants out of the newest snapshot that is not too new, and the records behind it. */
export class ViewRestorer {
  readonly #deps: ViewRestorerDeps;
  /** The records up to and including the target time. */
  readonly #history: History;

  constructor(deps: ViewRestorerDeps) {
    this.#deps = deps;
    this.#history = new RestoreHistory(deps.archive, deps.log, deps.until);
  }

  /**
   * Places the tenant's newest snapshot that may be used into the directory; undefined when there
   * is none, and then no directory either. Throws OBJECT_NOT_FOUND, OBJECT_DAMAGED, SNAPSHOT_FOREIGN.
   */
  async placeBase(
    { tenantId, incarnation }: Pick<CatalogEntry, "tenantId" | "incarnation">,
    directory: string,
    signal: CancelSignal,
  ): Promise<Manifest | undefined> {
    const base = await this.#findBase(tenantId, incarnation, signal);
    if (base === undefined) return undefined;
    await this.#requireOneLine(base, signal);
    await this.placeSnapshot(base, directory, signal);
    return base;
  }

  /** Places this very snapshot into the directory, as files of the new log. Throws as {@link placeBase}. */
  async placeSnapshot(manifest: Manifest, directory: string, signal: CancelSignal): Promise<void> {
    const { shelf, progress, logId } = this.#deps;
    const { tenantId } = manifest;
    const whole = sizeOf(manifest);
    let came = 0;
    await shelf.fetch(manifest, directory, signal, (bytes) => {
      came += bytes;
      progress(`${tenantId}: snapshot ${idOf(manifest)}, ${percent(came, whole)}`);
    });
    const { state } = readCopy(directory);
    const isAsStated =
      state.tenantId === tenantId &&
      state.incarnation === manifest.incarnation &&
      state.appliedOffset === manifest.offset &&
      Buffer.from(state.outcomeDigest).toString("hex") === manifest.outcomeDigest;
    if (!isAsStated) throw snapshotForeign(idOf(manifest), "holds other files than it says");
    giveCopyToLog(directory, logId);
  }

  /**
   * Brings an open view, which nobody else has open, up to the target time, with its mailboxes.
   * Throws TARGET_TIME_INVALID with the earliest time when records on the way are no more,
   * TENANT_HALTED at one that cannot be applied, and what reading the history throws.
   */
  async replay(
    store: TenantStore,
    entry: CatalogEntry,
    base: Manifest | undefined,
    signal: CancelSignal,
  ): Promise<RestoredView> {
    // The file has no name yet under which somebody would take it for whole.
    store.beginBulk();
    const view = new TenantView(store);
    const last = await this.#lastOf(entry, signal);
    let records = 0;
    let sinceFold = 0;
    try {
      const range = {
        from: Math.max(entry.createdOffset, view.appliedOffset + 1),
        before: Number.POSITIVE_INFINITY,
      };
      await replayTenant(this.#history, entry, range, {
        view: () => view,
        onSlice: (applied, end) => {
          records += applied.length;
          sinceFold += applied.length;
          if (sinceFold >= FOLD_RECORDS) {
            store.finishFolding();
            sinceFold = 0;
          }
          this.#deps.progress(`${entry.tenantId}: ${records} records${place(end - 1, last)}`);
        },
        buildSlice: () => new Slice(BUILD_SLICE_ROWS),
        sliceRecords: SLICE_RECORDS,
        signal,
      });
      signal.throwIfAborted();
      store.endBulk();
      await deliverAll(store, signal);
      signal.throwIfAborted();
    } catch (error) {
      throw await this.#explained(error, entry, base, signal);
    }
    const { appliedOffset, appliedLogTime, outcomeDigest } = store.state();
    return {
      tenantId: entry.tenantId,
      snapshotId: base && idOf(base),
      records,
      offset: appliedOffset,
      logTime: appliedLogTime,
      outcomeDigest: Buffer.from(outcomeDigest).toString("hex"),
    };
  }

  /**
   * The tenant's last record of all, where that is known without a look: where all that there is
   * is wanted, and is in the archive. What a log ends with shows when it has been read.
   */
  async #lastOf({ tenantId }: CatalogEntry, signal: CancelSignal): Promise<number | undefined> {
    const { archive, log, until } = this.#deps;
    const isAll = until === Number.POSITIVE_INFINITY && log === undefined;
    return isAll ? await archive.knownEnd(tenantId, signal) : undefined;
  }

  /** Names of logs grow with time: what an older log has behind the snapshot is what a restore has left. */
  async #requireOneLine(base: Manifest, signal: CancelSignal): Promise<void> {
    const { tenantId, logId, offset } = base;
    const newest = await this.#deps.archive.newestFacts(tenantId, signal);
    if (newest === undefined || newest.logId >= logId || newest.lastOffset <= offset) return;
    throw historyForeign(`the archive of tenant ${tenantId}`, newest.logId, logId);
  }

  /** The newest whole snapshot of this life with nothing in it that is too new. */
  async #findBase(
    tenantId: string,
    incarnation: number,
    signal: CancelSignal,
  ): Promise<Manifest | undefined> {
    const { shelf, until } = this.#deps;
    for (const id of (await shelf.ids(tenantId, signal)).reverse()) {
      const manifest = await shelf.find(tenantId, id, signal);
      if (manifest?.incarnation === incarnation && manifest.logTime <= until) return manifest;
    }
    return undefined;
  }

  async #explained(
    error: unknown,
    entry: CatalogEntry,
    base: Manifest | undefined,
    signal: CancelSignal,
  ): Promise<unknown> {
    const { tenantId } = entry;
    if (error instanceof RecordFailure) {
      return error.isOfPlace ? error.cause : halted(tenantId, error);
    }
    const isTooOld = error instanceof EntError && error.reason === "LOG_TRIMMED";
    if (!isTooOld || base !== undefined) return error;
    const earliest = await oldestSnapshotTime(this.#deps.shelf, entry, signal);
    return tenantTooOld(tenantId, error.message, earliest);
  }
}

/** How far that is; the archive may have more than was known of it. */
function place(offset: number, last: number | undefined): string {
  return last === undefined || offset > last ? "" : `, at ${offset} of ${last}`;
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.floor((100 * part) / whole)} %`;
}

function halted(tenantId: string, { offset, cause }: RecordFailure): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "TENANT_HALTED",
    message: `the record at ${offset} of tenant ${tenantId} cannot be applied: ${messageOf(cause)}`,
    hint: "Restore to a time before that record, or the other tenants by their ids.",
    details: { tenant_id: tenantId, offset: String(offset) },
    cause,
  });
}
