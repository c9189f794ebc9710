import { idOf, type Manifest, sizeOf } from "../backup/manifest.ts";
import type { RestoredView } from "../backup/restore-view.ts";
import type { RestoreReport } from "../backup/restorer.ts";
import type { VerifiedTenant } from "../backup/verify.ts";
import type { JsonObject } from "../base/json.ts";
import { formatPosition } from "../wal/position.ts";
import type { Column } from "./format.ts";

/** An embedded log has one. */
const partition = 0;

/** What a restore came to, as it is printed. */
export function restoreReport(report: RestoreReport, directory: string): JsonObject {
  const { logId, offset, logTime, views, deletedSince } = report;
  return {
    directory,
    log_id: logId,
    wal_position: formatPosition({ partition, offset }),
    log_time: timeText(logTime),
    tenants: views.map(viewRow),
    deleted_since: [...deletedSince],
  };
}

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

export const VERIFIED_COLUMNS: readonly Column[] = [
  "tenant_id",
  "wal_position",
  "replayed",
  "content_hash",
].map((name) => ({ title: name, cell: (row: JsonObject) => row[name] }));

function timeText(time: number): string {
  return time === 0 ? "" : new Date(time).toISOString();
}
