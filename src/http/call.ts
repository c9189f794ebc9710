import type { Asker } from "../access/audit-log.ts";
import type { Authenticator } from "../access/authenticate.ts";
import type { Identity } from "../access/identity.ts";
import { unauthenticated } from "../access/refusals.ts";
import { must } from "../base/assert.ts";
import { type CancelSignal, CancelSource } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import { type Enrolled, NOWHERE } from "../base/roster.ts";
import { countedRefusal } from "../face/admitted.ts";
import { clientGone, deadlineExceeded } from "../face/interruptions.ts";
import { type Pacer, paceHeaders, requirePassed } from "../face/pace.ts";
import { watchCredential } from "../face/watch-credential.ts";
import type { Pace } from "../tenant/rate-limiter.ts";
import { TIMEOUT_HEADER, timeoutMs } from "./guards/deadline.ts";
import type { Target } from "./guards/target.ts";

/** The life of one request, and the time it has. */
export interface CallLimits {
  readonly clock: Clock;
  /** Asks whoever calls who they are. */
  readonly authenticator: Authenticator;
  /** Counts requests. Defaults to no limits. */
  readonly pacer?: Pacer;
  /** The longest that a request may take, and what it gets when the client names nothing. */
  readonly deadlineMs: number;
  /** The same for the few that are long by nature, such as a rebuild. */
  readonly longDeadlineMs: number;
}

/** What the listener knows of a request's connection. */
export interface Peer {
  /** The client's address. */
  address(): string;
  readonly keepOpen: KeepOpen;
  /** Whether a connection that ends with an answer lives on until its client has read that; if not, it is closed at once. */
  readonly lingers: boolean;
}

/** Keeps the connection of a request open however long nothing is sent over it, until the answer has left. */
export type KeepOpen = () => void;

/** A request that may take longer would be cut off as idle: Bun's longest time-out is 255 s. */
const SILENCE_MS_MAX = 250_000;

/**
 * One request on its way through: its id, its headers, and a signal that is made when
 * somebody first asks for it. The signal aborts with an `EntError` as its reason:
 * DEADLINE_EXCEEDED, CANCELED when the client has gone, or SERVER_STOPPING.
 *
 * Time runs from the arrival, whenever the signal is made.
 */
