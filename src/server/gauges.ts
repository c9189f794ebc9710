import { statSync } from "node:fs";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Partition } from "./partition.ts";

const HOUR_MS = 3_600_000;

/** Says what the gauges of a running partition read. Each is asked at a scrape only. */
export function samplePartition(metrics: Metrics, partition: Partition): void {
  const { engine, wal, applied, stores, workers } = partition;
  const behind = (trouble: string) =>
    [...applied.allBehind().values()].filter((tenant) => tenant.trouble === trouble).length;
  metrics.sample("entdb_wal_end_offset", () => wal.end);
  metrics.sample("entdb_wal_start_offset", () => wal.start);
  metrics.sample("entdb_wal_available", () => (wal.unavailable === undefined ? 1 : 0));
  metrics.sample("entdb_applier_lag_records", () => wal.end - applied.end);
  metrics.sample("entdb_applier_lag_seconds", () => engine.health().applierLagMs / 1000);
  metrics.sample("entdb_archive_lag_events", () => engine.archiveState()?.lagRecords ?? 0);
  metrics.sample("entdb_archive_available", () => {
    const archive = engine.archiveState();
    return archive !== undefined && archive.failure === undefined ? 1 : 0;
  });
  metrics.sample(
    "entdb_snapshot_age_hours",
    () => (engine.snapshots.state()?.ageMs ?? 0) / HOUR_MS,
  );
  metrics.sample("entdb_tenants", () => stores.catalog.count());
  metrics.sample("entdb_tenants_open", () => stores.openCount);
  metrics.sample("entdb_tenants_halted", () => behind("halted"));
  metrics.sample("entdb_tenants_stalled", () => behind("stalled"));
  metrics.sample("entdb_read_worker_queue", () => workers.size);
  metrics.sample("entdb_sqlite_file_bytes", () => fileSizes(partition));
}

function fileSizes(partition: Partition): Record<string, number> {
  let canonical = 0;
  let writeAhead = 0;
  for (const { file } of partition.stores.allOpen()) {
    canonical += sizeOf(file);
    writeAhead += sizeOf(`${file}-wal`);
  }
  return { canonical, "canonical-wal": writeAhead };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
