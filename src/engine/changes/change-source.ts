import { EntError } from "../../base/errors.ts";
import type { Applied } from "../../store/applied.ts";
import type { ChangeReader, ChangeRow } from "../../store/reader/change-reader.ts";
import type { TenantStore } from "../../store/tenant-store.ts";
import type { Gate } from "../../tenant/gate.ts";
import type { Change } from "../changes.ts";
import type { OpenViews } from "../open-views.ts";
import type { Judge, RowSlice, RowSource, TenantLife } from "../subscription/row-source.ts";
import type { TenantSchemas } from "../tenant-schemas.ts";
import type { Viewers } from "../viewers.ts";
import { type ChangeInterest, ChangeJudge } from "./change-judge.ts";

/**
 * What a tenant's view keeps of its changes, for subscribers: rows from a position on, who may see
 * them, and what ends a watch for good.
 */

export interface ChangeSourceDeps {
  readonly applied: Applied;
  readonly gate: Gate;
  readonly views: OpenViews;
  readonly viewers: Viewers;
  readonly schemas: TenantSchemas;
}

/** The changes that tenants' views keep, as something to subscribe to. */
export class ChangeSource implements RowSource<ChangeRow, ChangeInterest, Change> {
  readonly #deps: ChangeSourceDeps;

  constructor(deps: ChangeSourceDeps) {
    this.#deps = deps;
  }

  /** Throws CHANGES_TRIMMED, TENANT_NOT_FOUND, and the tenant's trouble. */
  read(tenant: TenantLife, after: number, atLeast: number): RowSlice<ChangeRow> {
    const applied = this.appliedPosition(tenant.tenantId);
    const rows = this.#reading(tenant, (store) =>
      store.snapshot(({ changes }) => {
        requireKept(changes, after);
        return changes.after(after, atLeast);
      }),
    );
    const last = rows.at(-1)?.position ?? after;
    return { rows, end: rows.length < atLeast ? Math.max(last, applied) : last };
  }

  judge(tenant: TenantLife): Judge<ChangeRow, ChangeInterest, Change> {
    return this.#reading(tenant, (store) => {
      const explained = (error: unknown) => this.#deps.views.explained(tenant.tenantId, error);
      const { viewers, schemas } = this.#deps;
      return new ChangeJudge(store, schemas.shownBy(store), viewers, explained);
    });
  }

  appliedPosition(tenantId: string): number {
    return this.#deps.applied.endOf(tenantId) - 1;
  }

  deadEnd(tenant: TenantLife): unknown {
    try {
      this.#requireAlive(tenant);
    } catch (error) {
      return this.passes(error) ? undefined : error;
    }
    const behind = this.#deps.applied.behind(tenant.tenantId);
    return behind?.trouble === "halted" ? behind.error : undefined;
  }

  passes(error: unknown): boolean {
    const passing = ["TENANT_REBUILDING", "TENANT_STALLED"];
    return error instanceof EntError && passing.includes(error.reason);
  }

  #reading<T>(tenant: TenantLife, read: (store: TenantStore) => T): T {
    const { tenantId } = tenant;
    this.#requireAlive(tenant);
    const store = this.#deps.views.open(tenantId);
    try {
      return read(store);
    } catch (error) {
      throw this.#deps.views.explained(tenantId, error);
    }
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

/** Throws CHANGES_TRIMMED unless every change behind the position is still kept. */
export function requireKept(changes: ChangeReader, after: number): void {
  const { trimmedBelow } = changes;
  if (after >= trimmedBelow - 1) return;
  throw new EntError({
    code: "out_of_range",
    reason: "CHANGES_TRIMMED",
    message: "Changes behind this position are not kept any more.",
    hint: "Read what you need anew, and watch from the position of that read.",
    details: { kept_from: String(trimmedBelow) },
  });
}
