/**
 * Members, roles and groups of one tenant: right `members`. Names stand in bodies, since those
 * of people hold what paths cannot.
 */
import type * as v from "valibot";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { JsonObject } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Group, Member, Role } from "../../engine/administration.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Caller } from "../../record/caller.ts";
import { administratorOf } from "../identity.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import {
  groupMemberRequest,
  groupShape,
  groupsAnswer,
  memberShape,
  membersAnswer,
  nameRequest,
  nothing,
  removeMemberRequest,
  roleShape,
  rolesAnswer,
} from "../shapes/tenants.ts";
import { pageEnd, pageOf } from "./administration-page.ts";
import { pageParams } from "./page.ts";
import { actorParam } from "./tenants.ts";

export function memberRoutes(engine: Engine): Route[] {
  return [...peopleRoutes(engine), ...roleRoutes(engine), ...groupRoutes(engine)];
}

function peopleRoutes({ administration }: Engine): Route[] {
  return [
    getRoute(
      "/v1/tenants/:id/members",
      {
        tag: "tenants",
        summary: "A tenant's members, by principal",
        query: { ...actorParam, ...pageParams },
        answers: { 200: membersAnswer },
      },
      async ({ call, query, path }) => {
        const caller = administratorOf(call, { tenant_id: path("id"), actor: query.actor });
        const page = await administration.listMembers(caller, pageOf(query));
        return { text: stringifyJson({ members: page.items.map(memberToJson), ...pageEnd(page) }) };
      },
    ),
    change("members", "Make somebody a member, or replace the roles it holds", {
      body: memberShape,
      example: { principal: "user:bob", roles: ["admin"] },
      answer: memberShape,
      run: async (caller, member, signal) =>
        memberToJson(await administration.setMember(caller, member, signal)),
    }),
    change("members/remove", "End a membership", {
      body: removeMemberRequest,
      example: { principal: "user:bob" },
      answer: nothing,
      run: async (caller, { principal }, signal) => {
        await administration.removeMember(caller, principal, signal);
        return {};
      },
    }),
  ];
}

function roleRoutes({ administration }: Engine): Route[] {
  return [
    getRoute(
      "/v1/tenants/:id/roles",
      {
        tag: "tenants",
        summary: "A tenant's roles and their rights, by name",
        query: actorParam,
        answers: { 200: rolesAnswer },
      },
      async ({ call, query, path }) => {
        const caller = administratorOf(call, { tenant_id: path("id"), actor: query.actor });
        const roles = await administration.listRoles(caller);
        return { text: stringifyJson({ roles: roles.map(roleToJson) }) };
      },
    ),
    change("roles", "Make a role, or replace its rights", {
      body: roleShape,
      example: { name: "auditor", rights: ["audit"] },
      answer: roleShape,
      run: async (caller, role, signal) =>
        roleToJson(await administration.putRole(caller, role, signal)),
    }),
    change("roles/delete", "Delete a role", {
      body: nameRequest,
      example: { name: "auditor" },
      answer: nothing,
      run: async (caller, { name }, signal) => {
        await administration.deleteRole(caller, name, signal);
        return {};
      },
    }),
  ];
}

function groupRoutes({ administration }: Engine): Route[] {
  return [
    getRoute(
      "/v1/tenants/:id/groups",
      {
        tag: "tenants",
        summary: "A tenant's groups and their members, by name",
        query: { ...actorParam, ...pageParams },
        answers: { 200: groupsAnswer },
      },
      async ({ call, query, path }) => {
        const caller = administratorOf(call, { tenant_id: path("id"), actor: query.actor });
        const page = await administration.listGroups(caller, pageOf(query));
        return { text: stringifyJson({ groups: page.items.map(groupToJson), ...pageEnd(page) }) };
      },
    ),
    change("groups", "Make a group", {
      body: nameRequest,
      example: { name: "eng" },
      answer: groupShape,
      run: async (caller, { name }, signal) =>
        groupToJson(await administration.putGroup(caller, name, signal)),
    }),
    change("groups/delete", "Delete a group", {
      body: nameRequest,
      example: { name: "eng" },
      answer: nothing,
      run: async (caller, { name }, signal) => {
        await administration.deleteGroup(caller, name, signal);
        return {};
      },
    }),
    change("groups/add_member", "Put an actor or a group into a group", {
      body: groupMemberRequest,
      example: { group: "eng", member: "user:bob" },
      answer: nothing,
      run: async (caller, { group, member }, signal) => {
        await administration.addGroupMember(caller, group, member, signal);
        return {};
      },
    }),
    change("groups/remove_member", "Take an actor or a group out of a group", {
      body: groupMemberRequest,
      example: { group: "eng", member: "user:bob" },
      answer: nothing,
      run: async (caller, { group, member }, signal) => {
        await administration.removeGroupMember(caller, group, member, signal);
        return {};
      },
    }),
  ];
}

interface Change<S extends v.GenericSchema> {
  readonly body: S;
  readonly example: JsonObject;
  readonly answer: v.GenericSchema;
  readonly run: (
    caller: Caller,
    body: v.InferOutput<S>,
    signal: CancelSignal,
  ) => Promise<JsonObject>;
}

/** A change inside a tenant, by whoever the request names. */
function change<const S extends v.GenericSchema>(
  path: string,
  summary: string,
  { body, example, answer, run }: Change<S>,
): Route {
  const answers = { 200: answer };
  const facts = { tag: "tenants", summary, query: actorParam, body, example, answers } as const;
  return postRoute(`/v1/tenants/:id/${path}`, facts, async (input) => {
    const { call, query } = input;
    const caller = administratorOf(call, { tenant_id: input.path("id"), actor: query.actor });
    return { text: stringifyJson(await run(caller, input.body, call.signal)) };
  });
}

function memberToJson({ principal, roles }: Member): JsonObject {
  return { principal, roles: [...roles] };
}

function roleToJson({ name, rights }: Role): JsonObject {
  return { name, rights: [...rights] };
}

function groupToJson({ name, members }: Group): JsonObject {
  return { name, members: [...members] };
}
