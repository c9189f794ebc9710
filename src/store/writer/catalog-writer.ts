import type { Database } from "bun:sqlite";
import type { TenantCreated, TenantLimits } from "../../record/transaction.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** Changes of the catalog in `_system`. What must hold before each is its caller's to check. */
export class CatalogWriter {
  readonly #insert: LazyStatement;
  readonly #setState: LazyStatement;
  readonly #setLimits: LazyStatement;

  constructor(db: Database) {
    this.#insert = new LazyStatement(
      db,
      `INSERT INTO tenants
         (tenant_id, incarnation, partition, directory, state, created_offset, created_at)
       VALUES (?, ?, ?, ?, 'active', ?, ?)
       ON CONFLICT (tenant_id) DO UPDATE SET
         incarnation = excluded.incarnation, partition = excluded.partition,
         directory = excluded.directory, state = excluded.state,
         created_offset = excluded.created_offset, created_at = excluded.created_at,
         requests_per_second = NULL, request_burst = NULL`,
    );
    this.#setState = new LazyStatement(db, "UPDATE tenants SET state = ? WHERE tenant_id = ?");
    this.#setLimits = new LazyStatement(
      db,
      "UPDATE tenants SET requests_per_second = ?, request_burst = ? WHERE tenant_id = ?",
    );
  }

  /** A new life takes the place of the one before. */
  insert(tenant: TenantCreated, at: { readonly offset: number; readonly logTime: number }): void {
    const { tenantId, incarnation, partition, directory } = tenant;
    this.#insert.ready.run(tenantId, incarnation, partition, directory, at.offset, at.logTime);
  }

  setState(tenantId: string, state: "active" | "suspended" | "deleted"): void {
    this.#setState.ready.run(state, tenantId);
  }

  setLimits(tenantId: string, limits: TenantLimits): void {
    const { requestsPerSecond, requestBurst } = limits;
    this.#setLimits.ready.run(requestsPerSecond ?? null, requestBurst ?? null, tenantId);
  }
}
