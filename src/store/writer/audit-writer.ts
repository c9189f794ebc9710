import type { Database } from "bun:sqlite";
import type { AuditRow } from "../audit-row.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** Rows are only ever added. */
export class AuditWriter {
  readonly #insert: LazyStatement;

  constructor(db: Database) {
    this.#insert = new LazyStatement(
      db,
      `INSERT INTO audit
         (position, seq, at, action, tenant_id, actor, credential, outcome, count, details)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** The details become a JSON object in the order of their names. */
  insert(row: AuditRow): void {
    const details = [...row.details].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#insert.ready.run(
      row.position,
      row.seq,
      row.at,
      row.action,
      row.tenantId,
      row.actor,
      row.credential,
      row.outcome,
      row.count,
      JSON.stringify(Object.fromEntries(details)),
    );
  }
}
