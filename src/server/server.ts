import type { Authenticator } from "../access/authenticate.ts";
import { buildInfo } from "../base/build-info.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { type Random, systemRandom } from "../base/random.ts";
import type { Config } from "../config/options.ts";
import type { HttpApp } from "../http/app.ts";
import type { Peer } from "../http/call.ts";
import { drainApp } from "../http/drain.ts";
import { startHttpListener } from "../http/listener.ts";
import { HttpAppOnDemand } from "../http/on-demand.ts";
import { createRpcFace, type RpcFace } from "../rpc/face.ts";
import { type Log, openLog } from "../telemetry/log.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { RateLimiter } from "../tenant/rate-limiter.ts";
import { MeteredWal } from "../wal/metered-wal.ts";
import { openAccess } from "./access.ts";
import { openBackup } from "./backup.ts";
import { Certificates } from "./certificates.ts";
import { samplePartition } from "./gauges.ts";
import { applierMeter, httpMeter, rpcMeter, walMeter } from "./meters.ts";
import { once } from "./once.ts";
import { openPartition, type Partition } from "./partition.ts";
import { troubleLog } from "./trouble-log.ts";
import { partitionLog } from "./wal-backend.ts";

/** A server that is up. */
export interface RunningServer {
  /** With the port that was really taken. */
  readonly grpcUrl: string;
  readonly httpUrl: string;
  /** Lets what is under way finish, then closes everything. Idempotent. */
  stop(): Promise<void>;
  /** Never resolves; rejects when a service fails in a way that the server cannot recover from. */
  readonly failed: Promise<never>;
}

/** What a test may own instead of the machine. */
export interface ServerParts {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** Gets the first key of a server that asks for credentials, unless a file is named for it. Defaults to making none. */
  readonly tellAdminKey?: (key: string) => Promise<void>;
}

/**
 * The one place where the parts are put together. Order of start: log and views, then the
 * faces; order of stop: the faces take nothing new and finish, then log and views close.
 */
export async function startServer(config: Config, parts: ServerParts = {}): Promise<RunningServer> {
  const clock = parts.clock ?? systemClock;
  const random = parts.random ?? systemRandom;
  const log = parts.log ?? openLog({ level: config.logLevel, format: config.logFormat, clock });
  const metrics = new Metrics(clock);
  const batches = metrics.histogram("entdb_wal_batch_records");
  const backup = await openBackup(config, {
    ...{ clock, random, metrics },
    logger: log.logger("archive"),
  });
  const partition = await openPartition({
    ...config,
    // Where credentials are asked for, tenants are created by who may do that.
    autoCreateTenants: config.autoCreateTenants && config.auth === "trusted",
    wal: partitionLog(config),
    version: buildInfo.version,
    clock,
    random,
    log: troubleLog(log.logger("applier")),
    meter: applierMeter(metrics),
    onCommit: (records) => batches.observe(records),
    decorateWal: (wal) => new MeteredWal(wal, walMeter(metrics), clock),
    archive: backup.archive,
    snapshots: backup.snapshots,
  }).catch((error) => {
    backup.close();
    throw error;
  });
  samplePartition(metrics, partition);
  const stopAfter = async (error: unknown) => {
    await partition.stop();
    backup.close();
    throw error;
  };
  const { tellAdminKey } = parts;
  const access = await openAccess(config, {
    ...{ partition, clock, random, tellAdminKey },
    log: log.logger("access"),
  }).catch(stopAfter);
  const { authenticator } = access;
  const pacer = new RateLimiter({
    clock,
    limitsOf: partition.limitsOf,
    tenant: { perSecond: config.tenantRequestsPerSecond, burst: config.tenantRequestBurst },
    credential: {
      perSecond: config.credentialRequestsPerSecond,
      burst: config.credentialRequestBurst,
    },
  });
  const behind = { clock, random, log, metrics, partition, authenticator, pacer };
  const faces = await openFaces(config, behind).catch(stopAfter);
  return {
    ...faces.urls,
    failed: partition.failed,
    stop: once(async () => {
      await faces.stop();
      await access.stop();
      await partition.stop();
      backup.close();
      await log.close();
    }),
  };
}

interface Behind {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly partition: Partition;
  readonly authenticator: Authenticator;
  readonly pacer: RateLimiter;
}

interface Faces {
  readonly urls: { readonly grpcUrl: string; readonly httpUrl: string };
  stop(): Promise<void>;
}

/** Each port answers everything: which is open to whom is up to the network in front. */
async function openFaces(config: Config, behind: Behind): Promise<Faces> {
  const certificates = openCertificates(config, behind);
  const rpc = rpcFace(config, behind);
  const app = httpApp(config, behind, rpc);
  const mounted = { mounted: (request: Request, peer: Peer) => app.fetch(request, peer) };
  const { host, grpcPort, httpPort: port, shutdownGraceMs } = config;
  const grpc = await rpc.listen(host, grpcPort, { tls: certificates, ...mounted });
  try {
    const http =
      certificates === undefined
        ? startHttpListener(app, { ...config, ...behind, host, port })
        : await rpc.listen(host, port, { tls: certificates, ...mounted });
    const isPlain = certificates === undefined;
    return {
      urls: { grpcUrl: urlOf(host, grpc.port, isPlain), httpUrl: urlOf(host, http.port, isPlain) },
      stop: async () => {
        certificates?.stop();
        // The plain port drains the app it was made for; listeners that only mount it do not.
        const drained = isPlain || drainApp(app, { clock: behind.clock, shutdownGraceMs });
        await Promise.all([grpc.stop(shutdownGraceMs), http.stop(shutdownGraceMs), drained]);
      },
    };
  } catch (error) {
    certificates?.stop();
    await grpc.stop(0);
    throw error;
  }
}

function openCertificates(config: Config, { clock, log }: Behind): Certificates | undefined {
  return config.tlsCertFile === "" ? undefined : new Certificates(config, clock, log.logger("tls"));
}

function rpcFace(config: Config, behind: Behind): RpcFace {
  const { clock, random, log, metrics, partition, authenticator, pacer } = behind;
  const logger = log.logger("rpc");
  return createRpcFace({
    engine: partition.engine,
    authenticator,
    pacer,
    meter: rpcMeter(metrics),
    log: {
      fault: ({ requestId, rpc, cause }) =>
        logger.error("a call failed", { request_id: requestId, rpc, cause }),
    },
    clock,
    random,
    policy: {
      // Host is judged to keep web pages from who trusts everybody; a credential keeps them out too.
      allowedHosts: config.auth === "trusted" ? config.allowedHosts : ["*"],
      allowedOrigins: config.corsOrigins,
    },
    limits: config,
  });
}

function httpApp(config: Config, behind: Behind, rpc: RpcFace): HttpApp {
  const { log, metrics, partition } = behind;
  const logger = log.logger("http");
  return new HttpAppOnDemand(async () => {
    const { createHttpApp } = await import("../http/app.ts");
    return createHttpApp({
      engine: partition.engine,
      connectFetch: async (request, peer) => await rpc.fetchHandler(request, peer),
      meter: httpMeter(metrics),
      log: {
        fault: ({ requestId, route, cause }) =>
          logger.error("a request failed", { request_id: requestId, route, cause }),
      },
      metricsText: config.metrics ? () => metrics.render() : undefined,
      // The faces open when everything that was durable is applied.
      ready: () => partition.wal.unavailable === undefined,
      options: {
        ...config,
        ...behind,
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
