import * as v from "valibot";
import { limits } from "../../base/limits.ts";
import { RIGHTS } from "../../record/access.ts";
import { closed } from "./closed.ts";
import { flag, text, unixMs, wholeNumber } from "./common.ts";

/** Tenants, members, roles, groups, keys, audit: what is sent and what is answered. */

/** Of a page: whether there is more, and what leads to it. */
const pageEnd = {
  has_more: flag("Whether there is a next page."),
  next_cursor: v.optional(
    text("Leads to the next page, with everything else of the request as it was."),
  ),
};

const limitMembers = {
  requests_per_second: v.optional(
    wholeNumber(
      0,
      limits.tenantRate,
      "Come back each second. Absent: the server's setting. 0: no limit.",
    ),
  ),
  request_burst: v.optional(
    wholeNumber(
      0,
      limits.tenantRate,
      "At most so many at once. Absent: the server's setting. 0: as many as in a second.",
    ),
  ),
};

export const tenantShape = closed({
  tenant_id: v.string(),
  state: v.pipe(
    v.picklist(["active", "suspended"]),
    v.description("A suspended tenant is read and takes no writes."),
  ),
  created_at: unixMs,
  limits: closed(limitMembers),
});
export const tenantsAnswer = closed({ tenants: v.array(tenantShape), ...pageEnd });
export const createTenantRequest = closed({
  tenant_id: text('1 to 128 characters of A-Z, a-z, 0-9, ".", "_" and "-".'),
  admins: v.optional(
    v.pipe(v.array(v.string()), v.description("Members with the role admin from the start.")),
  ),
});
export const deleteTenantRequest = closed({
  confirm: text("The tenant's id once more, so that nothing is deleted by a slip."),
});
export const limitsRequest = closed(limitMembers);
export const schemaLockRequest = closed({
  locked: flag("Whether only who holds the right schema may change the schema."),
});
export const schemaLockAnswer = closed({ locked: v.boolean() });
export const nothing = closed({});

const principal = text('An actor, "user:alice", or a group, "group:eng".');
const name = text('Without "role:" or "group:" before it.');

export const memberShape = closed({
  principal,
  roles: v.pipe(v.array(v.string()), v.description("By name. Replace those that it held before.")),
});
export const membersAnswer = closed({ members: v.array(memberShape), ...pageEnd });
export const removeMemberRequest = closed({ principal });

export const roleShape = closed({
  name,
  rights: v.pipe(
    v.array(v.picklist(RIGHTS)),
    v.description("data reads and writes every node; the others administer what they name."),
  ),
});
export const rolesAnswer = closed({ roles: v.array(roleShape) });
export const nameRequest = closed({ name });

export const groupShape = closed({ name, members: v.array(v.string()) });
export const groupsAnswer = closed({ groups: v.array(groupShape), ...pageEnd });
export const groupMemberRequest = closed({ group: name, member: principal });

const keyMembers = {
  tenant_id: text("Whose key it is; empty: the server's, good for every tenant."),
  actor: text("For whom it speaks."),
  may_act_as: v.pipe(
    v.array(v.string()),
    v.description('Actors in whose name its holder may also act; "*": every user.'),
  ),
  roles: v.pipe(v.array(v.string()), v.description("Roles that it carries.")),
  name: text("For people."),
  expires_at: v.pipe(v.number(), v.integer(), v.description("Unix milliseconds; 0: never.")),
};
export const keyShape = closed({
  key_id: v.string(),
  ...keyMembers,
  created_at: unixMs,
  revoked_at: v.pipe(v.number(), v.integer(), v.description("Unix milliseconds; 0: it holds.")),
});
export const createKeyRequest = closed({
  tenant_id: v.optional(keyMembers.tenant_id),
  actor: keyMembers.actor,
  may_act_as: v.optional(keyMembers.may_act_as),
  roles: v.optional(keyMembers.roles),
  name: v.optional(keyMembers.name),
  expires_at: v.optional(keyMembers.expires_at),
});
export const createKeyAnswer = closed({
  key: keyShape,
  secret: text("The key itself, shown this once and kept nowhere."),
});
export const keysAnswer = closed({ keys: v.array(keyShape), ...pageEnd });

export const auditAnswer = closed({
  events: v.pipe(
    v.array(
      closed({
        wal_position: v.string(),
        at: unixMs,
        action: text('Stable: "tenant_created", "grant", "authentication_failed", …'),
        tenant_id: v.string(),
        actor: v.string(),
        credential: text('"key:…", "jwt:…"; empty in trusted mode.'),
        outcome: text('"applied", or the reason of the refusal.'),
        count: v.pipe(v.number(), v.description("How many alike within a minute it stands for.")),
        details: v.record(v.string(), v.string()),
      }),
    ),
    v.description("Newest first."),
  ),
  ...pageEnd,
});
