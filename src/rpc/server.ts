import type { PortCounts } from "../face/counts.ts";
import type { TlsSource } from "../face/tls.ts";
import { Calls } from "./calls.ts";
import type { ErrorMap } from "./errors.ts";
import { type FetchHandler, fetchHandlerOf } from "./fetch-handler.ts";
import type { AnyTypes } from "./json-text.ts";
import type { Connection } from "./listener/connection.ts";
import { Connections } from "./listener/connections.ts";
import { drain } from "./listener/drain.ts";
import { Http1Face } from "./listener/http1.ts";
import { Http2Face } from "./listener/http2.ts";
import { Listener } from "./listener/listener.ts";
import type { MountedFace } from "./listener/mounted.ts";
import type { RpcMethod } from "./methods.ts";
import { LOOPBACK_POLICY, RPC_LIMITS, type RpcLimits, type RpcServerOptions } from "./options.ts";
import { stockRoutes } from "./stock/router.ts";
import { StockServer } from "./stock/serve.ts";
import { type ThinRoute, thinRoutes } from "./thin/route.ts";

/**
 * Everything between a socket and a table of methods: listener, both paths, the life of
 * calls. It knows no engine, so that the conformance suite can hold it to the protocols
 * with methods of its own.
 */
export interface RpcServer {
  /** Opens a port for gRPC, gRPC-Web and Connect, over HTTP/2 and HTTP/1.1. Port 0 takes a free one. */
  listen(host: string, port: number, extras?: PortExtras): Promise<RpcListener>;
  /** For another HTTP server to mount: undefined when the path is none of ours. */
  readonly fetchHandler: FetchHandler;
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

export interface ServedMethods {
  readonly methods: readonly RpcMethod[];
  /** Defaults to the product's map. */
  readonly errors?: ErrorMap;
  /** Defaults to none. */
  readonly anyTypes?: AnyTypes;
}

/** Builds the server; nothing runs until {@link RpcServer.listen}. */
export function createRpcServer(options: RpcServerOptions & ServedMethods): RpcServer {
  const limits: RpcLimits = { ...RPC_LIMITS, ...options.limits };
  const { methods, anyTypes } = options;
  const calls = new Calls({
    ...options,
    ...limits,
    inFlight: { calls: limits.callsInFlight, bytes: limits.bytesInFlight },
  });
  const thin = options.thin === false ? undefined : thinRoutes(methods, { ...limits, anyTypes });
  const stock = new StockServer({
    routes: stockRoutes(methods, { ...limits, anyTypes }),
    calls,
    messageBytesMax: limits.messageBytes,
  });
  return {
    listen: (host, port, extras = {}) =>
      listen(host, port, { options, limits, calls, stock, thin, extras }),
    fetchHandler: fetchHandlerOf(
      stock,
      thin === undefined ? undefined : { ...limits, routes: thin, calls },
    ),
  };
}

interface Parts {
  readonly options: RpcServerOptions;
  readonly limits: RpcLimits;
  readonly calls: Calls;
  readonly stock: StockServer;
  readonly thin: ReadonlyMap<string, ThinRoute> | undefined;
  readonly extras: PortExtras;
}

async function listen(host: string, port: number, parts: Parts): Promise<RpcListener> {
  const { options, limits, calls, stock, thin, extras } = parts;
  const { clock } = options;
  const policy = options.policy ?? LOOPBACK_POLICY;
  const connections = new Connections(limits, clock, options.meter, extras.counts);
  const common = {
    ...limits,
    stock,
    clock,
    policy,
    mounted: extras.mounted,
    acceptsMore: (connection: Connection) => connections.acceptsMore(connection),
  };
  const thinOptions = thin === undefined ? undefined : { ...common, routes: thin, calls };
  const http1 = new Http1Face({ ...common, thin: thinOptions, isStopping: () => calls.isStopping });
  const listener = new Listener({
    connections,
    tls: extras.tls,
    http1,
    http2: new Http2Face({ ...common, thin: thinOptions }),
    failed: (cause) => options.log.fault({ requestId: "none", rpc: "none", cause }),
  });
  const opened = await listener.listen(host, port, extras.reusePort);
  let stopped: Promise<void> | undefined;
  return {
    port: opened,
    stop: (graceMs) => {
      stopped ??= drain({ listener, connections, calls, clock }, graceMs);
      return stopped;
    },
  };
}
