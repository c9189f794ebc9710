import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";

/** One thing that was done or refused, for those who must account for it. */
export interface AuditRow {
  /** Offset of the record, and a number within it. */
  readonly position: number;
  readonly seq: number;
  /** Log time, Unix milliseconds. */
  readonly at: number;
  readonly action: string;
  readonly tenantId: string;
  readonly actor: string;
  /** "key:…", "jwt:…"; empty in trusted mode. */
  readonly credential: string;
  /** "applied", or the reason of the refusal. */
  readonly outcome: string;
  /** How many alike it stands for. */
  readonly count: number;
  readonly details: ReadonlyMap<string, string>;
}

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
