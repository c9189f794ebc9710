import type { Database } from "bun:sqlite";
import type { IndexValue } from "../index-value.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** The statements that change the two index tables. They hold live nodes only. */
export class IndexWriter {
  readonly #insertUnique: LazyStatement;
  readonly #deleteUnique: LazyStatement;
  readonly #insertField: LazyStatement;
  readonly #deleteField: LazyStatement;
  readonly #dropUnique: LazyStatement;
  readonly #dropField: LazyStatement;

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
    this.#insertField.ready.run(typeId, fieldId, value, nodeId);
  }

  removeField(typeId: number, fieldId: number, value: IndexValue, nodeId: string): void {
    this.#deleteField.ready.run(typeId, fieldId, value, nodeId);
  }

  /** Removes at most `limit` entries of a unique field or key; how many that were. */
  dropUnique(typeId: number, keyId: number, limit: number): number {
    return this.#dropUnique.ready.run(typeId, keyId, limit).changes;
  }

  /** The same of an indexed field that is not unique. */
  dropField(typeId: number, fieldId: number, limit: number): number {
    return this.#dropField.ready.run(typeId, fieldId, limit).changes;
  }
}
