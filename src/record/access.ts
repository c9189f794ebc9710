/**
 * The words of access: principals, permissions, grants, rights.
 *
 * A *permission* is on one node and is granted to a principal; each one implies those before
 * it, and the owner holds them all. A *right* is on a whole tenant and comes with a role.
 */

import { isPrincipal } from "../schema/principal.ts";
import { PERMISSIONS, type Permission } from "../schema/types.ts";

/** The number that log and views hold: 1 read, 2 write, 3 delete, 4 admin. */
export function permissionLevel(permission: Permission): number {
  return PERMISSIONS.indexOf(permission) + 1;
}

/** Undefined for a number that stands for none. */
export function permissionOfLevel(level: number): Permission | undefined {
  return PERMISSIONS[level - 1];
}

/** One right on one node. */
export interface Grant {
  /** "user:alice", "role:editor", "group:eng" or {@link EVERYBODY}. */
  readonly principal: string;
  readonly permission: Permission;
  /** Log time from which on it no longer holds, Unix milliseconds; 0: never. */
  readonly expiresAt: number;
}

/** Every actor whom the gate admitted to the tenant. */
export const EVERYBODY = "tenant:*";

/**
 * What a role may hold. `data` reads and writes every node, whatever its grants; `schema`
 * changes a locked schema; `members` changes members, roles and groups; `mailboxes` reads and
 * clears everybody's; `keys` makes and revokes the tenant's keys; `audit` reads its audit.
 */
export const RIGHTS = ["data", "schema", "members", "mailboxes", "keys", "audit"] as const;
export type Right = (typeof RIGHTS)[number];

/** The role that every tenant has from the start and that holds every right. */
export const ADMIN_ROLE = "admin";

/** Whether it names somebody who can act, and so have a mailbox: a user or a system. */
export function isActor(text: string): boolean {
  return isPrincipal(text) && (text.startsWith("user:") || text.startsWith("system:"));
}
