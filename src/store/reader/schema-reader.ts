import type { Database, Statement } from "bun:sqlite";

/** Versions of a tenant's schema as they are stored. */
export class SchemaReader {
  readonly #current: Statement;
  readonly #known: Statement;
  readonly #version: Statement;

  constructor(db: Database) {
    this.#current = db.prepare(
      "SELECT definition FROM schemas ORDER BY applied_offset DESC LIMIT 1",
    );
    this.#version = db.prepare("SELECT max(applied_offset) FROM schemas");
    this.#known = db.prepare("SELECT 1 FROM known_fingerprints WHERE fingerprint = ?");
  }

  /** The text of the schema in force; undefined when none has been registered. */
  findCurrent(): string | undefined {
    const row = this.#current.values()[0] as [string] | undefined;
    return row?.[0];
  }

  /** Offset of the record that made the schema in force; -1 when there is none. */
  currentVersion(): number {
    const [version] = this.#version.values()[0] as [bigint | null];
    return version === null ? -1 : Number(version);
  }

  /**
   * Whether this fingerprint is of a schema that the tenant has, once had, or has merged
   * in: whoever was written against it needs to send no types.
   */
  knows(fingerprint: string): boolean {
    return this.#known.values(fingerprint).length > 0;
  }
}
