import { EntDBService } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { OperationsService } from "../../gen/entdb/v1/operations_service_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { Calls } from "./calls.ts";
import { type FetchHandler, fetchHandlerOf } from "./fetch-handler.ts";
import { graphReadMethods } from "./graph-read.ts";
import { graphWriteMethods } from "./graph-write.ts";
import { grpcHealthMethods } from "./grpc-health.ts";
import type { Connection } from "./listener/connection.ts";
import { Connections } from "./listener/connections.ts";
import { drain } from "./listener/drain.ts";
import { Http1Face } from "./listener/http1.ts";
import { Http2Face } from "./listener/http2.ts";
import { Listener } from "./listener/listener.ts";
import type { RpcMethod } from "./methods.ts";
import { operationsMethods } from "./operations.ts";
import { LOOPBACK_POLICY, RPC_LIMITS, type RpcFaceOptions, type RpcLimits } from "./options.ts";
import { reflectionMethods } from "./reflection.ts";
import { schemaMethods } from "./schema.ts";
import { stockRoutes } from "./stock/router.ts";
import { StockServer } from "./stock/serve.ts";
import { type ThinRoute, thinRoutes } from "./thin/route.ts";

/** The RPC face of an engine. */
export interface RpcFace {
  /** Opens a port for gRPC, gRPC-Web and Connect, over HTTP/2 and HTTP/1.1. Port 0 takes a free one. */
  listen(host: string, port: number): Promise<RpcListener>;
  /** For another HTTP server to mount: undefined when the path is none of ours. */
  readonly fetchHandler: FetchHandler;
}

export interface RpcListener {
  readonly port: number;
  /**
   * Takes no more connections and calls, tells clients to go elsewhere, lets what is
   * under way finish for at most `graceMs`, then ends it. Idempotent.
   */
  stop(graceMs: number): Promise<void>;
}

const SERVICES = [EntDBService, OperationsService, Health];

/** Builds the face; nothing runs until {@link RpcFace.listen}. */
export function createRpcFace(options: RpcFaceOptions): RpcFace {
  const limits: RpcLimits = { ...RPC_LIMITS, ...options.limits };
  const calls = new Calls({
    ...options,
    ...limits,
    inFlight: { calls: limits.callsInFlight, bytes: limits.bytesInFlight },
  });
  const methods = methodsOf(options);
  const thin = options.thin === false ? undefined : thinRoutes(methods, limits);
  const stock = new StockServer({
    routes: stockRoutes(methods, limits),
    calls,
    log: options.log,
    messageBytesMax: limits.messageBytes,
  });
  return {
    listen: (host, port) => listen(host, port, { options, limits, calls, stock, thin }),
    fetchHandler: fetchHandlerOf(
      stock,
      thin === undefined ? undefined : { ...limits, routes: thin, calls },
    ),
  };
}

function methodsOf({ engine, clock, reflection }: RpcFaceOptions): RpcMethod[] {
  const health = grpcHealthMethods({
    isHealthy: () => engine.health().status === "healthy",
    services: new Set(SERVICES.map((service) => service.typeName)),
    clock,
  });
  return [
    ...graphWriteMethods(engine),
    ...graphReadMethods(engine),
    ...schemaMethods(engine),
    ...operationsMethods(engine),
    ...health,
    ...(reflection === false ? [] : reflectionMethods(SERVICES)),
  ];
}

interface Parts {
  readonly options: RpcFaceOptions;
  readonly limits: RpcLimits;
  readonly calls: Calls;
  readonly stock: StockServer;
  readonly thin: ReadonlyMap<string, ThinRoute> | undefined;
}

async function listen(host: string, port: number, parts: Parts): Promise<RpcListener> {
  const { options, limits, calls, stock, thin } = parts;
  const { clock } = options;
  const policy = options.policy ?? LOOPBACK_POLICY;
  const connections = new Connections(limits, clock, options.meter);
  const common = {
    ...limits,
    stock,
    clock,
    policy,
    acceptsMore: (connection: Connection) => connections.acceptsMore(connection),
  };
  const thinOptions = thin === undefined ? undefined : { ...common, routes: thin, calls };
  const http1 = new Http1Face({ ...common, isStopping: () => calls.isStopping });
  const listener = new Listener({
    connections,
    http1,
    http2: new Http2Face({ ...common, thin: thinOptions }),
    failed: (cause) => options.log.fault({ requestId: "none", rpc: "none", cause }),
  });
  const opened = await listener.listen(host, port);
  let stopped: Promise<void> | undefined;
  return {
    port: opened,
    stop: (graceMs) => {
      stopped ??= drain({ listener, connections, calls, clock }, graceMs);
      return stopped;
    },
  };
}
