import { EntError } from "../../base/errors.ts";
import type { Applied } from "../../store/applied.ts";
import type { TenantStore } from "../../store/tenant-store.ts";
import type { Gate } from "../../tenant/gate.ts";
import type { OpenViews } from "../open-views.ts";
import type { TenantLife } from "./row-source.ts";

export interface TenantLivesDeps {
  readonly applied: Applied;
  readonly gate: Gate;
  readonly views: OpenViews;
}

/** Tenants' files as subscriptions read them: of that life of a tenant alone, and what ends it for them. */
export class TenantLives {
  readonly #deps: TenantLivesDeps;

  constructor(deps: TenantLivesDeps) {
    this.#deps = deps;
  }

  /** Throws TENANT_NOT_FOUND, and the tenant's trouble. */
  reading<T>(tenant: TenantLife, read: (store: TenantStore) => T): T {
    this.#requireAlive(tenant);
    return this.#deps.views.read(tenant.tenantId, read);
  }

  /** The error that a subscriber gets for one that was met in reading. */
  explained(tenantId: string, error: unknown): unknown {
    return this.#deps.views.explained(tenantId, error);
  }

  /** Why nothing more will come until somebody acts; undefined while more may come. */
  deadEnd(tenant: TenantLife): unknown {
    try {
      this.#requireAlive(tenant);
    } catch (error) {
      return this.passes(error) ? undefined : error;
    }
    const behind = this.#deps.applied.behind(tenant.tenantId);
    return behind?.trouble === "halted" ? behind.error : undefined;
  }

  /** Whether what was thrown passes by itself. */
  passes(error: unknown): boolean {
    const passing = ["TENANT_REBUILDING", "TENANT_STALLED"];
    return error instanceof EntError && passing.includes(error.reason);
  }

  #requireAlive({ tenantId, incarnation }: TenantLife): void {
    if (this.#deps.gate.admitRead(tenantId).incarnation === incarnation) return;
    throw new EntError({
      code: "not_found",
      reason: "TENANT_NOT_FOUND",
      message: `The tenant ${tenantId} was deleted; the one of that name now is another.`,
      details: { tenant_id: tenantId },
    });
  }
}
