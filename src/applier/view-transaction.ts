import type { TenantStore } from "../store/tenant-store.ts";
import type { PlacedRecord } from "./placed-record.ts";

/** What was in a transaction that has been taken back. */
export interface TakenBack<Memory> {
  /** What was held in memory when it began. */
  readonly before: Memory;
  /** The records that it held from before, in their order. */
  readonly held: readonly PlacedRecord[];
}

/**
 * The SQLite transaction in which a view is written. It may be held open when its records are
 * applied, for those that come next: a page that many of them change is then written once.
 */
export class ViewTransaction<Memory> {
  readonly #db: TenantStore["writeConnection"];
  #begun: { readonly before: Memory; readonly held: PlacedRecord[] } | undefined;

  constructor(db: TenantStore["writeConnection"]) {
    this.#db = db;
  }

  /** Records that are applied and not committed. */
  get held(): number {
    return this.#begun?.held.length ?? 0;
  }

  /** Begins it, unless it is held open. */
  begin(before: Memory): void {
    if (this.#begun !== undefined) return;
    this.#db.run("BEGIN IMMEDIATE");
    this.#begun = { before, held: [] };
  }

  /** Leaves it open with these records in it. */
  hold(records: readonly PlacedRecord[]): void {
    this.#begun?.held.push(...records);
  }

  commit(): void {
    this.#db.run("COMMIT");
    this.#begun = undefined;
  }

  /** Undefined when it had not even begun. */
  takeBack(): TakenBack<Memory> | undefined {
    const begun = this.#begun;
    this.#begun = undefined;
    // SQLite has rolled back by itself after a full disk or an I/O error.
    if (this.#db.inTransaction) this.#db.run("ROLLBACK");
    return begun;
  }
}
