import { EntError, type ErrorCode, type ErrorReason } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";

/**
 * The one map from our errors to REST's: a status and the envelope
 *
 *     {"error": {"code", "reason", "message", "hint", "details", "retryable", "request_id"}}
 *
 * `code` is a small closed set that goes with the status, `reason` is what programs branch
 * on. What is not an `EntError` is a fault of our own: it becomes a neutral INTERNAL_ERROR
 * with the request id, and its cause goes to the log, once, here.
 */
export const HTTP_ERROR_CODES = [
  "INVALID_REQUEST",
  "VALIDATION_ERROR",
  "UNAUTHORIZED",
  "FORBIDDEN",
  "NOT_FOUND",
  "CONFLICT",
  "RATE_LIMITED",
  "INTERNAL_ERROR",
  "NOT_IMPLEMENTED",
  "SERVICE_UNAVAILABLE",
] as const;
export type HttpErrorCode = (typeof HTTP_ERROR_CODES)[number];

/** Where the cause of a fault is written. One line a request at most. */
export interface HttpLog {
  /** Something broke on our side; the client was told nothing of it but the request id. */
  fault(facts: {
    readonly requestId: string;
    /** "GET /v1/nodes/:id" */
    readonly route: string;
    readonly cause: unknown;
  }): void;
}

export interface HttpError {
  readonly status: number;
  readonly body: JsonObject;
  readonly reason: ErrorReason;
  /** Seconds, for Retry-After; undefined when trying again is no use. */
  readonly retryAfterSeconds: number | undefined;
}

type Verdict = readonly [status: number, code: HttpErrorCode];

const VALIDATION: Verdict = [400, "VALIDATION_ERROR"];
const UNAVAILABLE: Verdict = [503, "SERVICE_UNAVAILABLE"];
const CONFLICT: Verdict = [409, "CONFLICT"];
const INTERNAL: Verdict = [500, "INTERNAL_ERROR"];
const INVALID: Verdict = [400, "INVALID_REQUEST"];

const BY_CODE: Readonly<Record<ErrorCode, Verdict>> = {
  // Nobody is left to read this one; the number is what proxies log for it.
  canceled: [499, "INVALID_REQUEST"],
  unknown: INTERNAL,
  invalid_argument: INVALID,
  deadline_exceeded: UNAVAILABLE,
  not_found: [404, "NOT_FOUND"],
  already_exists: CONFLICT,
  permission_denied: [403, "FORBIDDEN"],
  resource_exhausted: [429, "RATE_LIMITED"],
  failed_precondition: CONFLICT,
  aborted: CONFLICT,
  out_of_range: INVALID,
  unimplemented: [501, "NOT_IMPLEMENTED"],
  internal: INTERNAL,
  unavailable: UNAVAILABLE,
  data_loss: INTERNAL,
  unauthenticated: [401, "UNAUTHORIZED"],
};

/** Where a reason says more than its code. */
const BY_REASON: ReadonlyMap<ErrorReason, Verdict> = new Map<ErrorReason, Verdict>([
  ["INVALID_VALUE", VALIDATION],
  ["SERVER_OWNED_FIELD", VALIDATION],
  ["SCHEMA_INVALID", VALIDATION],
  ["TYPE_UNKNOWN", VALIDATION],
  ["EDGE_TYPE_UNKNOWN", VALIDATION],
  ["FIELD_UNKNOWN", VALIDATION],
  ["FIELD_REQUIRED", VALIDATION],
  ["FIELD_KIND_MISMATCH", VALIDATION],
  ["ENUM_VALUE_UNKNOWN", VALIDATION],
  ["REF_TARGET_MISMATCH", VALIDATION],
  ["EDGE_ENDS_MISMATCH", VALIDATION],
  ["KEY_UNKNOWN", VALIDATION],
  ["MESSAGE_TOO_LARGE", [413, "INVALID_REQUEST"]],
  ["UNSUPPORTED_ENCODING", [415, "INVALID_REQUEST"]],
  ["METHOD_NOT_ALLOWED", [405, "INVALID_REQUEST"]],
  ["QUERY_NEEDS_INDEX", INVALID],
  ["TENANT_HALTED", UNAVAILABLE],
  ["TENANT_STALLED", UNAVAILABLE],
  ["TENANT_REBUILDING", UNAVAILABLE],
  ["OUTCOME_UNKNOWN", UNAVAILABLE],
  // Not a limit of the client's own, but the server's: it comes back when load goes.
  ["OVERLOADED", UNAVAILABLE],
]);

const RETRY_AFTER_SECONDS = 1;
const MESSAGE_CHARS_MAX = 2_048;
const FACT_CHARS_MAX = 1_024;
const FACTS_MAX = 32;

/**
 * Any thrown value as the answer that the client gets. Writes to the log if, and only if,
 * it is not an `EntError` or carries a cause.
 */
export function toHttpError(
  thrown: unknown,
  call: { readonly requestId: string; readonly route: string },
  log: HttpLog,
): HttpError {
  const known = thrown instanceof EntError;
  if (!known || thrown.cause !== undefined) {
    log.fault({
      requestId: call.requestId,
      route: call.route,
      cause: known ? thrown.cause : thrown,
    });
  }
  const error = known ? thrown : internalFault();
  const [status, code] = verdictOf(error);
  return {
    status,
    body: envelope(error, code, call.requestId),
    reason: error.reason,
    retryAfterSeconds:
      error.retryable && (status === 503 || status === 429) ? retryAfter(error) : undefined,
  };
}

function verdictOf(error: EntError): Verdict {
  // A reason never makes a client's fault of what the code calls our own.
  const verdict = BY_CODE[error.code];
  return verdict === INTERNAL && error.reason !== "OUTCOME_UNKNOWN"
    ? verdict
    : (BY_REASON.get(error.reason) ?? verdict);
}

/** Also where an error is data: a receipt's rejection, say. */
export function httpCodeOf(code: ErrorCode, reason: ErrorReason): HttpErrorCode {
  return (BY_REASON.get(reason) ?? BY_CODE[code])[1];
}

function envelope(error: EntError, code: HttpErrorCode, requestId: string): JsonObject {
  const details = Object.entries(error.details)
    .slice(0, FACTS_MAX)
    .map(([name, value]) => [name, cut(value, FACT_CHARS_MAX)] as const);
  return {
    error: {
      code,
      reason: error.reason,
      message: cut(error.message, MESSAGE_CHARS_MAX),
      ...(error.hint === undefined || error.hint === ""
        ? {}
        : { hint: cut(error.hint, MESSAGE_CHARS_MAX) }),
      details: Object.fromEntries(details),
      retryable: error.retryable,
      request_id: requestId,
    },
  };
}

/** The neutral answer to a fault of our own. */
function internalFault(): EntError {
  return new EntError({
    code: "internal",
    reason: "INTERNAL",
    message: "The server failed to answer this request.",
    hint: "Give the request id to whoever runs the server: its log names the cause.",
  });
}

/** Whole seconds, as the header has them. */
function retryAfter({ retryAfterMs }: EntError): number {
  return retryAfterMs === undefined ? RETRY_AFTER_SECONDS : Math.ceil(retryAfterMs / 1000);
}

/** A cut may fall inside a surrogate pair. */
function cut(text: string, charsMax: number): string {
  const short = text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text;
  return short.isWellFormed() ? short : short.toWellFormed();
}
