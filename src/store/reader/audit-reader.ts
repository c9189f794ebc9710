import type { Database } from "bun:sqlite";
import type { AuditPlace, AuditRow } from "../audit-row.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** Which rows, newest first: from the one place on, up to before the other. */
export interface AuditRange {
  readonly from: AuditPlace;
  readonly before: AuditPlace;
  readonly limit: number;
}

const COLUMNS = "position, seq, at, action, tenant_id, actor, credential, outcome, count, details";
type Row = [bigint, bigint, bigint, string, string, string, string, string, bigint, string];

function rowOf(row: Row): AuditRow {
  return {
    position: Number(row[0]),
    seq: Number(row[1]),
    at: Number(row[2]),
    action: row[3],
    tenantId: row[4],
    actor: row[5],
    credential: row[6],
    outcome: row[7],
    count: Number(row[8]),
    details: new Map(Object.entries(JSON.parse(row[9]))),
  };
}

const RANGE = `(at, position, seq) >= (?, ?, ?) AND (at, position, seq) < (?, ?, ?)
       ORDER BY at DESC, position DESC, seq DESC LIMIT ?`;

/** The audit of one file: a tenant's own, or with what concerns tenants, `_system`'s. */
export class AuditReader {
  readonly #all: LazyStatement;
  readonly #ofTenant: LazyStatement;

  constructor(db: Database) {
    this.#all = new LazyStatement(db, `SELECT ${COLUMNS} FROM audit WHERE ${RANGE}`);
    this.#ofTenant = new LazyStatement(
      db,
      `SELECT ${COLUMNS} FROM audit WHERE tenant_id = ? AND ${RANGE}`,
    );
  }

  list(range: AuditRange): AuditRow[] {
    return (this.#all.ready.values(...bindings(range)) as Row[]).map(rowOf);
  }

  /** In the file of `_system`: what was done to a tenant. */
  listOf(tenantId: string, range: AuditRange): AuditRow[] {
    return (this.#ofTenant.ready.values(tenantId, ...bindings(range)) as Row[]).map(rowOf);
  }
}

function bindings({ from, before, limit }: AuditRange): number[] {
  return [from.at, from.position, from.seq, before.at, before.position, before.seq, limit];
}
