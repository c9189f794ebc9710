/** The administration of the tenants of one partition, put together from its parts. */
import type { Identity } from "../../access/identity.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Caller } from "../../record/caller.ts";
import type { TenantLimits } from "../../record/transaction.ts";
import type { CatalogEntry } from "../../store/reader/catalog-reader.ts";
import type { TenantStores } from "../../store/tenant-stores.ts";
import type { Catalog } from "../../tenant/catalog.ts";
import type { SystemLog } from "../../tenant/system-log.ts";
import type {
  Administration,
  AdministrationPage,
  AuditedAction,
  AuditRequest,
  CreateApiKey,
  CreateTenant,
  Member,
  Role,
} from "../administration.ts";
import type { OpenViews } from "../open-views.ts";
import type { Submit } from "../submit.ts";
import type { Viewers } from "../viewers.ts";
import { AuditAdministration } from "./audit.ts";
import { Authority } from "./authority.ts";
import { KeyAdministration } from "./keys.ts";
import { MembershipAdministration } from "./membership.ts";
import { TenantAdministration } from "./tenants.ts";

export interface AdministrationDeps {
  readonly stores: TenantStores;
  readonly catalog: Catalog;
  readonly systemLog: SystemLog;
  readonly views: OpenViews;
  readonly viewers: Viewers;
  readonly submit: Submit;
  readonly clock: Clock;
  readonly random: Random;
  readonly partition: number;
  /** Resolves when a deleted tenant's files are gone. */
  readonly removed: (entry: CatalogEntry) => Promise<void>;
}

export class LocalAdministration implements Administration {
  readonly #tenants: TenantAdministration;
  readonly #membership: MembershipAdministration;
  readonly #keys: KeyAdministration;
  readonly #audit: AuditAdministration;

  constructor(deps: AdministrationDeps) {
    const { stores } = deps;
    const parts = {
      ...deps,
      authority: new Authority(deps),
      catalogReader: stores.catalog,
      keys: stores.keys,
    };
    this.#tenants = new TenantAdministration(parts);
    this.#membership = new MembershipAdministration(parts);
    this.#keys = new KeyAdministration(parts);
    this.#audit = new AuditAdministration(parts);
  }

  createTenant(by: Identity, request: CreateTenant, signal: CancelSignal) {
    return this.#tenants.create(by, request, signal);
  }

  getTenant(by: Identity, tenantId: string) {
    return this.#tenants.get(by, tenantId);
  }

  listTenants(by: Identity, page: AdministrationPage) {
    return this.#tenants.list(by, page);
  }

  suspendTenant(by: Identity, tenantId: string, signal: CancelSignal) {
    return this.#tenants.setSuspended(by, tenantId, true, signal);
  }

  resumeTenant(by: Identity, tenantId: string, signal: CancelSignal) {
    return this.#tenants.setSuspended(by, tenantId, false, signal);
  }

  deleteTenant(by: Identity, tenantId: string, signal: CancelSignal) {
    return this.#tenants.delete(by, tenantId, signal);
  }

  setTenantLimits(by: Identity, tenantId: string, limits: TenantLimits, signal: CancelSignal) {
    return this.#tenants.setLimits(by, tenantId, limits, signal);
  }

  setSchemaLock(caller: Caller, locked: boolean, signal: CancelSignal) {
    return this.#membership.setSchemaLock(caller, locked, signal);
  }

  setMember(caller: Caller, member: Member, signal: CancelSignal) {
    return this.#membership.setMember(caller, member, signal);
  }

  removeMember(caller: Caller, principal: string, signal: CancelSignal) {
    return this.#membership.removeMember(caller, principal, signal);
  }

  listMembers(caller: Caller, page: AdministrationPage) {
    return this.#membership.listMembers(caller, page);
  }

  putRole(caller: Caller, role: Role, signal: CancelSignal) {
    return this.#membership.putRole(caller, role, signal);
  }

  deleteRole(caller: Caller, name: string, signal: CancelSignal) {
    return this.#membership.deleteRole(caller, name, signal);
  }

  listRoles(caller: Caller) {
    return this.#membership.listRoles(caller);
  }

  putGroup(caller: Caller, name: string, signal: CancelSignal) {
    return this.#membership.putGroup(caller, name, signal);
  }

  deleteGroup(caller: Caller, name: string, signal: CancelSignal) {
    return this.#membership.deleteGroup(caller, name, signal);
  }

  addGroupMember(caller: Caller, group: string, member: string, signal: CancelSignal) {
    return this.#membership.changeGroup(caller, "add_to_group", { group, member }, signal);
  }

  removeGroupMember(caller: Caller, group: string, member: string, signal: CancelSignal) {
    return this.#membership.changeGroup(caller, "remove_from_group", { group, member }, signal);
  }

  listGroups(caller: Caller, page: AdministrationPage) {
    return this.#membership.listGroups(caller, page);
  }

  createApiKey(by: Identity, request: CreateApiKey, signal: CancelSignal) {
    return this.#keys.create(by, request, signal);
  }

  listApiKeys(by: Identity, tenantId: string, page: AdministrationPage) {
    return this.#keys.list(by, tenantId, page);
  }

  revokeApiKey(by: Identity, keyId: string, signal: CancelSignal) {
    return this.#keys.revoke(by, keyId, signal);
  }

  listAuditEvents(by: Identity, request: AuditRequest) {
    return this.#audit.list(by, request);
  }

  audited<T>(by: Identity, action: AuditedAction, work: () => Promise<T>) {
    return this.#audit.audited(by, action, work);
  }
}
