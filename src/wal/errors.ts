import { systemErrorCode } from "../base/durable-file.ts";
import { EntError, invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";

/** What operators meet most; other codes of the system stand as they are. */
const SAID_BY_THE_SYSTEM: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "the disk is full"],
  ["EDQUOT", "the disk quota is used up"],
  ["EROFS", "the file system is read-only"],
  ["EIO", "the disk reports an error"],
]);

/** The errors of the log, spelled once for all its implementations. */

/** The record surely did not land; a later append may succeed. The message says what stands in the way. */
export function logUnavailable(
  message: string,
  cause?: unknown,
  hint = "Nothing was written. Try again; the log resumes by itself once its storage works again.",
): EntError {
  const code = systemErrorCode(cause);
  return new EntError({
    code: "unavailable",
    reason: "LOG_UNAVAILABLE",
    message: code === undefined ? message : `${message}: ${SAID_BY_THE_SYSTEM.get(code) ?? code}`,
    hint,
    retryable: true,
    cause,
  });
}

/** Whether the record landed cannot be said: sent again with the same idempotency key it happens once. */
export function outcomeUnknown(message: string, cause?: unknown): EntError {
  return new EntError({
    code: "unavailable",
    reason: "OUTCOME_UNKNOWN",
    message,
    hint: "Send the same request again with the same idempotency key: it is applied at most once.",
    retryable: true,
    cause,
  });
}

/** The wall clock ran ahead further than a healthy clock does; log time would be wrong for ever. */
export function clockJump(aheadMs: number, limitMs: number): EntError {
  return new EntError({
    code: "unavailable",
    reason: "CLOCK_JUMP",
    message: `The clock is ${Math.round(aheadMs / 1000)} s ahead of where the log expects it (at most ${limitMs / 1000} s are accepted).`,
    hint: "Set the machine's clock right, or start with --accept-clock if it is right as it stands.",
    retryable: true,
  });
}

/** The log is closed or closing; nothing was written. */
export function logClosed(): EntError {
  return new EntError({
    code: "unavailable",
    reason: "SERVER_STOPPING",
    message: "The log takes no more appends: the server is stopping.",
    hint: "Try again in a moment, or on another address.",
    retryable: true,
  });
}

/** More waits for the next sync than the log holds back; nothing was written. */
export function appendQueueFull(): EntError {
  return new EntError({
    code: "resource_exhausted",
    reason: "OVERLOADED",
    message: "Too many writes wait for the log.",
    hint: "Send fewer requests at once, and try again after a pause.",
    retryable: true,
  });
}

/** Refuses a body that no record can hold. `maxBytes` is `limits.recordBytes` or less. */
export function recordTooLarge(bytes: number, maxBytes: number = limits.recordBytes): EntError {
  return invalid(
    "LIMIT_EXCEEDED",
    `A record of ${bytes} bytes is larger than the log takes (${maxBytes} bytes).`,
    "Split the transaction into smaller ones.",
    { ...limitDetails("recordBytes", maxBytes), actual: String(bytes) },
  );
}

/** Records below `start` have gone; who needs them starts from a snapshot. */
export function logTrimmed(from: number, start: number): EntError {
  return new EntError({
    code: "out_of_range",
    reason: "LOG_TRIMMED",
    message: `Offset ${from} is no longer in the log, which starts at ${start}.`,
    hint: "Restore from a snapshot, then read from where it stands.",
    details: { from: String(from), start: String(start) },
  });
}

/** A position that this log has not reached: it stems from another log or from a lost tail. */
export function positionBeyondLog(from: number, end: number): EntError {
  return new EntError({
    code: "out_of_range",
    reason: "POSITION_BEYOND_LOG",
    message: `Offset ${from} lies beyond the log, which ends at ${end}.`,
    details: { from: String(from), end: String(end) },
  });
}

/** Stored bytes are not what was once acknowledged. Names the file and the first offset concerned. */
export function logDamaged(
  message: string,
  details: Readonly<Record<string, string>>,
  cause?: unknown,
): EntError {
  return new EntError({
    code: "data_loss",
    reason: "LOG_DAMAGED",
    message,
    hint: "Acknowledged records are damaged; delete no file by hand. Restore to a time before the damage, or put the log's directory aside and restore what was archived: entdb restore --target-time latest.",
    details,
    cause,
  });
}
