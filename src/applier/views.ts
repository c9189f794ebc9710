import { assert, must } from "../base/assert.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { TenantView } from "./tenant-view.ts";

/** The views of the tenants whose files are open; a view lives as long as its open file. */
export class Views {
  readonly #stores: TenantStores;
  readonly #rowsAtOnce: number | undefined;
  /** Told which of a tenant's records from which on are no longer applied, and why. */
  readonly #lost: (tenantId: string, offset: number, cause: unknown) => void;
  readonly #views = new WeakMap<TenantStore, TenantView>();
  /** Whose cache is wide: one at most, however many tenants there are. */
  #wide: TenantStore | undefined;

  constructor(
    stores: TenantStores,
    rowsAtOnce: number | undefined,
    lost: (tenantId: string, offset: number, cause: unknown) => void,
  ) {
    this.#stores = stores;
    this.#rowsAtOnce = rowsAtOnce;
    this.#lost = lost;
  }

  /** Opens the tenant's file if need be. Throws as `TenantStores.open`. */
  open(tenantId: string): TenantView {
    const store = must(this.#stores.open(tenantId), `tenant ${tenantId} is in the catalog`);
    const known = this.#views.get(store);
    if (known !== undefined) return known;
    const view = new TenantView(store, this.#rowsAtOnce);
    view.onLost = (offset, cause) => this.#lost(tenantId, offset, cause);
    this.#views.set(store, view);
    return view;
  }

  /** As {@link open}, for transactions of thousands of records, until another is opened so or {@link endWide}. */
  openWide(tenantId: string): TenantView {
    const view = this.open(tenantId);
    if (view.store === this.#wide) return view;
    this.endWide();
    view.store.setWideCache(true);
    this.#wide = view.store;
    return view;
  }

  /** Takes back what {@link openWide} gave. */
  endWide(): void {
    if (this.#wide?.closed === false) this.#wide.setWideCache(false);
    this.#wide = undefined;
  }

  /** As {@link open}, of the one life of the tenant's id that the entry means. */
  openOf(entry: CatalogEntry): TenantView {
    const view = this.open(entry.tenantId);
    assert(view.store.incarnation === entry.incarnation, "a view of the life that is meant");
    return view;
  }

  /** Commits what the tenant's view holds open, if it does. What goes wrong is told as a loss. */
  commitHeld(tenantId: string): void {
    this.#stores.opened(tenantId)?.tryCommitHeld();
  }

  /** Closes the tenant's file and with it the view. */
  forget(tenantId: string): void {
    this.#stores.close(tenantId);
  }
}
