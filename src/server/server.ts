import { buildInfo } from "../base/build-info.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { KeepAwake } from "../base/keep-awake.ts";
import { type Random, systemRandom } from "../base/random.ts";
import type { Config } from "../config/options.ts";
import { refuseFileAt } from "../store/data-dir.ts";
import { type Log, openLog } from "../telemetry/log.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { MeteredWal } from "../wal/metered-wal.ts";
import { openAccess } from "./access.ts";
import { openBackup } from "./backup.ts";
import { openFront } from "./front.ts";
import { samplePartition } from "./gauges.ts";
import { applierMeter, walMeter } from "./meters.ts";
import { once } from "./once.ts";
import { openPartition } from "./partition.ts";
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
  /** How a face thread is started. Defaults to the server's own. */
  readonly startFaceThread?: () => Worker;
}

/**
 * The one place where the parts are put together. Order of start: log and views, then the
 * faces; order of stop: the faces take nothing new and finish, then log and views close.
 */
export async function startServer(config: Config, parts: ServerParts = {}): Promise<RunningServer> {
  refuseFileAt(config.dataDir);
  const clock = parts.clock ?? systemClock;
  const random = parts.random ?? systemRandom;
  const log = parts.log ?? openLog({ level: config.logLevel, format: config.logFormat, clock });
  const metrics = new Metrics(clock);
  const batches = metrics.histogram("entdb_wal_batch_records");
  const backup = await openBackup(config, {
    ...{ clock, random, metrics },
    logger: log.logger("archive"),
  });
  const awake = new KeepAwake({ forMs: config.syncAwakeUs / 1000, clock });
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
    awake,
    archive: backup.archive,
    snapshots: backup.snapshots,
  }).catch((error) => {
    backup.close();
    throw error;
  });
  samplePartition(metrics, partition);
  const stopPartition = async () => {
    await partition.stop();
    awake.close();
    backup.close();
  };
  const stopAfter = async (error: unknown) => {
    await stopPartition();
    throw error;
  };
  const { tellAdminKey } = parts;
  const access = await openAccess(config, {
    ...{ partition, clock, random, tellAdminKey },
    log: log.logger("access"),
  }).catch(stopAfter);
  const { authenticator } = access;
  const { startFaceThread } = parts;
  const front = { clock, random, log, metrics, partition, authenticator, startFaceThread };
  const faces = await openFront(config, front).catch(stopAfter);
  return {
    ...faces.urls,
    failed: partition.failed,
    stop: once(async () => {
      await faces.stop();
      await access.stop();
      await stopPartition();
      await log.close();
    }),
  };
}
