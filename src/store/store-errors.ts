import { EntError } from "../base/errors.ts";

/**
 * What trouble with a tenant's file means. *stalled*: the world is short of something and
 * may recover by itself. *damaged*: the file is not what it should be and is made again.
 * Anything else is not known to be either, and no guess is made.
 */
export type StoreTrouble = "stalled" | "damaged" | "unknown";

const STALLED = /^SQLITE_(FULL|IOERR|NOMEM|CANTOPEN|BUSY|LOCKED|READONLY|PROTOCOL)/;
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB|FORMAT)/;
const STALLED_ERRNO = new Set(["ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOMEM", "EROFS"]);

/** The log ends before records that a view or the checkpoint has: serving would hide what is missing. */
export function logShorterThanViews(end: number, seenUpTo: number, where: string): EntError {
  return new EntError({
    code: "data_loss",
    reason: "LOG_SHORTER_THAN_VIEWS",
    message: `The log ends at ${end}, but ${where} has seen records up to ${seenUpTo}.`,
    hint: "Acknowledged records are missing from the log: put the whole log directory back.",
  });
}

/** No trouble of one tenant: acknowledged records are gone, and nobody can say whose. */
export function isLogShorterThanViews(error: unknown): boolean {
  return error instanceof EntError && error.reason === "LOG_SHORTER_THAN_VIEWS";
}

export function troubleOf(error: unknown): StoreTrouble {
  if (error instanceof EntError) {
    if (error.reason === "VIEW_DAMAGED") return "damaged";
    // The place of the archive, from which a view is made again, is out of reach.
    return error.retryable ? "stalled" : "unknown";
  }
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  if (STALLED.test(code)) return "stalled";
  if (DAMAGED.test(code)) return "damaged";
  return STALLED_ERRNO.has(code) ? "stalled" : "unknown";
}

/** A file that a later EntDB has written. */
export function formatTooNew(file: string, found: number, known: number): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "FORMAT_TOO_NEW",
    message: `The file ${file} has format ${found}; this EntDB knows formats up to ${known}.`,
    hint: "Start the EntDB version that wrote it, or a newer one.",
  });
}

/** The file is not what it should be: it is set aside and made again from the log. */
export function damaged(file: string, what: string, cause?: unknown): EntError {
  return new EntError({
    code: "data_loss",
    reason: "VIEW_DAMAGED",
    message: `The file ${file} cannot serve: ${what}.`,
    hint: "EntDB sets it aside and makes it again from the log.",
    cause,
  });
}
