import type { Applied } from "../store/applied.ts";
import { troubleOf } from "../store/store-errors.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Gate } from "../tenant/gate.ts";

export interface OpenViewsDeps {
  readonly stores: TenantStores;
  readonly applied: Applied;
  readonly gate: Gate;
}

/**
 * The tenants' files as requests read them. What is wrong with a file is told to the
 * applier, which repairs it; the caller is told that this is being done.
 *
 * Invariant: a file that must not be read (it is being made again) is never opened here.
 */
export class OpenViews {
  readonly #deps: OpenViewsDeps;

  constructor(deps: OpenViewsDeps) {
    this.#deps = deps;
  }

  /**
   * The tenant's open files. To be used in the same turn of the event loop: only so many
   * are open at once, and the next one's opening may close them. Throws what the gate
   * refuses, and the tenant's trouble.
   */
  open(tenantId: string): TenantStore {
    const { gate, stores } = this.#deps;
    gate.admitRead(tenantId);
    try {
      const store = stores.open(tenantId);
      if (store !== undefined) return store;
    } catch (error) {
      throw this.explained(tenantId, error);
    }
    throw new Error(`tenant ${tenantId} passed the gate and has no store`);
  }

  /** Reads the tenant's files in this turn. Throws as {@link open}, and the tenant's trouble. */
  read<T>(tenantId: string, read: (store: TenantStore) => T): T {
    const store = this.open(tenantId);
    try {
      return read(store);
    } catch (error) {
      throw this.explained(tenantId, error);
    }
  }

  /** The error that a caller gets for one that was met in reading. Trouble with the file is passed on to be repaired. */
  explained(tenantId: string, error: unknown): unknown {
    const { gate, stores } = this.#deps;
    stores.onTrouble(tenantId, error);
    if (troubleOf(error) === "unknown") return error;
    // Deleted meanwhile: its files go away under whoever reads them.
    if (stores.findEntry(tenantId) === undefined) return gate.notFound(tenantId);
    return this.#deps.applied.behind(tenantId)?.error ?? error;
  }
}
