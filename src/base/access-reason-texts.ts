/** Of the reasons that came with access, schema evolution, mailboxes and watching (`reason-texts.ts`). */
import { text } from "./reason-text.ts";

export const ACCESS_REASON_TEXTS = {
  INVALID_PRINCIPAL: text(
    "invalid_argument",
    "A grant, a recipient or a member is not named as a principal.",
    "Name `user:alice`, `group:eng`, `role:editor`, or `tenant:*` for everybody of the tenant.",
  ),
  SCHEMA_LOCKED: text(
    "permission_denied",
    "The tenant's schema is locked, and the caller does not hold the schema right.",
    "Have somebody with the schema right change it, or unlock it.",
  ),
  SCHEMA_BUILDING: text(
    "unavailable",
    "A schema is being applied to the tenant's nodes; what comes behind it waits.",
    "Wait: GetSchema shows how far it has come.",
  ),
  SEARCH_INVALID: text(
    "invalid_argument",
    "The text to search for is empty, too long, or names a field or type that is not searchable.",
    "Send at most 64 words and 256 characters, and search fields that are declared searchable.",
  ),
  CHANGES_TRIMMED: text(
    "out_of_range",
    "Changes behind this position are not kept any more.",
    "Read what you need anew, and watch from the position of that read.",
  ),
  ROLE_NOT_FOUND: text(
    "not_found",
    "The tenant has no role of this name.",
    "List the roles, or put the role first.",
  ),
  GROUP_NOT_FOUND: text(
    "not_found",
    "The tenant has no group of this name.",
    "List the groups, or put the group first.",
  ),
  GROUP_CYCLE: text(
    "failed_precondition",
    "A group would come to hold itself, or groups would nest more than 10 deep.",
    "Take the group out of the way that the details name first.",
  ),
  MEMBER_NOT_FOUND: text(
    "not_found",
    "The principal is no member of the tenant or of the group.",
    "List the members.",
  ),
  TENANT_SUSPENDED: text(
    "failed_precondition",
    "The tenant is suspended: it is read, and takes no writes.",
    "Have it resumed.",
  ),
  API_KEY_NOT_FOUND: text(
    "not_found",
    "There is no key of this id that the caller may see.",
    "List the keys.",
  ),
  RATE_LIMITED: text(
    "resource_exhausted",
    "The tenant or the credential has used up its requests for now.",
    "Wait as long as the answer says (Retry-After, RetryInfo), and spread requests out.",
  ),
} as const;
