import { type History, LogHistory } from "../applier/history.ts";
import { ArchiveReader } from "../backup/archive-reader.ts";
import { ArchiveRetention } from "../backup/archive-retention.ts";
import { type Archived, openArchived } from "../backup/archived.ts";
import { type ArchiveMeter, Archiver } from "../backup/archiver.ts";
import { BackupThread } from "../backup/backup-thread.ts";
import { JoinedHistory } from "../backup/joined-history.ts";
import { SnapshotShelf } from "../backup/snapshot-shelf.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import type { ArchiveState } from "../engine/health.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { Applied } from "../store/applied.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Wal } from "../wal/wal.ts";

/** Where and how a partition is archived. */
export interface ArchiveOptions {
  readonly store: BlobStore;
  /** How health calls the place. */
  readonly component: "s3" | "archive";
  readonly intervalMs: number;
  /** 0: for ever. */
  readonly retentionDays: number;
  /** Whether what is archived goes from the log. */
  readonly trimsLog: boolean;
  /** Where snapshots are kept, without which nothing of the archive goes; undefined: there are none. */
  readonly snapshots: BlobStore | undefined;
  readonly meter: ArchiveMeter;
  readonly log: { archiveFailing(cause: unknown): void; archiveResumed(): void };
}

/** A place, and what was archived in it before. */
export interface OpenedArchive {
  readonly options: ArchiveOptions;
  readonly archived: Archived;
  /** Where segments are packed and unpacked; the archiver closes it. */
  readonly thread: BackupThread;
  /** Directory of the archive's position. */
  readonly directory: string;
}

/** Looks how far the log was archived, without asking the place; undefined when nothing is to be. Throws as `openArchived`. */
export async function openArchive(
  options: ArchiveOptions | undefined,
  wal: Wal,
  directory: string,
  clock: Clock,
): Promise<OpenedArchive | undefined> {
  if (options === undefined) return undefined;
  const { store } = options;
  const archived = await openArchived({ wal, store, directory });
  return { options, directory, archived, thread: new BackupThread({ clock }) };
}

/** What was ever written for a tenant: out of the log, and out of the archive where that begins later. */
export function historyOf(wal: Wal, archive: OpenedArchive | undefined): History {
  if (archive === undefined) return new LogHistory(wal);
  const { options, archived, thread } = archive;
  const reader = new ArchiveReader(options.store, archived.tails, thread);
  return new JoinedHistory(wal, reader, archived.position.begunAt, archived.restored);
}

/** The archiver of a partition, with what people are told of it. */
export interface PartitionArchive {
  readonly archiver: Archiver;
  /** Drops what of the log is archived and in the views' checkpoint. */
  trim(checkpointOffset: number): Promise<void>;
  state(): ArchiveState;
}

interface Source {
  readonly wal: Wal;
  readonly stores: TenantStores;
  readonly applied: Applied;
  readonly clock: Clock;
}

/** The archiver of a place. */
export function partitionArchive(
  { options, archived, thread, directory }: OpenedArchive,
  { wal, stores, applied, clock }: Source,
): PartitionArchive {
  const archiver = new Archiver({
    ...options,
    archived,
    thread,
    retention: retentionOf(options, wal, stores),
    wal,
    clock,
    directory,
    catalogApplied: (offset, signal) => applied.waitFor(SYSTEM_TENANT_ID, offset, signal),
    lifeOf: (tenantId) => stores.findEntry(tenantId)?.incarnation,
  });
  return {
    archiver,
    trim: async (checkpointOffset) => {
      if (options.trimsLog) await wal.trim(Math.min(checkpointOffset, archiver.securedOffset));
    },
    state: () => {
      const { place, offset, failure } = archiver.state();
      return {
        component: options.component,
        place,
        archivedOffset: offset,
        lagRecords: wal.end - offset,
        failure: failure === undefined ? undefined : messageOf(failure),
      };
    },
  };
}

/** The archive goes on from the oldest snapshot of this life in this log. */
function retentionOf(
  { store, snapshots, retentionDays }: ArchiveOptions,
  { logId }: Wal,
  stores: TenantStores,
): ArchiveRetention {
  const shelf = snapshots && new SnapshotShelf(snapshots);
  return new ArchiveRetention({
    store,
    retentionDays,
    oldestSnapshot: async (tenantId, signal) => {
      const manifests = (await shelf?.list(tenantId, signal)) ?? [];
      const life = stores.findEntry(tenantId)?.incarnation;
      const own = manifests.filter((one) => one.logId === logId && one.incarnation === life);
      return own.length === 0 ? undefined : Math.min(...own.map(({ offset }) => offset));
    },
  });
}
