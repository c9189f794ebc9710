import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { observeDirectoryBlobStore, openDirectoryBlobStore } from "../blob/directory-blob-store.ts";
import type { Config } from "../config/options.ts";

/** The settings that say where archive and snapshots are kept. */
export type TargetConfig = Pick<
  Config,
  | "dataDir"
  | "backupDir"
  | "s3Bucket"
  | "snapshotBucket"
  | "s3Endpoint"
  | "s3Region"
  | "s3AccessKeyId"
  | "s3SecretAccessKey"
  | "s3TimeoutMs"
>;

/** Where archive and snapshots are kept: often one and the same place. */
export interface BackupTargets {
  readonly archive: BlobStore;
  readonly snapshots: BlobStore;
  close(): void;
}

interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  /** For who only reads, beside a server that writes. Defaults to false. */
  readonly observe?: boolean;
}

/**
 * Opens the places that the settings name: a directory, by default within the data directory,
 * or buckets. A bucket is not reached yet: the place may be down while the server starts.
 * Throws what opening a directory throws.
 */
export async function openBackupTargets(
  config: TargetConfig,
  machine: Machine,
): Promise<BackupTargets> {
  const { s3Bucket, snapshotBucket } = config;
  const archive =
    s3Bucket === ""
      ? await openDirectory(config, machine)
      : await openBucket(config, s3Bucket, machine);
  const isElsewhere = snapshotBucket !== "" && snapshotBucket !== s3Bucket;
  const snapshots = isElsewhere ? await openBucket(config, snapshotBucket, machine) : archive;
  return {
    archive,
    snapshots,
    close: () => {
      archive.close();
      snapshots.close();
    },
  };
}

/** The directory of archive and snapshots where no bucket is named. */
function backupDirectory(config: Pick<Config, "dataDir" | "backupDir">): string {
  return config.backupDir === "" ? join(config.dataDir, "backup") : config.backupDir;
}

async function openDirectory(
  config: TargetConfig,
  { random, observe = false }: Machine,
): Promise<BlobStore> {
  const options = { directory: backupDirectory(config), random };
  return observe ? observeDirectoryBlobStore(options) : await openDirectoryBlobStore(options);
}

/** The client is large: only who names a bucket loads it. */
async function openBucket(
  config: TargetConfig,
  bucket: string,
  { clock }: Machine,
): Promise<BlobStore> {
  const { S3BlobStore } = await import("../blob/s3-blob-store.ts");
  const { s3Endpoint, s3AccessKeyId, s3SecretAccessKey } = config;
  return new S3BlobStore({
    bucket,
    region: config.s3Region,
    endpoint: s3Endpoint === "" ? undefined : s3Endpoint,
    credentials:
      s3AccessKeyId === ""
        ? undefined
        : { accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey },
    timeoutMs: config.s3TimeoutMs,
    clock,
  });
}
