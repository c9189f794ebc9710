import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ConcurrencyErrorDetailSchema } from "../../gen/eventstore/v1/eventstore_pb.ts";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.ts";
import { EntError, type ErrorCode, type ErrorReason } from "../base/errors.ts";

/**
 * The one map from our errors to the wire's: code, sentence, and as details
 * google.rpc.ErrorInfo (reason, facts, hint, request id), BadRequest where the place in
 * the request is known, RetryInfo when the same request may succeed later, and of an append
 * that lost eventstore.v1.ConcurrencyErrorDetail.
 *
 * What is not an `EntError` is a fault of our own: it becomes a neutral INTERNAL with the
 * request id, and its cause goes to the log, once, here.
 */
const ERROR_DOMAIN = "entdb";

/** Where the cause of a fault is written. One line a call at most. */
export interface FaultLog {
  /** Something broke on our side; the client was told nothing of it but the request id. */
  fault(facts: { readonly requestId: string; readonly rpc: string; readonly cause: unknown }): void;
}

/** An error on its way out, with the reason that meters count. */
export interface WireError {
  readonly error: ConnectError;
  readonly reason: ErrorReason;
}

/** Makes any thrown value the error that the client gets; {@link toWireError} is the product's. */
export type ErrorMap = (
  thrown: unknown,
  call: { readonly requestId: string; readonly rpc: string },
  log: FaultLog,
) => WireError;

const CODE: Readonly<Record<ErrorCode, Code>> = {
  canceled: Code.Canceled,
  unknown: Code.Unknown,
  invalid_argument: Code.InvalidArgument,
  deadline_exceeded: Code.DeadlineExceeded,
  not_found: Code.NotFound,
  already_exists: Code.AlreadyExists,
  permission_denied: Code.PermissionDenied,
  resource_exhausted: Code.ResourceExhausted,
  failed_precondition: Code.FailedPrecondition,
  aborted: Code.Aborted,
  out_of_range: Code.OutOfRange,
  unimplemented: Code.Unimplemented,
  internal: Code.Internal,
  unavailable: Code.Unavailable,
  data_loss: Code.DataLoss,
  unauthenticated: Code.Unauthenticated,
};

/** The way back, for meters. */
export const CODE_OF_CONNECT: Readonly<Record<Code, ErrorCode>> = Object.fromEntries(
  Object.entries(CODE).map(([name, code]) => [code, name]),
) as Record<Code, ErrorCode>;

/**
 * gRPC puts an error into headers, of which clients take 8 KiB by default, so sentence and
 * facts are cut to bytes that fit, percent signs and base64 and all.
 */
const MESSAGE_BYTES_MAX = 768;
const HINT_BYTES_MAX = 256;
const FACT_BYTES_MAX = 256;
const FACTS_BYTES_MAX = 2_048;
const AGGREGATE_ID_BYTES_MAX = 512;

/** When a client should try again, for want of better knowledge: long enough for a queue to drain. */
const RETRY_DELAY_MS = 100;

/** Any thrown value as the error that the client gets. Writes to the log if, and only if, it is not an `EntError` or carries a cause. */
export function toWireError(
  thrown: unknown,
  call: { readonly requestId: string; readonly rpc: string },
  log: FaultLog,
): WireError {
  const known = thrown instanceof EntError;
  if (!known || thrown.cause !== undefined) {
    log.fault({ requestId: call.requestId, rpc: call.rpc, cause: known ? thrown.cause : thrown });
  }
  const error = known ? thrown : internalFault(thrown);
  return { error: connectErrorOf(error, call.requestId), reason: error.reason };
}

/** The neutral answer to a fault of our own. */
function internalFault(cause: unknown): EntError {
  return new EntError({
    code: "internal",
    reason: "INTERNAL",
    message: "The server failed to answer this request.",
    hint: "Give the request id to whoever runs the server: its log names the cause.",
    cause,
  });
}

function connectErrorOf(error: EntError, requestId: string): ConnectError {
  const details: { desc: DescMessage; value: MessageInitShape<DescMessage> }[] = [
    { desc: ErrorInfoSchema, value: errorInfo(error, requestId) },
  ];
  if (error.reason === "CONCURRENCY_CONFLICT") {
    details.push({ desc: ConcurrencyErrorDetailSchema, value: actualHeads(error) });
  }
  const path = error.details["field"];
  if (path !== undefined) {
    const description = cut(error.message, MESSAGE_BYTES_MAX);
    const violation = { field: cut(path, FACT_BYTES_MAX), description };
    details.push({
      desc: BadRequestSchema,
      value: create(BadRequestSchema, { fieldViolations: [violation] }),
    });
  }
  if (error.retryable) {
    const delayMs = error.retryAfterMs ?? RETRY_DELAY_MS;
    const seconds = BigInt(Math.floor(delayMs / 1000));
    const retryDelay = { seconds, nanos: (delayMs % 1000) * 1_000_000 };
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return new ConnectError(
    cut(error.message, MESSAGE_BYTES_MAX),
    CODE[error.code],
    undefined,
    details,
  );
}

function errorInfo(error: EntError, requestId: string) {
  const metadata: Record<string, string> = {};
  let leftBytes = FACTS_BYTES_MAX;
  for (const [name, fact] of Object.entries(error.details)) {
    const value = cut(fact, FACT_BYTES_MAX);
    leftBytes -= name.length + Buffer.byteLength(value);
    if (leftBytes < 0) break;
    metadata[name] = value;
  }
  if (error.hint !== undefined) metadata["hint"] = cut(error.hint, HINT_BYTES_MAX);
  metadata["request_id"] = requestId;
  return create(ErrorInfoSchema, { reason: error.reason, domain: ERROR_DOMAIN, metadata });
}

function actualHeads({ details }: EntError) {
  return create(ConcurrencyErrorDetailSchema, {
    tenantId: details["tenant_id"] ?? "",
    aggregateId: cut(details["aggregate_id"] ?? "", AGGREGATE_ID_BYTES_MAX),
    actualLastAggregateNonce: BigInt(details["actual_last_aggregate_nonce"] ?? 0),
    actualLastGlobalNonce: BigInt(details["actual_last_global_nonce"] ?? 0),
  });
}

const scratch = new Uint8Array(MESSAGE_BYTES_MAX);
const encoder = new TextEncoder();

/** At most so many bytes of UTF-8, well-formed: a lone surrogate cannot be put on the wire. */
function cut(text: string, bytesMax: number): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  if (whole.length * 3 <= bytesMax) return whole;
  const { read } = encoder.encodeInto(whole, scratch.subarray(0, bytesMax));
  return read === whole.length ? whole : `${whole.slice(0, read)}…`;
}
