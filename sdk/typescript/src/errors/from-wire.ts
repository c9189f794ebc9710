/**
 * The one way from anything thrown by a transport to an error of this package. An answer of
 * EntDB carries its reason; what does not is something that happened on the way, or an answer
 * of somebody else.
 */
import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.ts";
import { errorOf } from "./by-reason.ts";
import { connectionErrorOf, type FailedCall } from "./classify.ts";
import { EntDBError, type ErrorCode } from "./entdb-error.ts";

const DOMAIN = "entdb";

const NAME: Readonly<Record<Code, ErrorCode>> = {
  [Code.Canceled]: "canceled",
  [Code.Unknown]: "unknown",
  [Code.InvalidArgument]: "invalid_argument",
  [Code.DeadlineExceeded]: "deadline_exceeded",
  [Code.NotFound]: "not_found",
  [Code.AlreadyExists]: "already_exists",
  [Code.PermissionDenied]: "permission_denied",
  [Code.ResourceExhausted]: "resource_exhausted",
  [Code.FailedPrecondition]: "failed_precondition",
  [Code.Aborted]: "aborted",
  [Code.OutOfRange]: "out_of_range",
  [Code.Unimplemented]: "unimplemented",
  [Code.Internal]: "internal",
  [Code.Unavailable]: "unavailable",
  [Code.DataLoss]: "data_loss",
  [Code.Unauthenticated]: "unauthenticated",
};

/** Any thrown value as an error of this package. */
export function fromThrown(thrown: unknown, call: FailedCall): EntDBError {
  if (thrown instanceof EntDBError) return thrown;
  const error = ConnectError.from(thrown);
  return answerOf(error) ?? connectionErrorOf(error, thrown, call);
}

/** The error that the server answered with; undefined when this is none of EntDB's. */
function answerOf(error: ConnectError): EntDBError | undefined {
  const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === DOMAIN);
  if (info === undefined) return undefined;
  const { hint, request_id: requestId, ...details } = info.metadata;
  const retryDelay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const violations = error.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations);
  return errorOf({
    code: NAME[error.code],
    reason: info.reason,
    message: error.rawMessage,
    hint,
    details,
    violations: violations.map(({ field, description }) => ({ field, description })),
    requestId,
    retryable: retryDelay !== undefined || info.reason === "DEADLINE_EXCEEDED",
    retryAfterMs:
      retryDelay === undefined
        ? undefined
        : Number(retryDelay.seconds) * 1_000 + retryDelay.nanos / 1_000_000,
    cause: error,
  });
}
