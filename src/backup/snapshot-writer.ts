/**
 * Makes one snapshot of one tenant, while it is read and written: mailboxes first, then the
 * canonical file, each copied as of one moment by a thread of its own; then uploaded and read
 * back; the manifest last.
 *
 * Invariant of the pair: what the mailboxes lack stands in the outbox of the canonical copy,
 * since nothing leaves the outbox from before the first copy until after the second. So the
 * mailboxes of a snapshot catch up from its own canonical file, without the log.
 *
 * All of it goes at a pace that leaves disk and processors to others. But a copy keeps the
 * tenant's write-ahead file from starting anew. That may grow to a limit: from half of it on the copy
 * no longer rests and the tenant's writes are slowed down, at the limit they are refused.
 */
import { statSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { Haste } from "../base/haste.ts";
import { limits } from "../base/limits.ts";
import { paced, WorkPace } from "../base/work-pace.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { putFileVerified, putVerified, type ReadBack, streamedBack } from "../blob/verified-put.ts";
import type { Applied } from "../store/applied.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { ReadFile } from "../store/reader/read-job.ts";
import type { ReadWorkers } from "../store/reader/read-workers.ts";
import { damaged, troubleOf } from "../store/store-errors.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { readCopy } from "../store/view-copy.ts";
import type { WriteBrake } from "../tenant/write-brake.ts";
import type { Wal } from "../wal/wal.ts";
import type { BackupThread } from "./backup-thread.ts";
import { snapshotId, snapshotKey } from "./keys.ts";
import {
  encodeManifest,
  MANIFEST_FILE,
  type Manifest,
  SNAPSHOT_FILES,
  type SnapshotFile,
} from "./manifest.ts";

export interface SnapshotWriterDeps {
  readonly wal: Pick<Wal, "logId" | "topic" | "partition">;
  readonly stores: TenantStores;
  readonly applied: Applied;
  /** Keeps what mailboxes were told in the tenant's outbox until the returned function is called. */
  readonly mailboxes: { holdOutbox(tenantId: string): () => void };
  /** Threads that are busy for as long as a copy takes. */
  readonly copiers: ReadWorkers;
  /** Where what was stored is read back. */
  readonly thread: Pick<BackupThread, "compare">;
  readonly brake: WriteBrake;
  readonly store: BlobStore;
  /** Where copies lie until they are uploaded; nobody else's. */
  readonly scratch: string;
  readonly clock: Clock;
  /** What a tenant's write-ahead file may grow to while it is copied. */
  readonly writeAheadMaxBytes: number;
}

const WATCH_MS = 100;

export class SnapshotWriter {
  readonly #deps: SnapshotWriterDeps;

  constructor(deps: SnapshotWriterDeps) {
    this.#deps = deps;
  }

  /** Removes what a crash left of copies. */
  async clearScratch(): Promise<void> {
    await rm(this.#deps.scratch, { recursive: true, force: true });
  }

  /**
   * Makes the snapshot that has this time in its name. Resolves when every file of it was read
   * back. Rejects with why the tenant cannot be read, and with what SQLite, the disk and the
   * store say; what is there then has no manifest.
   */
  async write(entry: CatalogEntry, timestamp: number, signal: CancelSignal): Promise<Manifest> {
    const directory = join(this.#deps.scratch, entry.directory);
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    try {
      await this.#copy(entry, directory, signal);
      return await this.#upload(entry, timestamp, directory, signal);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** Lets go of what the next snapshot would be quicker with: there may be none for a day. */
  release(): void {
    this.#deps.copiers.release();
  }

  async #copy(entry: CatalogEntry, directory: string, signal: CancelSignal): Promise<void> {
    const { stores, applied, mailboxes } = this.#deps;
    const { tenantId } = entry;
    const behind = applied.behind(tenantId);
    if (behind?.readable === false) throw behind.error;
    const release = mailboxes.holdOutbox(tenantId);
    try {
      const store = stores.open(tenantId);
      if (store?.incarnation !== entry.incarnation) throw damaged(directory, "the tenant ended");
      const canonical = store.readFile;
      const mailbox = store.mailbox.open()?.readFile;
      if (mailbox !== undefined) await this.#copyOne(tenantId, mailbox, directory, 1, signal);
      await this.#copyOne(tenantId, canonical, directory, 0, signal);
    } catch (error) {
      // A full disk under the copy is nothing of the tenant's.
      if (troubleOf(error) === "damaged") stores.onTrouble(tenantId, error);
      throw error;
    } finally {
      release();
    }
  }

  async #copyOne(
    tenantId: string,
    file: ReadFile,
    directory: string,
    name: 0 | 1,
    signal: CancelSignal,
  ): Promise<void> {
    const done = new AbortController();
    const haste = new Haste();
    using _ending = haste.endsWith(signal);
    const watching = this.#watch(tenantId, `${file.path}-wal`, haste, done.signal);
    try {
      const to = join(directory, SNAPSHOT_FILES[name]);
      const bytesPerSecond = limits.snapshotCopyBytesPerSecond;
      const work = { kind: "copy", to, bytesPerSecond, haste: haste.memory } as const;
      await this.#deps.copiers.run(file, work, signal);
    } finally {
      done.abort();
      await watching;
    }
  }

  /** Hurries the copy and presses the brake as the write-ahead file grows, and lets it go at the signal. */
  async #watch(
    tenantId: string,
    writeAhead: string,
    haste: Haste,
    signal: CancelSignal,
  ): Promise<void> {
    const { clock, brake, writeAheadMaxBytes } = this.#deps;
    const before = sizeOfFile(writeAhead);
    while (!signal.aborted) {
      const grown = sizeOfFile(writeAhead) - before;
      if (grown >= writeAheadMaxBytes / 2) haste.hurry();
      if (grown >= writeAheadMaxBytes) brake.press(tenantId, "stop");
      else if (grown >= writeAheadMaxBytes / 2) brake.press(tenantId, "slow");
      await clock.sleep(WATCH_MS, signal);
    }
    brake.press(tenantId, undefined);
  }

  async #upload(
    { tenantId, incarnation }: CatalogEntry,
    timestamp: number,
    directory: string,
    signal: CancelSignal,
  ): Promise<Manifest> {
    const { wal, store } = this.#deps;
    const { state, format, schemaFingerprint, mailPlace } = readCopy(directory);
    const isOurs =
      state.tenantId === tenantId && state.incarnation === incarnation && state.logId === wal.logId;
    if (!isOurs) throw damaged(directory, "the file changed hands while it was copied");
    const id = snapshotId(timestamp);
    const files: SnapshotFile[] = [];
    for (const name of SNAPSHOT_FILES.slice(0, mailPlace === undefined ? 1 : 2)) {
      const path = join(directory, name);
      const key = snapshotKey(tenantId, id, name);
      const sha256 = await putFileVerified(store, key, path, signal, this.#readBack);
      files.push({ name, bytes: sizeOfFile(path), sha256 });
    }
    const manifest: Manifest = {
      tenantId,
      incarnation,
      timestamp,
      logId: wal.logId,
      topic: wal.topic,
      partition: wal.partition,
      offset: state.appliedOffset,
      logTime: state.appliedLogTime,
      mailboxOffset: mailPlace?.position,
      schemaFingerprint,
      outcomeDigest: Buffer.from(state.outcomeDigest).toString("hex"),
      formatVersion: format,
      files,
    };
    const key = snapshotKey(tenantId, id, MANIFEST_FILE);
    await putVerified(store, key, encodeManifest(manifest), signal);
    return manifest;
  }

  /** At a pace; and off this thread, unless it comes over the network in small parts anyway. */
  readonly #readBack: ReadBack = async (store, key, path, signal) => {
    const { thread, clock } = this.#deps;
    const perSecond = limits.snapshotReadBytesPerSecond;
    if (store.fileOf !== undefined) {
      return await thread.compare(store.fileOf(key), path, perSecond, signal);
    }
    const pace = new WorkPace(perSecond, clock);
    return await streamedBack(store, key, path, signal, (parts) =>
      paced(parts, pace, clock, signal),
    );
  };
}

function sizeOfFile(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
