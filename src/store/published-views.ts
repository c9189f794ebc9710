/**
 * Views that threads without the stores may read by themselves, each at a place of the board.
 * A view is withdrawn before anything happens to it that its readers could not tell from the
 * board's numbers: its files are closed (to be replaced, removed, or to make room), or its
 * tenant falls behind.
 */
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { Applied } from "./applied.ts";
import type { TenantStore } from "./tenant-store.ts";
import type { TenantStores } from "./tenant-stores.ts";
import type { ViewBoard } from "./view-board.ts";

/** A view as its readers are told of it: plain data. */
export interface PublishedView {
  readonly place: number;
  readonly opening: number;
  readonly file: string;
  readonly tenantId: string;
  readonly incarnation: number;
}

export class PublishedViews {
  readonly #board: ViewBoard;
  readonly #stores: TenantStores;
  readonly #applied: Applied;
  readonly #published = new Map<string, { readonly store: TenantStore; readonly place: number }>();
  readonly #free: number[] = [];

  /** The board has as many places as are given. */
  constructor(board: ViewBoard, places: number, stores: TenantStores, applied: Applied) {
    this.#board = board;
    this.#stores = stores;
    this.#applied = applied;
    for (let place = places - 1; place >= 0; place--) this.#free.push(place);
    board.setAppliedEnd(applied.end);
    applied.observer = {
      advanced: (end) => board.setAppliedEnd(end),
      committed: (tenantId, end) => this.#committed(tenantId, end),
      behind: (tenantId) => this.#withdraw(tenantId),
    };
  }

  /** Undefined when the view cannot be read by others now: its tenant is behind or not there, or all places are taken. Throws what opening its files throws. */
  publish(tenantId: string): PublishedView | undefined {
    if (tenantId === SYSTEM_TENANT_ID || this.#applied.behind(tenantId) !== undefined) return;
    const store = this.#stores.open(tenantId);
    // Held open, what was applied before there was an observer would not be in the file that they read.
    if (!store?.tryCommitHeld()) return undefined;
    const known = this.#published.get(tenantId);
    const place = known?.store === store ? known.place : this.#free.pop();
    if (place === undefined) return undefined;
    if (known === undefined) this.#begin(store, place);
    const { file, generation: opening, incarnation } = store;
    return { place, opening, file, tenantId, incarnation };
  }

  #begin(store: TenantStore, place: number): void {
    const { tenantId } = store;
    this.#published.set(tenantId, { store, place });
    store.onVersionChanged = () => this.#board.setVersions(place, store);
    store.onClose = () => this.#withdraw(tenantId);
    this.#board.setVersions(place, store);
    this.#board.setEnd(place, this.#applied.endOf(tenantId));
    this.#board.setOpening(place, store.generation);
  }

  #committed(tenantId: string, end: number): void {
    const published = this.#published.get(tenantId);
    if (published !== undefined) this.#board.setEnd(published.place, end);
  }

  #withdraw(tenantId: string): void {
    const published = this.#published.get(tenantId);
    if (published === undefined) return;
    this.#published.delete(tenantId);
    this.#board.setOpening(published.place, 0);
    this.#free.push(published.place);
    published.store.onVersionChanged = () => undefined;
    published.store.onClose = () => undefined;
  }
}
