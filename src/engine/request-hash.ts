import { ByteWriter } from "../base/bytes.ts";
import { sha256 } from "../base/sha256.ts";
import { type Grant, permissionLevel } from "../record/access.ts";
import {
  type AppendEvents,
  EXPECTATIONS,
  type SetAggregateGrants,
  type StoreCheckpoint,
} from "../record/event.ts";
import type { CreateNode, EdgeTarget, MembershipStep } from "../record/transaction.ts";
import { writeFields } from "../record/value-codec.ts";
import { encodeSchemaText } from "../schema/schema-json.ts";
import type { Permission } from "../schema/types.ts";
import type { RequestedOperation } from "./engine.ts";

/**
 * What makes two requests the same: SHA-256 over our own encoding of actor and
 * operations in numbers of types and fields, aliases and client-proposed ids as sent.
 * Not in it: ids that the server makes, times, fingerprints and attached types, roles,
 * the wait mode. So every surface of the same request agrees. Frozen: golden vectors in
 * `test/golden/request-hashes.json`.
 *
 *     request = version:u8 (1) actor count:varint { tag:u8 operation }
 *       1 create_node   typeId alias id returnExisting fields
 *       2 update_node   id fields expectedVersion preconditions
 *       3 delete_node, 4 restore_node, 5 purge_node   id expectedVersion
 *       6 create_edge   edgeTypeId alias id from to returnExisting fields
 *       7 update_edge   target fields
 *       8 delete_edge   target
 *       9 register_schema   canonical text with names, in mode merge
 *      10 create_node with sharing: as 1, then ownGrants count { principal level expiresAt }
 *         count { recipient } thread count { name value } in the order of their names
 *      11 register_schema in mode replace: as 9
 *      12 set_visibility   nodeId count { principal }
 *      13 grant, 14 revoke   nodeId principal level (0: all) expiresAt
 *      15 mark_read, 16 delete_mailbox_items   userId count { itemId } beforeOffset unread
 *      17 membership   action, then its parts in the order of their names
 *      18 schema_lock   locked
 *      19 append_events   aggregateId aggregateType expectation:u8 nonce firstNonce
 *         count { id type metadata payload tags } condition: 0, or 1 and
 *         count { types tags } afterGlobalNonce
 *      20 store_checkpoint   consumer globalNonce expected: 0, or 1 and its globalNonce
 *      21 set_aggregate_grants   aggregateType 0, or 1 and count { principal level expiresAt }
 *     target = 1:u8 id, or 2:u8 edgeTypeId from to
 */
const VERSION = 1;
const shared = new ByteWriter(4096);

export function requestHash(actor: string, operations: readonly RequestedOperation[]): Uint8Array {
  shared.reset();
  shared.u8(VERSION);
  shared.text(actor);
  shared.varint(operations.length);
  for (const operation of operations) writeOperation(shared, operation);
  return sha256(shared.peek());
}

function writeOperation(writer: ByteWriter, operation: RequestedOperation): void {
  switch (operation.op) {
    case "create_node":
      return writeCreateNode(writer, operation);
    case "update_node":
      writer.u8(2);
      writer.text(operation.id);
      writeFields(writer, operation.fields);
      writer.varint(operation.expectedVersion);
      return writeFields(writer, operation.preconditions);
    case "delete_node":
    case "restore_node":
    case "purge_node":
      writer.u8({ delete_node: 3, restore_node: 4, purge_node: 5 }[operation.op]);
      writer.text(operation.id);
      return writer.varint(operation.expectedVersion);
    case "create_edge":
      writer.u8(6);
      writer.varint(operation.edgeTypeId);
      writer.text(operation.alias ?? "");
      writer.text(operation.id);
      writer.text(operation.fromId);
      writer.text(operation.toId);
      writer.u8(operation.returnExisting ? 1 : 0);
      return writeFields(writer, operation.fields);
    case "update_edge":
      writer.u8(7);
      writeTarget(writer, operation.target);
      return writeFields(writer, operation.fields);
    case "delete_edge":
      writer.u8(8);
      return writeTarget(writer, operation.target);
    case "register_schema":
      writer.u8(operation.mode === "replace" ? 11 : 9);
      return writer.text(encodeSchemaText(operation.schema));
    case "set_visibility":
      writer.u8(12);
      writer.text(operation.nodeId);
      return writeTexts(writer, operation.principals);
    case "grant":
      writer.u8(13);
      writer.text(operation.nodeId);
      return writeGrant(writer, operation.grant);
    case "revoke":
      writer.u8(14);
      writer.text(operation.nodeId);
      return writeGrant(writer, { ...operation, expiresAt: 0 });
    case "mark_read":
    case "delete_mailbox_items":
      writer.u8(operation.op === "mark_read" ? 15 : 16);
      writer.text(operation.userId);
      writeTexts(writer, operation.itemIds);
      writer.varint(operation.beforeOffset);
      return writer.u8(operation.unread ? 1 : 0);
    case "membership":
      writer.u8(17);
      return writeStep(writer, operation.step);
    case "schema_lock":
      writer.u8(18);
      return writer.u8(operation.locked ? 1 : 0);
    case "append_events":
      return writeAppend(writer, operation);
    case "store_checkpoint":
      return writeCheckpoint(writer, operation);
    case "set_aggregate_grants":
      return writeAggregateGrants(writer, operation);
  }
}

