import { idOf, type Manifest, sizeOf } from "../backup/manifest.ts";
import type { RestoredView } from "../backup/restore-view.ts";
import type { RestoreReport } from "../backup/restorer.ts";
import type { VerifiedTenant } from "../backup/verify.ts";
import type { JsonObject } from "../base/json.ts";
import { formatPosition } from "../wal/position.ts";
import { columns, type OutputFormat } from "./format.ts";
import type { Output } from "./output.ts";

/** An embedded log has one. */
const partition = 0;

/** Prints what a restore came to: for people the directory, then a line for each tenant. */
export async function showRestored(
  output: Output,
  format: OutputFormat,
  report: RestoreReport,
  directory: string,
): Promise<void> {
  const { logId, offset, logTime, views, deletedSince } = report;
  const whole = {
    directory,
    log_id: logId,
    wal_position: formatPosition({ partition, offset }),
    log_time: timeText(logTime),
  };
  const tenants = views.map(viewRow);
  if (format === "table") {
    await output.record(format, whole);
    await output.text("\n");
    await output.rows(format, tenants, VIEW_COLUMNS);
  } else {
    await output.record(format, { ...whole, tenants, deleted_since: [...deletedSince] });
  }
  for (const deleted of deletedSince) {
    await output.note(
      `Tenant ${deleted} was deleted since; its archive and snapshots went with it.`,
    );
  }
}

const VIEW_COLUMNS = columns("tenant_id", "snapshot_id", "records", "wal_position", "log_time");

/** A tenant of it. */
export function viewRow(view: RestoredView): JsonObject {
  return {
    tenant_id: view.tenantId,
    snapshot_id: view.snapshotId ?? "",
    records: view.records,
    wal_position: view.offset < 0 ? "" : formatPosition({ partition, offset: view.offset }),
    log_time: timeText(view.logTime),
    outcome_digest: view.outcomeDigest,
  };
}

/** A stored snapshot, as a running server shows it too. */
export function snapshotRow(manifest: Manifest): JsonObject {
  return {
    snapshot_id: idOf(manifest),
    tenant_id: manifest.tenantId,
    created_at: manifest.timestamp,
    wal_position: manifest.offset < 0 ? "" : formatPosition(manifest),
    log_time: manifest.logTime,
    bytes: sizeOf(manifest),
    schema_fingerprint: manifest.schemaFingerprint,
  };
}

/** A tenant that was looked through. */
export function verifiedRow(tenant: VerifiedTenant): JsonObject {
  return {
    tenant_id: tenant.tenantId,
    wal_position: tenant.offset < 0 ? "" : formatPosition({ partition, offset: tenant.offset }),
    outcome_digest: tenant.outcomeDigest,
    content_hash: tenant.contentHash,
    replayed: tenant.replayed,
  };
}

export const VERIFIED_COLUMNS = columns("tenant_id", "wal_position", "replayed", "content_hash");

function timeText(time: number): string {
  return time === 0 ? "" : new Date(time).toISOString();
}
