import type { Database } from "bun:sqlite";
import type { TenantLimits } from "../../record/transaction.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** A tenant as the catalog in `_system` knows it. */
export interface CatalogEntry {
  readonly tenantId: string;
  /** Which life of its id. */
  readonly incarnation: number;
  readonly partition: number;
  /** Name of its directory below `tenants/`; never made from the id. */
  readonly directory: string;
  /** A suspended tenant is read and takes no writes. */
  readonly state: "active" | "suspended";
  /** Offset of the record that created it: no record of its own is older. */
  readonly createdOffset: number;
  /** Log time of that record, Unix milliseconds. */
  readonly createdAt: number;
  readonly limits: TenantLimits;
}

const PAGE_TENANTS = 100;
const COLUMNS = `tenant_id, incarnation, partition, directory, state, created_offset, created_at,
  requests_per_second, request_burst`;
type Row = [
  string,
  bigint,
  bigint,
  string,
  CatalogEntry["state"],
  bigint,
  bigint,
  bigint | null,
  bigint | null,
];

function entryOfRow(row: Row): CatalogEntry {
  return {
    tenantId: row[0],
    incarnation: Number(row[1]),
    partition: Number(row[2]),
    directory: row[3],
    state: row[4],
    createdOffset: Number(row[5]),
    createdAt: Number(row[6]),
    limits: { requestsPerSecond: numberOf(row[7]), requestBurst: numberOf(row[8]) },
  };
}

function numberOf(value: bigint | null): number | undefined {
  return value === null ? undefined : Number(value);
}

/** The tenants there are. One that was deleted is none of them; only its last life's number is remembered. */
export class CatalogReader {
  readonly #byId: LazyStatement;
  readonly #byOffset: LazyStatement;
  readonly #count: LazyStatement;
  readonly #page: LazyStatement;
  readonly #directory: LazyStatement;
  readonly #incarnation: LazyStatement;

  constructor(db: Database) {
    this.#byId = new LazyStatement(
      db,
      `SELECT ${COLUMNS} FROM tenants WHERE tenant_id = ? AND state <> 'deleted'`,
    );
    this.#byOffset = new LazyStatement(
      db,
      `SELECT ${COLUMNS} FROM tenants WHERE created_offset = ? AND state <> 'deleted'`,
    );
    this.#count = new LazyStatement(db, "SELECT count(*) FROM tenants WHERE state <> 'deleted'");
    this.#page = new LazyStatement(
      db,
      `SELECT ${COLUMNS} FROM tenants WHERE tenant_id > ? AND state <> 'deleted'
       ORDER BY tenant_id LIMIT ?`,
    );
    this.#directory = new LazyStatement(
      db,
      "SELECT 1 FROM tenants WHERE directory = ? AND state <> 'deleted'",
    );
    this.#incarnation = new LazyStatement(
      db,
      "SELECT incarnation FROM tenants WHERE tenant_id = ?",
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

  /** Which life of the id is the last so far, over or not; 0: there was none. */
  lastIncarnation(tenantId: string): number {
    const row = this.#incarnation.ready.values(tenantId)[0] as [bigint] | undefined;
    return row === undefined ? 0 : Number(row[0]);
  }

  /** Whether a directory of this name below `tenants/` is a tenant's. */
  usesDirectory(directory: string): boolean {
    return this.#directory.ready.values(directory).length > 0;
  }

  count(): number {
    return Number((this.#count.ready.values()[0] as [bigint])[0]);
  }

  /** At most `limit` tenants behind `after`, in the order of their ids. */
  list(after: string, limit: number): CatalogEntry[] {
    return (this.#page.ready.values(after, limit) as Row[]).map(entryOfRow);
  }

  /** Every tenant, in the order of their ids, as the catalog is when its turn comes. */
  *all(): Generator<CatalogEntry> {
    let page: CatalogEntry[] = [];
    do {
      page = this.list(page.at(-1)?.tenantId ?? "", PAGE_TENANTS);
      yield* page;
    } while (page.length === PAGE_TENANTS);
  }
}
