import { invalid } from "../base/errors.ts";
import { ADMIN_ROLE } from "../record/access.ts";
import type { MembershipStep } from "../record/transaction.ts";
import { checkMember, checkName, checkRights, checkRoles } from "./check-names.ts";

/**
 * The shape of one step in members, roles or groups, checked before the append: names that a
 * principal can be made of, rights that there are, each of them once. Whether they exist, and
 * whether the caller may, is decided at apply. Throws INVALID_REQUEST, INVALID_PRINCIPAL,
 * LIMIT_EXCEEDED.
 */
export function checkMembership(step: MembershipStep): MembershipStep {
  switch (step.action) {
    case "put_role":
      checkChangeableRole(step.role);
      return { ...step, rights: checkRights(step.rights) };
    case "delete_role":
      checkChangeableRole(step.role);
      return step;
    case "put_group":
    case "delete_group":
      checkName("group", step.group);
      return step;
    case "add_to_group":
    case "remove_from_group":
      checkName("group", step.group);
      checkMember(step.member, "member");
      return step;
    case "set_member":
      checkMember(step.principal, "principal");
      return { ...step, roles: checkRoles(step.roles, "roles") };
    case "remove_member":
      checkMember(step.principal, "principal");
      return step;
  }
}

function checkChangeableRole(role: string): void {
  checkName("role", role);
  if (role !== ADMIN_ROLE) return;
  throw invalid(
    "INVALID_REQUEST",
    `The role ${ADMIN_ROLE} holds every right and can be neither changed nor deleted.`,
    "Put a role of another name.",
    { field: "role" },
  );
}
