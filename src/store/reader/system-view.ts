import { leastRecentlyUsed } from "../../base/least-recently-used.ts";
import { openForReading } from "../open-database.ts";
import { type CatalogEntry, CatalogReader } from "./catalog-reader.ts";

const CACHED_ENTRIES = 10_000;

/**
 * The catalog as a thread sees it that does not hold the stores: on a connection of its own,
 * which only reads. What it has read it remembers until the applier has committed to the
 * catalog, of which `version` tells.
 */
export class SystemView {
  readonly #catalog: CatalogReader;
  readonly #version: () => number;
  readonly #entries = leastRecentlyUsed<CatalogEntry>(CACHED_ENTRIES);
  #entriesVersion: number;

  /** Throws what SQLite throws. The connection lives as long as its thread. */
  constructor(file: string, version: () => number) {
    this.#catalog = new CatalogReader(openForReading(file));
    this.#version = version;
    this.#entriesVersion = version();
  }

  /** Undefined for a tenant that does not exist. */
  find(tenantId: string): CatalogEntry | undefined {
    const version = this.#version();
    if (version !== this.#entriesVersion) {
      this.#entries.clear();
      this.#entriesVersion = version;
    }
    const remembered = this.#entries.get(tenantId);
    if (remembered !== undefined) return remembered;
    const entry = this.#catalog.find(tenantId);
    if (entry !== undefined) this.#entries.set(tenantId, entry);
    return entry;
  }
}
