import { isDataDirectory } from "../backup/restore-place.ts";
import { restoreTenant } from "../backup/restore-tenant.ts";
import { type RestoreMachine, type RestoreSources, restoreDirectory } from "../backup/restorer.ts";
import type { OutputFormat } from "./format.ts";
import type { Output } from "./output.ts";
import { showRestored, viewRow } from "./restore-report.ts";

/** Prints what came of it. */
export type ShowRestored = (output: Output, format: OutputFormat) => Promise<void>;

export interface SnapshotRestore {
  readonly directory: string;
  readonly tenantId: string;
  readonly snapshotId: string;
  readonly dryRun: boolean;
}

/**
 * Brings a tenant back from a snapshot: into a stopped server's data directory, where it catches
 * up with what came since, or into an empty one, as it was in the snapshot, which then stands by
 * itself. Throws as `restoreTenant` and `restoreDirectory`, and SNAPSHOT_NOT_FOUND.
 */
export async function restoreFromSnapshot(
  request: SnapshotRestore,
  sources: RestoreSources,
  machine: RestoreMachine,
  signal: AbortSignal,
): Promise<ShowRestored> {
  const { directory, tenantId, snapshotId, dryRun } = request;
  const manifest = await sources.shelf.get(tenantId, snapshotId, signal);
  if (isDataDirectory(directory)) {
    const base = { from: "snapshot", manifest } as const;
    const request = { directory, tenantId, base, dryRun };
    const row = viewRow(await restoreTenant(request, sources, machine, signal));
    return (output, format) => output.record(format, row);
  }
  const whole = { directory, tenantId, targetTime: manifest.logTime, dryRun };
  const report = await restoreDirectory(whole, sources, machine, signal);
  return (output, format) => showRestored(output, format, report, directory);
}
