import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";

/** A tenant as the catalog in `_system` knows it. */
export interface CatalogEntry {
  readonly tenantId: string;
  readonly incarnation: number;
  readonly partition: number;
  /** Name of its directory below `tenants/`; never made from the id. */
  readonly directory: string;
  /** Offset of the record that created it: no record of its own is older. */
  readonly createdOffset: number;
}

const COLUMNS = "tenant_id, incarnation, partition, directory, created_offset";
type Row = [string, bigint, bigint, string, bigint];

function entryOfRow(row: Row): CatalogEntry {
  return {
    tenantId: row[0],
    incarnation: Number(row[1]),
    partition: Number(row[2]),
    directory: row[3],
    createdOffset: Number(row[4]),
  };
}

export class CatalogReader {
  readonly #byId: LazyStatement;
  readonly #byOffset: LazyStatement;
  readonly #count: LazyStatement;
  readonly #page: LazyStatement;

  constructor(db: Database) {
    this.#byId = new LazyStatement(db, `SELECT ${COLUMNS} FROM tenants WHERE tenant_id = ?`);
    this.#byOffset = new LazyStatement(
      db,
      `SELECT ${COLUMNS} FROM tenants WHERE created_offset = ?`,
    );
    this.#count = new LazyStatement(db, "SELECT count(*) FROM tenants");
    this.#page = new LazyStatement(
      db,
      `SELECT ${COLUMNS} FROM tenants WHERE tenant_id > ? ORDER BY tenant_id LIMIT ?`,
    );
  }

  find(tenantId: string): CatalogEntry | undefined {
    const row = this.#byId.ready.values(tenantId)[0] as Row | undefined;
    return row && entryOfRow(row);
  }

  /** The tenant that the record at this offset created. Looks at every tenant. */
  findCreatedAt(offset: number): CatalogEntry | undefined {
    const row = this.#byOffset.ready.values(offset)[0] as Row | undefined;
    return row && entryOfRow(row);
  }

  count(): number {
    return Number((this.#count.ready.values()[0] as [bigint])[0]);
  }

  /** At most `limit` tenants behind `after`, in the order of their ids. */
  list(after: string, limit: number): CatalogEntry[] {
    return (this.#page.ready.values(after, limit) as Row[]).map(entryOfRow);
  }
}
