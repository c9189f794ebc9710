/** How a server is, as probes and people ask. */
export interface Health {
  readonly status: "healthy" | "unhealthy";
  /**
   * "wal": "connected" or why not; "sqlite": "ok" or how many tenants are in trouble; "s3", or
   * "archive" where that is a directory: "ok" or what is being tried again; "snapshots": as that.
   * The last two alone make no server unhealthy: it serves as ever.
   */
  readonly components: Readonly<Record<string, string>>;
  /** Age of the oldest record that is durable and not applied; 0: there is none. */
  readonly applierLagMs: number;
  /** When the newest snapshot was made, Unix milliseconds; undefined: there is none yet. */
  readonly lastSnapshotAt?: number | undefined;
  readonly version: string;
}

/** Where the log of a partition begins and ends, and how far its views are. */
export interface LogState {
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
  /** The oldest record that the log still has. */
  readonly startOffset: number;
  readonly endOffset: number;
  readonly appliedOffset: number;
  readonly checkpointOffset: number;
  readonly tenantsBehind: readonly TenantBehind[];
}

/** How far a partition's archive is. */
export interface ArchiveState {
  /** How health calls the place. */
  readonly component: "s3" | "archive";
  /** For people: "s3://bucket", or a directory. */
  readonly place: string;
  /** Every record below it is archived and was read back. */
  readonly archivedOffset: number;
  /** Records that are not. */
  readonly lagRecords: number;
  /** What is being tried again; undefined: all is well. */
  readonly failure: string | undefined;
}

/** A tenant that stands while others go on. */
export interface TenantBehind {
  readonly tenantId: string;
  readonly trouble: "stalled" | "rebuilding" | "halted" | "building";
  readonly offset: number;
  readonly message: string;
}
