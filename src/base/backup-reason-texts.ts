/** Of the reasons that came with archive and snapshots (`reason-texts.ts`). */
import { text } from "./reason-text.ts";

export const BACKUP_REASON_TEXTS = {
  OBJECT_NOT_FOUND: text(
    "not_found",
    "An object of the archive or of a snapshot is not where it was stored.",
    "Put the object back that the message names, or restore from another snapshot.",
  ),
  OBJECT_ALREADY_EXISTS: text(
    "already_exists",
    "An object of this name is there already, with other bytes; nothing was overwritten.",
    "Give each server a bucket or a directory of its own.",
  ),
  OBJECT_DAMAGED: text(
    "data_loss",
    "An object of the archive or of a snapshot does not hold what was once stored.",
    "Put the object back that the message names, or restore from another snapshot.",
  ),
  ARCHIVE_GAP: text(
    "data_loss",
    "Records that were archived are missing between two objects of the archive.",
    "Put the missing object back, or restore from a snapshot behind it.",
  ),
  STORAGE_ACCESS_DENIED: text(
    "failed_precondition",
    "The place of archive or snapshots does not let this server in.",
    "Check its credentials and what they may do: put, get, list and delete objects.",
  ),
  BUCKET_NOT_FOUND: text(
    "failed_precondition",
    "The bucket or directory of archive or snapshots does not exist.",
    "Create it, or correct its name and the endpoint.",
  ),
  STORAGE_UNAVAILABLE: text(
    "unavailable",
    "The place of archive or snapshots cannot be reached, fails, or is full.",
    "Wait: it is tried again by itself. See that the place is in reach and has room.",
  ),
  STORAGE_TIMEOUT: text(
    "unavailable",
    "The place of archive or snapshots did not answer in time.",
    "Wait: it is tried again by itself. See that the place is in reach.",
  ),
  SNAPSHOT_NOT_FOUND: text(
    "not_found",
    "The tenant has no such snapshot.",
    "See which there are: entdb restore list-snapshots.",
  ),
  SNAPSHOT_FOREIGN: text(
    "failed_precondition",
    "The snapshot is of another tenant, of an earlier life of its id, or of another log.",
    "Name a snapshot of this tenant and this log, or restore into an empty directory.",
  ),
  SNAPSHOTS_OFF: text(
    "failed_precondition",
    "This server keeps everything in memory and takes no snapshots.",
    "Run it with a data directory and a log that lasts.",
  ),
  TARGET_TIME_INVALID: text(
    "out_of_range",
    "Nothing can be restored as it was at that time.",
    "Name a time between the oldest that the message states and now.",
  ),
} as const;
