import type { Database, Statement } from "bun:sqlite";

/** The statement that adds a version of the tenant's schema. Versions are kept: old fingerprints stay known. */
export class SchemaWriter {
  readonly #insert: Statement;

  constructor(db: Database) {
    this.#insert = db.prepare(
      "INSERT INTO schemas (applied_offset, fingerprint, definition) VALUES (?, ?, ?)",
    );
  }

  insert(appliedOffset: number, fingerprint: string, definition: string): void {
    this.#insert.run(appliedOffset, fingerprint, definition);
  }
}
