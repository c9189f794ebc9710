import { invalid } from "../../base/errors.ts";
import type { Protocol } from "../call-context.ts";

/**
 * The time that a call has: what the client asks for, at most what the server allows. A
 * longer wish is cut, not refused: the client still gets its answer or a
 * DEADLINE_EXCEEDED, only sooner.
 */
const GRPC_TIMEOUT_HEADER = "grpc-timeout";
const CONNECT_TIMEOUT_HEADER = "connect-timeout-ms";

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** The longest that a timer can be set for; a longer one would fire at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** Milliseconds, `capMs` when the client names none. Throws INVALID_REQUEST when the header cannot be read. */
export function timeoutMs(
  protocol: Protocol,
  header: (name: string) => string | undefined,
  capMs: number,
): number {
  const name = timeoutHeader(protocol);
  const text = header(name);
  if (text === undefined) return capMs;
  const parsed = protocol === "connect" ? connectTimeout(text) : grpcTimeout(text);
  if (parsed === undefined) {
    throw invalid(
      "INVALID_REQUEST",
      `The header ${name} is not a time-out: ${JSON.stringify(text.slice(0, 32))}.`,
      protocol === "connect"
        ? "Send milliseconds as up to 10 digits."
        : "Send up to 8 digits and one of the units H, M, S, m, u, n.",
    );
  }
  return Math.min(parsed, capMs, TIMER_MS_MAX);
}

/**
 * Takes away a time-out that no timer can be set for, so that the protocol library, which
 * sets one of its own, does not refuse the call. Ours has been cut already.
 */
export function dropUnsettableTimeout(protocol: Protocol, headers: Headers): void {
  const name = timeoutHeader(protocol);
  const text = headers.get(name);
  if (text === null) return;
  const parsed = protocol === "connect" ? connectTimeout(text) : grpcTimeout(text);
  if (parsed !== undefined && parsed > TIMER_MS_MAX) headers.delete(name);
}

function timeoutHeader(protocol: Protocol): string {
  return protocol === "connect" ? CONNECT_TIMEOUT_HEADER : GRPC_TIMEOUT_HEADER;
}

function grpcTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  return match === null
    ? undefined
    : Number(match[1]) * (MS_PER_UNIT[match[2] ?? ""] ?? Number.NaN);
}

function connectTimeout(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
