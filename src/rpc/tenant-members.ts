/** `entdb.v1.TenantService`: members, roles, groups and the lock on the schema of one tenant. */
import { create } from "@bufbuild/protobuf";
import {
  AddGroupMemberResponseSchema,
  DeleteGroupResponseSchema,
  DeleteRoleResponseSchema,
  GroupSchema,
  ListGroupsResponseSchema,
  ListMembersResponseSchema,
  ListRolesResponseSchema,
  MemberSchema,
  PutGroupResponseSchema,
  PutRoleResponseSchema,
  RemoveGroupMemberResponseSchema,
  RemoveMemberResponseSchema,
  RoleSchema,
  SetMemberResponseSchema,
  SetSchemaLockResponseSchema,
  TenantService,
} from "../../gen/entdb/v1/tenant_service_pb.ts";
import type { Group, Member, Role } from "../engine/administration.ts";
import type { Engine } from "../engine/engine.ts";
import { RIGHTS, type Right } from "../record/access.ts";
import { misshapen } from "./decode-value.ts";
import { administratorOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary } from "./methods.ts";
import { pageEnd, pageOf } from "./tenants.ts";

export function tenantMemberMethods(engine: Engine): RpcMethod[] {
  return [
    setSchemaLock(engine),
    setMember(engine),
    removeMember(engine),
    listMembers(engine),
    putRole(engine),
    deleteRole(engine),
    listRoles(engine),
    putGroup(engine),
    deleteGroup(engine),
    addGroupMember(engine),
    removeGroupMember(engine),
    listGroups(engine),
  ];
}

function setSchemaLock({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.setSchemaLock, async ({ context, locked }, call) => {
    await administration.setSchemaLock(administratorOf(call, context), locked, call.signal);
    return create(SetSchemaLockResponseSchema, { locked });
  });
}

function setMember({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.setMember, async ({ context, member }, call) => {
    const caller = administratorOf(call, context);
    if (member === undefined) throw misshapen("member", "say who");
    const { principal, roles } = member;
    const set = await administration.setMember(caller, { principal, roles }, call.signal);
    return create(SetMemberResponseSchema, { member: encodeMember(set) });
  });
}

function removeMember({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.removeMember, async ({ context, principal }, call) => {
    await administration.removeMember(administratorOf(call, context), principal, call.signal);
    return create(RemoveMemberResponseSchema);
  });
}

function listMembers({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.listMembers, async (request, call) => {
    const caller = administratorOf(call, request.context);
    const page = await administration.listMembers(caller, pageOf(request));
    const members = page.items.map(encodeMember);
    return create(ListMembersResponseSchema, { members, ...pageEnd(page) });
  });
}

function putRole({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.putRole, async ({ context, role }, call) => {
    const caller = administratorOf(call, context);
    if (role === undefined) throw misshapen("role", "say which");
    const rights = role.rights.map(decodeRight);
    const put = await administration.putRole(caller, { name: role.name, rights }, call.signal);
    return create(PutRoleResponseSchema, { role: encodeRole(put) });
  });
}

function deleteRole({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.deleteRole, async ({ context, name }, call) => {
    await administration.deleteRole(administratorOf(call, context), name, call.signal);
    return create(DeleteRoleResponseSchema);
  });
}

function listRoles({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.listRoles, async ({ context }, call) => {
    const roles = await administration.listRoles(administratorOf(call, context));
    return create(ListRolesResponseSchema, { roles: roles.map(encodeRole) });
  });
}

function putGroup({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.putGroup, async ({ context, name }, call) => {
    const caller = administratorOf(call, context);
    const group = await administration.putGroup(caller, name, call.signal);
    return create(PutGroupResponseSchema, { group: encodeGroup(group) });
  });
}

function deleteGroup({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.deleteGroup, async ({ context, name }, call) => {
    await administration.deleteGroup(administratorOf(call, context), name, call.signal);
    return create(DeleteGroupResponseSchema);
  });
}

function addGroupMember({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.addGroupMember, async ({ context, group, member }, call) => {
    const caller = administratorOf(call, context);
    await administration.addGroupMember(caller, group, member, call.signal);
    return create(AddGroupMemberResponseSchema);
  });
}

function removeGroupMember({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.removeGroupMember, async ({ context, group, member }, call) => {
    const caller = administratorOf(call, context);
    await administration.removeGroupMember(caller, group, member, call.signal);
    return create(RemoveGroupMemberResponseSchema);
  });
}

function listGroups({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.listGroups, async (request, call) => {
    const caller = administratorOf(call, request.context);
    const page = await administration.listGroups(caller, pageOf(request));
    const groups = page.items.map(encodeGroup);
    return create(ListGroupsResponseSchema, { groups, ...pageEnd(page) });
  });
}

function decodeRight(word: string, i: number): Right {
  const right = RIGHTS.find((known) => known === word);
  if (right !== undefined) return right;
  throw misshapen(`role.rights[${i}]`, `rights are ${RIGHTS.join(", ")}`);
}

function encodeMember({ principal, roles }: Member) {
  return create(MemberSchema, { principal, roles: [...roles] });
}

function encodeRole({ name, rights }: Role) {
  return create(RoleSchema, { name, rights: [...rights] });
}

function encodeGroup({ name, members }: Group) {
  return create(GroupSchema, { name, members: [...members] });
}
