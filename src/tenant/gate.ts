/**
 * What every request passes before it touches a tenant: the tenant exists (or may be
 * created by this write), and is not in a trouble that the request could not survive.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError } from "../base/errors.ts";
import type { Applied } from "../store/applied.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { Catalog } from "./catalog.ts";
import { parseTenantId } from "./identity.ts";
import type { WriteBrake } from "./write-brake.ts";

export interface GateOptions {
  /** A tenant comes into being with its first write. */
  readonly autoCreateTenants: boolean;
  /** Holds up writes of single tenants; undefined: nothing ever does. */
  readonly brake?: WriteBrake | undefined;
}

/** Admits requests, or says why not. */
export class Gate {
  readonly #catalog: Catalog;
  readonly #applied: Applied;
  readonly #options: GateOptions;

  constructor(catalog: Catalog, applied: Applied, options: GateOptions) {
    this.#catalog = catalog;
    this.#applied = applied;
    this.#options = options;
  }

  get createsTenants(): boolean {
    return this.#options.autoCreateTenants;
  }

  /** Throws TENANT_NOT_FOUND, and TENANT_REBUILDING while there is no file to read. */
  admitRead(tenantId: string): CatalogEntry {
    const entry = this.#catalog.find(tenantId);
    if (entry === undefined) throw this.notFound(tenantId);
    const behind = this.#applied.behind(tenantId);
    if (behind !== undefined && !behind.readable) throw behind.error;
    return entry;
  }

  /**
   * Throws TENANT_NOT_FOUND when tenants are not created by writing, INVALID_TENANT_ID for what
   * cannot become one, TENANT_SUSPENDED, and TENANT_HALTED and TENANT_STALLED: a record that
   * cannot be applied is better not appended.
   * OVERLOADED while the tenant's writes must stop for a moment.
   */
  admitWrite(tenantId: string, signal: CancelSignal): CatalogEntry | Promise<CatalogEntry> {
    const behind = this.#applied.behind(tenantId);
    if (behind?.trouble === "halted" || behind?.trouble === "stalled") throw behind.error;
    const entry = this.#catalog.find(tenantId);
    if (entry?.state === "suspended") throw suspended(tenantId);
    if (entry !== undefined) {
      const held = this.#options.brake?.hold(tenantId, signal);
      return held === undefined ? entry : held.then(() => entry);
    }
    if (!this.#options.autoCreateTenants) throw this.notFound(tenantId);
    // Faces check ids too; but what is created here is there for ever, and `_system` is no tenant.
    return this.#catalog.findOrCreate(parseTenantId(tenantId), signal);
  }

  /** What those are told who ask for a tenant that does not exist. */
  notFound(tenantId: string): EntError {
    return notFound(tenantId, this.#options.autoCreateTenants);
  }
}

function suspended(tenantId: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "TENANT_SUSPENDED",
    message: `Tenant ${tenantId} is suspended: it is read, and takes no writes.`,
    hint: "Have it resumed.",
    details: { tenant_id: tenantId },
  });
}

function notFound(tenantId: string, createdByWriting: boolean): EntError {
  return new EntError({
    code: "not_found",
    reason: "TENANT_NOT_FOUND",
    message: `There is no tenant ${tenantId}.`,
    hint: createdByWriting
      ? "Its first write creates it."
      : "Have it created, or start the server with auto_create_tenants.",
    details: { tenant_id: tenantId },
  });
}
