import { EntError, invalid } from "../../base/errors.ts";

/** How much time the client gives the request, in milliseconds. */
export const TIMEOUT_HEADER = "x-timeout-ms";

/**
 * Milliseconds that a request has: what the client asks for, at most `capMs`, which is also
 * what it gets without asking. Throws INVALID_REQUEST when the header is no number.
 */
export function timeoutMs(header: string | null, capMs: number): number {
  if (header === null) return capMs;
  if (/^[0-9]{1,10}$/.test(header)) return Math.min(Number(header), capMs);
  throw invalid(
    "INVALID_REQUEST",
    `The header X-Timeout-Ms is not a time-out: ${JSON.stringify(header.slice(0, 32))}.`,
    "Send milliseconds as up to 10 digits.",
  );
}

export function deadlineExceeded(): EntError {
  return new EntError({
    code: "deadline_exceeded",
    reason: "DEADLINE_EXCEEDED",
    message: "The request took longer than its deadline allows.",
    hint: "Whether a write happened is known by its idempotency key: send it again, or ask GET /v1/receipts.",
    retryable: true,
  });
}

export function clientGone(): EntError {
  return new EntError({
    code: "canceled",
    reason: "CANCELED",
    message: "The client gave the request up.",
  });
}

export function serverStopping(): EntError {
  return new EntError({
    code: "unavailable",
    reason: "SERVER_STOPPING",
    message: "The server is stopping.",
    hint: "Try again in a moment, or on another address.",
    retryable: true,
  });
}

export function overloaded(): EntError {
  return new EntError({
    code: "resource_exhausted",
    reason: "OVERLOADED",
    message: "The server has as many requests under way as it takes.",
    hint: "Try again after a pause, and send fewer requests at once.",
    retryable: true,
  });
}
