/**
 * The life of a call, the same on every path: it gets its id, its place, its deadline, its
 * meter and its identity when it is opened, before any of its body is read, and gives them
 * all back when it is closed. Opening never throws: a call that is not admitted carries its
 * refusal, which the path answers in the call's own protocol.
 *
 * Invariant: every opened call is closed exactly once, and is counted as in flight until
 * then.
 */
import type { ConnectError } from "@connectrpc/connect";
import type { Asker } from "../access/audit-log.ts";
import type { Authenticator } from "../access/authenticate.ts";
import type { Identity } from "../access/identity.ts";
import { needsServerCredential } from "../access/refusals.ts";
import { must } from "../base/assert.ts";
import { type CancelSignal, CancelSource } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError, type ErrorCode, type ErrorReason } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { type Enrolled, NOWHERE, type Roster } from "../base/roster.ts";
import { countedRefusal } from "../face/admitted.ts";
import { ACTOR_HEADER, mayAskForServer } from "../face/claim.ts";
import type { CallCounts } from "../face/counts.ts";
import type { DeadlineWatch, Timed } from "../face/deadline-watch.ts";
import { clientGone, deadlineExceeded, overloaded } from "../face/interruptions.ts";
import { type Pacer, paceHeaders, requirePassed } from "../face/pace.ts";
import { watchCredential } from "../face/watch-credential.ts";
import { accessOf } from "./access.ts";
import type { CallContext, Protocol, RequestMeter } from "./call-context.ts";
import {
  CODE_OF_CONNECT,
  type ErrorMap,
  type FaultLog,
  toWireError,
  type WireError,
} from "./errors.ts";
import { timeoutMs } from "./interceptors/deadline.ts";
import type { InFlight, InFlightLimits } from "./interceptors/in-flight.ts";
import type { RpcMethod } from "./methods.ts";

/** What calls are opened with. */
export interface CallsOptions {
  /** Defaults to no limits. */
  readonly pacer?: Pacer | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly authenticator: Authenticator;
  readonly meter: RequestMeter;
  readonly log: FaultLog;
  /** Defaults to the product's map. */
  readonly errors?: ErrorMap;
  readonly inFlight: InFlightLimits;
  /** What these limits are held against. Defaults to what is under way here. */
  readonly counts?: CallCounts | undefined;
  /** The longest that a unary call may take, and what it gets when the client names nothing. */
  readonly deadlineMs: number;
  /** The same for the few calls that are long by nature, such as a rebuild. */
  readonly longDeadlineMs: number;
}

export interface IncomingCall {
  readonly rpc: RpcMethod;
  readonly protocol: Protocol;
  readonly thin: boolean;
  /** The client's address. */
  peer(): string;
  header(name: string): string | undefined;
  headers(): Iterable<readonly [name: string, value: string]>;
}

export class Call implements CallContext, Enrolled, Timed {
  rosterPlace = NOWHERE;
  readonly requestId: string;
  readonly rpc: RpcMethod;
  readonly protocol: Protocol;
  /** Present while the credential is being verified: until then nobody knows whether the call is refused. Never rejects. */
  readonly authenticating: Promise<void> | undefined;
  readonly #incoming: IncomingCall;
  readonly #options: CallsOptions;
  readonly #inFlight: InFlight;
  readonly #open: Roster<Call>;
  readonly #deadlines: DeadlineWatch;
  readonly #abort = new CancelSource<EntError>();
  readonly #startedAtMs: number;
  readonly #admitted: boolean;
  #identity: Identity | undefined;
  #endsAtMs = Number.POSITIVE_INFINITY;
  #unwatch: (() => void) | undefined;
  #onAbort: ((reason: EntError) => void) | undefined;
  #refusal: EntError | undefined;
  #heldBytes = 0;
  #isPaced = false;
  #failure: WireError | undefined;
  #answerHeaders: Headers | undefined;
  #answerTrailers: Headers | undefined;
  #closed = false;

