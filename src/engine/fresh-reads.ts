import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Caller } from "../record/caller.ts";
import type { Applied } from "../store/applied.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Gate } from "../tenant/gate.ts";
import type { Wal } from "../wal/wal.ts";
import { tokenOfView, waitUntilFresh } from "./freshness.ts";
import type { OpenViews } from "./open-views.ts";
import type { Freshness, Read } from "./reading.ts";
import { withoutRemovedFields } from "./removed-fields.ts";
import type { TenantSchemas } from "./tenant-schemas.ts";

export interface FreshReadsDeps {
  readonly wal: Wal;
  readonly applied: Applied;
  readonly stores: TenantStores;
  readonly gate: Gate;
  readonly views: OpenViews;
  readonly schemas: TenantSchemas;
}

/** Reads of tenants' files, as fresh as their callers ask for. */
export class FreshReads {
  readonly #deps: FreshReadsDeps;

  constructor(deps: FreshReadsDeps) {
    this.#deps = deps;
  }

  /**
   * What `read` answers of the tenant's files, with the position that it was read at, once
   * the view is as fresh as the caller asks for.
   */
  async read<T extends object>(
    caller: Caller,
    freshness: Freshness,
    signal: CancelSignal,
    read: (store: TenantStore) => T | Promise<T>,
  ): Promise<Read<T>> {
    const { wal, applied, stores } = this.#deps;
    const { tenantId } = caller;
    await this.untilFresh(caller, freshness, signal);
    // Where that fails less is applied than a moment ago, and who asked for it waits.
    const isThere = stores.opened(tenantId)?.tryCommitHeld() ?? true;
    if (!isThere) await this.untilFresh(caller, freshness, signal);
    try {
      const store = this.#deps.views.open(tenantId);
      // Taken before a worker begins to read: what the view comes to meanwhile may not be in the answer.
      const positionToken = tokenOfView(wal, applied, tenantId);
      const registry = this.#deps.schemas.shownBy(store);
      return { ...withoutRemovedFields(registry, await read(store)), positionToken };
    } catch (error) {
      throw this.#deps.views.explained(tenantId, error);
    }
  }

  /** A tenant that its first write will create has, until then, no types and no keys. */
  isToBeCreated(tenantId: string): boolean {
    const { gate, stores } = this.#deps;
    return gate.createsTenants && stores.findEntry(tenantId) === undefined;
  }

  /** Resolves when the tenant's view is as fresh as asked for. Throws what the gate refuses, and what {@link waitUntilFresh} does. */
  async untilFresh(caller: Caller, freshness: Freshness, signal: CancelSignal): Promise<void> {
    const { gate, wal, applied } = this.#deps;
    if (signal.aborted) throw signal.reason;
    gate.admitRead(caller.tenantId);
    await waitUntilFresh(wal, applied, caller.tenantId, freshness, signal);
  }
}
