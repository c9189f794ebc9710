/**
 * Looks through a data directory on which no server runs: the log from its first batch to behind
 * its last, the checkpoint, every tenant's files page by page, whose they are and how far they
 * have come; and that replaying comes to the same outcomes and the same rows: out of the log, and
 * where that was trimmed out of its archive, every object of which is read. Nothing of it is changed.
 */
import { readdirSync } from "node:fs";
import { RecordFailure } from "../applier/apply-records.ts";
import { Slice } from "../applier/build-pass.ts";
import { readCheckpoint, requireLogReaches } from "../applier/checkpoint.ts";
import type { History } from "../applier/history.ts";
import {
  proofOf,
  type RebuildDeps,
  rebuildView,
  requireSame,
  type ViewProof,
} from "../applier/rebuild.ts";
import { NO_COPIES } from "../applier/view-copies.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { type DataDirectory, logDirectory, openDataDirectory } from "../store/data-dir.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { ReadFile } from "../store/reader/read-job.ts";
import { ReadWorkers } from "../store/reader/read-workers.ts";
import { damaged } from "../store/store-errors.ts";
import { TenantStore } from "../store/tenant-store.ts";
import { TenantStores } from "../store/tenant-stores.ts";
import { type CopyFacts, readCopy } from "../store/view-copy.ts";
import { type ObservedEnd, observeLog } from "../wal/file-wal/observe-log.ts";
import { type ArchivePosition, readArchivePosition } from "./archive-position.ts";
import type { ArchiveReader } from "./archive-reader.ts";
import { observedTail } from "./log-tail.ts";
import { type LogTail, RestoreHistory, TailHistory } from "./restore-history.ts";
import { placeTrouble, requireDataDirectory } from "./restore-place.ts";

/** What was found of a tenant whose files are sound. */
export interface VerifiedTenant {
  readonly tenantId: string;
  /** Its last record; -1: none. */
  readonly offset: number;
  readonly outcomeDigest: string;
  readonly contentHash: string;
  /** Whether its records were replayed and came to the same; else its first ones are neither in the log nor in the archive any more. */
  readonly replayed: boolean;
}

export interface VerifiedDirectory {
  readonly logId: string;
  /** One past the log's last record; undefined: the log is kept elsewhere. */
  readonly endOffset: number | undefined;
  /** The catalog first; nobody, where no server has made views of the log yet. */
  readonly tenants: readonly VerifiedTenant[];
}

const PARTITION = 0;
const OPEN_TENANTS = 2;
const BUILD_SLICE_ROWS = 4_096;

/** What is verified, and what helps. */
export interface Verification {
  readonly directory: string;
  /** Where the log was archived; asked only for what the log no longer has. */
  readonly archive: ArchiveReader;
  readonly clock: Clock;
  /** Told of what is being done, for people. */
  readonly progress: (message: string) => void;
}

/**
 * Verifies all of it. Throws the first thing that is wrong: LOG_DAMAGED, LOG_SHORTER_THAN_VIEWS,
 * VIEW_DAMAGED, REPLAY_DIVERGED, what reading the archive throws, DATA_DIR_INVALID, and
 * DATA_DIR_LOCKED while a server runs.
 */
