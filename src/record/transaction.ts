import type { Schema } from "../schema/types.ts";
import type { Fields } from "../schema/value.ts";
import type { Grant, Right } from "./access.ts";
import type { AppendEvents, SetAggregateGrants, StoreCheckpoint } from "./event.ts";

/**
 * A client's atomic request as the log holds it: ids fixed, aliases resolved, names
 * turned into numbers. What depends on the tenant's state is not decided yet.
 */
export interface CreateNode {
  readonly op: "create_node";
  readonly typeId: number;
  readonly id: string;
  readonly fields: Fields;
  /** On conflict of a unique field or key: answer with the node that is there. */
  readonly returnExisting: boolean;
  /** Absent: nobody besides those whom the type's default grants name. */
  readonly sharing?: NodeSharing;
}

/** Whom a new node is shared with. */
export interface NodeSharing {
  /** Besides the owner's; undefined: the type's default grants. */
  readonly grants: readonly Grant[] | undefined;
  /** Actors who get the permission to read and an item in their mailbox; each once. */
  readonly recipients: readonly string[];
  /** What the recipients' items say besides. */
  readonly mail: Mail;
}

export interface Mail {
  /** Empty: none. */
  readonly thread: string;
  readonly metadata: ReadonlyMap<string, string>;
}

export const NO_MAIL: Mail = { thread: "", metadata: new Map() };

export interface UpdateNode {
  readonly op: "update_node";
  readonly id: string;
  /** A merge patch: null clears. */
  readonly fields: Fields;
  /** The version before this transaction; 0: any. */
  readonly expectedVersion: number;
  /** What fields must hold, as earlier operations left them; null: absent. */
  readonly preconditions: Fields;
}

/** delete_node is soft, restore_node takes it back, purge_node removes the node and its edges from the views. */
export interface NodeStep {
  readonly op: "delete_node" | "restore_node" | "purge_node";
  readonly id: string;
  readonly expectedVersion: number;
}

export interface CreateEdge {
  readonly op: "create_edge";
  readonly edgeTypeId: number;
  readonly id: string;
  readonly fromId: string;
  readonly toId: string;
  readonly fields: Fields;
  readonly returnExisting: boolean;
}

/** An edge by its id, or by its type and ends. */
export type EdgeTarget =
  | { readonly by: "id"; readonly id: string }
  | {
      readonly by: "ends";
      readonly edgeTypeId: number;
      readonly fromId: string;
      readonly toId: string;
    };

export interface UpdateEdge {
  readonly op: "update_edge";
  readonly target: EdgeTarget;
  readonly fields: Fields;
}

export interface DeleteEdge {
  readonly op: "delete_edge";
  readonly target: EdgeTarget;
}

/** `merge` adds; with `replace` the schema becomes what is sent, and absence is removal. */
export type SchemaMode = "merge" | "replace";

export interface RegisterSchema {
  readonly op: "register_schema";
  readonly schema: Schema;
  /** Absent: merge. */
  readonly mode?: SchemaMode;
}

/** Replaces the grants to read by those to these principals; others stay. */
export interface SetVisibility {
  readonly op: "set_visibility";
  readonly nodeId: string;
  readonly principals: readonly string[];
}

export interface AddGrant {
  readonly op: "grant";
  readonly nodeId: string;
  readonly grant: Grant;
}

export interface RevokeGrant {
  readonly op: "revoke";
  readonly nodeId: string;
  readonly principal: string;
  /** Undefined: all that the principal holds. */
  readonly permission: Grant["permission"] | undefined;
}

/** Items of one mailbox: those named, and those delivered at offsets below `beforeOffset` (0: none besides). */
export interface MailboxChange {
  readonly op: "mark_read" | "delete_mailbox_items";
  /** Whose mailbox; never empty in a record. */
  readonly userId: string;
  readonly itemIds: readonly string[];
  readonly beforeOffset: number;
  /** `mark_read` only: marks them as unread instead. */
  readonly unread: boolean;
}

/** One step in members, roles or groups. */
export type MembershipStep =
  | { readonly action: "put_role"; readonly role: string; readonly rights: readonly Right[] }
  | { readonly action: "delete_role"; readonly role: string }
  | { readonly action: "put_group" | "delete_group"; readonly group: string }
  | {
      readonly action: "add_to_group" | "remove_from_group";
      readonly group: string;
      /** An actor, or "group:…". */
      readonly member: string;
    }
  | { readonly action: "set_member"; readonly principal: string; readonly roles: readonly string[] }
  | { readonly action: "remove_member"; readonly principal: string };

