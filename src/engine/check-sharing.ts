import { invalid } from "../base/errors.ts";
import { type LimitName, limitDetails, limits } from "../base/limits.ts";
import type { Grant } from "../record/access.ts";
import { isActor } from "../record/access.ts";
import {
  type AddGrant,
  type Mail,
  type MailboxChange,
  NO_MAIL,
  type NodeSharing,
  type RevokeGrant,
  type SetVisibility,
} from "../record/transaction.ts";
import { isPrincipal } from "../schema/principal.ts";

/**
 * The shape of what operations say about access and mailboxes, checked before the append:
 * the grammar of principals, numbers of them, lengths. Lists come out with each member once.
 */

/** Undefined for what shares the node with nobody. Throws INVALID_PRINCIPAL, INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkNewNodeSharing(
  sharing: NodeSharing | undefined,
  path: string,
): NodeSharing | undefined {
  if (sharing === undefined) return undefined;
  const { grants, recipients, mail } = sharing;
  if (grants === undefined && recipients.length === 0) return undefined;
  return {
    grants: grants && checkGrants(grants, `${path}.grants`),
    recipients: checkPrincipals(recipients, `${path}.recipients`, isActor),
    mail: checkMail(mail, path),
  };
}

/** Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkSharing<T extends SetVisibility | AddGrant | RevokeGrant>(
  operation: T,
  path: string,
): T {
  switch (operation.op) {
    case "set_visibility":
      return {
        ...operation,
        principals: checkPrincipals(operation.principals, `${path}.principals`, isPrincipal),
      };
    case "grant":
      checkGrants([operation.grant], `${path}.grant`);
      return operation;
    case "revoke":
      checkPrincipals([operation.principal], `${path}.principal`, isPrincipal);
      return operation;
  }
}

/** Throws INVALID_PRINCIPAL, INVALID_ID, LIMIT_EXCEEDED. */
export function checkMailboxChange(operation: MailboxChange, path: string): MailboxChange {
  checkMailboxOwner(operation.userId, `${path}.user_id`);
  const itemIds = [...new Set(operation.itemIds)];
  if (itemIds.length > limits.mailboxItemsPerChange) {
    throw tooMany(`${path}.item_ids`, itemIds.length, "mailboxItemsPerChange");
  }
  for (const id of itemIds) {
    if (ITEM_ID.test(id)) continue;
    throw invalid(
      "INVALID_ID",
      `${path}.item_ids holds ${JSON.stringify(id.slice(0, 80))}, which is not the id of a mailbox item.`,
      "Send ids as the mailbox lists them.",
      { field: `${path}.item_ids` },
    );
  }
  return { ...operation, itemIds };
}

/** Throws INVALID_PRINCIPAL unless the text names an actor. */
export function checkMailboxOwner(userId: string, path: string): void {
  checkPrincipals([userId], path, isActor);
}

const ITEM_ID = /^mi_[0-9a-hjkmnp-tv-z]{26}$/;

/** Each grant once. Throws INVALID_PRINCIPAL, INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkGrants(grants: readonly Grant[], path: string): readonly Grant[] {
  checkPrincipals(
    grants.map((grant) => grant.principal),
    path,
    isPrincipal,
  );
  const unique = new Map<string, Grant>();
  for (const grant of grants) {
    const { expiresAt } = grant;
    if (!Number.isSafeInteger(expiresAt) || expiresAt < 0) {
      throw invalid(
        "INVALID_REQUEST",
        `${path} expires at ${expiresAt}, which is no time.`,
        "Send Unix milliseconds, or 0 for never.",
        { field: path },
      );
    }
    unique.set(`${grant.permission} ${grant.principal}`, grant);
  }
  return [...unique.values()];
}

function checkPrincipals(
  principals: readonly string[],
  path: string,
  fits: (text: string) => boolean,
): readonly string[] {
  const unique = [...new Set(principals)];
  if (unique.length > limits.principalsPerNode) {
    throw tooMany(path, unique.length, "principalsPerNode");
  }
  const wrong = unique.find((principal) => !fits(principal));
  if (wrong === undefined) return unique;
  throw invalid(
    "INVALID_PRINCIPAL",
    `${path} holds ${JSON.stringify(wrong.slice(0, 80))}, which does not name ${fits === isActor ? "an actor" : "a principal"}.`,
    fits === isActor
      ? 'Name actors: "user:alice".'
      : 'Name "user:alice", "group:eng", "role:editor", or "tenant:*" for everybody.',
    { field: path },
  );
}

function checkMail(mail: Mail, path: string): Mail {
  const { thread, metadata } = mail;
  if (thread === "" && metadata.size === 0) return NO_MAIL;
  if (thread.length > limits.mailThreadChars) {
    throw tooLong(`${path}.mail.thread`, "mailThreadChars");
  }
  if (metadata.size > limits.mailMetadataEntries) {
    throw tooMany(`${path}.mail.metadata`, metadata.size, "mailMetadataEntries");
  }
  for (const [name, value] of metadata) {
    if (name === "" || name.length > limits.mailMetadataNameChars) {
      throw tooLong(`${path}.mail.metadata`, "mailMetadataNameChars");
    }
    if (value.length > limits.mailMetadataValueChars) {
      throw tooLong(`${path}.mail.metadata`, "mailMetadataValueChars");
    }
  }
  const texts = [thread, ...[...metadata].flat()];
  if (texts.every((text) => text.isWellFormed() && !text.includes("\0"))) return mail;
  throw invalid(
    "INVALID_VALUE",
    `${path}.mail holds a NUL character or half a surrogate pair.`,
    "Send text.",
    { field: `${path}.mail` },
  );
}

function tooMany(path: string, count: number, limit: LimitName): Error {
  return invalid(
    "LIMIT_EXCEEDED",
    `${path} has ${count} entries; at most ${limits[limit]} are allowed.`,
    "Use a group for many principals, and several requests for many items.",
    { field: path, ...limitDetails(limit) },
  );
}

function tooLong(path: string, limit: LimitName): Error {
  return invalid(
    "LIMIT_EXCEEDED",
    `${path} holds a text that is empty or longer than ${limits[limit]} characters.`,
    "Keep large texts in the node.",
    { field: path, ...limitDetails(limit) },
  );
}
