/**
 * The base of every error that this package throws on purpose. Programs branch on the class
 * or on `reason`, which is stable; the message is one sentence for people, the hint says what
 * to do next.
 */
import type { ErrorReason as WireReason } from "../gen/entdb/v1/errors_pb.ts";

/** Connect's codes, which are gRPC's. */
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

/** The reasons that the server answers with. Later versions may add some. */
export type ServerReason = Exclude<keyof typeof WireReason, "UNSPECIFIED">;

/** The reasons that only the client knows: what happened on the way. */
export type ConnectionReason =
  | "CONNECTION_FAILED"
  | "CONNECTION_REFUSED"
  | "CONNECTION_LOST"
  | "HOST_NOT_FOUND"
  | "TLS_MISMATCH"
  | "CERTIFICATE_INVALID"
  | "NOT_ENTDB";

/** Every reason that this version knows. */
export type ErrorReason = ServerReason | ConnectionReason;

/** One place in the request that is wrong. */
export interface FieldViolation {
  /** "operations[2].create_node.fields[3]". */
  readonly field: string;
  readonly description: string;
}

/** What an error is made of. */
export interface ErrorParts {
  readonly code: ErrorCode;
  /** One of {@link ErrorReason}, or one that a later server added. */
  readonly reason: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, string>> | undefined;
  readonly violations?: readonly FieldViolation[] | undefined;
  readonly requestId?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Anything that EntDB refused, or that kept it from answering. */
export class EntDBError extends Error {
  override readonly name: string = "EntDBError";
  /** The family of the error, as every gRPC client knows it. */
  readonly code: ErrorCode;
  /** Which error it is. Stable: see {@link ErrorReason}. */
  readonly reason: ErrorReason | (string & {});
  /** One sentence on what to do next. */
  readonly hint: string | undefined;
  /** Facts that programs may read, such as `actual_version`. */
  readonly details: Readonly<Record<string, string>>;
  /** Which parts of the request are wrong, where the server says. */
  readonly violations: readonly FieldViolation[];
  /** By which the server's log names this call; undefined when the server never saw it. */
  readonly requestId: string | undefined;
  /** Whether the same call, with the same idempotency key, may succeed later. */
  readonly retryable: boolean;
  /** When it may, in milliseconds from now, if the server said. */
  readonly retryAfterMs: number | undefined;

  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = parts.code;
    this.reason = parts.reason;
    this.hint = parts.hint;
    this.details = parts.details ?? {};
    this.violations = parts.violations ?? [];
    this.requestId = parts.requestId;
    this.retryable = parts.retryable ?? false;
    this.retryAfterMs = parts.retryAfterMs;
  }
}
