import { buildInfo } from "../base/build-info.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { type Random, systemRandom } from "../base/random.ts";
import type { Config } from "../config/options.ts";
import { createRpcFace, type RpcListener } from "../rpc/face.ts";
import { type Log, openLog } from "../telemetry/log.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { MeteredWal } from "../wal/metered-wal.ts";
import { samplePartition } from "./gauges.ts";
import { applierMeter, rpcMeter, walMeter } from "./meters.ts";
import { openPartition, type Partition } from "./partition.ts";
import { troubleLog } from "./trouble-log.ts";

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
  const partition = await openPartition({
    ...config,
    wal: config.wal as "file" | "memory",
    version: buildInfo.version,
    clock,
    random,
    log: troubleLog(log.logger("applier")),
    meter: applierMeter(metrics),
    decorateWal: (wal) => new MeteredWal(wal, walMeter(metrics), clock),
  });
  samplePartition(metrics, partition, clock);
  const faces = await openFaces(config, { clock, random, log, metrics, partition }).catch(
    async (error: unknown) => {
      await partition.stop();
      throw error;
    },
  );
  return {
    ...faces.urls,
    failed: partition.failed,
    stop: once(async () => {
      await faces.stop(config.shutdownGraceMs);
      await partition.stop();
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
}

interface Faces {
  readonly urls: { readonly grpcUrl: string; readonly httpUrl: string };
  stop(graceMs: number): Promise<void>;
}

async function openFaces(config: Config, behind: Behind): Promise<Faces> {
  const { clock, random, log, metrics, partition } = behind;
  const logger = log.logger("rpc");
  const rpc = createRpcFace({
    engine: partition.engine,
    meter: rpcMeter(metrics),
    log: {
      fault: ({ requestId, rpc: name, cause }) =>
        logger.error("a call failed", { request_id: requestId, rpc: name, cause }),
    },
    clock,
    random,
    policy: { allowedHosts: config.allowedHosts, allowedOrigins: config.corsOrigins },
  });
  const grpc: RpcListener = await rpc.listen(config.host, config.grpcPort);
  return {
    urls: { grpcUrl: urlOf(config.host, grpc.port), httpUrl: "" },
    stop: (graceMs) => grpc.stop(graceMs),
  };
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
