import { invalid } from "../../base/errors.ts";

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
