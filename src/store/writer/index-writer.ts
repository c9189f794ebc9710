import type { Database } from "bun:sqlite";
import type { IndexValue } from "../index-value.ts";
import { LazyStatement } from "../lazy-statement.ts";
import { FieldRows } from "./field-rows.ts";

/** The statements that change the two index tables. They hold live nodes only. Rows of fields are not there before `fieldRows` is settled. */
export class IndexWriter {
  readonly fieldRows: FieldRows;
  readonly #insertUnique: LazyStatement;
  readonly #deleteUnique: LazyStatement;
  readonly #dropUnique: LazyStatement;
  readonly #dropField: LazyStatement;

  constructor(db: Database) {
    this.fieldRows = new FieldRows(db);
    this.#insertUnique = new LazyStatement(
      db,
      "INSERT INTO unique_values (type_id, key_id, value, node_id) VALUES (?, ?, ?, ?)",
    );
    this.#deleteUnique = new LazyStatement(
      db,
      "DELETE FROM unique_values WHERE type_id = ? AND key_id = ? AND value = ?",
    );
    this.#dropUnique = new LazyStatement(
      db,
      `DELETE FROM unique_values WHERE type_id = ?1 AND key_id = ?2 AND value IN
         (SELECT value FROM unique_values WHERE type_id = ?1 AND key_id = ?2 LIMIT ?3)`,
    );
    this.#dropField = new LazyStatement(
      db,
      `DELETE FROM field_values WHERE type_id = ?1 AND field_id = ?2 AND (value, node_id) IN
         (SELECT value, node_id FROM field_values WHERE type_id = ?1 AND field_id = ?2 LIMIT ?3)`,
    );
  }

  addUnique(typeId: number, keyId: number, value: IndexValue, nodeId: string): void {
    this.#insertUnique.ready.run(typeId, keyId, value, nodeId);
  }

  removeUnique(typeId: number, keyId: number, value: IndexValue): void {
    this.#deleteUnique.ready.run(typeId, keyId, value);
  }

  addField(typeId: number, fieldId: number, value: IndexValue, nodeId: string): void {
    this.fieldRows.change({ typeId, fieldId, value, nodeId, isAdded: true });
  }

  removeField(typeId: number, fieldId: number, value: IndexValue, nodeId: string): void {
    this.fieldRows.change({ typeId, fieldId, value, nodeId, isAdded: false });
  }

  /** Removes at most `limit` entries of a unique field or key; how many that were. */
  dropUnique(typeId: number, keyId: number, limit: number): number {
    return this.#dropUnique.ready.run(typeId, keyId, limit).changes;
  }

  /** The same of an indexed field that is not unique. */
  dropField(typeId: number, fieldId: number, limit: number): number {
    this.fieldRows.settle();
    return this.#dropField.ready.run(typeId, fieldId, limit).changes;
  }
}
