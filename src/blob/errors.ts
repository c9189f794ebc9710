import { EntError, messageOf } from "../base/errors.ts";

/** The errors of stored objects, spelled once for every kind of store. `place` names the store for people. */

export function objectNotFound(place: string, key: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "OBJECT_NOT_FOUND",
    message: `${place} has no object ${key}`,
    hint: "Put the object back, for instance from an older version of it that the storage keeps.",
    details: { place, key },
  });
}

/** The name is taken by other bytes. Nothing was overwritten. */
export function objectExists(place: string, key: string): EntError {
  return new EntError({
    code: "already_exists",
    reason: "OBJECT_ALREADY_EXISTS",
    message: `${place} already has an object ${key}, with other bytes`,
    hint: "Two servers may be writing to one place: give each a bucket or a directory of its own.",
    details: { place, key },
  });
}

/** Wrong or missing credentials, or too few rights. Trying again helps only once somebody has changed that. */
export function storageAccessDenied(place: string, what: string, cause?: unknown): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "STORAGE_ACCESS_DENIED",
    message: `${place} could not ${what}: it does not let this server in`,
    hint: "Check the credentials and what they may do: put, get, list and delete objects.",
    details: { place },
    cause,
  });
}

/** The bucket or directory itself is not there. */
export function bucketNotFound(place: string, cause?: unknown): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "BUCKET_NOT_FOUND",
    message: `${place} does not exist`,
    hint: "Create the bucket, or correct its name and the endpoint; EntDB never creates one.",
    details: { place },
    cause,
  });
}

/** As {@link bucketNotFound}, of a directory, which a server makes where it is named one. */
export function directoryNotFound(place: string, cause?: unknown): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "BUCKET_NOT_FOUND",
    message: `${place} does not exist`,
    hint: "Put the directory back, or mount what it lies on. To read another backup name it: --data-dir of the server that made it, its ENTDB_BACKUP_DIR, or its bucket with ENTDB_S3_BUCKET.",
    details: { place },
    cause,
  });
}

/** Whether something was stored cannot be said; putting the same bytes again is safe. */
export function storageUnavailable(place: string, what: string, cause: unknown): EntError {
  return new EntError({
    code: "unavailable",
    reason: "STORAGE_UNAVAILABLE",
    message: `${place} could not ${what}: ${messageOf(cause)}`,
    hint: "See that the storage is in reach and has room; a server that runs tries again by itself.",
    details: { place },
    retryable: true,
    cause,
  });
}

/** As {@link storageUnavailable}: the answer did not come in time. */
export function storageTimeout(place: string, what: string, timeoutMs: number): EntError {
  return new EntError({
    code: "unavailable",
    reason: "STORAGE_TIMEOUT",
    message: `${place} could not ${what} within ${timeoutMs} ms`,
    hint: "See that the storage is in reach; a server that runs tries again by itself.",
    details: { place, timeout_ms: String(timeoutMs) },
    retryable: true,
  });
}

/** Not what the checksum says that was stored. */
export function objectDamaged(place: string, key: string, what: string, cause?: unknown): EntError {
  return new EntError({
    code: "data_loss",
    reason: "OBJECT_DAMAGED",
    message: `${key} in ${place} is damaged: ${what}`,
    hint: "Put the object back that was stored, for instance from an older version that the storage keeps.",
    details: { place, key },
    cause,
  });
}
