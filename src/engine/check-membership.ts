import { invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import { ADMIN_ROLE, isActor, RIGHTS, type Right } from "../record/access.ts";
import type { MembershipStep } from "../record/transaction.ts";
import { isPrincipal } from "../schema/principal.ts";

/**
 * The shape of one step in members, roles or groups, checked before the append: names that a
 * principal can be made of, rights that there are, each of them once. Whether they exist, and
 * whether the caller may, is decided at apply. Throws INVALID_REQUEST, INVALID_PRINCIPAL,
 * LIMIT_EXCEEDED.
 */
export function checkMembership(step: MembershipStep, path: string): MembershipStep {
  switch (step.action) {
    case "put_role":
      checkChangeableRole(step.role, `${path}.role`);
      return { ...step, rights: checkRights(step.rights, `${path}.rights`) };
    case "delete_role":
      checkChangeableRole(step.role, `${path}.role`);
      return step;
    case "put_group":
    case "delete_group":
      checkName("group", step.group, `${path}.group`);
      return step;
    case "add_to_group":
    case "remove_from_group":
      checkName("group", step.group, `${path}.group`);
      checkMember(step.member, `${path}.member`);
      return step;
    case "set_member":
      checkMember(step.principal, `${path}.principal`);
      return { ...step, roles: checkRoles(step.roles, `${path}.roles`) };
    case "remove_member":
      checkMember(step.principal, `${path}.principal`);
      return step;
  }
}

/** In the order of {@link RIGHTS}. */
function checkRights(rights: readonly string[], path: string): Right[] {
  const unknown = rights.find((name) => !RIGHTS.some((right) => right === name));
  if (unknown === undefined) return RIGHTS.filter((right) => rights.includes(right));
  throw invalid(
    "INVALID_REQUEST",
    `${path} holds ${quoted(unknown)}, which is no right.`,
    `The rights are ${RIGHTS.join(", ")}.`,
    { field: path },
  );
}

function checkRoles(roles: readonly string[], path: string): readonly string[] {
  const distinct = [...new Set(roles)];
  const most = limits.rolesPerMember;
  if (distinct.length > most) {
    throw invalid(
      "LIMIT_EXCEEDED",
      `${path} has ${distinct.length} entries; at most ${most} are allowed.`,
      "Put their rights into fewer roles.",
      { field: path, ...limitDetails("rolesPerMember") },
    );
  }
  for (const role of distinct) checkName("role", role, path);
  return distinct;
}

function checkChangeableRole(role: string, path: string): void {
  checkName("role", role, path);
  if (role !== ADMIN_ROLE) return;
  throw invalid(
    "INVALID_REQUEST",
    `${path} is ${ADMIN_ROLE}, which holds every right and can be neither changed nor deleted.`,
    "Put a role of another name.",
    { field: path },
  );
}

/** Grants name roles and groups as principals, so one grammar holds for both. */
function checkName(kind: "role" | "group", name: string, path: string): void {
  if (isPrincipal(`${kind}:${name}`)) return;
  throw invalid(
    "INVALID_REQUEST",
    `${path} is ${quoted(name)}, which is not the name of a ${kind}.`,
    `A name has no spaces, and with "${kind}:" before it at most ${limits.actorBytes} bytes.`,
    { field: path },
  );
}

function checkMember(member: string, path: string): void {
  if (isActor(member) || (isPrincipal(member) && member.startsWith("group:"))) return;
  throw invalid(
    "INVALID_PRINCIPAL",
    `${path} is ${quoted(member)}, which can be no member.`,
    'Members are actors and groups: "user:alice", "group:eng".',
    { field: path },
  );
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
