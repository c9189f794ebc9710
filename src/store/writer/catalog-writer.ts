import type { Database } from "bun:sqlite";
import type { TenantCreated } from "../../record/transaction.ts";

/** Adds a tenant to the catalog. False, with nothing written, when the id is there already. */
export function insertTenant(
  db: Database,
  tenant: TenantCreated,
  at: { readonly offset: number; readonly logTime: number },
): boolean {
  const { changes } = db
    .query(
      `INSERT INTO tenants (tenant_id, incarnation, partition, directory, state, created_offset, created_at)
       VALUES (?, ?, ?, ?, 'active', ?, ?) ON CONFLICT (tenant_id) DO NOTHING`,
    )
    .run(
      tenant.tenantId,
      tenant.incarnation,
      tenant.partition,
      tenant.directory,
      at.offset,
      at.logTime,
    );
  return changes === 1;
}
