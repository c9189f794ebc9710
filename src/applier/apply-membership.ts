/**
 * Changes of members, roles and groups. Two rules hold throughout: it needs the right
 * `members`, and nobody gives away a right that he does not hold himself, whichever way:
 * by a role, by a right put into a role, or by a place in a group that has roles.
 * Each step checks everything before it writes.
 */
import { EntError, type ErrorReason } from "../base/errors.ts";
import { type LimitName, limitDetails, limits } from "../base/limits.ts";
import { ADMIN_ROLE, RIGHTS, type Right } from "../record/access.ts";
import type { OperationResult } from "../record/outcome.ts";
import type { MembershipStep, SchemaLock } from "../record/transaction.ts";
import { rightDenied } from "./record-access.ts";
import type { TransactionScope } from "./scope.ts";

/** Throws PERMISSION_DENIED, INVALID_REQUEST, ROLE_NOT_FOUND, GROUP_NOT_FOUND, GROUP_CYCLE, MEMBER_NOT_FOUND, LIMIT_EXCEEDED. */
export function changeMembership(scope: TransactionScope, step: MembershipStep): OperationResult {
  scope.access.require("members");
  const created = applyStep(scope, step);
  scope.membershipChanged();
  return { nodeId: "", edgeId: "", version: 0, created };
}

/** Throws PERMISSION_DENIED without the right `schema`. */
export function lockSchema(scope: TransactionScope, operation: SchemaLock): OperationResult {
  scope.access.require("schema");
  scope.graph.membershipWriter.setSchemaLocked(operation.locked);
  scope.membershipChanged();
  return { nodeId: "", edgeId: "", version: 0, created: false };
}

/** Throws SCHEMA_LOCKED. To be asked before a schema is changed, by whatever way it came. */
export function requireUnlockedSchema(scope: TransactionScope): void {
  if (scope.access.has("schema") || !scope.graph.membership.schemaLocked) return;
  throw new EntError({
    code: "permission_denied",
    reason: "SCHEMA_LOCKED",
    message: "The tenant's schema is locked; to change it needs the right schema.",
    hint: "Have somebody with the right schema register it, or unlock the schema.",
    details: { right: "schema" },
  });
}

/** Whether something came to be that was not there. */
function applyStep(scope: TransactionScope, step: MembershipStep): boolean {
  const { membershipWriter, facts } = scope.graph;
  switch (step.action) {
    case "put_role":
      return putRole(scope, step.role, step.rights);
    case "delete_role":
      requireNotAdmin(step.role);
      if (!facts.hasRole(step.role)) throw roleNotFound(step.role);
      membershipWriter.deleteRole(step.role);
      return false;
    case "put_group": {
      if (facts.hasGroup(step.group)) return false;
      checkLimit("groups", facts.countGroups(), "groupsPerTenant");
      membershipWriter.putGroup(step.group);
      return true;
    }
    case "delete_group":
      if (!facts.hasGroup(step.group)) throw groupNotFound(step.group);
      membershipWriter.deleteGroup(step.group);
      return false;
    case "add_to_group":
      return addToGroup(scope, step.group, step.member);
    case "remove_from_group":
      if (!facts.hasGroup(step.group)) throw groupNotFound(step.group);
      if (!facts.isInGroup(step.group, step.member)) throw memberNotFound(step.member, step.group);
      membershipWriter.removeFromGroup(step.group, step.member);
      return false;
    case "set_member":
      return setMember(scope, step.principal, step.roles);
    case "remove_member":
      if (!facts.hasMember(step.principal)) throw memberNotFound(step.principal);
      membershipWriter.removeMember(step.principal);
      // Who leaves the tenant leaves its groups; a group that is no member is a group still.
      if (groupNamed(step.principal) === undefined) {
        membershipWriter.removeFromGroups(step.principal);
      }
      return false;
  }
}

function putRole(scope: TransactionScope, role: string, rights: readonly Right[]): boolean {
  const { membership, facts, membershipWriter } = scope.graph;
  requireNotAdmin(role);
  const before = membership.rightsOf(role);
  requireRightsToGive(
    scope,
    rights.filter((right) => !before.includes(right)),
  );
  const created = !facts.hasRole(role);
  if (created) checkLimit("roles", facts.countRoles(), "rolesPerTenant");
  membershipWriter.putRole(
    role,
    RIGHTS.filter((right) => rights.includes(right)),
  );
  return created;
}

function setMember(scope: TransactionScope, principal: string, roles: readonly string[]): boolean {
  const { membership, facts, membershipWriter } = scope.graph;
  const group = groupNamed(principal);
  if (group !== undefined && !facts.hasGroup(group)) throw groupNotFound(group);
  const distinct = [...new Set(roles)];
  if (distinct.length > limits.rolesPerMember) {
    throw limitExceeded(`${principal} would have ${distinct.length} roles`, "rolesPerMember");
  }
  const unknown = distinct.find((role) => !facts.hasRole(role));
  if (unknown !== undefined) throw roleNotFound(unknown);
  const before = facts.rolesOf(principal);
  for (const role of distinct) {
    if (!before.includes(role)) requireRightsToGive(scope, membership.rightsOf(role));
  }
  const created = !facts.hasMember(principal);
  membershipWriter.setMember(principal, distinct);
  return created;
}

