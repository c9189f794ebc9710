import type { Database } from "bun:sqlite";
import type { IndexValue } from "../index-value.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** The statements that change the two index tables. They hold live nodes only. */
export class IndexWriter {
  readonly #insertUnique: LazyStatement;
  readonly #deleteUnique: LazyStatement;
  readonly #insertField: LazyStatement;
  readonly #deleteField: LazyStatement;

  constructor(db: Database) {
    this.#insertUnique = new LazyStatement(
      db,
      "INSERT INTO unique_values (type_id, key_id, value, node_id) VALUES (?, ?, ?, ?)",
    );
    this.#deleteUnique = new LazyStatement(
      db,
      "DELETE FROM unique_values WHERE type_id = ? AND key_id = ? AND value = ?",
    );
    this.#insertField = new LazyStatement(
      db,
      "INSERT INTO field_values (type_id, field_id, value, node_id) VALUES (?, ?, ?, ?)",
    );
    this.#deleteField = new LazyStatement(
      db,
      "DELETE FROM field_values WHERE type_id = ? AND field_id = ? AND value = ? AND node_id = ?",
    );
  }

  addUnique(typeId: number, keyId: number, value: IndexValue, nodeId: string): void {
    this.#insertUnique.ready.run(typeId, keyId, value, nodeId);
  }

  removeUnique(typeId: number, keyId: number, value: IndexValue): void {
    this.#deleteUnique.ready.run(typeId, keyId, value);
  }

  addField(typeId: number, fieldId: number, value: IndexValue, nodeId: string): void {
    this.#insertField.ready.run(typeId, fieldId, value, nodeId);
  }

  removeField(typeId: number, fieldId: number, value: IndexValue, nodeId: string): void {
    this.#deleteField.ready.run(typeId, fieldId, value, nodeId);
  }
}
