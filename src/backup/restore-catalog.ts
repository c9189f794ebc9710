import { createHash } from "node:crypto";
import { applyRecords } from "../applier/apply-records.ts";
import type { History } from "../applier/history.ts";
import { TenantView } from "../applier/tenant-view.ts";
import { decodeRecord, encodeRecord } from "../record/codec.ts";
import { RULES_VERSION, SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";

/** The lives of tenants' ids that ended at or behind an offset, as {@link lifeOf} names them. */
export async function livesEndedFrom(
  history: History,
  from: number,
  signal: AbortSignal,
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
    const body = encodeRecord({
      rulesVersion: RULES_VERSION,
      tenantId: SYSTEM_TENANT_ID,
      incarnation: 1,
      actor: "system:restore",
      roles: [],
      credential: "",
      idempotencyKey: key,
      serverMadeKey: true,
      requestHash: createHash("sha256").update(key).digest(),
      body: { kind: "tenant_deleted", tenantId, incarnation },
    });
    const { failure } = applyRecords(view, [{ offset, logTime, record: decodeRecord(body) }]);
    if (failure !== undefined) throw failure.cause;
  }
  return offset;
}
