import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError } from "../base/errors.ts";
import type { Applied } from "../store/applied.ts";
import { encodePositionToken, type LogIdentity, offsetOfToken } from "../wal/position.ts";
import type { Wal } from "../wal/wal.ts";
import type { Freshness } from "./reading.ts";

/**
 * Waits until a tenant's view is as fresh as a read asks for. Undefined, without a turn
 * of the event loop, when it is already. Throws POSITION_FROM_ANOTHER_LOG,
 * POSITION_BEYOND_LOG, INVALID_POSITION, TENANT_HALTED, and POSITION_NOT_REACHED when the
 * signal's deadline comes first: a read never answers older than asked.
 */
export function waitUntilFresh(
  wal: Wal,
  applied: Applied,
  tenantId: string,
  freshness: Freshness,
  signal: CancelSignal,
): Promise<void> | undefined {
  let offset = freshness.strong ? wal.end - 1 : -1;
  if (freshness.atLeast !== undefined && freshness.atLeast.length > 0) {
    const named = offsetOfToken(freshness.atLeast, wal);
    if (named >= wal.end) throw beyondLog(named, wal.end);
    offset = Math.max(offset, named);
  }
  if (offset < 0) return undefined;
  return applied.waitFor(tenantId, offset, signal)?.catch((error: unknown) => {
    throw signal.aborted && isDeadline(error) ? notReached(offset) : error;
  });
}

/** The token of everything that the tenant's view holds now; empty when that is nothing. */
export function tokenOfView(wal: Wal, applied: Applied, tenantId: string): Uint8Array {
  return tokenOf(wal, applied.endOf(tenantId) - 1);
}

/** The token of the record at this offset; empty for -1. */
export function tokenOf(wal: LogIdentity, offset: number): Uint8Array {
  if (offset < 0) return new Uint8Array(0);
  return encodePositionToken({ logId: wal.logId, partition: wal.partition, offset });
}

function isDeadline(error: unknown): boolean {
  return error instanceof EntError && error.reason === "DEADLINE_EXCEEDED";
}

/** For a position that this log does not have yet: POSITION_BEYOND_LOG. */
export function beyondLog(offset: number, end: number): EntError {
  return new EntError({
    code: "out_of_range",
    reason: "POSITION_BEYOND_LOG",
    message: `The position ${offset} is beyond the end of the log (${end}).`,
    hint: "Use a position that this server has handed out.",
  });
}

function notReached(offset: number): EntError {
  return new EntError({
    code: "deadline_exceeded",
    reason: "POSITION_NOT_REACHED",
    message: `The view had not reached position ${offset} before the deadline.`,
    hint: "Ask again with a longer deadline; the server's applier_lag_ms says how far it is behind.",
    details: { offset: String(offset) },
    retryable: true,
  });
}
