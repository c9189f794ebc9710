/**
 * Who may administer what. One rule throughout: whoever may not know of a tenant is told what
 * somebody is told who asks for one that does not exist.
 */
import { type Identity, isOfServer } from "../../access/identity.ts";
import { needsServerCredential } from "../../access/refusals.ts";
import { EntError } from "../../base/errors.ts";
import type { Right } from "../../record/access.ts";
import type { Caller } from "../../record/caller.ts";
import type { CatalogEntry } from "../../store/reader/catalog-reader.ts";
import type { Standing } from "../../store/reader/membership-reader.ts";
import type { TenantStore } from "../../store/tenant-store.ts";
import type { Catalog } from "../../tenant/catalog.ts";
import { parseTenantId } from "../../tenant/identity.ts";
import type { OpenViews } from "../open-views.ts";
import type { Viewers } from "../viewers.ts";

export interface AuthorityDeps {
  readonly catalog: Catalog;
  readonly views: OpenViews;
  readonly viewers: Viewers;
}

export class Authority {
  readonly #deps: AuthorityDeps;

  constructor(deps: AuthorityDeps) {
    this.#deps = deps;
  }

  /** Throws PERMISSION_DENIED for a credential of one tenant. */
  requireServer(by: Identity): void {
    if (!isOfServer(by)) throw needsServerCredential();
  }

  /** The tenant that the identity may know of. Throws TENANT_NOT_FOUND, INVALID_TENANT_ID. */
  tenant(by: Identity, tenantId: string): CatalogEntry {
    parseTenantId(tenantId);
    this.requireOwn(by, tenantId);
    const entry = this.#deps.catalog.find(tenantId);
    if (entry === undefined) throw tenantNotFound(tenantId);
    return entry;
  }

  /** Throws TENANT_NOT_FOUND for another tenant than the credential's, whether it exists or not. */
  requireOwn(by: Identity, tenantId: string): void {
    if (!isOfServer(by) && by.tenantId !== tenantId) throw tenantNotFound(tenantId);
  }

  /** What the identity may do in its tenant; undefined: everything, because it is of the server. Throws PERMISSION_DENIED without the right. */
  require(by: Identity, tenantId: string, right: Right): Standing | undefined {
    if (isOfServer(by)) return undefined;
    const caller = callerOf(by, tenantId);
    return this.read(tenantId, (store) => {
      this.#deps.viewers.require(store, caller, right);
      return this.#deps.viewers.standingOf(store, caller);
    });
  }

  /** What an actor with these roles stands for in the tenant. */
  standingOf(tenantId: string, actor: string, roles: readonly string[]): Standing {
    return this.read(tenantId, ({ reads }) => reads.membership.standingOf(actor, roles));
  }

  /** Reads the tenant's files in this turn. Throws the tenant's trouble. */
  read<T>(tenantId: string, read: (store: TenantStore) => T): T {
    return this.#deps.views.read(tenantId, read);
  }
}

/** The identity as a caller inside the tenant. */
export function callerOf(by: Identity, tenantId: string): Caller {
  return { tenantId, actor: by.actor, roles: by.roles, credential: by.credential };
}

export function tenantNotFound(tenantId: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "TENANT_NOT_FOUND",
    message: `There is no tenant ${tenantId}.`,
    hint: "Check the id; it is compared letter by letter.",
    details: { tenant_id: tenantId },
  });
}
