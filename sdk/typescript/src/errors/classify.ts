/**
 * What went wrong on the way, told by the codes that runtimes put on their errors. Node, Bun
 * and browsers name the same thing differently; browsers mostly name nothing.
 */
import { Code, type ConnectError } from "@connectrpc/connect";
import {
  ConnectionError,
  ConnectionLostError,
  ConnectionRefusedError,
  HostNotFoundError,
  NotEntDBError,
  TlsError,
} from "./connection.ts";
import type { EntDBError } from "./entdb-error.ts";
import { CanceledError, DeadlineExceededError, InvalidArgumentError } from "./refusals.ts";

/** Of which call an error is. */
export interface FailedCall {
  readonly endpoint: string;
  /** The id that the client sent with the call. */
  readonly requestId: string;
}

const REFUSED = /^(?:ECONNREFUSED|ConnectionRefused|EHOSTUNREACH|ENETUNREACH)$/;
const NO_HOST = /^(?:ENOTFOUND|EAI_AGAIN|EAI_NONAME|EAI_FAIL|DNSException)$/;
const CERTIFICATE_WANTED = /CERTIFICATE_REQUIRED/;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|ALTNAME/;
const TLS = /^(?:EPROTO|ERR_SSL_|ERR_TLS_|ERR_BORINGSSL|TLS)/;
const LOST =
  /^(?:ECONNRESET|EPIPE|ECONNABORTED|ETIMEDOUT|ConnectionClosed|UND_ERR_SOCKET|ERR_HTTP2_|ERR_STREAM_|HPE_)/;
const LOST_WORDS =
  /socket (?:connection was closed|hang up)|other side closed|terminated|stream closed|premature|missing (?:end|trailer)|network error|session closed|connection (?:was )?(?:closed|reset|lost)|protocol error: missing/i;
/** What HTTP/2 says of an answer that is not HTTP/2. */
const NO_HTTP2 = /^Protocol error$/m;
/** What the encoder says of a number that its field cannot hold. */
const UNSENDABLE = /^serialize binary: (?:cannot encode field )?(.*)$/;
const SERVER_WENT = /REFUSED_STREAM|GOAWAY|INTERNAL_ERROR \(0x2\)|CANCEL \(0x8\)/;

/** The error of a call that EntDB did not answer. */
export function connectionErrorOf(
  error: ConnectError,
  thrown: unknown,
  call: FailedCall,
): EntDBError {
  const unsendable = UNSENDABLE.exec(error.rawMessage)?.[1];
  if (unsendable !== undefined) return neverSent(unsendable, thrown);
  const codes = causes(thrown).flatMap((cause) => codeOf(cause) ?? []);
  const words = causes(thrown)
    .map((cause) => (cause instanceof Error ? cause.message : ""))
    .join("\n");
  const is = (pattern: RegExp) => codes.some((code) => pattern.test(code));
  const common = { requestId: call.requestId, cause: thrown };
  if (error.code === Code.DeadlineExceeded && codes.length === 0) return deadlineExceeded(common);
  if (is(REFUSED)) {
    return new ConnectionRefusedError({
      ...common,
      code: "unavailable",
      reason: "CONNECTION_REFUSED",
      message: `Nothing answers at ${call.endpoint}.`,
      hint: "Check host and port, and that the server runs.",
      retryable: true,
    });
  }
  if (is(NO_HOST)) {
    return new HostNotFoundError({
      ...common,
      code: "unavailable",
      reason: "HOST_NOT_FOUND",
      message: `The host of ${call.endpoint} has no address.`,
      hint: "Check the host's name.",
    });
  }
  if (is(CERTIFICATE_WANTED)) {
    return new TlsError({
      ...common,
      code: "unavailable",
      reason: "CERTIFICATE_INVALID",
      message: `${call.endpoint} asks for a certificate of the client's.`,
      hint: "Give the transport one of an authority that the server trusts: tls: { cert, key }.",
    });
  }
  if (is(CERTIFICATE)) {
    return new TlsError({
      ...common,
      code: "unavailable",
      reason: "CERTIFICATE_INVALID",
      message: `The certificate of ${call.endpoint} does not hold.`,
      hint: "Call the server by a name in its certificate, and have the runtime trust its issuer.",
    });
  }
  if (is(TLS) || isPlainTextAtTls(words)) {
    return new TlsError({
      ...common,
      code: "unavailable",
      reason: "TLS_MISMATCH",
      message: `${call.endpoint} and the client do not both speak TLS.`,
      hint: "Use https:// where the server speaks TLS, and http:// where it does not. If it asks for certificates of clients, give the transport one.",
    });
  }
  if (NO_HTTP2.test(words)) return answeredByAnother(error, call, common);
  if (is(LOST) || LOST_WORDS.test(words) || SERVER_WENT.test(words)) {
    return new ConnectionLostError({
      ...common,
      code: "unavailable",
      reason: "CONNECTION_LOST",
      message: `The connection to ${call.endpoint} broke before the answer came.`,
      hint: hintOfLost(call.endpoint),
      retryable: true,
    });
  }
  return answeredByAnother(error, call, common);
}

