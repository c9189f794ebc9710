/**
 * The open files of all tenants, a bounded number at once. A tenant's directory comes
 * from the catalog, never from its id.
 */
import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LRUCache } from "lru-cache";
import { leastRecentlyUsed } from "../base/least-recently-used.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { ApiKeyReader } from "./reader/api-key-reader.ts";
import { CatalogEntries } from "./reader/catalog-entries.ts";
import { type CatalogEntry, CatalogReader } from "./reader/catalog-reader.ts";
import { damaged } from "./store-errors.ts";
import {
  ASIDE_SUFFIX,
  REBUILD_SUFFIX,
  removeRetired,
  retireDirectory,
  strayDirectories,
} from "./stray-directories.ts";
import { type TenantOwner, TenantStore } from "./tenant-store.ts";

export interface TenantStoresOptions {
  /** The directory below which every tenant has its own. */
  readonly directory: string;
  readonly logId: string;
  /** Where the log ended when it was opened: no view can have seen more. */
  readonly logEnd: number;
  /** Tenants whose files are open at once; the longest unused is closed for the next. */
  readonly openTenantsMax: number;
  /** How long a statement waits for somebody else's lock on a file before the tenant is stalled. Defaults to 100 ms. */
  readonly busyTimeoutMs?: number | undefined;
}

/** The directory of `_system`, which no catalog names. */
const SYSTEM_DIRECTORY = "_system";
const MAILBOX_REBUILD = "mailbox.rebuild";

/** The catalog's file, always open, and those of the tenants used last. */
export class TenantStores {
  readonly #options: TenantStoresOptions;
  readonly #open: LRUCache<string, TenantStore>;
  readonly #system: TenantStore;
  readonly #catalog: CatalogReader;
  readonly #keys: ApiKeyReader;
  readonly #entries: CatalogEntries;
  /** No view has seen a record from here on. */
  #seenEnd: number;
  /** Called with every error that a reader of a tenant's file met, whatever it means. */
  onTrouble: (tenantId: string, error: unknown) => void = () => undefined;

  constructor(options: TenantStoresOptions) {
    this.#options = options;
    this.#seenEnd = options.logEnd;
    this.#open = leastRecentlyUsed(options.openTenantsMax, (store) => store.close());
    this.#system = this.#openSystem();
    this.#catalog = new CatalogReader(this.#system.readConnection);
    this.#entries = new CatalogEntries(this.#catalog, () => this.#system.membershipVersion);
    this.#keys = new ApiKeyReader(this.#system.readConnection);
  }

