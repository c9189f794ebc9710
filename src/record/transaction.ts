import type { Schema } from "../schema/types.ts";
import type { Fields } from "../schema/value.ts";

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
}

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

/** Merges types into the tenant's schema. */
export interface RegisterSchema {
  readonly op: "register_schema";
  readonly schema: Schema;
}

export type Operation =
  | CreateNode
  | UpdateNode
  | NodeStep
  | CreateEdge
  | UpdateEdge
  | DeleteEdge
  | RegisterSchema;

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

/** The envelope of a transaction in the log. */
export interface TransactionRecord {
  readonly rulesVersion: number;
  readonly tenantId: string;
  readonly incarnation: number;
  readonly actor: string;
  readonly roles: readonly string[];
  readonly idempotencyKey: string;
  readonly serverMadeKey: boolean;
  /** 32 bytes. */
  readonly requestHash: Uint8Array;
  readonly body: Transaction | TenantCreated;
}

/** The rules that this build writes. Every released version below it stays readable and decides as it did. */
export const RULES_VERSION = 1;

/** The tenant that holds the catalog; outside the grammar of clients' tenant ids. */
export const SYSTEM_TENANT_ID = "_system";
