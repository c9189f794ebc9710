/**
 * The classes of what the server refuses, and of what this package refuses in its stead before
 * anything is sent: the same class for the same reason. A class stands for a family;
 * `reason` tells its members apart.
 */
import { EntDBError, type ErrorParts } from "./entdb-error.ts";

/** The parts of an error whose code follows from its class. */
export type RefusalParts = Omit<ErrorParts, "code"> & { readonly code?: ErrorParts["code"] };

/** The request itself is wrong, whatever the data: sending it again cannot help. */
export class InvalidArgumentError extends EntDBError {
  override readonly name: string = "InvalidArgumentError";

  constructor(parts: RefusalParts) {
    super({ code: "invalid_argument", ...parts });
  }
}

/** Something is larger, longer or deeper than allowed; `details.limit` says what is. */
export class LimitExceededError extends InvalidArgumentError {
  override readonly name = "LimitExceededError";
}

/** What is written does not fit the schema: type, field, kind, enum, ends, key. */
export class ValidationError extends InvalidArgumentError {
  override readonly name: string = "ValidationError";
}

/** The type has no such field. */
export class UnknownFieldError extends ValidationError {
  override readonly name = "UnknownFieldError";
  /** The name that was not found; undefined where the server only knew a number. */
  readonly fieldName: string | undefined;
  /** The nearest names that there are, the nearest first. */
  readonly suggestions: readonly string[];

  constructor(
    parts: RefusalParts,
    near: { readonly fieldName?: string; readonly suggestions?: readonly string[] } = {},
  ) {
    super(parts);
    this.fieldName = near.fieldName;
    this.suggestions = near.suggestions ?? [];
  }
}

/** The position cannot be read from: of another log, beyond its end, or not kept any more. */
export class PositionError extends InvalidArgumentError {
  override readonly name = "PositionError";
}

/** There is no such thing, or it is not the caller's to see: the server does not tell which. */
export class NotFoundError extends EntDBError {
  override readonly name: string = "NotFoundError";

  constructor(parts: RefusalParts) {
    super({ code: "not_found", ...parts });
  }
}

/** There is no such node. */
export class NodeNotFoundError extends NotFoundError {
  override readonly name = "NodeNotFoundError";
}

/** There is no such edge. */
export class EdgeNotFoundError extends NotFoundError {
  override readonly name = "EdgeNotFoundError";
}

/** There is no such tenant. */
export class TenantNotFoundError extends NotFoundError {
  override readonly name = "TenantNotFoundError";
}

/** The data is in a state that the request cannot be done in. Nothing was done. */
export class ConflictError extends EntDBError {
  override readonly name: string = "ConflictError";
}

/** The node has another version than the one expected. */
export class VersionConflictError extends ConflictError {
  override readonly name = "VersionConflictError";

  /** The version that the node has; undefined if the server did not say. */
  get actualVersion(): number | undefined {
    const version = this.details["actual_version"];
    return version === undefined ? undefined : Number(version);
  }
}

/** Somebody else appended to the aggregate first: read it again, decide again, append again. */
export class ConcurrencyConflictError extends ConflictError {
  override readonly name = "ConcurrencyConflictError";

  /** The nonce of the aggregate's last event; 0 when there is none, undefined if nobody said. */
  get actualLastAggregateNonce(): number | undefined {
    return numberIn(this.details, "actual_last_aggregate_nonce");
  }

  /** The nonce of the tenant's last event. */
  get actualLastGlobalNonce(): number | undefined {
    return numberIn(this.details, "actual_last_global_nonce");
  }
}

/** Another node holds the value of a unique field or key. */
export class UniqueConflictError extends ConflictError {
  override readonly name = "UniqueConflictError";
}

/** A field does not hold what the update demands. */
export class PreconditionFailedError extends ConflictError {
  override readonly name = "PreconditionFailedError";
}

/** There is a node, an edge or a tenant of this name already. */
export class AlreadyExistsError extends ConflictError {
  override readonly name = "AlreadyExistsError";
}

/** The idempotency key was used for another request. */
export class IdempotencyKeyReusedError extends ConflictError {
  override readonly name = "IdempotencyKeyReusedError";
}

/** A schema that is invalid, unknown, incompatible or locked. */
export class SchemaError extends EntDBError {
  override readonly name = "SchemaError";
}

/** No credential, or one that is not valid any more. */
export class UnauthenticatedError extends EntDBError {
  override readonly name = "UnauthenticatedError";
}

/** Whoever asks may not do this. */
export class PermissionDeniedError extends EntDBError {
  override readonly name = "PermissionDeniedError";
}

/** The server or the tenant takes nothing at the moment. */
export class UnavailableError extends EntDBError {
  override readonly name: string = "UnavailableError";
}

/** The tenant or the credential has used up its requests for now; see `retryAfterMs`. */
export class RateLimitedError extends UnavailableError {
  override readonly name = "RateLimitedError";
}

/** The tenant stands at a record that cannot be applied: reads go on, writes do not. */
export class TenantHaltedError extends EntDBError {
  override readonly name = "TenantHaltedError";
}

/** The call took longer than it was given. A write may have happened: its key makes repeating it safe. */
export class DeadlineExceededError extends EntDBError {
  override readonly name = "DeadlineExceededError";
}

/** The caller gave the call up. A write may have happened all the same. */
export class CanceledError extends EntDBError {
  override readonly name = "CanceledError";
}

/** It cannot be said whether the write was made durable: send it again with the same key. */
export class OutcomeUnknownError extends EntDBError {
  override readonly name = "OutcomeUnknownError";
}

/** The query would look at more rows than it may; `details` name the field to index. */
export class QueryNeedsIndexError extends EntDBError {
  override readonly name = "QueryNeedsIndexError";
}

/** This version of the server does not have what was asked for. */
export class NotImplementedError extends EntDBError {
  override readonly name = "NotImplementedError";
}

/** The server failed by a fault of its own; its log names the cause by the request id. */
export class InternalError extends EntDBError {
  override readonly name = "InternalError";
}

function numberIn(details: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = details[name];
  return text === undefined ? undefined : Number(text);
}
