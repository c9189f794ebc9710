/**
 * The faces of a server, opened on its two ports over an engine. They do not know whether that
 * is in their own thread; each port answers everything: which is open to whom is up to the
 * network in front.
 */
import type { Authenticator } from "../access/authenticate.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Soon } from "../base/soon.ts";
import type { Config } from "../config/options.ts";
import type { Engine } from "../engine/engine.ts";
import type { FaceCounts } from "../face/counts.ts";
import { IdlePoll } from "../face/idle-poll.ts";
import type { Pacer } from "../face/pace.ts";
import type { TlsSource } from "../face/tls.ts";
import type { HttpApp } from "../http/app.ts";
import type { Peer } from "../http/call.ts";
import { drainApp } from "../http/drain.ts";
import { startHttpListener } from "../http/listener.ts";
import { HttpAppOnDemand } from "../http/on-demand.ts";
import { createRpcFace, type RpcFace } from "../rpc/face.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { httpMeter, rpcMeter } from "./meters.ts";
import { polledHttp, polledRpc } from "./polled.ts";

export interface FacesBehind {
  readonly engine: Engine;
  readonly authenticator: Authenticator;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly random: Random;
  /** Counts what is asked of these faces. */
  readonly metrics: Metrics;
  readonly logger: (area: string) => Logger;
  /** Undefined: plain text. */
  readonly tls: TlsSource | undefined;
  /** Whether the server takes requests. */
  readonly ready: () => Soon<boolean>;
  /** Undefined: metrics are off. */
  readonly metricsText: (() => Promise<string>) | undefined;
  /** Counts that other threads hold their limits against, too; they then share the ports. Undefined: there are none. */
  readonly sharedCounts?: FaceCounts | undefined;
}

export interface Faces {
  readonly urls: { readonly grpcUrl: string; readonly httpUrl: string };
  /** Takes nothing new, lets what is under way finish within the grace, then ends it. */
  stop(): Promise<void>;
}

/** Throws what the system says when an address cannot be taken; nothing is open then. */
export async function openFaces(config: Config, behind: FacesBehind): Promise<Faces> {
  const { tls, sharedCounts: counts } = behind;
  const reusePort = counts !== undefined;
  const poll = new IdlePoll({ forMs: config.idlePollUs / 1000, clock: behind.clock });
  const rpc = rpcFace(config, behind, poll);
  const app = httpApp(config, behind, rpc, poll);
  const mounted = { mounted: (request: Request, peer: Peer) => app.fetch(request, peer) };
  const { host, grpcPort, httpPort: port, shutdownGraceMs } = config;
  const grpc = await rpc.listen(host, grpcPort, {
    ...{ tls, reusePort, counts: counts?.grpcPort },
    ...mounted,
  });
  try {
    const http =
      tls === undefined
        ? startHttpListener(app, { ...config, ...behind, host, port, reusePort })
        : await rpc.listen(host, port, { tls, reusePort, counts: counts?.httpPort, ...mounted });
    const isPlain = tls === undefined;
    return {
      urls: { grpcUrl: urlOf(host, grpc.port, isPlain), httpUrl: urlOf(host, http.port, isPlain) },
      stop: async () => {
        // The plain port drains the app it was made for; listeners that only mount it do not.
        const drained = isPlain || drainApp(app, { clock: behind.clock, shutdownGraceMs });
        await Promise.all([grpc.stop(shutdownGraceMs), http.stop(shutdownGraceMs), drained]);
      },
    };
  } catch (error) {
    await grpc.stop(0);
    throw error;
  }
}

function rpcFace(config: Config, behind: FacesBehind, poll: IdlePoll): RpcFace {
  const logger = behind.logger("rpc");
  return createRpcFace({
    ...behind,
    meter: polledRpc(rpcMeter(behind.metrics), poll),
    counts: behind.sharedCounts?.rpc,
    log: {
      fault: ({ requestId, rpc, cause }) =>
        logger.error("a call failed", { request_id: requestId, rpc, cause }),
    },
    policy: {
      // Host is judged to keep web pages from who trusts everybody; a credential keeps them out too.
      allowedHosts: config.auth === "trusted" ? config.allowedHosts : ["*"],
      allowedOrigins: config.corsOrigins,
    },
    limits: config,
  });
}

function httpApp(config: Config, behind: FacesBehind, rpc: RpcFace, poll: IdlePoll): HttpApp {
  const logger = behind.logger("http");
  return new HttpAppOnDemand(async () => {
    const { createHttpApp } = await import("../http/app.ts");
    return createHttpApp({
      engine: behind.engine,
      connectFetch: async (request, peer) => await rpc.fetchHandler(request, peer),
      meter: polledHttp(httpMeter(behind.metrics), poll),
      log: {
        fault: ({ requestId, route, cause }) =>
          logger.error("a request failed", { request_id: requestId, route, cause }),
      },
      metricsText: behind.metricsText,
      ready: behind.ready,
      options: {
        ...config,
        ...behind,
        ...(behind.sharedCounts && { counts: behind.sharedCounts.http }),
        trusted: config.auth === "trusted",
        allowedOrigins: config.corsOrigins,
      },
    });
  });
}

/** An IPv6 address stands in brackets. */
function urlOf(host: string, port: number, isPlain: boolean): string {
  return `${isPlain ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
