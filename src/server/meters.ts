import type { ApplierMeter } from "../applier/applier.ts";
import type { ArchiveMeter } from "../backup/archiver.ts";
import type { SnapshotMeter } from "../backup/snapshotter.ts";
import { EntError } from "../base/errors.ts";
import type { HttpMeter } from "../http/calls.ts";
import type { RequestMeter } from "../rpc/call-context.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { WalMeter } from "../wal/metered-wal.ts";

/** What each part counts, as cells of this server's metrics. The parts know their own interface only. */
export function rpcMeter(metrics: Metrics): RequestMeter {
  const thinCalls = metrics.counter("entdb_rpc_path_total", "thin");
  const stockCalls = metrics.counter("entdb_rpc_path_total", "stock");
  return {
    callStarted: () => metrics.requestStarted(),
    callFinished: ({ protocol, rpc, code, reason, durationMs, thin }) => {
      metrics.requestFinished(protocol, rpc, code, reason, durationMs / 1000);
      (thin ? thinCalls : stockCalls).add();
    },
    connectionOpened: () => metrics.connectionOpened(),
    connectionClosed: () => metrics.connectionClosed(),
    connectionEnded: (cause) => metrics.counter("entdb_connections_ended_total", cause).add(),
  };
}

export function httpMeter(metrics: Metrics): HttpMeter {
  return {
    requestStarted: () => metrics.requestStarted(),
    requestFinished: ({ route, status, reason, durationMs }) =>
      metrics.requestFinished("rest", route, String(status), reason, durationMs / 1000),
  };
}

export function applierMeter(metrics: Metrics): ApplierMeter {
  const cells = {
    applied: metrics.counter("entdb_applier_applied_total", "applied"),
    rejected: metrics.counter("entdb_applier_applied_total", "rejected"),
    duplicate: metrics.counter("entdb_applier_applied_total", "duplicate"),
  };
  return { applied: (outcome) => cells[outcome].add() };
}

export function archiveMeter(metrics: Metrics): ArchiveMeter {
  const segments = metrics.counter("entdb_archive_segments_total");
  const bytes = metrics.counter("entdb_archive_bytes_total");
  return {
    stored: (size) => {
      segments.add();
      bytes.add(size);
    },
    failed: (error) => {
      const reason = error instanceof EntError ? error.reason : "INTERNAL";
      metrics.counter("entdb_archive_failures_total", reason).add();
    },
  };
}

export function snapshotMeter(metrics: Metrics): SnapshotMeter {
  const durations = metrics.histogram("entdb_snapshot_duration_seconds");
  const bytes = metrics.counter("entdb_snapshot_bytes_total");
  return {
    made: (size, seconds) => {
      durations.observe(seconds);
      bytes.add(size);
    },
    failed: (error) => {
      const reason = error instanceof EntError ? error.reason : "INTERNAL";
      metrics.counter("entdb_snapshot_failures_total", reason).add();
    },
  };
}

export function walMeter(metrics: Metrics): WalMeter {
  const durations = metrics.histogram("entdb_wal_append_latency_seconds");
  const bytes = metrics.counter("entdb_wal_bytes_total");
  return {
    appended: (size, seconds) => {
      durations.observe(seconds);
      bytes.add(size);
    },
    appendFailed: (reason) => metrics.counter("entdb_wal_append_failures_total", reason).add(),
  };
}
