import type { Database, Statement } from "bun:sqlite";
import type { IndexValue } from "../index-value.ts";

/** The statements that change the two index tables. They hold live nodes only. */
export class IndexWriter {
  readonly #insertUnique: Statement;
  readonly #deleteUnique: Statement;
  readonly #insertField: Statement;
  readonly #deleteField: Statement;

  constructor(db: Database) {
    this.#insertUnique = db.prepare(
      "INSERT INTO unique_values (type_id, key_id, value, node_id) VALUES (?, ?, ?, ?)",
    );
    this.#deleteUnique = db.prepare(
      "DELETE FROM unique_values WHERE type_id = ? AND key_id = ? AND value = ?",
    );
    this.#insertField = db.prepare(
      "INSERT INTO field_values (type_id, field_id, value, node_id) VALUES (?, ?, ?, ?)",
    );
    this.#deleteField = db.prepare(
      "DELETE FROM field_values WHERE type_id = ? AND field_id = ? AND value = ? AND node_id = ?",
    );
  }

  addUnique(typeId: number, keyId: number, value: IndexValue, nodeId: string): void {
    this.#insertUnique.run(typeId, keyId, value, nodeId);
  }

  removeUnique(typeId: number, keyId: number, value: IndexValue): void {
    this.#deleteUnique.run(typeId, keyId, value);
  }

  addField(typeId: number, fieldId: number, value: IndexValue, nodeId: string): void {
    this.#insertField.run(typeId, fieldId, value, nodeId);
  }

  removeField(typeId: number, fieldId: number, value: IndexValue, nodeId: string): void {
    this.#deleteField.run(typeId, fieldId, value, nodeId);
  }
}
