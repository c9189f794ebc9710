/**
 * Rows of `field_values` on their way into the table. The values of a field lie all over the
 * table: written as the records come, nearly every one is a look at pages that no other of them
 * needs. So they wait for the end of their transaction and are written in the order of the table,
 * those of a page one behind the other.
 *
 * Invariant: what waits belongs to the transaction that is open. What is done to one row keeps
 * its order, so that the table comes to what it would have come to at once.
 */
import type { Database } from "bun:sqlite";
import type { IndexValue } from "../index-value.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** One row, and whether it is added or removed. */
export interface FieldRow {
  readonly typeId: number;
  readonly fieldId: number;
  readonly value: IndexValue;
  readonly nodeId: string;
  readonly isAdded: boolean;
}

/** More than wait for any transaction but the largest; those are written in parts. */
const WAITING_MAX = 65_536;

export class FieldRows {
  readonly #insert: LazyStatement;
  readonly #delete: LazyStatement;
  #waiting: FieldRow[] = [];
  /** Of the savepoint that is open: how many of those that wait came before it, and which of these have been written since. */
  #wayBack: { before: number; readonly written: FieldRow[] } | undefined;

  constructor(db: Database) {
    this.#insert = new LazyStatement(
      db,
      "INSERT INTO field_values (type_id, field_id, value, node_id) VALUES (?, ?, ?, ?)",
    );
    this.#delete = new LazyStatement(
      db,
      "DELETE FROM field_values WHERE type_id = ? AND field_id = ? AND value = ? AND node_id = ?",
    );
  }

  change(row: FieldRow): void {
    this.#waiting.push(row);
    if (this.#waiting.length >= WAITING_MAX) this.settle();
  }

  /** Writes what waits. To be called before the transaction ends and before anybody looks at the table. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    const rows = this.#waiting;
    if (this.#wayBack !== undefined) {
      for (const row of rows.slice(0, this.#wayBack.before)) this.#wayBack.written.push(row);
      this.#wayBack.before = 0;
    }
    this.#waiting = [];
    if (rows.length > 1) rows.sort(inOrderOfTable);
    for (const { typeId, fieldId, value, nodeId, isAdded } of rows) {
      const statement = isAdded ? this.#insert : this.#delete;
      statement.ready.run(typeId, fieldId, value, nodeId);
    }
  }

  /** To be called with SAVEPOINT: from here on {@link takeBack} may lead back. One is open at a time. */
  openWayBack(): void {
    this.#wayBack = { before: this.#waiting.length, written: [] };
  }

  /** To be called with RELEASE of what holds. */
  closeWayBack(): void {
    this.#wayBack = undefined;
  }

  /** To be called with ROLLBACK TO: what came before the savepoint waits again, and nothing else. */
  takeBack(): void {
    const { before, written } = this.#wayBack ?? { before: 0, written: [] };
    this.#waiting = [...written, ...this.#waiting.slice(0, before)];
    this.#wayBack = undefined;
  }

  /** To be called when the whole transaction was taken back. */
  forget(): void {
    this.#waiting = [];
    this.#wayBack = undefined;
  }
}

/** Equal for rows of one value: sorting leaves those in the order in which they came. */
function inOrderOfTable(a: FieldRow, b: FieldRow): number {
  return a.typeId - b.typeId || a.fieldId - b.fieldId || compareValues(a.value, b.value);
}

function compareValues(a: IndexValue, b: IndexValue): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  const [aKind, bKind] = [typeof a, typeof b];
  if (aKind !== bKind) return aKind < bKind ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