  constructor(
    incoming: IncomingCall,
    requestId: string,
    options: CallsOptions,
    inFlight: InFlight,
    open: Roster<Call>,
    deadlines: DeadlineWatch,
  ) {
    this.#incoming = incoming;
    this.rpc = incoming.rpc;
    this.protocol = incoming.protocol;
    this.requestId = requestId;
    this.#options = options;
    this.#inFlight = inFlight;
    this.#open = open;
    this.#deadlines = deadlines;
    this.#startedAtMs = options.clock.monotonic();
    options.meter.callStarted(incoming.rpc.name, incoming.protocol);
    open.add(this);
    this.#admitted = inFlight.enter();
    if (!this.#admitted) this.refuse(overloaded());
    this.#setDeadline();
    this.authenticating = this.#refusal === undefined ? this.#authenticate() : undefined;
  }

  get signal(): CancelSignal<EntError> {
    return this.#abort;
  }

  get identity(): Identity {
    return must(this.#identity, "a call that needs an identity is refused without one");
  }

  actedFor(asker: Asker): void {
    this.#options.authenticator.actedFor(asker);
  }

  pace(asker: Asker): void {
    this.#isPaced = true;
    const pace = this.#options.pacer?.take(asker);
    if (pace === undefined) return;
    for (const [name, value] of paceHeaders(pace)) this.answerHeaders.set(name, value);
    requirePassed(pace);
  }

  header(name: string): string | undefined {
    return this.#incoming.header(name);
  }

  headers(): Iterable<readonly [name: string, value: string]> {
    return this.#incoming.headers();
  }

  get answerHeaders(): Headers {
    this.#answerHeaders ??= new Headers();
    return this.#answerHeaders;
  }

  get answerTrailers(): Headers {
    this.#answerTrailers ??= new Headers();
    return this.#answerTrailers;
  }

  /** Has the handler write into these, which belong to the answer that a library makes. */
  answerInto(headers: Headers, trailers: Headers): void {
    this.#answerHeaders = headers;
    this.#answerTrailers = trailers;
  }

  /** What the handler added to its answer; undefined for nothing. Costs nothing to ask. */
  get added(): { readonly headers?: Headers; readonly trailers?: Headers } | undefined {
    const headers = this.#answerHeaders;
    const trailers = this.#answerTrailers;
    if (headers === undefined && trailers === undefined) return undefined;
    return { ...(headers && { headers }), ...(trailers && { trailers }) };
  }

  /** Decides, before the body is read, that the call is answered with this error. The first refusal stands. */
  refuse(error: EntError): void {
    this.#refusal ??= error;
  }

  /** Why the call is answered before its body is read; undefined when it may go on. */
  get refusal(): EntError | undefined {
    return this.#refusal ?? this.#abort.reason;
  }

  /** Throws the refusal of a call that was not admitted. */
  admit(): void {
    const { refusal } = this;
    if (refusal !== undefined) throw this.fail(refusal);
  }

  /** Counts bytes of the body that are held in memory. Throws OVERLOADED when there are too many. */
  hold(bytes: number): void {
    if (!this.#admitted) return;
    if (!this.#inFlight.hold(bytes)) throw overloaded();
    this.#heldBytes += bytes;
  }

  /** The client has gone: nobody waits for the answer any more. */
  gone(): void {
    if (!this.#closed) this.abort(clientGone());
  }

  abort(reason: EntError): void {
    if (this.#abort.aborted) return;
    this.#abort.abort(reason);
    this.#onAbort?.(reason);
  }

  get endsAtMs(): number {
    return this.#endsAtMs;
  }

  /** For {@link DeadlineWatch}: its time is over. */
  expire(): void {
    this.abort(deadlineExceeded());
  }

  /** Calls back when the call is aborted; the path's own ear, cheaper than one on the signal. The last one stands. */
  onAbort(callback: (reason: EntError) => void): void {
    this.#onAbort = callback;
  }

  /**
   * The error that the client gets for what was thrown. Whatever an aborted call throws
   * that is not ours (an AbortError of the platform, say) stands for the abort's reason.
   * The first failure stands: what it breaks further on is no second one.
   */
  fail(thrown: unknown): ConnectError {
    if (this.#failure !== undefined) return this.#failure.error;
    const { aborted, reason } = this.#abort;
    const cause = aborted && !(thrown instanceof EntError) ? reason : thrown;
    const error = this.#isPaced
      ? cause
      : countedRefusal(cause, this.#identity, (asker) => this.pace(asker));
    const { errors = toWireError, log } = this.#options;
    this.#failure = errors(error, { requestId: this.requestId, rpc: this.rpc.name }, log);
    return this.#failure.error;
  }

  /** Whether {@link fail} has said what the client gets. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Gives everything back. Idempotent, so that every end of a path may call it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwatch?.();
    this.#open.delete(this);
    this.#deadlines.removed();
    if (this.#admitted) this.#inFlight.leave(this.#heldBytes);
    const { code, reason } = this.#outcome();
    this.#options.meter.callFinished({
      rpc: this.rpc.name,
      protocol: this.protocol,
      code,
      reason,
      durationMs: this.#options.clock.monotonic() - this.#startedAtMs,
      thin: this.#incoming.thin,
    });
  }

  #outcome(): { code: "ok" | ErrorCode; reason: "" | ErrorReason } {
    if (this.#failure !== undefined) {
      return { code: CODE_OF_CONNECT[this.#failure.error.code], reason: this.#failure.reason };
    }
    const { reason } = this.#abort;
    if (reason !== undefined) return { code: reason.code, reason: reason.reason };
    return { code: "ok", reason: "" };
  }

  /** Who calls: at once where it is known, or a promise until it is. */
  #authenticate(): Promise<void> | undefined {
    if (accessOf(this.rpc) === "open") return undefined;
    try {
      const identity = this.#identify();
      if (!(identity instanceof Promise)) return this.#identified(identity);
      return identity.then(
        (verified) => this.#identified(verified),
        (error) => this.refuse(refusalOf(error)),
      );
    } catch (error) {
      this.refuse(refusalOf(error));
      return undefined;
    }
  }

  #identify(): Identity | Promise<Identity> {
    return this.#options.authenticator.identify(this.header("authorization"), () =>
      this.#incoming.peer(),
    );
  }

  #identified(identity: Identity): undefined {
    this.#identity = identity;
    const forServer = accessOf(this.rpc) === "server";
    if (forServer && !mayAskForServer(identity, this.header(ACTOR_HEADER) ?? "")) {
      this.refuse(needsServerCredential());
    } else if (this.rpc.kind !== "unary" && identity.credential !== "") {
      this.#unwatch = watchCredential(identity, {
        clock: this.#options.clock,
        identify: () => this.#identify(),
        refused: (error) => this.abort(refusalOf(error)),
      });
    }
  }

  #setDeadline(): void {
    const capMs = this.#capMs();
    try {
      const ms = timeoutMs(this.protocol, (name) => this.header(name), capMs);
      this.#endsAtMs = this.#startedAtMs + ms;
      if (ms <= 0) this.expire();
      else this.#deadlines.added(this, this.#startedAtMs);
    } catch (error) {
      if (!(error instanceof EntError)) throw error;
      this.refuse(error);
    }
  }

  #capMs(): number {
    switch (this.rpc.deadline) {
      case "short":
        return this.#options.deadlineMs;
      case "long":
        return this.#options.longDeadlineMs;
      case "none":
        return Number.POSITIVE_INFINITY;
    }
  }
}

/** What a failed look at the credential means to the client; a fault of our own is logged with its cause. */
function refusalOf(thrown: unknown): EntError {
  if (thrown instanceof EntError) return thrown;
  return new EntError({
    code: "internal",
    reason: "INTERNAL",
    message: "The credential could not be looked at.",
    hint: "Give the request id to whoever runs the server: its log names the cause.",
    cause: thrown,
  });
}
