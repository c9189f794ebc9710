/**
 * The operations about access, mailboxes and membership, to and from protobuf. As in
 * `operation-codec.ts`: the bytes are the proto's, what is not known is passed over.
 */
import { type ByteReader, type ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import {
  lengthTag,
  numberTag,
  requireEnd,
  skipField,
  writeFlag,
  writeNumber,
  writeText,
  writeTexts,
} from "../base/protobuf.ts";
import { type Grant, RIGHTS, type Right } from "./access.ts";
import { type GrantParts, readGrant, readGrantParts, writeGrantField } from "./grant-codec.ts";
import {
  type AddGrant,
  type Mail,
  type MailboxChange,
  type MembershipChange,
  type MembershipStep,
  NO_MAIL,
  type NodeSharing,
  type RevokeGrant,
  type SchemaLock,
  type SetVisibility,
} from "./transaction.ts";

/** Of a `CreateNode`, whose other fields are read in `operation-codec.ts`. */
const SHARING = {
  grants: lengthTag(5),
  ownGrants: numberTag(6),
  recipients: lengthTag(7),
  thread: lengthTag(8),
  metadata: lengthTag(9),
} as const;
const SET_VISIBILITY = { nodeId: lengthTag(1), principals: lengthTag(2) } as const;
const GRANT_CHANGE = { nodeId: lengthTag(1), grant: lengthTag(2) } as const;
const MAILBOX_CHANGE = {
  userId: lengthTag(1),
  itemIds: lengthTag(2),
  beforeOffset: numberTag(3),
  unread: numberTag(4),
} as const;
const MEMBERSHIP = {
  action: numberTag(1),
  subject: lengthTag(2),
  member: lengthTag(3),
  names: lengthTag(4),
} as const;
const SCHEMA_LOCK = { locked: numberTag(1) } as const;

/** The place of an action is its number less one. */
const ACTIONS: readonly MembershipStep["action"][] = [
  "put_role",
  "delete_role",
  "put_group",
  "delete_group",
  "add_to_group",
  "remove_from_group",
  "set_member",
  "remove_member",
];

export function writeAccessOperation(
  writer: ByteWriter,
  operation: SetVisibility | AddGrant | RevokeGrant | MailboxChange | MembershipChange | SchemaLock,
): void {
  switch (operation.op) {
    case "set_visibility":
      writeText(writer, SET_VISIBILITY.nodeId, operation.nodeId);
      return writeTexts(writer, SET_VISIBILITY.principals, operation.principals);
    case "grant":
      writeText(writer, GRANT_CHANGE.nodeId, operation.nodeId);
      return writeGrantField(writer, GRANT_CHANGE.grant, operation.grant);
    case "revoke": {
      const { nodeId, principal, permission } = operation;
      writeText(writer, GRANT_CHANGE.nodeId, nodeId);
      return writeGrantField(writer, GRANT_CHANGE.grant, { principal, permission, expiresAt: 0 });
    }
    case "mark_read":
    case "delete_mailbox_items":
      writeText(writer, MAILBOX_CHANGE.userId, operation.userId);
      writeTexts(writer, MAILBOX_CHANGE.itemIds, operation.itemIds);
      writeNumber(writer, MAILBOX_CHANGE.beforeOffset, operation.beforeOffset);
      return writeFlag(writer, MAILBOX_CHANGE.unread, operation.unread);
    case "membership":
      return writeStep(writer, operation.step);
    case "schema_lock":
      return writeFlag(writer, SCHEMA_LOCK.locked, operation.locked);
  }
}

/** Whom a new node is shared with. */
export function writeSharing(writer: ByteWriter, sharing: NodeSharing | undefined): void {
  if (sharing === undefined) return;
  const { grants, recipients, mail } = sharing;
  for (const grant of grants ?? []) writeGrantField(writer, SHARING.grants, grant);
  writeFlag(writer, SHARING.ownGrants, grants !== undefined);
  writeTexts(writer, SHARING.recipients, recipients);
  writeText(writer, SHARING.thread, mail.thread);
  const entries = [...mail.metadata].sort(([a], [b]) => (a < b ? -1 : 1));
  writeTexts(writer, SHARING.metadata, entries.flat());
}

/** Gathers those fields of a `CreateNode` that say whom the node is shared with. */
export class SharingReader {
  readonly #grants: Grant[] = [];
  readonly #recipients: string[] = [];
  readonly #metadata: string[] = [];
  #ownGrants = false;
  #thread = "";

  /** False, with nothing read, when the field is none of them. */
  take(reader: ByteReader, tag: number): boolean {
    if (tag === SHARING.grants) this.#grants.push(readGrant(reader, reader.runEnd()));
    else if (tag === SHARING.ownGrants) this.#ownGrants = reader.varint() !== 0;
    else if (tag === SHARING.recipients) this.#recipients.push(reader.text());
    else if (tag === SHARING.thread) this.#thread = reader.text();
    else if (tag === SHARING.metadata) this.#metadata.push(reader.text());
    else return false;
    return true;
  }

  /** Undefined when nothing was said. */
  get sharing(): NodeSharing | undefined {
    if (!this.#ownGrants && this.#recipients.length === 0) return undefined;
    const grants = this.#ownGrants ? this.#grants : undefined;
    const mail = mailOf(this.#thread, this.#metadata);
    return { grants, recipients: this.#recipients, mail };
  }
}

function mailOf(thread: string, pairs: readonly string[]): Mail {
  if (thread === "" && pairs.length === 0) return NO_MAIL;
  const metadata = new Map<string, string>();
  for (let i = 0; i + 1 < pairs.length; i += 2) metadata.set(pairs[i] ?? "", pairs[i + 1] ?? "");
  return { thread, metadata };
}

function writeStep(writer: ByteWriter, step: MembershipStep): void {
  writeNumber(writer, MEMBERSHIP.action, ACTIONS.indexOf(step.action) + 1);
  switch (step.action) {
    case "put_role":
      writeText(writer, MEMBERSHIP.subject, step.role);
      return writeTexts(writer, MEMBERSHIP.names, step.rights);
    case "delete_role":
      return writeText(writer, MEMBERSHIP.subject, step.role);
    case "put_group":
    case "delete_group":
      return writeText(writer, MEMBERSHIP.subject, step.group);
    case "add_to_group":
    case "remove_from_group":
      writeText(writer, MEMBERSHIP.subject, step.group);
      return writeText(writer, MEMBERSHIP.member, step.member);
    case "set_member":
      writeText(writer, MEMBERSHIP.subject, step.principal);
      return writeTexts(writer, MEMBERSHIP.names, step.roles);
    case "remove_member":
      return writeText(writer, MEMBERSHIP.subject, step.principal);
  }
}

export function readVisibility(reader: ByteReader, end: number): SetVisibility {
  let nodeId = "";
  const principals: string[] = [];
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === SET_VISIBILITY.nodeId) nodeId = reader.text();
    else if (tag === SET_VISIBILITY.principals) principals.push(reader.text());
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { op: "set_visibility", nodeId, principals };
}

export function readGrantChange(
  reader: ByteReader,
  end: number,
  op: "grant" | "revoke",
): AddGrant | RevokeGrant {
  let nodeId = "";
  let parts: GrantParts | undefined;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === GRANT_CHANGE.nodeId) nodeId = reader.text();
    else if (tag === GRANT_CHANGE.grant) parts = readGrantParts(reader, reader.runEnd());
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  if (parts === undefined) throw new MalformedBytesError("a change of grants without a grant");
  const { principal, permission, expiresAt } = parts;
  if (op === "revoke") return { op, nodeId, principal, permission };
  if (permission === undefined) throw new MalformedBytesError("a grant without a permission");
  return { op, nodeId, grant: { principal, permission, expiresAt } };
}

export function readMailboxChange(
  reader: ByteReader,
  end: number,
  op: MailboxChange["op"],
): MailboxChange {
  let userId = "";
  let beforeOffset = 0;
  let unread = false;
  const itemIds: string[] = [];
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === MAILBOX_CHANGE.userId) userId = reader.text();
    else if (tag === MAILBOX_CHANGE.itemIds) itemIds.push(reader.text());
    else if (tag === MAILBOX_CHANGE.beforeOffset) beforeOffset = reader.varint();
    else if (tag === MAILBOX_CHANGE.unread) unread = reader.varint() !== 0;
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { op, userId, itemIds, beforeOffset, unread };
}

export function readMembership(reader: ByteReader, end: number): MembershipChange {
  let action = 0;
  let subject = "";
  let member = "";
  const names: string[] = [];
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === MEMBERSHIP.action) action = reader.varint();
    else if (tag === MEMBERSHIP.subject) subject = reader.text();
    else if (tag === MEMBERSHIP.member) member = reader.text();
    else if (tag === MEMBERSHIP.names) names.push(reader.text());
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { op: "membership", step: stepOf(ACTIONS[action - 1], subject, member, names) };
}

function stepOf(
  action: MembershipStep["action"] | undefined,
  subject: string,
  member: string,
  names: readonly string[],
): MembershipStep {
  switch (action) {
    case "put_role":
      return { action, role: subject, rights: names.map(rightOf) };
    case "delete_role":
      return { action, role: subject };
    case "put_group":
    case "delete_group":
      return { action, group: subject };
    case "add_to_group":
    case "remove_from_group":
      return { action, group: subject, member };
    case "set_member":
      return { action, principal: subject, roles: names };
    case "remove_member":
      return { action, principal: subject };
    case undefined:
      throw new MalformedBytesError("a change of membership that this build does not know");
  }
}

function rightOf(name: string): Right {
  const right = RIGHTS.find((known) => known === name);
  if (right === undefined) throw new MalformedBytesError(`a right ${name}`);
  return right;
}

export function readSchemaLock(reader: ByteReader, end: number): SchemaLock {
  let locked = false;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === SCHEMA_LOCK.locked) locked = reader.varint() !== 0;
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { op: "schema_lock", locked };
}
