import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildInfo } from "../base/build-info.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { Config } from "../config/options.ts";
import type { RebuildReport } from "../engine/engine.ts";
import { openLog } from "../telemetry/log.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { openBackup } from "./backup.ts";
import { applierMeter } from "./meters.ts";
import { openPartition } from "./partition.ts";
import { troubleLog } from "./trouble-log.ts";
import { partitionLog } from "./wal-backend.ts";

/**
 * What is done to the files of a stopped server: log and views are opened as a server opens
 * them, under the same lock, but nobody is let in.
 *
 * Throws DATA_DIR_LOCKED while a server runs, DATA_DIR_INVALID when there is nothing to work
 * on, and what opening and rebuilding throw.
 */
export async function rebuildStopped(
  config: Config,
  tenantId: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<RebuildReport> {
  requireMade(config.dataDir);
  const log = openLog({ level: "WARN", format: config.logFormat, clock });
  const metrics = new Metrics(clock);
  const backup = await openBackup(config, {
    ...{ clock, random, metrics },
    logger: log.logger("archive"),
  });
  try {
    const partition = await openPartition({
      ...config,
      wal: partitionLog(config),
      version: buildInfo.version,
      clock,
      random,
      log: troubleLog(log.logger("applier")),
      meter: applierMeter(metrics),
      archive: backup.archive,
      snapshots: backup.snapshots && { ...backup.snapshots, intervalMs: undefined },
    });
    try {
      const never = new AbortController().signal;
      return await Promise.race([
        partition.engine.rebuildTenant(tenantId, never),
        partition.failed,
      ]);
    } finally {
      await partition.stop();
    }
  } finally {
    backup.close();
    await log.close();
  }
}

/** Opening would make a new, empty directory out of a misspelt name. */
function requireMade(dataDir: string): void {
  if (existsSync(join(dataDir, "format.json"))) return;
  throw new EntError({
    code: "failed_precondition",
    reason: "DATA_DIR_INVALID",
    message: `${dataDir} is no data directory of EntDB`,
    hint: "Name the directory of the stopped server with --data-dir.",
  });
}
