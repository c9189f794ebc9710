import { EntError, invalid } from "../base/errors.ts";
import { type LimitName, limitDetails, limits } from "../base/limits.ts";
import { didYouMean, suggest } from "../base/suggest.ts";
import { isActor, RIGHTS, type Right } from "../record/access.ts";
import { isPrincipal } from "../schema/principal.ts";

/**
 * The grammar of what members, roles, groups and keys are named by, checked before anything is
 * appended. Grants name roles and groups as principals, so one grammar holds for both. Each
 * list comes out with every name once.
 */

/** Throws INVALID_PRINCIPAL for what is neither an actor nor a group. */
export function checkMember(principal: string, field: string): void {
  if (isActor(principal) || (principal.startsWith("group:") && isPrincipal(principal))) return;
  throw invalid(
    "INVALID_PRINCIPAL",
    `${field} is ${quoted(principal)}, which names neither an actor nor a group.`,
    'Name "user:alice" or "group:eng".',
    { field },
  );
}

/** Throws INVALID_PRINCIPAL, LIMIT_EXCEEDED. */
export function checkActors(actors: readonly string[], field: string): readonly string[] {
  const unique = atMost([...new Set(actors)], "principalsPerNode", field);
  const wrong = unique.find((actor) => !isActor(actor));
  if (wrong === undefined) return unique;
  throw invalid(
    "INVALID_PRINCIPAL",
    `${field} holds ${quoted(wrong)}, which does not name an actor.`,
    'Name actors: "user:alice".',
    { field },
  );
}

/** The name of a role or a group, without "role:" or "group:". Throws INVALID_REQUEST. */
export function checkName(kind: "role" | "group", name: string): void {
  if (isPrincipal(`${kind}:${name}`) && !name.startsWith(`${kind}:`)) return;
  throw invalid(
    "INVALID_REQUEST",
    `The ${kind}'s name ${quoted(name)} is not valid.`,
    `Send a name without blanks; with "${kind}:" before it, which is not sent, it has at most ${limits.actorBytes} bytes.`,
    { field: kind },
  );
}

/** Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkRoles(roles: readonly string[], field: string): readonly string[] {
  const unique = atMost([...new Set(roles)], "rolesPerMember", field);
  for (const role of unique) checkName("role", role);
  return unique;
}

/** In the order of {@link RIGHTS}. Throws INVALID_REQUEST for a word that is no right. */
export function checkRights(words: readonly string[]): readonly Right[] {
  const unknown = words.find((word) => !isRight(word));
  if (unknown === undefined) return RIGHTS.filter((right) => words.includes(right));
  throw invalid(
    "INVALID_REQUEST",
    `There is no right ${quoted(unknown)}.`,
    didYouMean(suggest(unknown, RIGHTS), `Rights are ${RIGHTS.join(", ")}.`),
    { field: "rights" },
  );
}

function isRight(word: string): word is Right {
  return (RIGHTS as readonly string[]).includes(word);
}

function atMost(list: readonly string[], limit: LimitName, field: string): readonly string[] {
  const most = limits[limit];
  if (list.length <= most) return list;
  throw new EntError({
    code: "invalid_argument",
    reason: "LIMIT_EXCEEDED",
    message: `${field} names ${list.length}; at most ${most} are allowed.`,
    hint: "Use groups, or several requests.",
    details: limitDetails(limit),
  });
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
