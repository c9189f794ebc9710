/**
 * Opens log and views, replays what the views lack, and returns when everything that was
 * durable before is applied. Throws DATA_DIR_LOCKED and its like, LOG_DAMAGED,
 * LOG_SHORTER_THAN_VIEWS, CLOCK_JUMP; nothing stays open then.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Applier, type ApplierMeter } from "../applier/applier.ts";
import type { History } from "../applier/history.ts";
import { MailboxDrain } from "../applier/mailbox-drain.ts";
import type { TroubleLog } from "../applier/trouble-log.ts";
import { Upkeep } from "../applier/upkeep.ts";
import type { ViewCopies } from "../applier/view-copies.ts";
import { CATALOG_LIFE } from "../backup/restored-lives.ts";
import type { Clock } from "../base/clock.ts";
import { serverStopping } from "../base/errors.ts";
import type { KeepAwake } from "../base/keep-awake.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { LocalEngine, type LocalEngineDeps } from "../engine/local-engine.ts";
import { SYSTEM_TENANT_ID, type TenantLimits } from "../record/transaction.ts";
import { Applied } from "../store/applied.ts";
import { openDataDirectory } from "../store/data-dir.ts";
import { ReadWorkers } from "../store/reader/read-workers.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { Catalog } from "../tenant/catalog.ts";
import { Gate } from "../tenant/gate.ts";
import { SystemLog } from "../tenant/system-log.ts";
import { WriteBrake } from "../tenant/write-brake.ts";
import {
  type FileBackend,
  type KafkaBackend,
  type KinesisBackend,
  type MemoryBackend,
  openWal,
} from "../wal/open-wal.ts";
import type { Wal } from "../wal/wal.ts";
import { once } from "./once.ts";
import { openViews, requireLogOfViews } from "./open-views.ts";
import {
  type ArchiveOptions,
  historyOf,
  openArchive,
  partitionArchive,
} from "./partition-archive.ts";
import {
  copiesOf,
  openPartitionSnapshots,
  type PartitionSnapshots,
  type SnapshotOptions,
} from "./partition-snapshots.ts";

export interface PartitionOptions {
  readonly wal: PartitionLog;
  /** Directory of log and views. With the log in memory the views go to a throw-away directory instead. */
  readonly dataDir: string;
  readonly segmentBytes?: number | undefined;
  readonly acceptClock: boolean;
  readonly openTenants: number;
  /** How long a statement waits for somebody else's lock on a tenant's file. Defaults to 100 ms. */
  readonly busyTimeoutMs?: number | undefined;
  readonly readWorkers: number;
  /** A schema is brought to so many existing rows at once, to more in slices. Defaults to 256. */
  readonly buildRowsAtOnce?: number | undefined;
  /** Rows of one such slice, at most. Defaults to 4,096. */
  readonly buildSliceRows?: number | undefined;
  readonly checkpointIntervalMs: number;
  readonly autoCreateTenants: boolean;
  readonly scanRows: number;
  readonly walkEdges: number;
  readonly walkDepth: number;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: TroubleLog & { upkeepFailed(what: string, cause: unknown): void };
  readonly meter: ApplierMeter;
  /** Told how many records each commit of the log had. */
  readonly onCommit?: ((records: number) => void) | undefined;
  /** What keeps the processor awake while a log on files syncs. Defaults to nothing. */
  readonly awake?: KeepAwake | undefined;
  /** Where the log is archived, which is then trimmed. Defaults to nowhere. */
  readonly archive?: ArchiveOptions | undefined;
  /** Where and when snapshots are taken. Defaults to nowhere and never. */
  readonly snapshots?: SnapshotOptions | undefined;
  /** Puts something between the log and its users, such as a meter. Defaults to the log itself. */
  readonly decorateWal?: ((wal: Wal) => Wal) | undefined;
}

