import { openBackupTargets } from "../../backup/targets.ts";
import type { Clock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import type { BlobStore } from "../../blob/blob-store.ts";
import type { Config } from "../../config/options.ts";
import { type Finding, failed, ok, warn } from "./check.ts";

interface Parts {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Whether archive and snapshots have a place that can be reached, by asking it and writing
 * nothing. A bucket that is down is a warning: a server starts, and catches up later. What
 * somebody must change a setting for fails.
 */
export async function checkBackup(config: Config, parts: Parts): Promise<Finding[]> {
  if (!config.archiveEnabled) {
    const advice = "Leave ENTDB_ARCHIVE_ENABLED out: without it a lost disk is lost data.";
    return [warn("backup", "nothing is archived", advice)];
  }
  try {
    const { archive, snapshots, close } = await openBackupTargets(config, {
      ...parts,
      observe: true,
    });
    try {
      const places = archive === snapshots ? [archive] : [archive, snapshots];
      return await Promise.all(places.map((place) => checkPlace(place, config)));
    } finally {
      close();
    }
  } catch (error) {
    return [failed("backup", error)];
  }
}

async function checkPlace(store: BlobStore, { s3Bucket, backupDir }: Config): Promise<Finding> {
  const never = new AbortController().signal;
  const isBucket = s3Bucket !== "";
  try {
    await store.check(never);
  } catch (error) {
    const { reason, retryable } = error instanceof EntError ? error : {};
    if (isBucket && retryable) return { ...failed("backup", error), state: "warn" };
    // A directory is made by the first start.
    if (isBucket || reason !== "BUCKET_NOT_FOUND") return failed("backup", error);
  }
  if (isBucket || backupDir !== "") return ok("backup", store.place);
  return warn(
    "backup",
    `${store.place}, within the data directory`,
    "That undoes mistakes, not a lost disk: name a bucket (ENTDB_S3_BUCKET) or a directory elsewhere (ENTDB_BACKUP_DIR).",
  );
}
