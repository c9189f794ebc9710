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
} from "../base/protobuf.ts";
import { decodeSchemaText, encodeSchemaText } from "../schema/schema-json.ts";
import { EMPTY_FIELDS, type Fields } from "../schema/value.ts";
import {
  readGrantChange,
  readMailboxChange,
  readMembership,
  readSchemaLock,
  readVisibility,
  SharingReader,
  writeAccessOperation,
  writeSharing,
} from "./access-codec.ts";
import {
  readAggregateGrants,
  readAppend,
  readCheckpoint,
  writeEventOperation,
} from "./event-codec.ts";
import type { CreateEdge, CreateNode, EdgeTarget, Operation, UpdateNode } from "./transaction.ts";
import { readFields, writeFields } from "./value-codec.ts";

/**
 * One operation of a record, `entdb.wal.v1.Operation`, to and from our own words. As in
 * `codec.ts`, the bytes are the proto's: defaults are left out, what is not known is passed
 * over, of a field that comes twice the last holds.
 */
const OPERATION = {
  createNode: lengthTag(1),
  updateNode: lengthTag(2),
  deleteNode: lengthTag(3),
  restoreNode: lengthTag(4),
  purgeNode: lengthTag(5),
  createEdge: lengthTag(6),
  updateEdge: lengthTag(7),
  deleteEdge: lengthTag(8),
  registerSchema: lengthTag(9),
  setVisibility: lengthTag(10),
  grant: lengthTag(11),
  revoke: lengthTag(12),
  markRead: lengthTag(13),
  deleteMailboxItems: lengthTag(14),
  appendEvents: lengthTag(15),
  membership: lengthTag(16),
  schemaLock: lengthTag(17),
  storeCheckpoint: lengthTag(18),
  setAggregateGrants: lengthTag(19),
} as const;

const CREATE_NODE = {
  typeId: numberTag(1),
  id: lengthTag(2),
  fields: lengthTag(3),
  returnExisting: numberTag(4),
} as const;

const UPDATE_NODE = {
  id: lengthTag(1),
  fields: lengthTag(2),
  expectedVersion: numberTag(3),
  preconditions: lengthTag(4),
} as const;

const NODE_STEP = { id: lengthTag(1), expectedVersion: numberTag(2) } as const;

const CREATE_EDGE = {
  edgeTypeId: numberTag(1),
  id: lengthTag(2),
  fromId: lengthTag(3),
  toId: lengthTag(4),
  fields: lengthTag(5),
  returnExisting: numberTag(6),
} as const;

const EDGE_TARGET = {
  id: lengthTag(1),
  edgeTypeId: numberTag(2),
  fromId: lengthTag(3),
  toId: lengthTag(4),
} as const;

const UPDATE_EDGE = { target: lengthTag(1), fields: lengthTag(2) } as const;
const SCHEMA = { json: lengthTag(1), replace: numberTag(2) } as const;

export function writeOperation(writer: ByteWriter, operation: Operation): void {
  const start = openMessage(writer, tagOf(operation));
  writeMessage(writer, operation);
  writer.closeRun(start);
}

function tagOf(operation: Operation): number {
  switch (operation.op) {
    case "create_node":
      return OPERATION.createNode;
    case "update_node":
      return OPERATION.updateNode;
    case "delete_node":
      return OPERATION.deleteNode;
    case "restore_node":
      return OPERATION.restoreNode;
    case "purge_node":
      return OPERATION.purgeNode;
    case "create_edge":
      return OPERATION.createEdge;
    case "update_edge":
      return OPERATION.updateEdge;
    case "delete_edge":
      return OPERATION.deleteEdge;
    case "register_schema":
      return OPERATION.registerSchema;
    case "set_visibility":
      return OPERATION.setVisibility;
    case "grant":
      return OPERATION.grant;
    case "revoke":
      return OPERATION.revoke;
    case "mark_read":
      return OPERATION.markRead;
    case "delete_mailbox_items":
      return OPERATION.deleteMailboxItems;
    case "membership":
      return OPERATION.membership;
    case "schema_lock":
      return OPERATION.schemaLock;
    case "append_events":
      return OPERATION.appendEvents;
    case "store_checkpoint":
      return OPERATION.storeCheckpoint;
    case "set_aggregate_grants":
      return OPERATION.setAggregateGrants;
  }
}

