/** Tenants themselves. All but the schema's lock needs a credential of the server, or trusted mode. */
import type { CallOptions } from "../calls/caller.ts";
import type { Session } from "../client/session.ts";
import { InternalError } from "../errors/refusals.ts";
import { TenantState, type Tenant as WireTenant } from "../gen/entdb/v1/tenant_service_pb.ts";
import type { Listing, PageOptions } from "../reads/listing.ts";
import { wireCount } from "../values/checked-number.ts";
import { safeNumber } from "../values/value.ts";
import { adminListing } from "./listing.ts";

/** How many requests a tenant may make. Left out: the server's setting. 0: no limit. */
export interface TenantLimits {
  readonly requestsPerSecond?: number;
  readonly requestBurst?: number;
}

/** A tenant of the server. */
export interface Tenant {
  readonly tenantId: string;
  /** A suspended tenant is read, and takes no writes. */
  readonly state: "active" | "suspended";
  readonly createdAt: Date;
  readonly limits: TenantLimits;
}

/** Creating, finding and ending tenants. */
export class Tenants {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Creates a tenant, with these members holding the role admin from the start. */
  async create(
    tenantId: string,
    options: CallOptions & { readonly admins?: readonly string[] } = {},
  ): Promise<Tenant> {
    const request = { tenantId, admins: [...(options.admins ?? [])] };
    const { caller, tenants } = this.#session;
    return tenantOf(
      await caller.call((stub) => tenants.createTenant(request, stub), "unsent", options),
    );
  }

  /** The tenant. Throws `TenantNotFoundError`. */
  async get(tenantId: string, options: CallOptions = {}): Promise<Tenant> {
    const { caller, tenants } = this.#session;
    return tenantOf(
      await caller.call((stub) => tenants.getTenant({ tenantId }, stub), "safe", options),
    );
  }

  /** All tenants, by their ids. */
  all(options: CallOptions & PageOptions = {}): Listing<Tenant> {
    const { tenants } = this.#session;
    return adminListing(
      this.#session,
      options,
      (page, stub) => tenants.listTenants(page, stub),
      (answer) => answer.tenants.map((tenant) => tenantOf({ tenant })),
    );
  }

  /** From here on its writes are refused; reads go on. */
  async suspend(tenantId: string, options: CallOptions = {}): Promise<Tenant> {
    const { caller, tenants } = this.#session;
    return tenantOf(
      await caller.call((stub) => tenants.suspendTenant({ tenantId }, stub), "safe", options),
    );
  }

  /** Takes writes again. */
  async resume(tenantId: string, options: CallOptions = {}): Promise<Tenant> {
    const { caller, tenants } = this.#session;
    return tenantOf(
      await caller.call((stub) => tenants.resumeTenant({ tenantId }, stub), "safe", options),
    );
  }

  /** Files, keys and history are gone. `confirm` is the tenant's id once more. */
  async delete(tenantId: string, confirm: string, options: CallOptions = {}): Promise<void> {
    const { caller, tenants, positions } = this.#session;
    const request = { tenantId, confirm };
    await caller.call((stub) => tenants.deleteTenant(request, stub), "unsent", options);
    positions.forget(tenantId);
  }

  /** Replaces the limits that were set before. */
  async setLimits(
    tenantId: string,
    limits: TenantLimits,
    options: CallOptions = {},
  ): Promise<Tenant> {
    const { caller, tenants } = this.#session;
    const { requestsPerSecond, requestBurst } = limits;
    const wire = {
      ...(requestsPerSecond === undefined
        ? {}
        : { requestsPerSecond: wireCount("requestsPerSecond", requestsPerSecond) }),
      ...(requestBurst === undefined
        ? {}
        : { requestBurst: wireCount("requestBurst", requestBurst) }),
    };
    const request = { tenantId, limits: wire };
    return tenantOf(
      await caller.call((stub) => tenants.setTenantLimits(request, stub), "safe", options),
    );
  }

  /** From here on only who holds the right `schema` may change the client's tenant's schema, or everybody again. */
  async lockSchema(locked: boolean, options: CallOptions = {}): Promise<void> {
    const { caller, tenants, identity } = this.#session;
    const request = { context: identity, locked };
    await caller.call((stub) => tenants.setSchemaLock(request, stub), "safe", options);
  }
}

function tenantOf(answer: { readonly tenant?: WireTenant | undefined }): Tenant {
  const { tenant } = answer;
  if (tenant === undefined) throw incomplete();
  const { requestsPerSecond, requestBurst } = tenant.limits ?? {};
  return {
    tenantId: tenant.tenantId,
    state: tenant.state === TenantState.SUSPENDED ? "suspended" : "active",
    createdAt: new Date(Number(tenant.createdAt)),
    limits: {
      ...(requestsPerSecond === undefined
        ? {}
        : { requestsPerSecond: safeNumber(requestsPerSecond, "limit") }),
      ...(requestBurst === undefined ? {} : { requestBurst: safeNumber(requestBurst, "limit") }),
    },
  };
}

function incomplete(): InternalError {
  return new InternalError({
    code: "internal",
    reason: "INTERNAL",
    message: "The server's answer names no tenant.",
  });
}
