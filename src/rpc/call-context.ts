import type { Asker } from "../access/audit-log.ts";
import type { Identity } from "../access/identity.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { ErrorCode, ErrorReason } from "../base/errors.ts";

/** By which protocol a call came. */
export type Protocol = "grpc" | "grpc-web" | "connect";

/**
 * What a handler may know of the call that it answers: nothing of HTTP, so that the
 * stock path, the thin path and a test can each make one.
 */
export interface CallContext {
  /** Named in the answer, in errors and in the log. */
  readonly requestId: string;
  /** Who called, as the credential says. Not there for what needs none. */
  readonly identity: Identity;
  /** Tells the audit that the call is made in the name of another actor than the credential's. */
  actedFor(asker: Asker): void;
  /**
   * Aborts with an `EntError` as its reason: DEADLINE_EXCEEDED, CANCELED, SERVER_STOPPING, or
   * UNAUTHENTICATED for a stream whose credential holds no longer.
   */
  readonly signal: CancelSignal;
  /** Takes one of the requests that the asker may make. Throws RATE_LIMITED. */
  pace(asker: Asker): void;
  /** A header of the request by its lower-case name; several of one name joined by ", ". */
  header(name: string): string | undefined;
  /** Every header of the request, names in lower case. */
  headers(): Iterable<readonly [name: string, value: string]>;
  /** Headers of the answer. A stream's go out with its first message, or its end; later ones are lost. */
  readonly answerHeaders: Headers;
  /** Trailers of the answer, which go out after its last message, also when it is an error. */
  readonly answerTrailers: Headers;
}

/** Counts and times calls and connections. What becomes of the numbers is telemetry's business. */
export interface RequestMeter {
  callStarted(rpc: string, protocol: Protocol): void;
  /** Once for every call that started, whatever became of it. */
  callFinished(call: FinishedCall): void;
  connectionOpened(): void;
  connectionClosed(): void;
  /** A connection was refused, or closed by us: one of a small fixed set of causes. */
  connectionEnded(cause: ConnectionEnd): void;
}

export type ConnectionEnd = "too_many" | "too_many_from_peer" | "idle" | "slow" | "malformed";

export interface FinishedCall {
  /** "entdb.v1.EntDBService/GetNode" */
  readonly rpc: string;
  readonly protocol: Protocol;
  readonly code: "ok" | ErrorCode;
  /** Empty when it went well. */
  readonly reason: "" | ErrorReason;
  readonly durationMs: number;
  /** Whether the thin path answered. */
  readonly thin: boolean;
}
