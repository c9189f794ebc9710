/**
 * Looks through a data directory on which no server runs: the log from its first batch to behind
 * its last, the checkpoint, every tenant's files page by page, whose they are and how far they
 * have come; and, where the log still begins at or before a tenant's beginning, that replaying it
 * comes to the same outcomes and the same rows. Nothing of it is changed.
 */
import { Slice } from "../applier/build-pass.ts";
import { readCheckpoint, requireLogReaches } from "../applier/checkpoint.ts";
import { proofOf, type RebuildDeps, rebuildView, requireSame } from "../applier/rebuild.ts";
import { NO_COPIES } from "../applier/view-copies.ts";
import type { Clock } from "../base/clock.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { logDirectory, openDataDirectory } from "../store/data-dir.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { ReadFile } from "../store/reader/read-job.ts";
import { ReadWorkers } from "../store/reader/read-workers.ts";
import { damaged } from "../store/store-errors.ts";
import { TenantStores } from "../store/tenant-stores.ts";
import { readCopy } from "../store/view-copy.ts";
import { observeLog } from "../wal/file-wal/observe-log.ts";
import { observedTail } from "./log-tail.ts";
import { TailHistory } from "./restore-history.ts";
import { requireDataDirectory } from "./restore-place.ts";

/** What was found of a tenant whose files are sound. */
export interface VerifiedTenant {
  readonly tenantId: string;
  /** Its last record; -1: none. */
  readonly offset: number;
  readonly outcomeDigest: string;
  readonly contentHash: string;
  /** Whether the log was replayed and came to the same; else it no longer has the tenant's beginning. */
  readonly replayed: boolean;
}

export interface VerifiedDirectory {
  readonly logId: string;
  /** One past the log's last record; undefined: the log is kept elsewhere. */
  readonly endOffset: number | undefined;
  /** The catalog first. */
  readonly tenants: readonly VerifiedTenant[];
}

const PARTITION = 0;
const OPEN_TENANTS = 2;
const BUILD_SLICE_ROWS = 4_096;

/**
 * Verifies all of it. Throws the first thing that is wrong: LOG_DAMAGED, LOG_SHORTER_THAN_VIEWS,
 * VIEW_DAMAGED, REPLAY_DIVERGED, DATA_DIR_INVALID, DATA_DIR_LOCKED while a server runs.
 */
export async function verifyDirectory(
  directory: string,
  clock: Clock,
  progress: (message: string) => void,
  signal: AbortSignal,
): Promise<VerifiedDirectory> {
  requireDataDirectory(directory);
  const place = await openDataDirectory(directory);
  const workers = new ReadWorkers({ threads: 1, jobsPerFile: 4 });
  try {
    const { logId } = readCopy(TenantStores.systemDirectory(place.tenants)).state;
    progress("log");
    const endOffset = await verifyLog(logDirectory(place.path, PARTITION), clock, signal);
    const checkpoint = await readCheckpoint(place.checkpoints, PARTITION);
    const end = endOffset ?? Number.MAX_SAFE_INTEGER;
    if (checkpoint !== undefined) requireLogReaches({ logId, end }, checkpoint);
    const stores = new TenantStores({
      ...{ directory: place.tenants, logId, logEnd: end, openTenantsMax: OPEN_TENANTS },
    });
    try {
      const log = await observedTail(logDirectory(place.path, PARTITION), clock);
      const verifier = new Verifier(
        stores,
        workers,
        log && new TailHistory(log),
        log?.start,
        signal,
      );
      const tenants: VerifiedTenant[] = [];
      const system = stores.findEntry(SYSTEM_TENANT_ID);
      for (const entry of [...(system ? [system] : []), ...stores.catalog.all()]) {
        progress(entry.tenantId);
        tenants.push(await verifier.verify(entry));
      }
      return { logId, endOffset, tenants };
    } finally {
      stores.closeAll();
    }
  } finally {
    workers.close();
    place.close();
  }
}

/** Reads the log as an opening does. Returns its end; undefined when there is none. */
async function verifyLog(
  directory: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<number | undefined> {
  const walk = observeLog({ directory, signal, clock, thorough: true });
  for (;;) {
    const step = await walk.next();
    if (step.done) return step.value?.endOffset;
  }
}

class Verifier {
  readonly #stores: TenantStores;
  readonly #workers: ReadWorkers;
  readonly #deps: RebuildDeps | undefined;
  readonly #logStart: number;
  readonly #signal: AbortSignal;

  constructor(
    stores: TenantStores,
    workers: ReadWorkers,
    history: TailHistory | undefined,
    logStart = Number.POSITIVE_INFINITY,
    signal: AbortSignal,
  ) {
    this.#stores = stores;
    this.#workers = workers;
    this.#logStart = logStart;
    this.#signal = signal;
    this.#deps = history && {
      ...{ history, stores, copies: NO_COPIES },
      contentHash: (file) => workers.run(file, { kind: "content_hash" }, signal),
      buildSlice: () => new Slice(BUILD_SLICE_ROWS),
    };
  }

  async verify(entry: CatalogEntry): Promise<VerifiedTenant> {
    const { tenantId } = entry;
    const store = this.#stores.open(tenantId);
    if (store === undefined) throw damaged(tenantId, "the catalog lost it");
    const mailboxes = store.mailbox.open();
    await this.#checkPages(store.readFile);
    if (mailboxes !== undefined) await this.#checkPages(mailboxes.readFile);
    const contentHash = await this.#workers.run(
      store.readFile,
      { kind: "content_hash" },
      this.#signal,
    );
    const { appliedOffset: offset, outcomeDigest: digest } = store.state();
    const outcomeDigest = Buffer.from(digest).toString("hex");
    const replayed = this.#deps !== undefined && this.#logStart <= entry.createdOffset;
    if (replayed) {
      const made = await rebuildView(this.#deps, entry, offset + 1, this.#signal);
      try {
        const proof = { appliedOffset: offset, outcomeDigest, contentHash };
        requireSame(entry, proof, await proofOf(this.#deps, made.store));
      } finally {
        this.#stores.discardRebuild(made.store);
      }
    }
    return { tenantId, offset, outcomeDigest, contentHash, replayed };
  }

  async #checkPages(file: ReadFile): Promise<void> {
    const said = await this.#workers.run(file, { kind: "quick_check" }, this.#signal);
    if (said !== "ok") throw damaged(file.path, said);
  }
}
