import * as v from "valibot";
import { atMost, closed } from "./closed.ts";
import { text, wholeNumber } from "./common.ts";

/** Whom a node is shared with, as JSON. */
const PERMISSION_NAMES = ["read", "write", "delete", "admin"] as const;

export const principal = text(
  '"user:alice", "group:eng", "role:editor", or "tenant:*" for everybody of the tenant.',
);

export const permission = v.pipe(
  v.picklist(PERMISSION_NAMES),
  v.description("Each one implies those before it: read, write, delete, admin."),
);

const expiresAt = v.optional(
  wholeNumber(
    0,
    Number.MAX_SAFE_INTEGER,
    "Unix milliseconds from which on the grant no longer holds. Absent or 0: never.",
  ),
);

/** One grant, and the members of an operation that makes one. */
export const grantMembers = { principal, permission, expires_at: expiresAt };

export const grantShape = closed(grantMembers);

const list = <const S extends v.GenericSchema>(item: S, description: string) =>
  v.optional(v.pipe(v.array(item), atMost("principalsPerNode"), v.description(description)));

/** What an operation that creates a node says about who may use it. */
export const sharingMembers = {
  principals: list(
    principal,
    "Who gets the permission to read. With principals or grants the type's default grants are left out.",
  ),
  grants: list(grantShape, "Who gets which permission."),
  recipients: list(
    text('An actor: "user:bob".'),
    "Actors who get the permission to read, and an item in their mailbox.",
  ),
  mail: v.optional(
    closed({
      thread: v.optional(text("Items of one thread can be listed together.")),
      metadata: v.optional(
        v.pipe(v.record(v.string(), v.string()), v.description("Short texts by name.")),
      ),
    }),
  ),
};

export const principalsMember = v.pipe(
  v.array(principal),
  atMost("principalsPerNode"),
  v.description("Everybody who may read from now on, besides the owner and other grants."),
);

export const nodeGrantsAnswer = closed({
  owner_actor: text("May do everything."),
  grants: v.pipe(
    v.array(grantShape),
    v.description("By principal, then by permission. Expired ones are left out."),
  ),
});

const sharing = closed(sharingMembers);

export type JsonGrant = v.InferOutput<typeof grantShape>;
export type JsonSharing = v.InferOutput<typeof sharing>;
