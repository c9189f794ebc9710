import type { Identity } from "../access/identity.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Soon } from "../base/soon.ts";
import type { Right } from "../record/access.ts";
import type { Caller } from "../record/caller.ts";
import type { TenantLimits } from "../record/transaction.ts";

/**
 * Tenants, and who may do what in them. Everything that changes something goes through the
 * log and answers when it is applied.
 *
 * What takes an `Identity` is about tenants themselves: it needs a credential of the server,
 * or, where it says so, one of that tenant. What takes a `Caller` happens inside a tenant and
 * needs the right that it names there. A tenant that the asker may not know of does not exist:
 * TENANT_NOT_FOUND.
 */
export interface Administration {
  /** Throws TENANT_ALREADY_EXISTS, INVALID_TENANT_ID. */
  createTenant(by: Identity, request: CreateTenant, signal: CancelSignal): Promise<Tenant>;
  /** Also for a credential of that tenant. */
  getTenant(by: Identity, tenantId: string): Soon<Tenant>;
  listTenants(by: Identity, page: AdministrationPage): Soon<Page<Tenant>>;
  suspendTenant(by: Identity, tenantId: string, signal: CancelSignal): Promise<Tenant>;
  resumeTenant(by: Identity, tenantId: string, signal: CancelSignal): Promise<Tenant>;
  /** Resolves when its files are gone. */
  deleteTenant(by: Identity, tenantId: string, signal: CancelSignal): Promise<void>;
  setTenantLimits(
    by: Identity,
    tenantId: string,
    limits: TenantLimits,
    signal: CancelSignal,
  ): Promise<Tenant>;

  /** Right `schema`. */
  setSchemaLock(caller: Caller, locked: boolean, signal: CancelSignal): Promise<void>;

  /** Right `members`, for these and those that follow up to `listGroups`. Throws ROLE_NOT_FOUND. */
  setMember(caller: Caller, member: Member, signal: CancelSignal): Promise<Member>;
  removeMember(caller: Caller, principal: string, signal: CancelSignal): Promise<void>;
  listMembers(caller: Caller, page: AdministrationPage): Soon<Page<Member>>;
  putRole(caller: Caller, role: Role, signal: CancelSignal): Promise<Role>;
  deleteRole(caller: Caller, name: string, signal: CancelSignal): Promise<void>;
  listRoles(caller: Caller): Soon<readonly Role[]>;
  putGroup(caller: Caller, name: string, signal: CancelSignal): Promise<Group>;
  deleteGroup(caller: Caller, name: string, signal: CancelSignal): Promise<void>;
  /** Throws GROUP_NOT_FOUND, GROUP_CYCLE, LIMIT_EXCEEDED. */
  addGroupMember(
    caller: Caller,
    group: string,
    member: string,
    signal: CancelSignal,
  ): Promise<void>;
  removeGroupMember(
    caller: Caller,
    group: string,
    member: string,
    signal: CancelSignal,
  ): Promise<void>;
  listGroups(caller: Caller, page: AdministrationPage): Soon<Page<Group>>;

  /**
   * A key of the server needs a credential of the server; a tenant's the right `keys` there.
   * Nobody makes a key that may do more than its maker. Throws PERMISSION_DENIED.
   */
  createApiKey(by: Identity, request: CreateApiKey, signal: CancelSignal): Promise<CreatedApiKey>;
  listApiKeys(by: Identity, tenantId: string, page: AdministrationPage): Soon<Page<ApiKey>>;
  revokeApiKey(by: Identity, keyId: string, signal: CancelSignal): Promise<ApiKey>;

  /** Right `audit` in the tenant; the server's own, with an empty id, for a credential of the server. */
  listAuditEvents(by: Identity, request: AuditRequest): Soon<Page<AuditEntry>>;
  /**
   * Does what leaves no record of its own, and writes into the audit who asked for it and what
   * it came to. Throws what the work throws, and as `SystemLog.submit`.
   */
  audited<T>(by: Identity, action: AuditedAction, work: () => Promise<T>): Promise<T>;
}

/** What was asked for: a stable name ("tenant_rebuilt") and the tenant that it was done to. */
export interface AuditedAction {
  readonly action: string;
  readonly tenantId: string;
}

/** `pageSize` 0 asks for the default. */
export interface AdministrationPage {
  readonly pageSize: number;
  readonly cursor: Uint8Array | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: Uint8Array | undefined;
  readonly hasMore: boolean;
}

export interface CreateTenant {
  readonly tenantId: string;
  /** Members with the role admin from the start. */
  readonly admins: readonly string[];
}

export interface Tenant {
  readonly tenantId: string;
  readonly state: "active" | "suspended";
  readonly createdAt: number;
  readonly limits: TenantLimits;
}

export interface Member {
  /** An actor, or "group:…". */
  readonly principal: string;
  readonly roles: readonly string[];
}

export interface Role {
  readonly name: string;
  readonly rights: readonly Right[];
}

export interface Group {
  /** Without "group:". */
  readonly name: string;
  readonly members: readonly string[];
}

export interface CreateApiKey {
  /** Empty: a key of the server. */
  readonly tenantId: string;
  readonly actor: string;
  readonly mayActAs: readonly string[];
  readonly roles: readonly string[];
  readonly name: string;
  /** Unix milliseconds; 0: never. */
  readonly expiresAt: number;
}

export interface ApiKey extends CreateApiKey {
  readonly keyId: string;
  readonly createdAt: number;
  /** 0: it holds. */
  readonly revokedAt: number;
}

export interface CreatedApiKey {
  readonly key: ApiKey;
  /** Shown this once, kept nowhere. */
  readonly secret: string;
}

export interface AuditRequest extends AdministrationPage {
  readonly tenantId: string;
  /** Unix milliseconds; 0: no bound. */
  readonly from: number;
  readonly until: number;
}

export interface AuditEntry {
  readonly walPosition: string;
  readonly at: number;
  readonly action: string;
  readonly tenantId: string;
  readonly actor: string;
  readonly credential: string;
  /** "applied", or the reason of the refusal. */
  readonly outcome: string;
  readonly count: number;
  readonly details: ReadonlyMap<string, string>;
}