/** Sent by the administration of tenants only; no client's transaction may carry it. */
export interface MembershipChange {
  readonly op: "membership";
  readonly step: MembershipStep;
}

/** Sent by the administration of tenants only, as {@link MembershipChange}. */
export interface SchemaLock {
  readonly op: "schema_lock";
  readonly locked: boolean;
}

export type Operation =
  | CreateNode
  | UpdateNode
  | NodeStep
  | CreateEdge
  | UpdateEdge
  | DeleteEdge
  | RegisterSchema
  | SetVisibility
  | AddGrant
  | RevokeGrant
  | MailboxChange
  | MembershipChange
  | SchemaLock
  | AppendEvents
  | StoreCheckpoint
  | SetAggregateGrants;

export interface Transaction {
  readonly kind: "transaction";
  readonly operations: readonly Operation[];
  /** Types that came along because the client's fingerprint was unknown; merged before the operations. */
  readonly attachedSchema: Schema | undefined;
}

/** A record of `_system`: from here on the tenant exists. */
export interface TenantCreated {
  readonly kind: "tenant_created";
  readonly tenantId: string;
  readonly incarnation: number;
  readonly partition: number;
  readonly directory: string;
}

/** A record of `_system`: from here on the tenant takes no writes, or takes them again. */
export interface TenantStateChanged {
  readonly kind: "tenant_state_changed";
  readonly tenantId: string;
  readonly incarnation: number;
  readonly suspended: boolean;
}

/** A record of `_system`: this life of the tenant's id is over, and its keys with it. */
export interface TenantDeleted {
  readonly kind: "tenant_deleted";
  readonly tenantId: string;
  readonly incarnation: number;
}

/** A tenant's own limits; undefined: the server's setting; 0: none. */
export interface TenantLimits {
  readonly requestsPerSecond: number | undefined;
  readonly requestBurst: number | undefined;
}

/** A record of `_system`. Replaces what was set before. */
export interface TenantLimitsSet extends TenantLimits {
  readonly kind: "tenant_limits_set";
  readonly tenantId: string;
  readonly incarnation: number;
}

/** A record of `_system`. */
export interface ApiKeyCreated {
  readonly kind: "api_key_created";
  readonly keyId: string;
  /** SHA-256 of the secret, 32 bytes. The secret itself is kept nowhere. */
  readonly secretHash: Uint8Array;
  /** Empty: a key of the server, good for every tenant; `incarnation` is then 0. */
  readonly tenantId: string;
  readonly incarnation: number;
  readonly actor: string;
  /** Actors in whose name its holder may also act; "*": everybody. */
  readonly mayActAs: readonly string[];
  readonly roles: readonly string[];
  readonly name: string;
  /** Log time, Unix milliseconds; 0: never. */
  readonly expiresAt: number;
}

/** A record of `_system`. */
export interface ApiKeyRevoked {
  readonly kind: "api_key_revoked";
  readonly keyId: string;
}

/** A record of `_system`: something worth an audit that left no other record. */
export interface AuditEvent {
  readonly kind: "audit_event";
  /** Stable: "authentication_failed", "acted_for", … */
  readonly action: string;
  readonly tenantId: string;
  readonly actor: string;
  readonly credential: string;
  readonly outcome: string;
  /** How many alike within its minute it stands for. */
  readonly count: number;
  readonly details: ReadonlyMap<string, string>;
}

/** What only a record of `_system` may say. */
export type SystemBody =
  | TenantCreated
  | TenantStateChanged
  | TenantDeleted
  | TenantLimitsSet
  | ApiKeyCreated
  | ApiKeyRevoked
  | AuditEvent;

/** The envelope of a transaction in the log. */
export interface TransactionRecord {
  readonly rulesVersion: number;
  readonly tenantId: string;
  readonly incarnation: number;
  readonly actor: string;
  readonly roles: readonly string[];
  readonly idempotencyKey: string;
  readonly serverMadeKey: boolean;
  /** 32 bytes; none of a record without a key, which nothing is remembered of but its effects. */
  readonly requestHash: Uint8Array;
  /** "key:…", "jwt:…"; empty in trusted mode. */
  readonly credential: string;
  readonly body: Transaction | SystemBody;
}

/**
 * The rules that this build writes. Every released version below it stays readable and
 * decides as it did: under rules 1 there is no access, everybody may do everything.
 */
export const RULES_VERSION = 2;

/** The tenant that holds the catalog; outside the grammar of clients' tenant ids. */
export const SYSTEM_TENANT_ID = "_system";
