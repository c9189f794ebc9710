import { type ErrorReason, serverStopping } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { Roster } from "../base/roster.ts";
import { type CallCounts, localCallCounts } from "../face/counts.ts";
import { overloaded } from "../face/interruptions.ts";
import { REQUEST_ID_HEADER, RequestIds } from "../face/request-id.ts";
import { type CallLimits, HttpCall, type Peer } from "./call.ts";

/** Counts and times requests. What becomes of the numbers is telemetry's business. */
export interface HttpMeter {
  requestStarted(): void;
  /** Once for every request that started, whatever became of it. Not for those handed on to the RPC face. */
  requestFinished(request: FinishedRequest): void;
}

export interface FinishedRequest {
  /** "GET /v1/nodes/:id"; "none" for what no route took. */
  readonly route: string;
  readonly status: number;
  /** Empty when it went well. */
  readonly reason: "" | ErrorReason;
  readonly durationMs: number;
}

export interface CallsOptions extends CallLimits {
  readonly random: Random;
  readonly meter: HttpMeter;
  readonly callsInFlight: number;
  /** Bytes of bodies held at once, all requests together. */
  readonly bytesInFlight: number;
  /** What both are held against. Defaults to what is under way here. */
  readonly counts?: CallCounts | undefined;
}

/**
 * The requests under way: bounds them, and ends them when the server stops.
 *
 * Invariant: every opened call is closed exactly once, and is counted as in flight, with
 * the bytes it holds, until then.
 */
export class Calls {
  readonly #options: CallsOptions;
  readonly #ids: RequestIds;
  readonly #counts: CallCounts;
  readonly #open = new Roster<HttpCall>();
  #stopping = false;
  readonly #idle = Promise.withResolvers<void>();

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#ids = new RequestIds(options.random);
    this.#counts = options.counts ?? localCallCounts();
  }

  get inFlight(): number {
    return this.#open.size;
  }

  /** Never throws; {@link admit} tells whether the call may go on. */
  open(request: Request, peer: Peer): HttpCall {
    const id = this.#ids.of(request.headers.get(REQUEST_ID_HEADER));
    const call = new HttpCall(request, id, this.#options, peer);
    this.#open.add(call);
    this.#counts.calls.add(1);
    return call;
  }

  /** Counts the call; one that is handed on is counted by who takes it. Idempotent. */
  count(call: HttpCall): void {
    if (call.counted) return;
    call.counted = true;
    this.#options.meter.requestStarted();
  }

  /** Throws SERVER_STOPPING and OVERLOADED. */
  admit(): void {
    if (this.#stopping) throw serverStopping();
    if (this.#counts.calls.total > this.#options.callsInFlight) throw overloaded();
  }

  /** Counts bytes of a body that is held in memory. Throws OVERLOADED when there are too many. */
  hold(call: HttpCall, bytes: number): void {
    if (this.#counts.bytes.add(bytes) > this.#options.bytesInFlight) {
      this.#counts.bytes.add(-bytes);
      throw overloaded();
    }
    call.heldBytes += bytes;
  }

  close(call: HttpCall, status: number, reason: "" | ErrorReason): void {
    if (!this.#open.delete(call)) return;
    call.close();
    this.#counts.calls.add(-1);
    this.#counts.bytes.add(-call.heldBytes);
    if (call.counted) {
      const durationMs = this.#options.clock.monotonic() - call.startedAtMs;
      this.#options.meter.requestFinished({ route: call.route, status, reason, durationMs });
    }
    if (this.#stopping && this.#open.size === 0) this.#idle.resolve();
  }

  /** From now on every new request is refused; streams, which need not end by themselves, are ended. Resolves when none is under way. Idempotent. */
  stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      for (const call of this.#open) if (call.streams) call.abort(serverStopping());
      if (this.#open.size === 0) this.#idle.resolve();
    }
    return this.#idle.promise;
  }

  /** Ends what is still under way. */
  abortAll(): void {
    for (const call of this.#open) call.abort(serverStopping());
  }
}
