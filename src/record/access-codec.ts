/**
 * The operations about access, mailboxes and membership, to and from protobuf. As in
 * `operation-codec.ts`: the bytes are the proto's, what is not known is passed over.
 */
import { type ByteReader, type ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import {
  lengthTag,
  numberTag,
  openMessage,
  requireEnd,
  skipField,
  writeFlag,
  writeNumber,
  writeText,
  writeTexts,
} from "../base/protobuf.ts";
import type { Permission } from "../schema/types.ts";
import { type Grant, permissionLevel, permissionOfLevel, RIGHTS, type Right } from "./access.ts";
import type {
  AddGrant,
  MailboxChange,
  MembershipChange,
  MembershipStep,
  RevokeGrant,
  SchemaLock,
  SetVisibility,
} from "./transaction.ts";

const GRANT = {
  principal: lengthTag(1),
  permission: numberTag(2),
  expiresAt: numberTag(3),
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

/** A permission that is undefined stands for all of them, as 0. */
export function writeGrantField(
  writer: ByteWriter,
  tag: number,
  grant: Omit<Grant, "permission"> & { readonly permission: Permission | undefined },
): void {
  const start = openMessage(writer, tag);
  writeText(writer, GRANT.principal, grant.principal);
  const level = grant.permission === undefined ? 0 : permissionLevel(grant.permission);
  writeNumber(writer, GRANT.permission, level);
  writeNumber(writer, GRANT.expiresAt, grant.expiresAt);
  writer.closeRun(start);
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

/** Throws `MalformedBytesError` for a permission that is none. */
export function readGrant(reader: ByteReader, end: number): Grant {
  const { principal, permission, expiresAt } = readGrantParts(reader, end);
  if (permission === undefined) throw new MalformedBytesError("a grant without a permission");
  return { principal, permission, expiresAt };
}

function readGrantParts(reader: ByteReader, end: number) {
  let principal = "";
  let level = 0;
  let expiresAt = 0;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === GRANT.principal) principal = reader.text();
    else if (tag === GRANT.permission) level = reader.varint();
    else if (tag === GRANT.expiresAt) expiresAt = reader.varint();
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  const permission = permissionOfLevel(level);
  if (level !== 0 && permission === undefined) {
    throw new MalformedBytesError(`a permission of level ${level}`);
  }
  return { principal, permission, expiresAt };
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
  let parts: ReturnType<typeof readGrantParts> | undefined;
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
