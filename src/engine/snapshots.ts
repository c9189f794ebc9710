import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError } from "../base/errors.ts";

/** Snapshots as operators ask for them, with a credential of the server. */
export interface Snapshots {
  /**
   * Makes a snapshot of the tenant now, or (empty id) of every tenant and the catalog. Resolves
   * when it was read back. Throws TENANT_NOT_FOUND, TENANT_REBUILDING, SNAPSHOTS_OFF, and what
   * the place of snapshots says.
   */
  create(tenantId: string, signal: CancelSignal): Promise<readonly Snapshot[]>;
  /** The tenant's whole snapshots, oldest first, also of a tenant that is no more. */
  list(tenantId: string, signal: CancelSignal): Promise<readonly Snapshot[]>;
}

/** The same beside the engine, where everybody may look how they are. */
export interface LocalSnapshots extends Snapshots {
  /** Undefined where none are taken. */
  state(): SnapshotsState | undefined;
}

export interface Snapshot {
  /** "snap_2024-01-15T10:20:30.123Z" */
  readonly snapshotId: string;
  readonly tenantId: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** "0:12345": the tenant's last record that is in it; empty: none. */
  readonly walPosition: string;
  /** Log time of that record; 0: none. */
  readonly logTime: number;
  readonly bytes: number;
  readonly schemaFingerprint: string;
}

export interface SnapshotsState {
  readonly place: string;
  /** When the newest one was made, Unix milliseconds; undefined: there is none yet. */
  readonly lastAt: number | undefined;
  /** Since every tenant was taken care of. */
  readonly ageMs: number;
  /** What is being tried again; undefined: all is well. */
  readonly failure: string | undefined;
}

/** Of a server that keeps everything in memory. */
export const NO_SNAPSHOTS: LocalSnapshots = {
  create: () => Promise.reject(snapshotsOff()),
  list: () => Promise.reject(snapshotsOff()),
  state: () => undefined,
};

function snapshotsOff(): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "SNAPSHOTS_OFF",
    message: "this server keeps everything in memory and takes no snapshots",
    hint: "Run it with a data directory and a log that lasts.",
  });
}
