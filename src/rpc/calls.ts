import type { ConnectError } from "@connectrpc/connect";
import type { Identity } from "../access/identity.ts";
import { serverStopping } from "../base/errors.ts";
import { Roster } from "../base/roster.ts";
import { DeadlineWatch } from "../face/deadline-watch.ts";
import { REQUEST_ID_HEADER, RequestIds } from "../face/request-id.ts";
import { Call, type CallsOptions, type IncomingCall } from "./call.ts";
import { toWireError } from "./errors.ts";
import { InFlight } from "./interceptors/in-flight.ts";

/** The calls of a server that are under way: opened here, each with its own life (`call.ts`), and ended when the server stops. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #ids: RequestIds;
  readonly #inFlight: InFlight;
  readonly #open = new Roster<Call>();
  readonly #deadlines: DeadlineWatch;
  #stopping = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#ids = new RequestIds(options.random);
    this.#inFlight = new InFlight(options.inFlight, options.counts);
    this.#deadlines = new DeadlineWatch(options.clock, this.#open);
  }

  get inFlight(): number {
    return this.#inFlight.calls;
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  /** An id for an answer that belongs to no call. */
  requestId(proposed: string | undefined): string {
    return this.#ids.of(proposed);
  }

  /** The error of an answer that belongs to no call. */
  errorOf(thrown: unknown, requestId: string): ConnectError {
    const { errors = toWireError, log } = this.#options;
    return errors(thrown, { requestId, rpc: "none" }, log).error;
  }

  open(incoming: IncomingCall): Call {
    const call = new Call(
      incoming,
      this.#ids.of(incoming.header(REQUEST_ID_HEADER)),
      this.#options,
      this.#inFlight,
      this.#open,
      this.#deadlines,
    );
    if (this.#stopping) call.refuse(serverStopping());
    return call;
  }

  /** Throws or rejects with UNAUTHENTICATED unless a request that belongs to no call has a credential. */
  identify(authorization: string | undefined, peer: () => string): Identity | Promise<Identity> {
    return this.#options.authenticator.identify(authorization, peer);
  }

  /** From now on every new call is refused; streams, which need not end by themselves, are ended. */
  stop(): void {
    this.#stopping = true;
    this.#deadlines.end();
    for (const call of this.#open) if (call.rpc.kind !== "unary") call.abort(serverStopping());
  }

  /** Ends what is still under way. */
  abortAll(): void {
    for (const call of this.#open) call.abort(serverStopping());
  }
}
