/**
 * The open files of all tenants, a bounded number at once. A tenant's directory comes
 * from the catalog, never from its id.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { type CatalogEntry, CatalogReader } from "./reader/catalog-reader.ts";
import { damaged, TenantStore } from "./tenant-store.ts";

export interface TenantStoresOptions {
  /** The directory below which every tenant has its own. */
  readonly directory: string;
  readonly logId: string;
  /** Tenants whose files are open at once; the longest unused is closed for the next. */
  readonly openTenantsMax: number;
}

/** The directory of `_system`, which no catalog names. */
const SYSTEM_DIRECTORY = "_system";
const REBUILD_SUFFIX = ".rebuild";
const ASIDE_SUFFIX = ".aside";

/** The catalog's file, always open, and those of the tenants used last. */
export class TenantStores {
  readonly #options: TenantStoresOptions;
  readonly #open: LRUCache<string, TenantStore>;
  readonly #system: TenantStore;
  readonly #catalog: CatalogReader;
  /** Called with the id of a tenant whose file a reader could not read. */
  onTrouble: (tenantId: string, error: unknown) => void = () => undefined;

  constructor(options: TenantStoresOptions) {
    this.#options = options;
    this.#open = new LRUCache({
      max: options.openTenantsMax,
      dispose: (store) => store.close(),
    });
    const owner = { tenantId: SYSTEM_TENANT_ID, incarnation: 1, logId: options.logId };
    this.#system = TenantStore.open(TenantStores.systemDirectory(options.directory), owner);
    this.#catalog = new CatalogReader(this.#system.readConnection);
  }

  /** Where the catalog's file lies, below the directory of all tenants. */
  static systemDirectory(directory: string): string {
    return join(directory, SYSTEM_DIRECTORY);
  }

  get system(): TenantStore {
    return this.#system;
  }

  get catalog(): CatalogReader {
    return this.#catalog;
  }

  get openCount(): number {
    return this.#open.size + 1;
  }

  /** The catalog's entry; undefined for a tenant that does not exist. */
  findEntry(tenantId: string): CatalogEntry | undefined {
    if (tenantId === SYSTEM_TENANT_ID) return SYSTEM_ENTRY;
    return this.#catalog.find(tenantId);
  }

  /**
   * The tenant's open files; undefined for a tenant that does not exist. Throws
   * VIEW_DAMAGED when the file is missing or not the tenant's, and SQLite's own error when
   * it cannot be opened: a catalogued tenant is never served empty.
   */
  open(tenantId: string): TenantStore | undefined {
    if (tenantId === SYSTEM_TENANT_ID) return this.#system;
    const cached = this.#open.get(tenantId);
    if (cached !== undefined) return cached;
    const entry = this.#catalog.find(tenantId);
    if (entry === undefined) return undefined;
    const directory = this.directoryOf(entry);
    if (!TenantStore.exists(directory)) throw damaged(directory, "the file is missing");
    return this.#keep(entry, TenantStore.open(directory, this.#ownerOf(entry)));
  }

  /** Makes the empty file of a tenant that has just been created; what is there is kept. */
  createFile(entry: CatalogEntry): void {
    const directory = this.directoryOf(entry);
    if (TenantStore.exists(directory)) return;
    this.#keep(entry, TenantStore.open(directory, this.#ownerOf(entry)));
  }

  directoryOf(entry: CatalogEntry): string {
    return join(this.#options.directory, entry.directory);
  }

  /** An empty file beside the tenant's own, in which the view is made again. */
  openRebuild(entry: CatalogEntry): TenantStore {
    const directory = this.directoryOf(entry) + REBUILD_SUFFIX;
    rmSync(directory, { recursive: true, force: true });
    return TenantStore.open(directory, this.#ownerOf(entry));
  }

  /** Drops what a rebuild made. */
  discardRebuild(store: TenantStore): void {
    store.close();
    rmSync(store.directory, { recursive: true, force: true });
  }

  /**
   * Puts a rebuilt view in the place of the tenant's own. The old file is set aside first,
   * so that a crash in between finds the file missing and rebuilds once more. Returns the
   * directory in which the old file now lies; undefined when there was none.
   */
  adoptRebuild(entry: CatalogEntry, rebuilt: TenantStore): string | undefined {
    rebuilt.checkpoint();
    rebuilt.close();
    const directory = this.directoryOf(entry);
    const aside = directory + ASIDE_SUFFIX;
    this.close(entry.tenantId);
    const had = existsSync(directory);
    if (had) {
      rmSync(aside, { recursive: true, force: true });
      renameSync(directory, aside);
    }
    renameSync(rebuilt.directory, directory);
    return had ? aside : undefined;
  }

  /** Closes a tenant's files; the next use opens them again. */
  close(tenantId: string): void {
    this.#open.delete(tenantId);
  }

  /** Every tenant's files that are open now, without counting as a use of them. */
  *allOpen(): Iterable<TenantStore> {
    yield this.#system;
    yield* this.#open.values();
  }

  closeAll(): void {
    this.#open.clear();
    this.#system.close();
  }

  #keep(entry: CatalogEntry, store: TenantStore): TenantStore {
    this.#open.set(entry.tenantId, store);
    return store;
  }

  #ownerOf(entry: CatalogEntry): { tenantId: string; incarnation: number; logId: string } {
    return {
      tenantId: entry.tenantId,
      incarnation: entry.incarnation,
      logId: this.#options.logId,
    };
  }
}

const SYSTEM_ENTRY: CatalogEntry = {
  tenantId: SYSTEM_TENANT_ID,
  incarnation: 1,
  partition: 0,
  directory: SYSTEM_DIRECTORY,
  createdOffset: 0,
};
