/**
 * Tenants themselves. Asking for the state that a tenant is in already is a success that
 * leaves no record; everything else is a record of `_system`, answered when it is applied.
 */
import type { Identity } from "../../access/identity.ts";
import { beforeAbort } from "../../base/abortable.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import { EntError, invalid } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { ADMIN_ROLE } from "../../record/access.ts";
import type { TenantLimits } from "../../record/transaction.ts";
import type { CatalogEntry, CatalogReader } from "../../store/reader/catalog-reader.ts";
import type { Catalog } from "../../tenant/catalog.ts";
import { parseTenantId } from "../../tenant/identity.ts";
import type { SystemLog } from "../../tenant/system-log.ts";
import type { AdministrationPage, CreateTenant, Page, Tenant } from "../administration.ts";
import { checkActors } from "../check-names.ts";
import type { Submit } from "../submit.ts";
import { type Authority, callerOf } from "./authority.ts";
import { pageByName } from "./pages.ts";
import { membershipRequest } from "./request.ts";

export interface TenantsDeps {
  readonly authority: Authority;
  readonly catalog: Catalog;
  readonly catalogReader: CatalogReader;
  readonly systemLog: SystemLog;
  readonly submit: Submit;
  /** Resolves when a deleted tenant's files are gone. */
  readonly removed: (entry: CatalogEntry) => Promise<void>;
}

export class TenantAdministration {
  readonly #deps: TenantsDeps;

  constructor(deps: TenantsDeps) {
    this.#deps = deps;
  }

  async create(by: Identity, request: CreateTenant, signal: CancelSignal): Promise<Tenant> {
    const { authority, catalog, submit } = this.#deps;
    const tenantId = parseTenantId(request.tenantId);
    const admins = checkActors(request.admins, "admins");
    authority.requireServer(by);
    const entry = await catalog.create(tenantId, authorOf(by), signal);
    if (admins.length > 0) {
      // Nobody holds a right in it yet, so the record carries the role that allows the first step.
      const founder = { ...callerOf(by, tenantId), roles: [ADMIN_ROLE] };
      const steps = admins.map((principal) => ({
        action: "set_member" as const,
        principal,
        roles: [ADMIN_ROLE],
      }));
      await submit.execute(founder, membershipRequest(...steps), signal);
    }
    return tenantOf(entry);
  }

  get(by: Identity, tenantId: string): Tenant {
    return tenantOf(this.#deps.authority.tenant(by, tenantId));
  }

  list(by: Identity, page: AdministrationPage): Page<Tenant> {
    const { authority, catalogReader } = this.#deps;
    authority.requireServer(by);
    const scope = { list: "tenants", tenantId: "", actor: by.actor } as const;
    const read = (after: string, limit: number) => catalogReader.list(after, limit).map(tenantOf);
    return pageByName(scope, page, read, (tenant) => tenant.tenantId);
  }

  async setSuspended(
    by: Identity,
    tenantId: string,
    suspended: boolean,
    signal: CancelSignal,
  ): Promise<Tenant> {
    const entry = this.#own(by, tenantId);
    if ((entry.state === "suspended") === suspended) return tenantOf(entry);
    const { incarnation } = entry;
    const body = { kind: "tenant_state_changed", tenantId, incarnation, suspended } as const;
    await this.#deps.systemLog.submit(body, authorOf(by), signal);
    return this.get(by, tenantId);
  }

  async setLimits(
    by: Identity,
    tenantId: string,
    limits: TenantLimits,
    signal: CancelSignal,
  ): Promise<Tenant> {
    const { incarnation } = this.#own(by, tenantId);
    const { requestsPerSecond, requestBurst } = limits;
    checkLimit(requestsPerSecond, "requests_per_second");
    checkLimit(requestBurst, "request_burst");
    const body = { kind: "tenant_limits_set", tenantId, incarnation } as const;
    const record = { ...body, requestsPerSecond, requestBurst };
    await this.#deps.systemLog.submit(record, authorOf(by), signal);
    return this.get(by, tenantId);
  }

  async delete(by: Identity, tenantId: string, signal: CancelSignal): Promise<void> {
    const entry = this.#own(by, tenantId);
    const { incarnation } = entry;
    const body = { kind: "tenant_deleted", tenantId, incarnation } as const;
    await this.#deps.systemLog.submit(body, authorOf(by), signal);
    await beforeAbort(this.#removed(entry), signal);
  }

  /** The tenant, for a credential of the server. Whoever may not know of it is told that there is none. */
  #own(by: Identity, tenantId: string): CatalogEntry {
    const entry = this.#deps.authority.tenant(by, tenantId);
    this.#deps.authority.requireServer(by);
    return entry;
  }

  async #removed(entry: CatalogEntry): Promise<void> {
    try {
      await this.#deps.removed(entry);
    } catch (error) {
      throw filesRemain(entry.tenantId, error);
    }
  }
}

/** Who is accounted for in records of `_system`. */
export function authorOf({ actor, roles, credential }: Identity) {
  return { actor, roles, credential };
}

function tenantOf({ tenantId, state, createdAt, limits }: CatalogEntry): Tenant {
  return { tenantId, state, createdAt, limits };
}

function filesRemain(tenantId: string, cause: unknown): EntError {
  return new EntError({
    code: "internal",
    reason: "INTERNAL",
    message: `Tenant ${tenantId} is deleted, but its files could not be removed.`,
    hint: "The next start of the server tries again; its log says what stands in the way.",
    details: { tenant_id: tenantId },
    cause,
  });
}

function checkLimit(value: number | undefined, field: string): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && value >= 0 && value <= limits.tenantRate) return;
  throw invalid(
    "INVALID_REQUEST",
    `${field} is ${value}.`,
    `Send a whole number from 0 (no limit) to ${limits.tenantRate}, or leave it out for the server's setting.`,
    { field },
  );
}
