import { EntError } from "../base/errors.ts";
import type { Caller } from "../record/caller.ts";
import type { Pace } from "../tenant/rate-limiter.ts";

/** Counts requests by tenant and credential (`tenant/rate-limiter.ts`). */
export interface Pacer {
  /** Takes a request, or nothing where it may not pass. Undefined when nothing limits it. */
  take(asker: Pick<Caller, "tenantId" | "credential">): Pace | undefined;
}

const LIMIT_HEADER = "x-ratelimit-limit";
const REMAINING_HEADER = "x-ratelimit-remaining";
const RESET_HEADER = "x-ratelimit-reset";

/** The headers by which a client sees how it stands. */
export const PACE_HEADERS: readonly string[] = [LIMIT_HEADER, REMAINING_HEADER, RESET_HEADER];

/** Those headers with what they say. Seconds are whole, and rather too many. */
export function paceHeaders(pace: Pace): readonly (readonly [name: string, value: string])[] {
  return [
    [LIMIT_HEADER, String(pace.limit)],
    [REMAINING_HEADER, String(pace.remaining)],
    [RESET_HEADER, String(Math.ceil(pace.resetMs / 1000))],
  ];
}

/** Throws RATE_LIMITED for a request that has not passed; it says when one will. */
export function requirePassed({ waitMs, whose }: Pace): void {
  if (waitMs === 0) return;
  throw new EntError({
    code: "resource_exhausted",
    reason: "RATE_LIMITED",
    message: `The ${whose} has used up its requests for now.`,
    hint: `Try again in ${waitMs} ms, and spread requests out.`,
    details: { limited: whose, retry_after_ms: String(waitMs) },
    retryable: true,
    retryAfterMs: waitMs,
  });
}
