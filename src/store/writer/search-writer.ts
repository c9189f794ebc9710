import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import { SEARCH_SLOTS, SEARCH_TABLES, slotColumn, typeWord } from "../migrations/search-tables.ts";

/** Where the text of each searchable field of a type stands: slot by field id. */
export type SearchColumns = ReadonlyMap<number, number>;

const SLOTS = Array.from({ length: SEARCH_SLOTS }, (_, i) => i + 1);

/** The statements that change the search's tables. Nothing is decided here. */
export class SearchWriter {
  readonly #db: Database;
  readonly #exists: LazyStatement;
  readonly #columns: LazyStatement;
  readonly #types: LazyStatement;
  readonly #dropColumns: LazyStatement;
  readonly #addColumn: LazyStatement;
  readonly #rowOf: LazyStatement;
  readonly #addRow: LazyStatement;
  readonly #dropRow: LazyStatement;
  readonly #addText: LazyStatement;
  readonly #dropText: LazyStatement;

  constructor(db: Database) {
    this.#db = db;
    this.#exists = new LazyStatement(
      db,
      "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'search_columns'",
    );
    this.#columns = new LazyStatement(
      db,
      "SELECT field_id, slot FROM search_columns WHERE type_id = ?",
    );
    this.#types = new LazyStatement(db, "SELECT DISTINCT type_id FROM search_columns");
    this.#dropColumns = new LazyStatement(db, "DELETE FROM search_columns WHERE type_id = ?");
    this.#addColumn = new LazyStatement(
      db,
      "INSERT INTO search_columns (type_id, field_id, slot) VALUES (?, ?, ?)",
    );
    this.#rowOf = new LazyStatement(db, "SELECT row FROM search_rows WHERE node_id = ?");
    this.#addRow = new LazyStatement(
      db,
      "INSERT INTO search_rows (node_id, type_id) VALUES (?, ?) RETURNING row",
    );
    this.#dropRow = new LazyStatement(db, "DELETE FROM search_rows WHERE row = ?");
    this.#addText = new LazyStatement(
      db,
      `INSERT INTO node_search (rowid, type, ${SLOTS.map(slotColumn).join(", ")})
       VALUES (?, ?, ${SLOTS.map(() => "?").join(", ")})`,
    );
    this.#dropText = new LazyStatement(db, "DELETE FROM node_search WHERE rowid = ?");
  }

  get exists(): boolean {
    return this.#exists.ready.values().length > 0;
  }

  /** Makes the tables where they are not there yet. */
  makeTables(): void {
    this.#db.exec(SEARCH_TABLES);
  }

  columnsOf(typeId: number): SearchColumns {
    const rows = this.#columns.ready.values(typeId) as [bigint, bigint][];
    return new Map(rows.map(([fieldId, slot]) => [Number(fieldId), Number(slot)]));
  }

  /** Types that have searchable fields. */
  typeIds(): number[] {
    return (this.#types.ready.values() as [bigint][]).map(([typeId]) => Number(typeId));
  }

  setColumns(typeId: number, columns: SearchColumns): void {
    this.#dropColumns.ready.run(typeId);
    for (const [fieldId, slot] of columns) this.#addColumn.ready.run(typeId, fieldId, slot);
  }

  /** The node's words, by slot, in the place of those it had. */
  put(nodeId: string, typeId: number, texts: ReadonlyMap<number, string>): void {
    this.remove(nodeId);
    if (texts.size === 0) return;
    const [row] = this.#addRow.ready.values(nodeId, typeId)[0] as [bigint];
    const bySlot = SLOTS.map((slot) => texts.get(slot) ?? null);
    this.#addText.ready.run(row, typeWord(typeId), ...bySlot);
  }

  /** Also for a node that has no words. */
  remove(nodeId: string): void {
    const found = this.#rowOf.ready.values(nodeId)[0] as [bigint] | undefined;
    if (found === undefined) return;
    this.#dropText.ready.run(found[0]);
    this.#dropRow.ready.run(found[0]);
  }
}