/** The request cannot be a message, so that nobody was asked. */
function neverSent(problem: string, cause: unknown): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `The request cannot be sent: ${problem}.`,
    hint: "Give whole numbers of 32 bits, from 0, and versions from 1.",
    cause,
  });
}

function hintOfLost(endpoint: string): string {
  const again =
    "Call again; a write with its idempotency key is done once however often it is sent.";
  if (!endpoint.startsWith("http:")) return again;
  return `${again} If every call ends so, the server may speak TLS: try https://.`;
}

/** Neither an answer of EntDB nor a trouble that has a name. */
function answeredByAnother(
  error: ConnectError,
  call: FailedCall,
  common: { readonly requestId: string; readonly cause: unknown },
): EntDBError {
  const failedToFetch = common.cause instanceof TypeError || error.cause instanceof TypeError;
  if (failedToFetch || error.code === Code.Unavailable || error.code === Code.ResourceExhausted) {
    return new ConnectionError({
      ...common,
      code: "unavailable",
      reason: "CONNECTION_FAILED",
      message: `${call.endpoint} could not be reached (${error.rawMessage}).`,
      hint: "Check the address, http or https, that the server runs, and in a browser that it allows the page's origin.",
      retryable: true,
    });
  }
  return new NotEntDBError({
    ...common,
    code: "unavailable",
    reason: "NOT_ENTDB",
    message: `What answers at ${call.endpoint} is not EntDB (${error.rawMessage}).`,
    hint: "Check host, port and path; gRPC needs the server's port for gRPC.",
  });
}

/** The call took longer than it was given. */
export function deadlineExceeded(parts: {
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}): DeadlineExceededError {
  return new DeadlineExceededError({
    ...parts,
    code: "deadline_exceeded",
    reason: "DEADLINE_EXCEEDED",
    message: "The call took longer than it was given.",
    hint: "Give it a longer timeoutMs. A write may have happened: its idempotency key makes repeating it safe.",
    retryable: true,
  });
}

/** The caller's signal ended the call, or the client was closed. */
export function canceled(signal: AbortSignal, requestId?: string): CanceledError {
  return new CanceledError({
    code: "canceled",
    reason: "CANCELED",
    message: "The call was given up before it was answered.",
    hint: "A write may have happened: its idempotency key makes repeating it safe.",
    requestId,
    cause: signal.reason,
  });
}

/** As {@link canceled}, before anything was sent. */
export function neverMade(message: string, signal: AbortSignal): CanceledError {
  return new CanceledError({
    code: "canceled",
    reason: "CANCELED",
    message,
    hint: "Nothing was sent. Make another client, or call with a signal that is not aborted.",
    cause: signal.reason,
  });
}

/** A TLS server that is spoken to in plain text answers with an alert, which is no HTTP. */
function isPlainTextAtTls(words: string): boolean {
  return /Malformed_?HTTP|HPE_INVALID|Parse Error|wrong version number|packet length too long/i.test(
    words,
  );
}

function causes(thrown: unknown): unknown[] {
  const chain: unknown[] = [];
  let cause = thrown;
  while (cause instanceof Error && !chain.includes(cause)) {
    chain.push(cause);
    if (cause instanceof AggregateError) chain.push(...cause.errors);
    cause = cause.cause;
  }
  return chain;
}

function codeOf(cause: unknown): string | undefined {
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