  /** The catalog is everybody's: unlike a tenant's file it is read whole before anything rests on it. */
  #openSystem(): TenantStore {
    const directory = TenantStores.systemDirectory(this.#options.directory);
    if (!TenantStore.exists(directory)) return this.#create(directory, SYSTEM_ENTRY);
    const { busyTimeoutMs } = this.#options;
    const store = TenantStore.open(directory, this.#ownerOf(SYSTEM_ENTRY), busyTimeoutMs);
    try {
      store.checkPages();
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
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

  /** The keys of the server and of all tenants. */
  get keys(): ApiKeyReader {
    return this.#keys;
  }

  get openCount(): number {
    return this.#open.size + 1;
  }

  /**
   * The catalog's entry; undefined for a tenant that does not exist. Throws what SQLite throws.
   */
  findEntry(tenantId: string): CatalogEntry | undefined {
    if (tenantId === SYSTEM_TENANT_ID) return SYSTEM_ENTRY;
    return this.#entries.find(tenantId);
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
    const entry = this.findEntry(tenantId);
    if (entry === undefined) return undefined;
    const directory = this.directoryOf(entry);
    if (!TenantStore.exists(directory)) throw damaged(directory, "the file is missing");
    const { busyTimeoutMs } = this.#options;
    return this.#keep(entry, TenantStore.open(directory, this.#ownerOf(entry), busyTimeoutMs));
  }

  /** The tenant's files if they are open, without counting as a use of them. */
  opened(tenantId: string): TenantStore | undefined {
    return tenantId === SYSTEM_TENANT_ID ? this.#system : this.#open.peek(tenantId);
  }

  /** Makes the empty file of a tenant that has just been created; what is there is kept. */
  createFile(entry: CatalogEntry): void {
    const directory = this.directoryOf(entry);
    if (TenantStore.exists(directory)) return;
    this.#keep(entry, this.#create(directory, entry));
  }

  /** Says that a view has seen the record at this offset. */
  noteSeen(offset: number): void {
    this.#seenEnd = Math.max(this.#seenEnd, offset + 1);
  }

  directoryOf(entry: CatalogEntry): string {
    return join(this.#options.directory, entry.directory);
  }

  /** Closes the files of a tenant that is no more and takes them out of their place. Throws what the system says. */
  retire(entry: CatalogEntry): void {
    const open = this.#open.peek(entry.tenantId);
    if (open?.incarnation === entry.incarnation) this.close(entry.tenantId);
    retireDirectory(this.directoryOf(entry));
  }

  /** Removes all files of a tenant that is no more, for good. Rejects with what the system says. */
  removeRetired(entry: CatalogEntry): Promise<void> {
    return removeRetired(this.directoryOf(entry));
  }

  /** Closes the files of tenants that are no more, or have begun another life. */
  closeGone(): void {
    for (const store of [...this.#open.values()]) {
      const entry = this.findEntry(store.tenantId);
      if (entry?.incarnation !== store.incarnation) this.close(store.tenantId);
    }
  }

  /** Removes every directory that is no tenant's. Rejects with what the system says. */
  async removeStrays(): Promise<void> {
    const isUsed = (directory: string) => this.#catalog.usesDirectory(directory);
    const strays = strayDirectories(this.#options.directory, isUsed);
    for (const stray of strays) await removeRetired(stray);
  }

  /** An empty file beside the tenant's own, in which the view is made again. */
  openRebuild(entry: CatalogEntry): TenantStore {
    return this.#create(this.rebuildPlace(entry), entry);
  }

  /** As {@link openRebuild}, with files that were put into its place. Throws as {@link open}. */
  openPlacedRebuild(entry: CatalogEntry): TenantStore {
    return this.openPlaced(entry, this.directoryOf(entry) + REBUILD_SUFFIX);
  }

  /** Files of the tenant that were put into this directory. Throws as {@link open}. */
  openPlaced(entry: CatalogEntry, directory: string): TenantStore {
    return TenantStore.open(directory, this.#ownerOf(entry), this.#options.busyTimeoutMs);
  }

  /** Puts a copy of the tenant's files, as they are now, into that place. Throws as {@link open}. */
  copyToRebuild(entry: CatalogEntry): void {
    this.open(entry.tenantId)?.checkpoint();
    this.close(entry.tenantId);
    cpSync(this.directoryOf(entry), this.rebuildPlace(entry), { recursive: true });
  }

  /** Where the view is made again, cleared of what an earlier time left there. */
  rebuildPlace(entry: CatalogEntry): string {
    const directory = this.directoryOf(entry) + REBUILD_SUFFIX;
    rmSync(directory, { recursive: true, force: true });
    return directory;
  }

  /** Empty files in which the tenant's mailboxes are made again, in its own directory so that they go when it does. */
  openMailboxRebuild(entry: CatalogEntry): TenantStore {
    return this.#create(this.mailboxRebuildPlace(entry), entry);
  }

  /** Where they are made again, cleared of what an earlier time left there. */
  mailboxRebuildPlace(entry: CatalogEntry): string {
    const directory = join(this.directoryOf(entry), MAILBOX_REBUILD);
    rmSync(directory, { recursive: true, force: true });
    return directory;
  }

  /** Drops what a rebuild of mailboxes left that a crash cut off. Not to be called while one is under way. */
  sweepMailboxRebuild(store: TenantStore): void {
    rmSync(join(store.directory, MAILBOX_REBUILD), { recursive: true, force: true });
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

  #create(directory: string, entry: CatalogEntry): TenantStore {
    return TenantStore.create(directory, this.#ownerOf(entry), this.#options.busyTimeoutMs);
  }

  #ownerOf({ tenantId, incarnation }: CatalogEntry): TenantOwner {
    return { tenantId, incarnation, logId: this.#options.logId, logEnd: this.#seenEnd };
  }
}

const SYSTEM_ENTRY: CatalogEntry = {
  tenantId: SYSTEM_TENANT_ID,
  incarnation: 1,
  partition: 0,
  directory: SYSTEM_DIRECTORY,
  state: "active",
  createdOffset: 0,
  createdAt: 0,
  limits: { requestsPerSecond: undefined, requestBurst: undefined },
};
