import { leastRecentlyUsed } from "../../base/least-recently-used.ts";
import { openForReading } from "../open-database.ts";
import { type CatalogEntry, CatalogReader } from "./catalog-reader.ts";

const REMEMBERED_MAX = 10_000;

/**
 * The catalog's entries, remembered until the applier has committed to the catalog, of which
 * `version` tells: what each request and each batch asks for is no query.
 */
export class CatalogEntries {
  readonly #catalog: CatalogReader;
  readonly #version: () => number;
  readonly #remembered = leastRecentlyUsed<CatalogEntry>(REMEMBERED_MAX);
  /** Of the catalog, when the entries were read that are remembered. */
  #rememberedVersion: number;

  constructor(catalog: CatalogReader, version: () => number) {
    this.#catalog = catalog;
    this.#version = version;
    this.#rememberedVersion = version();
  }

  /** Undefined for a tenant that does not exist. Throws what SQLite throws. */
  find(tenantId: string): CatalogEntry | undefined {
    const version = this.#version();
    if (version !== this.#rememberedVersion) {
      this.#remembered.clear();
      this.#rememberedVersion = version;
    }
    const remembered = this.#remembered.get(tenantId);
    if (remembered !== undefined) return remembered;
    const entry = this.#catalog.find(tenantId);
    if (entry !== undefined) this.#remembered.set(tenantId, entry);
    return entry;
  }
}

/**
 * For a thread that does not hold the stores: on a connection of its own, which only reads and
 * lives as long as the thread. Throws what SQLite throws.
 */
export function openCatalogEntries(file: string, version: () => number): CatalogEntries {
  return new CatalogEntries(new CatalogReader(openForReading(file)), version);
}
