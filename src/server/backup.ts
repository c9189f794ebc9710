/**
 * Where a server keeps what outlives its disk, put together from the settings: the places, and
 * what archive and snapshots count and log. Who opens it closes it.
 */
import { type BackupTargets, openBackupTargets } from "../backup/targets.ts";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { settledWal } from "../config/check-wal.ts";
import type { Config } from "../config/options.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { archiveMeter, snapshotMeter } from "./meters.ts";
import type { ArchiveOptions } from "./partition-archive.ts";
import type { SnapshotOptions } from "./partition-snapshots.ts";

interface Parts {
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Where a server keeps what outlives it. */
export interface Backup {
  /** Undefined when nothing is archived. */
  readonly archive: ArchiveOptions | undefined;
  /** Undefined when no snapshots can be taken. */
  readonly snapshots: SnapshotOptions | undefined;
  close(): void;
}

/**
 * Opens the places that the settings name. A log in memory is forgotten with its process, and so
 * has none. Throws what opening a directory throws.
 */
export async function openBackup(config: Config, parts: Parts): Promise<Backup> {
  if (settledWal(config) === "memory") {
    return { archive: undefined, snapshots: undefined, close: () => undefined };
  }
  const targets = await openBackupTargets(config, parts);
  return {
    archive: config.archiveEnabled ? archiveOptions(config, targets, parts) : undefined,
    snapshots: snapshotOptions(config, targets, parts),
    close: targets.close,
  };
}

function archiveOptions(
  config: Config,
  targets: BackupTargets,
  { metrics, logger }: Parts,
): ArchiveOptions {
  const { place } = targets.archive;
  return {
    store: targets.archive,
    component: config.s3Bucket === "" ? "archive" : "s3",
    intervalMs: config.archiveInterval,
    trimsLog: config.logTrim,
    retentionDays: config.archiveRetentionDays,
    snapshots: targets.snapshots,
    meter: archiveMeter(metrics),
    log: {
      archiveFailing: (cause) =>
        logger.warn("records cannot be archived; it is tried again", { place, cause }),
      archiveResumed: () => logger.info("records are archived again", { place }),
    },
  };
}

function snapshotOptions(
  config: Config,
  targets: BackupTargets,
  { metrics, logger }: Parts,
): SnapshotOptions {
  const { place } = targets.snapshots;
  return {
    store: targets.snapshots,
    intervalMs: config.snapshotEnabled ? config.snapshotInterval : undefined,
    retentionDays: config.snapshotRetentionDays,
    writeAheadMaxBytes: limits.snapshotWriteAheadBytes,
    meter: snapshotMeter(metrics),
    log: {
      snapshotFailing: (cause) =>
        logger.warn("snapshots cannot be taken; it is tried again", { place, cause }),
      snapshotResumed: () => logger.info("snapshots are taken again", { place }),
      snapshotUnreadable: (cause) =>
        logger.warn("a snapshot cannot be read; it is left where it is", { place, cause }),
    },
  };
}
