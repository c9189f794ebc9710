/**
 * Ports, and behind them a table of methods that is made ready when the first call comes:
 * the descriptors of all messages and the tables built from them are more than half of the
 * work of a start, and a third of the memory that a server takes which nobody calls yet. So
 * this module and what it imports know sockets and connections alone (`cli/lazy.test.ts`).
 *
 * Invariant: a connection that comes while the table is being made ready waits, unread; it
 * counts, and is ended when the server stops.
 */
import type { PortCounts } from "../face/counts.ts";
import type { TlsSource } from "../face/tls.ts";
import type { FetchHandler } from "./fetch-handler.ts";
import { Connections } from "./listener/connections.ts";
import { drain } from "./listener/drain.ts";
import { Listener, type ProtocolFaces } from "./listener/listener.ts";
import type { MountedFace } from "./listener/mounted.ts";
import { RPC_LIMITS, type RpcServerOptions } from "./options.ts";
import type { Serving } from "./serving.ts";

export interface RpcServer {
  /** Opens a port for gRPC, gRPC-Web and Connect, over HTTP/2 and HTTP/1.1. Port 0 takes a free one. */
  listen(host: string, port: number, extras?: PortExtras): Promise<RpcListener>;
  /** For another HTTP server to mount: undefined, at once or later, when the path is none of ours. */
  readonly fetchHandler: (
    ...request: Parameters<FetchHandler>
  ) => Promise<Response | undefined> | undefined;
}

/** What a port has besides RPCs in plain text. */
export interface PortExtras {
  /** Undefined: plain text. */
  readonly tls?: TlsSource | undefined;
  /** Answers what is no RPC's. Undefined: nobody does. */
  readonly mounted?: MountedFace | undefined;
  /** Lets others of this process take connections on the same port. Defaults to false. */
  readonly reusePort?: boolean | undefined;
  /** What the limits of connections are held against. Defaults to this port's own. */
  readonly counts?: PortCounts | undefined;
}

export interface RpcListener {
  readonly port: number;
  /**
   * Takes no more connections and calls, tells clients to go elsewhere, lets what is
   * under way finish for at most `graceMs`, then ends it. Idempotent.
   */
  stop(graceMs: number): Promise<void>;
}

/** Makes the table ready. Asked once, when the first call comes; again when it failed. */
export type Prepare = () => Serving | Promise<Serving>;

/** Builds the server; nothing runs until {@link RpcServer.listen}. */
export function createRpcServer(options: RpcServerOptions, prepare: Prepare): RpcServer {
  const served = new ServedOnDemand(prepare);
  return {
    listen: (host, port, extras = {}) => listen(host, port, { options, served, extras }),
    fetchHandler: (request, peer) => {
      const serving = served.get();
      return serving instanceof Promise
        ? serving.then((ready) => ready.fetchHandler(request, peer))
        : serving.fetchHandler(request, peer);
    },
  };
}

class ServedOnDemand {
  readonly #prepare: Prepare;
  #serving: Serving | Promise<Serving> | undefined;
  #isStopping = false;

  constructor(prepare: Prepare) {
    this.#prepare = prepare;
  }

  get(): Serving | Promise<Serving> {
    return this.#serving ?? this.#make();
  }

  /** From now on every new call is refused. */
  stop(): void {
    this.#isStopping = true;
    this.#ready?.calls.stop();
  }

  /** Ends what is still under way. */
  abortAll(): void {
    this.#ready?.calls.abortAll();
  }

  get #ready(): Serving | undefined {
    return this.#serving instanceof Promise ? undefined : this.#serving;
  }

  #make(): Serving | Promise<Serving> {
    const made = this.#prepare();
    if (!(made instanceof Promise)) return this.#made(made);
    this.#serving = made.then(
      (serving) => this.#made(serving),
      (cause) => {
        this.#serving = undefined;
        throw cause;
      },
    );
    return this.#serving;
  }

  #made(serving: Serving): Serving {
    this.#serving = serving;
    if (this.#isStopping) serving.calls.stop();
    return serving;
  }
}

interface Parts {
  readonly options: RpcServerOptions;
  readonly served: ServedOnDemand;
  readonly extras: PortExtras;
}

async function listen(host: string, port: number, parts: Parts): Promise<RpcListener> {
  const { options, served, extras } = parts;
  const { clock } = options;
  const limits = { ...RPC_LIMITS, ...options.limits };
  const connections = new Connections(limits, clock, options.meter, extras.counts);
  let faces: ProtocolFaces | undefined;
  const facesOf = (serving: Serving): ProtocolFaces => {
    faces ??= serving.faces({
      mounted: extras.mounted,
      acceptsMore: (connection) => connections.acceptsMore(connection),
    });
    return faces;
  };
  const listener = new Listener({
    connections,
    tls: extras.tls,
    faces: () => {
      const serving = served.get();
      return serving instanceof Promise ? serving.then(facesOf) : facesOf(serving);
    },
    failed: (cause) => options.log.fault({ requestId: "none", rpc: "none", cause }),
  });
  const opened = await listener.listen(host, port, extras.reusePort);
  let stopped: Promise<void> | undefined;
  return {
    port: opened,
    stop: (graceMs) => {
      stopped ??= drain({ listener, connections, calls: served, clock }, graceMs);
      return stopped;
    },
  };
}
