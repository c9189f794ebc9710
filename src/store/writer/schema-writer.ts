import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";

/** The statements that add to what a tenant knows of its schema. Nothing here is ever removed. */
export class SchemaWriter {
  readonly #insertVersion: LazyStatement;
  readonly #insertFingerprint: LazyStatement;

  constructor(db: Database) {
    this.#insertVersion = new LazyStatement(
      db,
      `INSERT INTO schemas (applied_offset, fingerprint, definition) VALUES (?, ?, ?)
       ON CONFLICT (applied_offset) DO UPDATE
       SET fingerprint = excluded.fingerprint, definition = excluded.definition`,
    );
    this.#insertFingerprint = new LazyStatement(
      db,
      `INSERT INTO known_fingerprints (fingerprint, applied_offset) VALUES (?, ?)
       ON CONFLICT (fingerprint) DO NOTHING`,
    );
  }

  /** Adds a version; of several in one transaction the last stands. */
  addVersion(appliedOffset: number, fingerprint: string, definition: string): void {
    this.#insertVersion.ready.run(appliedOffset, fingerprint, definition);
  }

  /** Clients that name this fingerprint need to send no types from now on. */
  addKnown(fingerprint: string, appliedOffset: number): void {
    this.#insertFingerprint.ready.run(fingerprint, appliedOffset);
  }
}
