import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import { BuildReader, type BuildState } from "./build-reader.ts";

/** A tenant's schema as it is stored. */
export class SchemaReader {
  readonly #current: LazyStatement;
  readonly #known: LazyStatement;
  readonly #builds: BuildReader;

  constructor(db: Database) {
    this.#current = new LazyStatement(
      db,
      "SELECT definition FROM schemas ORDER BY applied_offset DESC LIMIT 1",
    );
    this.#builds = new BuildReader(db);
    this.#known = new LazyStatement(db, "SELECT 1 FROM known_fingerprints WHERE fingerprint = ?");
  }

  /** The text of the schema in force; undefined when none has been registered. */
  findCurrent(): string | undefined {
    const row = this.#current.ready.values()[0] as [string] | undefined;
    return row?.[0];
  }

  /** How far a schema that is not in force yet has been brought to the rows that are there. */
  findBuild(): BuildState | undefined {
    return this.#builds.find();
  }

  /**
   * Whether this fingerprint is of a schema that the tenant has, once had, or has merged
   * in: whoever was written against it needs to send no types.
   */
  knows(fingerprint: string): boolean {
    return this.#known.ready.values(fingerprint).length > 0;
  }
}
