import { EntError } from "../base/errors.ts";
import { troubleOf } from "../store/store-errors.ts";

/** What callers are told about mailboxes that cannot serve; the tenant's graph goes on. As of `failure.ts`. */
export function mailboxError(tenantId: string, cause: unknown): EntError {
  const isDamaged = troubleOf(cause) === "damaged";
  return new EntError({
    code: "unavailable",
    reason: isDamaged ? "TENANT_REBUILDING" : "TENANT_STALLED",
    message: isDamaged
      ? `The mailboxes of tenant ${tenantId} are being made again from the log.`
      : `The mailboxes of tenant ${tenantId} cannot be brought up to date at the moment.`,
    hint: isDamaged
      ? "Try again in a moment; nodes and edges are served as ever."
      : "The server tries again by itself; the usual cause is a full disk. Nodes and edges are served as ever.",
    details: { tenant_id: tenantId },
    retryable: true,
  });
}