/** Ids and nonces as sent: none where the server makes them. */
function writeAppend(writer: ByteWriter, operation: AppendEvents): void {
  const { expected, events, condition } = operation;
  writer.u8(19);
  writer.text(operation.aggregateId);
  writer.text(operation.aggregateType);
  writer.u8(EXPECTATIONS.indexOf(expected.kind) + 1);
  writer.varint(expected.kind === "exact" ? expected.nonce : 0);
  writer.varint(operation.firstNonce);
  writer.varint(events.length);
  for (const event of events) {
    writer.text(event.eventId);
    writer.text(event.eventType);
    writer.bytes(event.metadata);
    writer.bytes(event.payload);
    writeTexts(writer, event.tags);
  }
  writer.u8(condition === undefined ? 0 : 1);
  if (condition === undefined) return;
  writer.varint(condition.items.length);
  for (const { eventTypes, tags } of condition.items) {
    writeTexts(writer, eventTypes);
    writeTexts(writer, tags);
  }
  writer.varint(condition.afterGlobalNonce);
}

function writeCheckpoint(writer: ByteWriter, operation: StoreCheckpoint): void {
  const { consumer, globalNonce, expectedGlobalNonce } = operation;
  writer.u8(20);
  writer.text(consumer);
  writer.varint(globalNonce);
  writer.u8(expectedGlobalNonce === undefined ? 0 : 1);
  writer.varint(expectedGlobalNonce ?? 0);
}

function writeAggregateGrants(writer: ByteWriter, operation: SetAggregateGrants): void {
  const { aggregateType, grants } = operation;
  writer.u8(21);
  writer.text(aggregateType);
  writer.u8(grants === undefined ? 0 : 1);
  writer.varint(grants?.length ?? 0);
  for (const grant of grants ?? []) writeGrant(writer, grant);
}

/** A node that is shared with nobody in particular is hashed as it was before there was sharing. */
function writeCreateNode(writer: ByteWriter, operation: CreateNode & { alias?: string }): void {
  const { sharing } = operation;
  writer.u8(sharing === undefined ? 1 : 10);
  writer.varint(operation.typeId);
  writer.text(operation.alias ?? "");
  writer.text(operation.id);
  writer.u8(operation.returnExisting ? 1 : 0);
  writeFields(writer, operation.fields);
  if (sharing === undefined) return;
  const { grants, recipients, mail } = sharing;
  writer.u8(grants === undefined ? 0 : 1);
  writer.varint(grants?.length ?? 0);
  for (const grant of grants ?? []) writeGrant(writer, grant);
  writeTexts(writer, recipients);
  writer.text(mail.thread);
  const metadata = [...mail.metadata].sort(([a], [b]) => (a < b ? -1 : 1));
  writeTexts(writer, metadata.flat());
}

function writeGrant(
  writer: ByteWriter,
  grant: Omit<Grant, "permission"> & { readonly permission: Permission | undefined },
): void {
  writer.text(grant.principal);
  writer.u8(grant.permission === undefined ? 0 : permissionLevel(grant.permission));
  writer.varint(grant.expiresAt);
}

function writeStep(writer: ByteWriter, step: MembershipStep): void {
  writer.text(step.action);
  const { action, ...parts } = step;
  for (const [, value] of Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (typeof value === "string") writer.text(value);
    else writeTexts(writer, value);
  }
}

function writeTexts(writer: ByteWriter, texts: readonly string[]): void {
  writer.varint(texts.length);
  for (const text of texts) writer.text(text);
}

function writeTarget(writer: ByteWriter, target: EdgeTarget): void {
  if (target.by === "id") {
    writer.u8(1);
    writer.text(target.id);
    return;
  }
  writer.u8(2);
  writer.varint(target.edgeTypeId);
  writer.text(target.fromId);
  writer.text(target.toId);
}