function writeMessage(writer: ByteWriter, operation: Operation): void {
  switch (operation.op) {
    case "create_node":
      writeNumber(writer, CREATE_NODE.typeId, operation.typeId);
      writeText(writer, CREATE_NODE.id, operation.id);
      writeFieldsField(writer, CREATE_NODE.fields, operation.fields);
      writeFlag(writer, CREATE_NODE.returnExisting, operation.returnExisting);
      return writeSharing(writer, operation.sharing);
    case "update_node":
      writeText(writer, UPDATE_NODE.id, operation.id);
      writeFieldsField(writer, UPDATE_NODE.fields, operation.fields);
      writeNumber(writer, UPDATE_NODE.expectedVersion, operation.expectedVersion);
      return writeFieldsField(writer, UPDATE_NODE.preconditions, operation.preconditions);
    case "delete_node":
    case "restore_node":
    case "purge_node":
      writeText(writer, NODE_STEP.id, operation.id);
      return writeNumber(writer, NODE_STEP.expectedVersion, operation.expectedVersion);
    case "create_edge":
      writeNumber(writer, CREATE_EDGE.edgeTypeId, operation.edgeTypeId);
      writeText(writer, CREATE_EDGE.id, operation.id);
      writeText(writer, CREATE_EDGE.fromId, operation.fromId);
      writeText(writer, CREATE_EDGE.toId, operation.toId);
      writeFieldsField(writer, CREATE_EDGE.fields, operation.fields);
      return writeFlag(writer, CREATE_EDGE.returnExisting, operation.returnExisting);
    case "update_edge": {
      const target = openMessage(writer, UPDATE_EDGE.target);
      writeTarget(writer, operation.target);
      writer.closeRun(target);
      return writeFieldsField(writer, UPDATE_EDGE.fields, operation.fields);
    }
    case "delete_edge":
      return writeTarget(writer, operation.target);
    case "register_schema":
      writeText(writer, SCHEMA.json, encodeSchemaText(operation.schema));
      return writeFlag(writer, SCHEMA.replace, operation.mode === "replace");
    case "append_events":
    case "store_checkpoint":
    case "set_aggregate_grants":
      return writeEventOperation(writer, operation);
    default:
      return writeAccessOperation(writer, operation);
  }
}

function writeTarget(writer: ByteWriter, target: EdgeTarget): void {
  if (target.by === "id") return writeText(writer, EDGE_TARGET.id, target.id);
  writeNumber(writer, EDGE_TARGET.edgeTypeId, target.edgeTypeId);
  writeText(writer, EDGE_TARGET.fromId, target.fromId);
  writeText(writer, EDGE_TARGET.toId, target.toId);
}

function writeFieldsField(writer: ByteWriter, tag: number, fields: Fields): void {
  if (fields.size === 0) return;
  const start = openMessage(writer, tag);
  writeFields(writer, fields);
  writer.closeRun(start);
}

/** Reads the operation that ends at `end`. Throws `MalformedBytesError` for one of an unknown kind. */
export function readOperation(reader: ByteReader, end: number): Operation {
  let operation: Operation | undefined;
  while (reader.at < end) {
    const tag = reader.varint();
    const found = readKnown(reader, tag);
    if (found === undefined) skipField(reader, tag);
    else operation = found;
  }
  requireEnd(reader, end);
  if (operation !== undefined) return operation;
  throw new MalformedBytesError("operation of a kind that this build does not know");
}

function readKnown(reader: ByteReader, tag: number): Operation | undefined {
  switch (tag) {
    case OPERATION.createNode:
      return readCreateNode(reader, reader.runEnd());
    case OPERATION.updateNode:
      return readUpdateNode(reader, reader.runEnd());
    case OPERATION.deleteNode:
      return { op: "delete_node", ...readNodeStep(reader, reader.runEnd()) };
    case OPERATION.restoreNode:
      return { op: "restore_node", ...readNodeStep(reader, reader.runEnd()) };
    case OPERATION.purgeNode:
      return { op: "purge_node", ...readNodeStep(reader, reader.runEnd()) };
    case OPERATION.createEdge:
      return readCreateEdge(reader, reader.runEnd());
    case OPERATION.updateEdge:
      return readUpdateEdge(reader, reader.runEnd());
    case OPERATION.deleteEdge:
      return { op: "delete_edge", target: readTarget(reader, reader.runEnd()) };
    case OPERATION.registerSchema:
      return readRegisterSchema(reader, reader.runEnd());
    case OPERATION.setVisibility:
      return readVisibility(reader, reader.runEnd());
    case OPERATION.grant:
      return readGrantChange(reader, reader.runEnd(), "grant");
    case OPERATION.revoke:
      return readGrantChange(reader, reader.runEnd(), "revoke");
    case OPERATION.markRead:
      return readMailboxChange(reader, reader.runEnd(), "mark_read");
    case OPERATION.deleteMailboxItems:
      return readMailboxChange(reader, reader.runEnd(), "delete_mailbox_items");
    case OPERATION.membership:
      return readMembership(reader, reader.runEnd());
    case OPERATION.schemaLock:
      return readSchemaLock(reader, reader.runEnd());
    case OPERATION.appendEvents:
      return readAppend(reader, reader.runEnd());
    case OPERATION.storeCheckpoint:
      return readCheckpoint(reader, reader.runEnd());
    case OPERATION.setAggregateGrants:
      return readAggregateGrants(reader, reader.runEnd());
    default:
      return undefined;
  }
}