function addToGroup(scope: TransactionScope, group: string, member: string): boolean {
  const { membership, facts, membershipWriter } = scope.graph;
  if (!facts.hasGroup(group)) throw groupNotFound(group);
  const inner = groupNamed(member);
  if (inner !== undefined && !facts.hasGroup(inner)) throw groupNotFound(inner);
  if (facts.isInGroup(group, member)) return false;
  if (inner !== undefined) requireNesting(scope, group, inner);
  const joined = membership.standingOf(`group:${group}`, []);
  requireRightsToGive(scope, [...joined.rights]);
  const meant = new Set([...membership.standingOf(member, []).principals, ...joined.principals]);
  if (meant.size > limits.principalsPerActor) {
    const what = `${meant.size} principals would stand for ${member}`;
    throw limitExceeded(what, "principalsPerActor");
  }
  checkLimit(`members of group ${group}`, facts.countMembersOf(group), "membersPerGroup");
  membershipWriter.addToGroup(group, member);
  return true;
}

function requireRightsToGive(scope: TransactionScope, rights: readonly Right[]): void {
  for (const right of rights) if (!scope.access.has(right)) throw rightDenied(right);
}

function requireNotAdmin(role: string): void {
  if (role !== ADMIN_ROLE) return;
  throw new EntError({
    code: "invalid_argument",
    reason: "INVALID_REQUEST",
    message: `The role ${ADMIN_ROLE} holds every right and can be neither changed nor deleted.`,
    hint: "Put a role of another name.",
    details: { role },
  });
}

/** Refuses to put group `inner` into `outer` when that closes a circle or nests too deep. */
function requireNesting(scope: TransactionScope, outer: string, inner: string): void {
  const { facts } = scope.graph;
  const above = heights(outer, (group) => facts.groupsAbove(group));
  if (inner === outer || above.has(inner)) {
    throw groupCycle(outer, inner, `group ${inner} holds group ${outer}`);
  }
  const below = heights(inner, (group) => facts.groupsBelow(group));
  const depth = (above.get(outer) ?? 1) + (below.get(inner) ?? 1);
  if (depth <= limits.groupDepth) return;
  throw groupCycle(outer, inner, `groups would nest ${depth} deep, at most ${limits.groupDepth}`);
}

/** Of a group and all that it leads to: how many groups the longest way from there has. */
function heights(start: string, next: (group: string) => string[]): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  const heightOf = (group: string): number => {
    const found = known.get(group);
    if (found !== undefined) return found;
    let longest = 0;
    for (const following of next(group)) longest = Math.max(longest, heightOf(following));
    known.set(group, longest + 1);
    return longest + 1;
  };
  heightOf(start);
  return known;
}

/** The name of the group that a principal is, if it is one. */
function groupNamed(principal: string): string | undefined {
  return principal.startsWith("group:") ? principal.slice("group:".length) : undefined;
}

function checkLimit(what: string, count: number, limit: LimitName): void {
  if (count >= limits[limit]) throw limitExceeded(`There would be ${count + 1} ${what}`, limit);
}

function limitExceeded(what: string, limit: LimitName): EntError {
  return new EntError({
    code: "invalid_argument",
    reason: "LIMIT_EXCEEDED",
    message: `${what}; at most ${limits[limit]} are allowed.`,
    hint: "Delete what is not needed any more, or use groups.",
    details: limitDetails(limit),
  });
}

export function roleNotFound(role: string): EntError {
  return notFound("ROLE_NOT_FOUND", `There is no role ${role}.`, "Put the role first.", { role });
}

function groupNotFound(group: string): EntError {
  return notFound("GROUP_NOT_FOUND", `There is no group ${group}.`, "Put the group first.", {
    group,
  });
}

function memberNotFound(member: string, group?: string): EntError {
  const where = group === undefined ? "the tenant" : `group ${group}`;
  return notFound("MEMBER_NOT_FOUND", `${member} is no member of ${where}.`, "List the members.", {
    member,
    ...(group !== undefined && { group }),
  });
}

function notFound(
  reason: ErrorReason,
  message: string,
  hint: string,
  details: Readonly<Record<string, string>>,
): EntError {
  return new EntError({ code: "not_found", reason, message, hint, details });
}

function groupCycle(outer: string, inner: string, why: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "GROUP_CYCLE",
    message: `Group ${inner} cannot become a member of group ${outer}: ${why}.`,
    hint: "Take groups out of each other first.",
    details: { group: outer, member: `group:${inner}` },
  });
}
