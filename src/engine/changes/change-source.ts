import { EntError } from "../../base/errors.ts";
import type { ChangeReader, ChangeRow } from "../../store/reader/change-reader.ts";
import type { Change } from "../changes.ts";
import type { Judge, RowSlice, RowSource, TenantLife } from "../subscription/row-source.ts";
import { TenantLives, type TenantLivesDeps } from "../subscription/tenant-lives.ts";
import type { TenantSchemas } from "../tenant-schemas.ts";
import type { Viewers } from "../viewers.ts";
import { type ChangeInterest, ChangeJudge } from "./change-judge.ts";

/**
 * What a tenant's view keeps of its changes, for subscribers: rows from a position on, who may see
 * them, and what ends a watch for good.
 */

export interface ChangeSourceDeps extends TenantLivesDeps {
  readonly viewers: Viewers;
  readonly schemas: TenantSchemas;
}

/** The changes that tenants' views keep, as something to subscribe to. */
export class ChangeSource implements RowSource<ChangeRow, ChangeInterest, Change> {
  readonly sendsTogether = false;
  readonly #deps: ChangeSourceDeps;
  readonly #lives: TenantLives;

  constructor(deps: ChangeSourceDeps) {
    this.#deps = deps;
    this.#lives = new TenantLives(deps);
  }

  /** Throws CHANGES_TRIMMED, TENANT_NOT_FOUND, and the tenant's trouble. */
  read(tenant: TenantLife, after: number, atLeast: number): RowSlice<ChangeRow> {
    const applied = this.startPosition(tenant);
    const rows = this.#lives.reading(tenant, (store) =>
      store.snapshot(({ changes }) => {
        requireKept(changes, after);
        return changes.after(after, atLeast);
      }),
    );
    const last = rows.at(-1)?.position ?? after;
    return { rows, end: rows.length < atLeast ? Math.max(last, applied) : last };
  }

  judge(tenant: TenantLife): Judge<ChangeRow, ChangeInterest, Change> {
    return this.#lives.reading(tenant, (store) => {
      const explained = (error: unknown) => this.#lives.explained(tenant.tenantId, error);
      const { viewers, schemas } = this.#deps;
      return new ChangeJudge(store, schemas.shownBy(store), viewers, explained);
    });
  }

  startPosition({ tenantId }: TenantLife): number {
    return this.#deps.applied.endOf(tenantId) - 1;
  }

  idlePosition(tenantId: string): number {
    return this.#deps.applied.endOf(tenantId) - 1;
  }

  deadEnd(tenant: TenantLife): unknown {
    return this.#lives.deadEnd(tenant);
  }

  passes(error: unknown): boolean {
    return this.#lives.passes(error);
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
