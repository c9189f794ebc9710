/**
 * Every metric of EntDB, once: name, labels and the sentence that Prometheus shows. The
 * reference page is made from this table. Labels take values from small fixed sets only: a
 * tenant, an actor or an id is never one, or a thousand tenants would be a million series.
 */

/** Seconds, from a log append on a fast disk to a rebuild. */
const DURATIONS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;
const COUNTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

export interface MetricRow {
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface HistogramRow extends MetricRow {
  readonly buckets: readonly number[];
}

export const COUNTERS = {
  entdb_requests_total: {
    help: "Requests answered, by face (grpc, grpc-web, connect, rest), method and code.",
    labels: ["face", "method", "code"],
  },
  entdb_rpc_path_total: {
    help: "RPCs answered, by the path they took: thin (straight on the stream) or stock (the protocol library).",
    labels: ["kind"],
  },
  entdb_errors_total: { help: "Requests refused or failed, by reason.", labels: ["reason"] },
  entdb_connections_ended_total: {
    help: "Connections that the server refused or closed, by cause.",
    labels: ["cause"],
  },
  entdb_face_thread_restarts_total: {
    help: "Face threads that ended and were started again.",
  },
  entdb_face_thread_hangs_total: {
    help: "Face threads that were ended because they gave no sign of life.",
  },
  entdb_wal_bytes_total: { help: "Bytes of records made durable in the log." },
  entdb_wal_append_failures_total: {
    help: "Appends that failed, by reason.",
    labels: ["reason"],
  },
  entdb_archive_segments_total: { help: "Segments archived and read back." },
  entdb_archive_bytes_total: { help: "Bytes of segments archived, compressed." },
  entdb_archive_failures_total: {
    help: "Attempts to archive that failed and are made again, by reason.",
    labels: ["reason"],
  },
  entdb_snapshot_bytes_total: { help: "Bytes of the files of snapshots that were made." },
  entdb_snapshot_failures_total: {
    help: "Snapshots that failed and are tried again, by reason.",
    labels: ["reason"],
  },
  entdb_process_cpu_seconds_total: { help: "Processor time, of all threads." },
  entdb_applier_applied_total: {
    help: "Records applied to a view, by outcome (applied, rejected, duplicate).",
    labels: ["outcome"],
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export const HISTOGRAMS = {
  entdb_request_duration_seconds: {
    help: "From a request's arrival to the end of its answer, by face and method.",
    labels: ["face", "method"],
    buckets: DURATIONS,
  },
  entdb_wal_append_latency_seconds: {
    help: "From an append to its record being durable.",
    buckets: DURATIONS,
  },
  entdb_snapshot_duration_seconds: {
    help: "From the begin of a tenant's snapshot to its being read back.",
    buckets: DURATIONS,
  },
  entdb_wal_batch_records: { help: "Records that shared one sync of the log.", buckets: COUNTS },
} as const satisfies Readonly<Record<string, HistogramRow>>;

/** Values that are asked for when somebody scrapes; nothing is counted in between. */
export const GAUGES = {
  entdb_build_info: { help: "1; the labels say what runs.", labels: ["version", "commit"] },
  entdb_uptime_seconds: { help: "Since this process began to count." },
  entdb_process_resident_memory_bytes: { help: "Memory that the process holds." },
  entdb_process_heap_bytes: { help: "Memory that the process's objects hold." },
  entdb_requests_in_flight: { help: "Requests under way." },
  entdb_connections_open: { help: "Connections open, on all ports." },
  entdb_face_threads: { help: "Face threads that serve; 0 where the engine's thread does." },
  entdb_wal_end_offset: { help: "Offset that the log's next record will have." },
  entdb_wal_start_offset: { help: "Offset of the oldest record that the log still has." },
  entdb_wal_available: { help: "1 while the log takes appends." },
  entdb_applier_lag_records: { help: "Durable records not yet applied." },
  entdb_applier_lag_seconds: { help: "Age of the oldest durable record not yet applied." },
  entdb_archive_lag_events: { help: "Durable records not yet archived; 0 when nothing is." },
  entdb_archive_available: {
    help: "1 while nothing stands in the archive's way; 0 also when nothing is archived.",
  },
  entdb_snapshot_age_hours: {
    help: "Hours since every tenant had a snapshot of its newest state, or since the log began.",
  },
  entdb_tenants: { help: "Tenants in the catalog." },
  entdb_tenants_open: { help: "Tenants whose files are open." },
  entdb_tenants_halted: { help: "Tenants that stopped at a record which cannot be applied." },
  entdb_tenants_stalled: { help: "Tenants that wait for the disk." },
  entdb_sqlite_file_bytes: { help: "Size of the open views' files, by kind.", labels: ["kind"] },
  entdb_read_worker_queue: { help: "Queries that wait for a read worker." },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type CounterName = keyof typeof COUNTERS;
export type HistogramName = keyof typeof HISTOGRAMS;
export type GaugeName = keyof typeof GAUGES;
