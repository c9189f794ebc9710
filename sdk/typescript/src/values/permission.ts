/** Permissions between programs and the wire. */
import { Permission as WirePermission } from "../gen/entdb/v1/model_pb.ts";
import type { Permission } from "../schema/define.ts";
import { chosen } from "./choice.ts";

const NUMBER: Readonly<Record<Permission, WirePermission>> = {
  read: WirePermission.READ,
  write: WirePermission.WRITE,
  delete: WirePermission.DELETE,
  admin: WirePermission.ADMIN,
};

const NAME: ReadonlyMap<WirePermission, Permission> = new Map(
  (Object.keys(NUMBER) as Permission[]).map((name) => [NUMBER[name], name]),
);

/** The number on the wire. */
export function permissionNumber(permission: Permission): WirePermission {
  return chosen(NUMBER, permission, "permission");
}

/** The permission of a number; "admin", which implies all others, is never guessed: unknown ones read as "read". */
export function permissionName(number: WirePermission): Permission {
  return NAME.get(number) ?? "read";
}