export class HttpCall implements Enrolled {
  rosterPlace = NOWHERE;
  readonly request: Request;
  readonly requestId: string;
  readonly startedAtMs: number;
  /** "GET /v1/nodes/:id"; a fixed word until a route has been found. */
  route = "none";
  /** Which of the two deadlines holds; to be set before the signal is asked for. */
  long = false;
  /** Whether the answer goes on until somebody ends it: then there is no deadline but the client's own. */
  streams = false;
  /** Whether the answer has begun to go out, event by event. */
  streaming = false;
  target: Target = { path: "", search: "" };
  heldBytes = 0;
  /** Whether the meter has been told. */
  counted = false;
  /** Until a body has been read to its end, what follows on the connection is no request. */
  bodyUnread = false;
  #keptOpen = false;
  readonly #limits: CallLimits;
  readonly #peer: Peer;
  #identity: Identity | undefined;
  #pace: Pace | undefined;
  #isPaced = false;
  #abort: CancelSource<EntError> | undefined;
  #stopped: EntError | undefined;
  #cancelTimer: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  constructor(request: Request, requestId: string, limits: CallLimits, peer: Peer) {
    this.request = request;
    this.requestId = requestId;
    this.#limits = limits;
    this.#peer = peer;
    this.startedAtMs = limits.clock.monotonic();
  }

  header(name: string): string | null {
    return this.request.headers.get(name);
  }

  /** Who calls. Only there once {@link authenticate} was waited for. */
  get identity(): Identity {
    return must(this.#identity, "a route that needs an identity is not reached without one");
  }

  /** Finds out who calls; waits only for a token that must be verified. Throws or rejects with UNAUTHENTICATED. */
  authenticate(): void | Promise<void> {
    const identity = this.#identify();
    if (!(identity instanceof Promise)) {
      this.#identity = identity;
      return;
    }
    return identity.then((verified) => {
      this.#identity = verified;
    });
  }

  /** From now on ends the call, which is a stream, when its credential holds no longer. */
  watchCredential(): void {
    if (this.identity.credential === "") return;
    this.#unwatch = watchCredential(this.identity, {
      clock: this.#limits.clock,
      identify: () => this.#identify(),
      refused: (error) => this.abort(error instanceof EntError ? error : unauthenticated()),
    });
  }

  /** Tells the audit that the call is made in the name of another actor than the credential's. */
  actedFor(asker: Asker): void {
    this.#limits.authenticator.actedFor(asker);
  }

  /** Takes one of the requests that the asker may make. Throws RATE_LIMITED. */
  pace(asker: Asker): void {
    this.#isPaced = true;
    this.#pace = this.#limits.pacer?.take(asker);
    if (this.#pace !== undefined) requirePassed(this.#pace);
  }

  /** What was thrown; or RATE_LIMITED, where nobody had counted the request yet and it may not pass. */
  refusal(thrown: unknown): unknown {
    if (this.#isPaced) return thrown;
    return countedRefusal(thrown, this.#identity, (asker) => this.pace(asker));
  }

  /** How the asker stands, when something limits it. */
  get paceHeaders(): readonly (readonly [name: string, value: string])[] {
    return this.#pace === undefined ? [] : paceHeaders(this.#pace);
  }

  /** The client's address. */
  readonly address = (): string => this.#peer.address();

  /** Throws INVALID_REQUEST when the client's own deadline cannot be read. */
  get signal(): CancelSignal {
    this.#abort ??= this.#start();
    return this.#abort;
  }

  /** What was thrown, or, for an aborted call that threw something of the platform's, why it was aborted. */
  causeOf(thrown: unknown, isOurs: boolean): unknown {
    return this.#abort?.aborted && !isOurs ? this.#abort.reason : thrown;
  }

  keepOpen(): void {
    this.#keptOpen = true;
    this.#peer.keepOpen();
  }

  /** Whether the connection cannot be used again: a body was left on it, or it has no time-out any more. */
  get endsConnection(): boolean {
    return this.bodyUnread || this.#keptOpen;
  }

  abort(reason: EntError): void {
    this.#stopped ??= reason;
    this.#abort?.abort(reason);
  }

  /** Lets go of the timer and of the client's signal. Idempotent. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#unwatch?.();
    if (this.#abort !== undefined) this.request.signal.removeEventListener("abort", this.#gone);
  }

  #identify(): Identity | Promise<Identity> {
    const authorization = this.header("authorization") ?? undefined;
    return this.#limits.authenticator.identify(authorization, this.address);
  }

  get #capMs(): number {
    const { deadlineMs, longDeadlineMs } = this.#limits;
    if (this.streams) return Number.POSITIVE_INFINITY;
    return this.long ? longDeadlineMs : deadlineMs;
  }

  readonly #gone = () => this.abort(clientGone());

  #start(): CancelSource<EntError> {
    const { clock } = this.#limits;
    const ms = timeoutMs(this.header(TIMEOUT_HEADER), this.#capMs);
    if (ms > SILENCE_MS_MAX) this.keepOpen();
    const abort = new CancelSource<EntError>();
    const leftMs = ms - (clock.monotonic() - this.startedAtMs);
    if (this.#stopped !== undefined) abort.abort(this.#stopped);
    else if (leftMs <= 0) abort.abort(deadlineExceeded());
    else if (Number.isFinite(leftMs))
      this.#cancelTimer = clock.timer(leftMs, () => this.abort(deadlineExceeded()));
    const { signal } = this.request;
    if (signal.aborted) abort.abort(clientGone());
    else signal.addEventListener("abort", this.#gone, { once: true });
    return abort;
  }
}