/** Where a partition's log is. */
export type PartitionLog =
  | "file"
  | "memory"
  | ((KafkaBackend | KinesisBackend) & { readonly topic: string });

/** One log, one applier, and the tenants on it, running. */
export interface Partition {
  readonly engine: LocalEngine;
  readonly wal: Wal;
  readonly stores: TenantStores;
  readonly applied: Applied;
  readonly systemLog: SystemLog;
  readonly workers: ReadWorkers;
  /** The limits that a tenant has of its own; undefined for one that is not there. */
  limitsOf(tenantId: string): TenantLimits | undefined;
  /** Never resolves; rejects when the partition cannot go on. */
  readonly failed: Promise<never>;
  /** Finishes what was appended, checkpoints, closes everything. Idempotent. */
  stop(): Promise<void>;
}

/** What positions of a log that is in no topic call it. */
const TOPIC = "entdb-wal";
const PARTITION = 0;

/** Opens the partition. Throws as said above. */
export async function openPartition(options: PartitionOptions): Promise<Partition> {
  const closers: (() => void | Promise<void>)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await assemble(options, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function assemble(
  options: PartitionOptions,
  closers: (() => void | Promise<void>)[],
  closeAll: () => Promise<void>,
): Promise<Partition> {
  const place = await openPlace(options);
  closers.push(place.close);
  const wal = await openLog(options, place);
  closers.push(() => wal.close());

  const never = new AbortController().signal;
  const openedArchive = await openArchive(options.archive, wal, place.checkpoints, options.clock);
  closers.push(() => openedArchive?.thread.close());
  const history = historyOf(wal, openedArchive);
  const copies = copiesOf(options.snapshots, wal, options.clock);
  const { stores, from } = await openAllViews(options, { ...place, wal, history, copies });
  closers.push(() => stores.closeAll());
  const { readJobsPerTenant: jobsPerFile } = limits;
  const workers = new ReadWorkers({ threads: options.readWorkers, jobsPerFile });
  closers.push(() => workers.close());

  const applied = new Applied(from);
  const { clock } = options;
  const archive = openedArchive && partitionArchive(openedArchive, { wal, stores, applied, clock });
  const upkeepFailed = (what: string, cause: unknown) => options.log.upkeepFailed(what, cause);
  const follower = { ...options, history, copies, stores, applied, failed: upkeepFailed };
  const mailboxes = new MailboxDrain(follower);
  const brake = new WriteBrake(options.clock);
  const snapshots = await openPartitionSnapshots(options.snapshots, {
    ...{ wal, stores, applied, mailboxes, brake },
    ...{ clock: options.clock, directory: place.checkpoints },
  });
  const applier = new Applier({
    ...options,
    wal,
    history,
    copies,
    stores,
    applied,
    mailboxes,
    checkpointDirectory: place.checkpoints,
    contentHash: (file) => workers.run(file, { kind: "content_hash" }, never),
    tenantEnded: (tenantId) => snapshots?.snapshotter.tenantEnded(tenantId),
  });
  const upkeep = new Upkeep({
    ...{ ...follower, applier, workers, mailboxes, intervalMs: options.checkpointIntervalMs },
    trim: () => archive?.trim(applier.checkpointOffset) ?? Promise.resolve(),
  });
  const failed = Promise.race([endless(applier.run()), endless(upkeep.run())]);
  failed.catch(() => undefined);
  const stopBackup = async () => {
    await snapshots?.stop();
    await archive?.archiver.stop();
  };
  const stop = once(async () => {
    await stopBackup();
    await upkeep.stop();
    await wal.close();
    await applier.stop();
    await mailboxes.stop();
    applied.close(serverStopping());
    await applier
      .checkpoint()
      .catch((error) => options.log.upkeepFailed("the last checkpoint", error));
    for (const store of stores.allOpen()) store.checkpoint();
    await closeAll();
  });
  closers.push(async () => {
    await stopBackup();
    await upkeep.stop();
    await applier.stop();
    await mailboxes.stop();
  });
  await Promise.race([untilApplied(applied, wal.end), failed]);
  await applier.sweep();
  void archive?.archiver.run();
  void snapshots?.snapshotter.run();

  const parts = { wal, stores, applied, workers, repair: applier, mailboxes };
  return {
    ...openEngine(options, { ...parts, archiveState: archive?.state }, { brake, snapshots }),
    ...parts,
    failed,
    stop,
  };
}

async function openLog(options: PartitionOptions, place: Place): Promise<Wal> {
  if (place.wal.kind === "file") await requireLogOfViews(place, place.wal.directory, PARTITION);
  const opened = await openWal({ topic: TOPIC, partition: PARTITION, ...options, ...place.wal });
  return options.decorateWal?.(opened) ?? opened;
}

/** The views, the catalog's first; that is begun with a copy when it is made again. */
function openAllViews(
  options: PartitionOptions,
  parts: Omit<Place, "wal"> & {
    readonly wal: Wal;
    readonly history: History;
    readonly copies: ViewCopies;
  },
): Promise<{ stores: TenantStores; from: number }> {
  const { wal, history, copies } = parts;
  const catalogRebuilding = (cause: unknown) =>
    options.log.tenantRebuilding(SYSTEM_TENANT_ID, cause);
  return openViews({ ...options, ...parts, catalogRebuilding }, wal, history, (directory) =>
    copies.place(CATALOG_LIFE, wal.end, directory, new AbortController().signal),
  );
}

/** What answers requests, over parts that run. */
function openEngine(
  options: PartitionOptions,
  parts: Pick<
    LocalEngineDeps,
    "wal" | "stores" | "applied" | "workers" | "repair" | "mailboxes" | "archiveState"
  >,
  {
    brake,
    snapshots,
  }: { readonly brake: WriteBrake; readonly snapshots: PartitionSnapshots | undefined },
): Pick<Partition, "engine" | "systemLog" | "limitsOf"> {
  const systemLog = new SystemLog({ ...options, ...parts });
  const catalog = new Catalog({
    ...{ ...options, ...parts },
    partition: PARTITION,
    log: systemLog,
  });
  const gate = new Gate(catalog, parts.applied, { ...options, brake });
  const engine = new LocalEngine({
    ...{ ...options, ...parts, catalog, gate, systemLog },
    snapshots: snapshots?.answering((tenantId) => gate.admitRead(tenantId)),
  });
  return { engine, systemLog, limitsOf: (tenantId) => catalog.find(tenantId)?.limits };
}

interface Place {
  readonly wal: FileBackend | MemoryBackend | KafkaBackend | KinesisBackend;
  readonly tenants: string;
  readonly checkpoints: string;
  readonly close: () => void;
}

async function openPlace(options: PartitionOptions): Promise<Place> {
  if (options.wal === "memory") {
    const path = mkdtempSync(join(tmpdir(), "entdb-views-"));
    const remove = () => rmSync(path, { recursive: true, force: true });
    return { wal: { kind: "memory" }, tenants: path, checkpoints: path, close: remove };
  }
  const directory = await openDataDirectory(options.dataDir);
  return {
    wal:
      options.wal === "file"
        ? { kind: "file", directory: await directory.makeLogDirectory(PARTITION) }
        : options.wal,
    tenants: directory.tenants,
    checkpoints: directory.checkpoints,
    close: () => directory.close(),
  };
}

/** Everything that was in the log is applied, or belongs to a tenant that is behind. */
async function untilApplied(applied: Applied, end: number): Promise<void> {
  if (end === 0) return;
  const never = new AbortController().signal;
  await applied.waitForPartition(end - 1, never);
}

/** A service's run as a promise that only ever rejects. */
function endless(run: Promise<void>): Promise<never> {
  return run.then(() => new Promise<never>(() => undefined));
}