export async function verifyDirectory(
  { directory, archive, clock, progress }: Verification,
  signal: CancelSignal,
): Promise<VerifiedDirectory> {
  requireDataDirectory(directory);
  const place = await openDataDirectory(directory);
  const workers = new ReadWorkers({ threads: 1, jobsPerFile: 4 });
  try {
    progress("log");
    const observed = await verifyLog(logDirectory(place.path, PARTITION), clock, signal);
    const endOffset = observed?.endOffset;
    if (observed !== undefined && isUnseen(place)) {
      return { logId: observed.logId, endOffset, tenants: [] };
    }
    const { logId } = catalogOf(place).state;
    const checkpoint = await readCheckpoint(place.checkpoints, PARTITION);
    const end = endOffset ?? Number.MAX_SAFE_INTEGER;
    if (checkpoint !== undefined) requireLogReaches({ logId, end }, checkpoint);
    const stores = new TenantStores({
      ...{ directory: place.tenants, logId, logEnd: end, openTenantsMax: OPEN_TENANTS },
    });
    try {
      const log = await observedTail(logDirectory(place.path, PARTITION), clock);
      const position = await readArchivePosition(place.checkpoints, PARTITION);
      const records = new Records(logId, log, archive, position);
      const verifier = new Verifier(stores, workers, records, signal);
      const tenants: VerifiedTenant[] = [];
      const system = stores.findEntry(SYSTEM_TENANT_ID);
      for (const entry of [...(system ? [system] : []), ...stores.catalog.all()]) {
        progress(entry.tenantId);
        tenants.push(await verifier.verify(entry).catch((error) => rethrow(directory, error)));
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

/** Whether no server has made views of the log yet: one that was copied here. */
function isUnseen({ tenants }: DataDirectory): boolean {
  return readdirSync(tenants).length === 0;
}

/** Throws VIEW_DAMAGED when it is not there. */
function catalogOf({ tenants }: DataDirectory): CopyFacts {
  const directory = TenantStores.systemDirectory(tenants);
  if (TenantStore.exists(directory)) return readCopy(directory);
  throw damaged(directory, "it is not there");
}

/** Names the place where it has no room for what is replayed. */
function rethrow(directory: string, error: unknown): never {
  const isOfPlace = error instanceof RecordFailure && error.isOfPlace;
  throw isOfPlace ? placeTrouble(directory, error.cause) : error;
}

/** Reads the log as an opening does. Returns which it is and its end; undefined when there is none. */
async function verifyLog(
  directory: string,
  clock: Clock,
  signal: CancelSignal,
): Promise<ObservedEnd | undefined> {
  const walk = observeLog({ directory, signal, clock, thorough: true });
  for (;;) {
    const step = await walk.next();
    if (step.done) return step.value;
  }
}

/** What is left of the records that the views were made from. */
class Records {
  readonly #logId: string;
  readonly #log: LogTail | undefined;
  readonly #archive: ArchiveReader;
  readonly #position: ArchivePosition | undefined;

  constructor(
    logId: string,
    log: LogTail | undefined,
    archive: ArchiveReader,
    position: ArchivePosition | undefined,
  ) {
    this.#logId = logId;
    this.#log = log;
    this.#archive = archive;
    this.#position = position;
  }

  /** What the tenant can be made again from; undefined where its first records are not to be had. */
  async historyOf(
    { tenantId, createdOffset }: CatalogEntry,
    signal: CancelSignal,
  ): Promise<History | undefined> {
    const log = this.#log;
    if (log === undefined) return undefined;
    if (log.start <= createdOffset) return new TailHistory(log);
    const position = this.#position;
    const isArchived =
      position?.logId === this.#logId &&
      position.begunAt <= createdOffset &&
      position.offset >= log.start;
    if (!isArchived) return undefined;
    const dropped = await this.#droppedBelow(tenantId, createdOffset, signal);
    return dropped ? undefined : new RestoreHistory(this.#archive, log, Number.POSITIVE_INFINITY);
  }

  /** Whether the tenant's first records have been dropped in their time; then the rest is read through here. */
  async #droppedBelow(tenantId: string, from: number, signal: CancelSignal): Promise<boolean> {
    const read = (begin: number) =>
      this.#archive.read(tenantId, begin, signal, this.#log?.start)[Symbol.asyncIterator]();
    const first = read(from);
    try {
      await first.next();
      return false;
    } catch (error) {
      if (!(error instanceof EntError && error.reason === "LOG_TRIMMED")) throw error;
      const rest = read(Number(error.details["start"]));
      while (!(await rest.next()).done) signal.throwIfAborted();
      return true;
    } finally {
      await first.return?.(undefined);
    }
  }
}

class Verifier {
  readonly #stores: TenantStores;
  readonly #workers: ReadWorkers;
  readonly #records: Records;
  readonly #signal: CancelSignal;

  constructor(stores: TenantStores, workers: ReadWorkers, records: Records, signal: CancelSignal) {
    this.#stores = stores;
    this.#workers = workers;
    this.#records = records;
    this.#signal = signal;
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
    const history = await this.#records.historyOf(entry, this.#signal);
    const proof = { appliedOffset: offset, outcomeDigest, contentHash };
    if (history !== undefined) await this.#replay(entry, history, proof);
    const replayed = history !== undefined;
    return { tenantId, offset, outcomeDigest, contentHash, replayed };
  }

  /** Throws unless its records come to the same. */
  async #replay(entry: CatalogEntry, history: History, proof: ViewProof): Promise<void> {
    const deps: RebuildDeps = {
      ...{ history, stores: this.#stores, copies: NO_COPIES },
      contentHash: (file) => this.#workers.run(file, { kind: "content_hash" }, this.#signal),
      buildSlice: () => new Slice(BUILD_SLICE_ROWS),
    };
    const made = await rebuildView(deps, entry, {
      before: proof.appliedOffset + 1,
      signal: this.#signal,
    });
    try {
      requireSame(entry, proof, await proofOf(deps, made.store));
    } finally {
      this.#stores.discardRebuild(made.store);
    }
  }

  async #checkPages(file: ReadFile): Promise<void> {
    const said = await this.#workers.run(file, { kind: "quick_check" }, this.#signal);
    if (said !== "ok") throw damaged(file.path, said);
  }
}
