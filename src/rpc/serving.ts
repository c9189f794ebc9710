import { Calls } from "./calls.ts";
import type { ErrorMap } from "./errors.ts";
import { type FetchHandler, fetchHandlerOf } from "./fetch-handler.ts";
import type { AnyTypes } from "./json-text.ts";
import type { Connection } from "./listener/connection.ts";
import { Http1Face } from "./listener/http1.ts";
import { Http2Face } from "./listener/http2.ts";
import type { ProtocolFaces } from "./listener/listener.ts";
import type { MountedFace } from "./listener/mounted.ts";
import type { RpcMethod } from "./methods.ts";
import { LOOPBACK_POLICY, RPC_LIMITS, type RpcLimits, type RpcServerOptions } from "./options.ts";
import { stockRoutes } from "./stock/router.ts";
import { StockServer } from "./stock/serve.ts";
import { thinRoutes } from "./thin/route.ts";

/**
 * A table of methods being served: both paths and the life of calls, behind whichever
 * sockets and requests come. It knows no engine, so that the conformance suite can hold it to
 * the protocols with methods of its own.
 */
export interface Serving {
  readonly calls: Calls;
  /** For another HTTP server to mount: undefined when the path is none of ours. */
  readonly fetchHandler: FetchHandler;
  /** What speaks on the sockets of one port. */
  faces(port: PortParts): ProtocolFaces;
}

/** What the faces of a port are told of it. */
export interface PortParts {
  /** Answers what is no RPC's. Undefined: nobody does. */
  readonly mounted: MountedFace | undefined;
  /** Whether the clients of this connection read their answers well enough to get more. */
  acceptsMore(connection: Connection): boolean;
}

export interface ServedMethods {
  readonly methods: readonly RpcMethod[];
  /** Defaults to the product's map. */
  readonly errors?: ErrorMap;
  /** Defaults to none. */
  readonly anyTypes?: AnyTypes;
}

/** Builds both paths from the table. */
export function serveMethods(options: RpcServerOptions & ServedMethods): Serving {
  const limits: RpcLimits = { ...RPC_LIMITS, ...options.limits };
  const { methods, anyTypes, clock, policy = LOOPBACK_POLICY } = options;
  const calls = new Calls({
    ...options,
    ...limits,
    inFlight: { calls: limits.callsInFlight, bytes: limits.bytesInFlight },
  });
  const routes = options.thin === false ? undefined : thinRoutes(methods, { ...limits, anyTypes });
  const stock = new StockServer({
    routes: stockRoutes(methods, { ...limits, anyTypes }),
    calls,
    messageBytesMax: limits.messageBytes,
  });
  return {
    calls,
    fetchHandler: fetchHandlerOf(stock, routes && { ...limits, routes, calls }),
    faces(port) {
      const common = { ...limits, ...port, stock, clock, policy };
      const thin = routes && { ...common, routes, calls };
      return {
        http1: new Http1Face({ ...common, thin, isStopping: () => calls.isStopping }),
        http2: new Http2Face({ ...common, thin }),
      };
    },
  };
}
