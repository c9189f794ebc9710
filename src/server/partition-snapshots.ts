import { join } from "node:path";
import { NO_COPIES, type ViewCopies } from "../applier/view-copies.ts";
import { BackupThread } from "../backup/backup-thread.ts";
import { idOf, type Manifest, sizeOf } from "../backup/manifest.ts";
import { SnapshotCopies } from "../backup/snapshot-copies.ts";
import { SnapshotRetention } from "../backup/snapshot-retention.ts";
import { SnapshotShelf } from "../backup/snapshot-shelf.ts";
import { SnapshotWriter } from "../backup/snapshot-writer.ts";
import { openSnapshotter, type SnapshotMeter, type Snapshotter } from "../backup/snapshotter.ts";
import { beforeAbort } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { paced, WorkPace } from "../base/work-pace.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import type { LocalSnapshots, Snapshot } from "../engine/snapshots.ts";
import type { Applied } from "../store/applied.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import { ReadWorkers } from "../store/reader/read-workers.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { WriteBrake } from "../tenant/write-brake.ts";
import { formatPosition } from "../wal/position.ts";
import type { Wal } from "../wal/wal.ts";

/** Where and when snapshots of a partition are taken. */
export interface SnapshotOptions {
  readonly store: BlobStore;
  /** Between two rounds; undefined: on demand only. */
  readonly intervalMs: number | undefined;
  /** 0: for ever. */
  readonly retentionDays: number;
  /** What a tenant's write-ahead file may grow to while it is copied. */
  readonly writeAheadMaxBytes: number;
  readonly meter: SnapshotMeter;
  readonly log: {
    snapshotFailing(cause: unknown): void;
    snapshotResumed(): void;
    snapshotUnreadable(cause: unknown): void;
  };
}

interface Copied {
  readonly wal: Wal;
  readonly stores: TenantStores;
  readonly applied: Applied;
  readonly mailboxes: { holdOutbox(tenantId: string): () => void };
  readonly brake: WriteBrake;
  readonly clock: Clock;
  /** Directory of the schedule, and of copies on their way. */
  readonly directory: string;
}

/** The snapshots of a partition: what takes them, and what the engine is asked for. */
export interface PartitionSnapshots {
  readonly snapshotter: Snapshotter;
  /** What the engine answers with; `admit` throws for a tenant that is not there. */
  answering(admit: (tenantId: string) => CatalogEntry): LocalSnapshots;
  stop(): Promise<void>;
}

/** What a damaged view may be begun with, while other tenants are served. */
export function copiesOf(options: SnapshotOptions | undefined, wal: Wal, clock: Clock): ViewCopies {
  if (options === undefined) return NO_COPIES;
  const failed = (error: unknown) => options.log.snapshotUnreadable(error);
  const shelf = new SnapshotShelf(options.store, (parts, signal) =>
    paced(parts, new WorkPace(limits.snapshotCopyBytesPerSecond, clock), clock, signal),
  );
  return new SnapshotCopies({ shelf, wal, failed });
}

/** Opens the snapshotter; undefined where no snapshots are to be taken. */
export async function openPartitionSnapshots(
  options: SnapshotOptions | undefined,
  copied: Copied,
): Promise<PartitionSnapshots | undefined> {
  if (options === undefined) return undefined;
  const { wal, stores, directory, clock } = copied;
  const shelf = new SnapshotShelf(options.store);
  // One thread of their own: a copy is a single call, which holds up whatever waits behind it.
  const copiers = new ReadWorkers({ threads: 1, jobsPerFile: 2 });
  const thread = new BackupThread({ clock });
  const failed = (error: unknown) => options.log.snapshotUnreadable(error);
  const snapshotter = await openSnapshotter({
    ...{ ...copied, ...options, shelf },
    writer: new SnapshotWriter({
      ...{ ...copied, ...options, copiers, thread },
      scratch: join(directory, "snapshot"),
    }),
    retention: new SnapshotRetention({ ...options, shelf, stores, logId: wal.logId, failed }),
  });
  return {
    snapshotter,
    answering: (admit) => answering(snapshotter, shelf, admit),
    stop: async () => {
      await snapshotter.stop();
      copiers.close();
      thread.close();
    },
  };
}

function answering(
  snapshotter: Snapshotter,
  shelf: SnapshotShelf,
  admit: (tenantId: string) => CatalogEntry,
): LocalSnapshots {
  return {
    create: async (tenantId, signal) => {
      const making =
        tenantId === ""
          ? snapshotter.createAll(signal)
          : snapshotter.create(admit(tenantId), signal).then((made) => [made]);
      return (await beforeAbort(making, signal)).map(asSnapshot);
    },
    list: async (tenantId, signal) => {
      return (await beforeAbort(shelf.list(tenantId, signal), signal)).map(asSnapshot);
    },
    state: () => {
      const { failure, ...state } = snapshotter.state();
      return { ...state, failure: failure === undefined ? undefined : messageOf(failure) };
    },
  };
}

function asSnapshot(manifest: Manifest): Snapshot {
  return {
    snapshotId: idOf(manifest),
    tenantId: manifest.tenantId,
    createdAt: manifest.timestamp,
    walPosition: manifest.offset < 0 ? "" : formatPosition(manifest),
    logTime: manifest.logTime,
    bytes: sizeOf(manifest),
    schemaFingerprint: manifest.schemaFingerprint,
  };
}
