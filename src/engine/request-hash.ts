import { ByteWriter } from "../base/bytes.ts";
import { sha256 } from "../base/sha256.ts";
import type { EdgeTarget } from "../record/transaction.ts";
import { writeFields } from "../record/value-codec.ts";
import { encodeSchemaText } from "../schema/schema-json.ts";
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
 *       9 register_schema   canonical text with names
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
      writer.u8(1);
      writer.varint(operation.typeId);
      writer.text(operation.alias ?? "");
      writer.text(operation.id);
      writer.u8(operation.returnExisting ? 1 : 0);
      return writeFields(writer, operation.fields);
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
      writer.u8(9);
      return writer.text(encodeSchemaText(operation.schema));
  }
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
