import { create } from "@bufbuild/protobuf";
import {
  GrantSchema,
  type Grant as WireGrant,
  Permission as WirePermission,
} from "../../gen/entdb/v1/model_pb.ts";
import type { Grant } from "../record/access.ts";
import type { Permission } from "../schema/types.ts";

const WIRE_PERMISSION: Readonly<Record<Permission, WirePermission>> = {
  read: WirePermission.READ,
  write: WirePermission.WRITE,
  delete: WirePermission.DELETE,
  admin: WirePermission.ADMIN,
};

export function encodeGrant(grant: Grant): WireGrant {
  return create(GrantSchema, {
    principal: grant.principal,
    permission: WIRE_PERMISSION[grant.permission],
    expiresAt: BigInt(grant.expiresAt),
  });
}
