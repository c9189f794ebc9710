import { applyRecords } from "../applier/apply-records.ts";
import type { History } from "../applier/history.ts";
import { TenantView } from "../applier/tenant-view.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { decodeRecord } from "../record/codec.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { type Author, systemRecord } from "../tenant/system-log.ts";

const RESTORER: Author = { actor: "system:restore", roles: [], credential: "" };

/** The lives of tenants' ids that ended at or behind an offset, as {@link lifeOf} names them. */
export async function livesEndedFrom(
  history: History,
  from: number,
  signal: CancelSignal,
): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  for await (const { records } of history.read(SYSTEM_TENANT_ID, from, signal)) {
    for (const { offset, body } of records) {
      const record = decodeRecord(body);
      if (offset < from || record.tenantId !== SYSTEM_TENANT_ID) continue;
      const decoded = record.decodeBody();
      if (decoded.kind === "tenant_deleted") ended.add(lifeOf(decoded));
    }
  }
  return ended;
}

/** One life of a tenant's id, as a key. */
export function lifeOf({
  tenantId,
  incarnation,
}: Pick<CatalogEntry, "tenantId" | "incarnation">): string {
  return `${incarnation}/${tenantId}`;
}

/**
 * Takes tenants out of a catalog whose files do not come with it, by records behind the last one
 * that are in no log: the catalog says in its own way, audit included, that they are no more.
 * Returns the offset of the last one.
 */
export function endTenants(
  system: TenantStore,
  entries: readonly CatalogEntry[],
  after: number,
  logTime: number,
): number {
  const view = new TenantView(system);
  let offset = after;
  for (const { tenantId, incarnation } of entries) {
    offset += 1;
    const key = `restore-${offset}`;
    const record = systemRecord(RESTORER, key, { kind: "tenant_deleted", tenantId, incarnation });
    const { failure } = applyRecords(view, [{ offset, logTime, record: decodeRecord(record) }]);
    if (failure !== undefined) throw failure.cause;
  }
  return offset;
}
