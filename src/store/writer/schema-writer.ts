import type { Database, Statement } from "bun:sqlite";

/**
 * The statement that adds a version of the tenant's schema. Versions are kept, so
 * that old fingerprints stay known; of several in one transaction the last stands.
 */
export class SchemaWriter {
  readonly #insert: Statement;

  constructor(db: Database) {
    this.#insert = db.prepare(
      `INSERT INTO schemas (applied_offset, fingerprint, definition) VALUES (?, ?, ?)
       ON CONFLICT (applied_offset) DO UPDATE
       SET fingerprint = excluded.fingerprint, definition = excluded.definition`,
    );
  }

  insert(appliedOffset: number, fingerprint: string, definition: string): void {
    this.#insert.run(appliedOffset, fingerprint, definition);
  }
}
