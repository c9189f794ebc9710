import type { RequestedOperation } from "../../src/engine/engine.ts";
import {
  type EdgeTarget,
  type MembershipStep,
  NO_MAIL,
  type NodeSharing,
} from "../../src/record/transaction.ts";
import type { Permission } from "../../src/schema/types.ts";
import type { Fields, Value } from "../../src/schema/value.ts";

/** Values and operations in few words, for tests of the engine. */

export const str = (value: string): Value => ({ kind: "str", value });
export const int = (value: number | bigint): Value => ({ kind: "int", value: BigInt(value) });
export const float = (value: number): Value => ({ kind: "float", value });
export const bool = (value: boolean): Value => ({ kind: "bool", value });
export const time = (value: number | bigint): Value => ({
  kind: "timestamp",
  value: BigInt(value),
});
export const ordinal = (value: number): Value => ({ kind: "enum", value });
export const ref = (value: string): Value => ({ kind: "ref", value });
export const bytes = (...value: number[]): Value => ({
  kind: "bytes",
  value: Uint8Array.from(value),
});
export const nothing: Value = { kind: "null" };

/** Values by field id. */
export type Values = Readonly<Record<number, Value>>;

export function fieldsOf(values: Values): Fields {
  return new Map(Object.entries(values).map(([fieldId, value]) => [Number(fieldId), value]));
}

export interface CreateOptions {
  readonly id?: string;
  readonly alias?: string;
  readonly returnExisting?: boolean;
  readonly sharing?: NodeSharing;
}

/** For a create: a grant to each of these principals, without an end. */
export function sharedWith(
  permission: Permission,
  ...principals: string[]
): { readonly sharing: NodeSharing } {
  const grants = principals.map((principal) => ({ principal, permission, expiresAt: 0 }));
  return { sharing: { grants, recipients: [], mail: NO_MAIL } };
}

export function createNode(
  typeId: number,
  values: Values = {},
  options: CreateOptions = {},
): RequestedOperation {
  return {
    op: "create_node",
    typeId,
    id: "",
    returnExisting: false,
    fields: fieldsOf(values),
    ...options,
  };
}

export function updateNode(
  id: string,
  values: Values = {},
  options: { readonly expectedVersion?: number; readonly preconditions?: Values } = {},
): RequestedOperation {
  return {
    op: "update_node",
    id,
    fields: fieldsOf(values),
    expectedVersion: options.expectedVersion ?? 0,
    preconditions: fieldsOf(options.preconditions ?? {}),
  };
}

export function deleteNode(id: string, expectedVersion = 0): RequestedOperation {
  return { op: "delete_node", id, expectedVersion };
}

export function restoreNode(id: string, expectedVersion = 0): RequestedOperation {
  return { op: "restore_node", id, expectedVersion };
}

export function purgeNode(id: string, expectedVersion = 0): RequestedOperation {
  return { op: "purge_node", id, expectedVersion };
}

export function createEdge(
  edgeTypeId: number,
  fromId: string,
  toId: string,
  values: Values = {},
  options: CreateOptions = {},
): RequestedOperation {
  return {
    op: "create_edge",
    edgeTypeId,
    id: "",
    fromId,
    toId,
    returnExisting: false,
    fields: fieldsOf(values),
    ...options,
  };
}

/** The edge with this id, or of this type between these ends. */
export function edge(id: string): EdgeTarget;
export function edge(edgeTypeId: number, fromId: string, toId: string): EdgeTarget;
export function edge(first: string | number, fromId = "", toId = ""): EdgeTarget {
  if (typeof first === "string") return { by: "id", id: first };
  return { by: "ends", edgeTypeId: first, fromId, toId };
}

export function updateEdge(target: EdgeTarget, values: Values = {}): RequestedOperation {
  return { op: "update_edge", target, fields: fieldsOf(values) };
}

export function deleteEdge(target: EdgeTarget): RequestedOperation {
  return { op: "delete_edge", target };
}

/** A node's or edge's id of a client's own making: "nd_" or "ed_" and the number. */
export function ownId(prefix: "nd" | "ed", number: number): string {
  return `${prefix}_${String(number).padStart(26, "0")}`;
}

/** `expiresAt` in Unix milliseconds; 0: never. */
export function grant(
  nodeId: string,
  principal: string,
  permission: Permission = "read",
  expiresAt = 0,
): RequestedOperation {
  return { op: "grant", nodeId, grant: { principal, permission, expiresAt } };
}

/** Without a permission: all that the principal holds. */
export function revoke(
  nodeId: string,
  principal: string,
  permission?: Permission,
): RequestedOperation {
  return { op: "revoke", nodeId, principal, permission };
}

export function setVisibility(nodeId: string, ...principals: string[]): RequestedOperation {
  return { op: "set_visibility", nodeId, principals };
}

export function membership(step: MembershipStep): RequestedOperation {
  return { op: "membership", step };
}

export function lockSchema(locked = true): RequestedOperation {
  return { op: "schema_lock", locked };
}
