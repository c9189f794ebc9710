/**
 * The one error type that crosses a boundary of EntDB.
 *
 * An {@link EntError} is an operating error: something the world did, which a
 * caller can act on. A broken promise between our own functions is a programmer
 * error (`assert`, never caught to carry on), and stopping is an `CancelSignal`.
 *
 * Each edge maps an `EntError` once (`rpc/errors.ts`, `http/errors.ts`). Whatever
 * is not an `EntError` becomes a neutral INTERNAL there, logged with its cause.
 * Throw or log, never both.
 */

/** Connect's closed set of codes, in its own lower-case spelling. */
export type ErrorCode =
  | "canceled"
  | "unknown"
  | "invalid_argument"
  | "deadline_exceeded"
  | "not_found"
  | "already_exists"
  | "permission_denied"
  | "resource_exhausted"
  | "failed_precondition"
  | "aborted"
  | "out_of_range"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "data_loss"
  | "unauthenticated";

/**
 * Every reason EntDB can answer with. A reason is stable: SDKs branch on it, so it
 * is only ever added, never renamed. `test/reference.test.ts` holds this list equal
 * to `entdb.v1.ErrorReason` in the proto and to the reference page in the docs.
 */
export const ERROR_REASONS = [
  // The shape of a request, decided before anything is appended.
  "INVALID_REQUEST",
  "INVALID_TENANT_ID",
  "INVALID_ACTOR",
  "INVALID_ID",
  "INVALID_VALUE",
  "INVALID_IDEMPOTENCY_KEY",
  "INVALID_FILTER",
  "INVALID_CURSOR",
  "INVALID_POSITION",
  "ALIAS_INVALID",
  "ALIAS_UNKNOWN",
  "ALIAS_DUPLICATE",
  "SERVER_OWNED_FIELD",
  "LIMIT_EXCEEDED",
  "MESSAGE_TOO_LARGE",
  "UNSUPPORTED_ENCODING",
  "POSITION_FROM_ANOTHER_LOG",
  "POSITION_BEYOND_LOG",
  // Schema.
  "SCHEMA_UNKNOWN",
  "SCHEMA_INVALID",
  "SCHEMA_INCOMPATIBLE",
  "TYPE_UNKNOWN",
  "EDGE_TYPE_UNKNOWN",
  "FIELD_UNKNOWN",
  "FIELD_REQUIRED",
  "FIELD_KIND_MISMATCH",
  "ENUM_VALUE_UNKNOWN",
  "REF_TARGET_MISMATCH",
  "EDGE_ENDS_MISMATCH",
  "KEY_UNKNOWN",
  // Outcomes decided at apply, in log order.
  "NODE_NOT_FOUND",
  "NODE_DELETED",
  "NODE_NOT_DELETED",
  "NODE_ALREADY_EXISTS",
  "EDGE_NOT_FOUND",
  "EDGE_ALREADY_EXISTS",
  "UNIQUE_CONFLICT",
  "VERSION_CONFLICT",
  "PRECONDITION_FAILED",
  "IDEMPOTENCY_KEY_REUSED",
  // Who asks, and of which tenant.
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "TENANT_MISMATCH",
  "TENANT_NOT_FOUND",
  "TENANT_ALREADY_EXISTS",
  "TENANT_HALTED",
  "TENANT_STALLED",
  "TENANT_REBUILDING",
  "HOST_REFUSED",
  "ORIGIN_REFUSED",
  // Reading.
  "POSITION_NOT_REACHED",
  "QUERY_NEEDS_INDEX",
  // The log and the data directory.
  "OUTCOME_UNKNOWN",
  "LOG_UNAVAILABLE",
  "LOG_DAMAGED",
  "LOG_SHORTER_THAN_VIEWS",
  "LOG_TRIMMED",
  "CLOCK_JUMP",
  "REPLAY_DIVERGED",
  "VIEW_DAMAGED",
  "DATA_DIR_LOCKED",
  "DATA_DIR_INVALID",
  "FORMAT_TOO_NEW",
  "CONFIG_INVALID",
  // The server.
  "DEADLINE_EXCEEDED",
  "CANCELED",
  "OVERLOADED",
  "SERVER_STOPPING",
  "ROUTE_NOT_FOUND",
  "METHOD_NOT_ALLOWED",
  "NOT_IMPLEMENTED",
  "INTERNAL",
  // Access, schema evolution, mailboxes, watching. Added later: numbers are never reordered.
  "INVALID_PRINCIPAL",
  "SCHEMA_LOCKED",
  "SCHEMA_BUILDING",
  "SEARCH_INVALID",
  "CHANGES_TRIMMED",
  "ROLE_NOT_FOUND",
  "GROUP_NOT_FOUND",
  "GROUP_CYCLE",
  "MEMBER_NOT_FOUND",
  "TENANT_SUSPENDED",
  "API_KEY_NOT_FOUND",
  "RATE_LIMITED",
  // Archive and snapshots.
  "OBJECT_NOT_FOUND",
  "OBJECT_ALREADY_EXISTS",
  "OBJECT_DAMAGED",
  "ARCHIVE_GAP",
  "STORAGE_ACCESS_DENIED",
  "BUCKET_NOT_FOUND",
  "STORAGE_UNAVAILABLE",
  "STORAGE_TIMEOUT",
  "SNAPSHOT_NOT_FOUND",
  "SNAPSHOT_FOREIGN",
  "SNAPSHOTS_OFF",
  "TARGET_TIME_INVALID",
  // The event store.
  "CONCURRENCY_CONFLICT",
  "NONCE_NOT_CONSECUTIVE",
  "AGGREGATE_TYPE_MISMATCH",
  "EVENT_ALREADY_EXISTS",
  "APPEND_CONDITION_FAILED",
  "AGGREGATE_NOT_FOUND",
  "CHECKPOINT_CONFLICT",
] as const;

export type ErrorReason = (typeof ERROR_REASONS)[number];

/** Facts about an error that a program may read. Values are text so that every wire can carry them. */
export type ErrorDetails = Readonly<Record<string, string>>;

export interface EntErrorInit {
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  /** One sentence that says what is wrong, with the offending value where it is the client's own. */
  readonly message: string;
  /** One sentence that says what to do next. */
  readonly hint?: string | undefined;
  readonly details?: ErrorDetails | undefined;
  /** Whether sending the same request again (same idempotency key) may succeed. Defaults to false. */
  readonly retryable?: boolean | undefined;
  /** When it may, if that is known: milliseconds from now. */
  readonly retryAfterMs?: number | undefined;
  /** Never shown to a client; logged once, at the edge. */
  readonly cause?: unknown;
}

export class EntError extends Error {
  override readonly name = "EntError";
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(init: EntErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.reason = init.reason;
    this.hint = init.hint;
    this.details = init.details ?? {};
    this.retryable = init.retryable ?? false;
    this.retryAfterMs = init.retryAfterMs;
  }
}

/** An `invalid_argument` with the given reason: the commonest refusal, spelled once. */
export function invalid(
  reason: ErrorReason,
  message: string,
  hint?: string,
  details?: ErrorDetails,
): EntError {
  return new EntError({ code: "invalid_argument", reason, message, hint, details });
}

/** What is refused, or cut short, because the server goes down: the same words wherever a request is met. */
export function serverStopping(): EntError {
  return new EntError({
    code: "unavailable",
    reason: "SERVER_STOPPING",
    message: "The server is stopping.",
    hint: "Try again in a moment, or on another address.",
    retryable: true,
  });
}

/** What was thrown, in the words that it has. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