function readCreateNode(reader: ByteReader, end: number): CreateNode {
  let typeId = 0;
  let id = "";
  let fields = EMPTY_FIELDS;
  let returnExisting = false;
  const shared = new SharingReader();
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === CREATE_NODE.typeId) typeId = reader.varint();
    else if (tag === CREATE_NODE.id) id = reader.text();
    else if (tag === CREATE_NODE.fields) fields = readFields(reader, reader.runEnd());
    else if (tag === CREATE_NODE.returnExisting) returnExisting = reader.varint() !== 0;
    else if (!shared.take(reader, tag)) skipField(reader, tag);
  }
  requireEnd(reader, end);
  const node = { op: "create_node", typeId, id, fields, returnExisting } as const;
  const { sharing } = shared;
  return sharing === undefined ? node : { ...node, sharing };
}

function readUpdateNode(reader: ByteReader, end: number): UpdateNode {
  let id = "";
  let fields = EMPTY_FIELDS;
  let expectedVersion = 0;
  let preconditions = EMPTY_FIELDS;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === UPDATE_NODE.id) id = reader.text();
    else if (tag === UPDATE_NODE.fields) fields = readFields(reader, reader.runEnd());
    else if (tag === UPDATE_NODE.expectedVersion) expectedVersion = reader.varint();
    else if (tag === UPDATE_NODE.preconditions) preconditions = readFields(reader, reader.runEnd());
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { op: "update_node", id, fields, expectedVersion, preconditions };
}

function readNodeStep(reader: ByteReader, end: number): { id: string; expectedVersion: number } {
  let id = "";
  let expectedVersion = 0;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === NODE_STEP.id) id = reader.text();
    else if (tag === NODE_STEP.expectedVersion) expectedVersion = reader.varint();
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { id, expectedVersion };
}

function readCreateEdge(reader: ByteReader, end: number): CreateEdge {
  let edgeTypeId = 0;
  let id = "";
  let fromId = "";
  let toId = "";
  let fields = EMPTY_FIELDS;
  let returnExisting = false;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === CREATE_EDGE.edgeTypeId) edgeTypeId = reader.varint();
    else if (tag === CREATE_EDGE.id) id = reader.text();
    else if (tag === CREATE_EDGE.fromId) fromId = reader.text();
    else if (tag === CREATE_EDGE.toId) toId = reader.text();
    else if (tag === CREATE_EDGE.fields) fields = readFields(reader, reader.runEnd());
    else if (tag === CREATE_EDGE.returnExisting) returnExisting = reader.varint() !== 0;
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return { op: "create_edge", edgeTypeId, id, fromId, toId, fields, returnExisting };
}

function readUpdateEdge(reader: ByteReader, end: number): Operation {
  let target: EdgeTarget | undefined;
  let fields = EMPTY_FIELDS;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === UPDATE_EDGE.target) target = readTarget(reader, reader.runEnd());
    else if (tag === UPDATE_EDGE.fields) fields = readFields(reader, reader.runEnd());
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  if (target === undefined) throw new MalformedBytesError("an edge operation without a target");
  return { op: "update_edge", target, fields };
}

function readTarget(reader: ByteReader, end: number): EdgeTarget {
  let id = "";
  let edgeTypeId = 0;
  let fromId = "";
  let toId = "";
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === EDGE_TARGET.id) id = reader.text();
    else if (tag === EDGE_TARGET.edgeTypeId) edgeTypeId = reader.varint();
    else if (tag === EDGE_TARGET.fromId) fromId = reader.text();
    else if (tag === EDGE_TARGET.toId) toId = reader.text();
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  return id === "" ? { by: "ends", edgeTypeId, fromId, toId } : { by: "id", id };
}

function readRegisterSchema(reader: ByteReader, end: number): Operation {
  let json = "";
  let replace = false;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === SCHEMA.json) json = reader.text();
    else if (tag === SCHEMA.replace) replace = reader.varint() !== 0;
    else skipField(reader, tag);
  }
  requireEnd(reader, end);
  const schema = decodeSchemaText(json);
  const op = "register_schema";
  return replace ? { op, schema, mode: "replace" } : { op, schema };
}
