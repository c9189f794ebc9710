import { EntError } from "../base/errors.ts";

/** The errors of snapshots and of restoring, spelled once. */

export function snapshotNotFound(place: string, tenantId: string, id: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "SNAPSHOT_NOT_FOUND",
    message: `${place} has no whole snapshot ${id} of tenant ${tenantId}`,
    hint: `See which there are: entdb restore list-snapshots --tenant-id ${tenantId}`,
    details: { place, tenant_id: tenantId, snapshot_id: id },
  });
}

/** A file of a snapshot that is not what was stored. */
export function snapshotDamaged(
  place: string,
  key: string,
  what: string,
  cause?: unknown,
): EntError {
  return new EntError({
    code: "data_loss",
    reason: "OBJECT_DAMAGED",
    message: `${key} in ${place} is damaged: ${what}`,
    hint: "Put the object back that was stored, or take this snapshot's folder away: then the one before it is used, and what the archive has behind that.",
    details: { place, key },
    cause,
  });
}

/** `why` completes "the snapshot …". */
export function snapshotForeign(key: string, why: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "SNAPSHOT_FOREIGN",
    message: `the snapshot ${key} ${why}`,
    hint: "Name a snapshot of this tenant and this log, or restore into an empty directory.",
    details: { key },
  });
}

/** Records of another log are not to be applied to this one's views. `what` names them. */
export function historyForeign(what: string, found: string, logId: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "SNAPSHOT_FOREIGN",
    message: `${what} is of log ${found}, the data directory of log ${logId}`,
    hint: "A directory that was restored to a time goes its own way: restore again into an empty one.",
    details: { log_id: logId, found },
  });
}
