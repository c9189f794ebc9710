import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type EdgeTarget as EdgeTargetMessage,
  type Operation as OperationMessage,
  OperationSchema,
  type Record as RecordMessage,
  RecordSchema,
} from "../../gen/entdb/wal/v1/record_pb.ts";
import { assert } from "../base/assert.ts";
import { MalformedBytesError } from "../base/bytes.ts";
import { decodeSchemaText, encodeSchemaText } from "../schema/schema-json.ts";
import type { EdgeTarget, Operation, TransactionRecord } from "./transaction.ts";
import { RULES_VERSION } from "./transaction.ts";
import { decodeFields, encodeFields } from "./value-codec.ts";

/**
 * The body of a record in the log, `entdb.wal.v1.Record`, to and from our own words.
 * The only user of the generated log types. Whatever a released version has written
 * reads back here for ever.
 */
export function encodeRecord(record: TransactionRecord): Uint8Array {
  return toBinary(
    RecordSchema,
    create(RecordSchema, {
      rulesVersion: record.rulesVersion,
      tenantId: record.tenantId,
      incarnation: BigInt(record.incarnation),
      actor: record.actor,
      roles: record.roles as string[],
      idempotencyKey: record.idempotencyKey,
      serverMadeKey: record.serverMadeKey,
      requestHash: record.requestHash,
      body: encodeBody(record.body),
    }),
  );
}

/**
 * A record as read from the log: the envelope at once, the body when it is asked for, so
 * that a body which this build cannot read is the trouble of its tenant alone.
 */
export interface LoggedRecord extends Omit<TransactionRecord, "body"> {
  /** Throws when the body is of rules or of a kind that this build does not know. */
  decodeBody(): TransactionRecord["body"];
}

/** Throws when the bytes are no record at all. */
export function decodeRecord(bytes: Uint8Array): LoggedRecord {
  const message = fromBinary(RecordSchema, bytes);
  return {
    rulesVersion: message.rulesVersion,
    tenantId: message.tenantId,
    incarnation: Number(message.incarnation),
    actor: message.actor,
    roles: message.roles,
    idempotencyKey: message.idempotencyKey,
    serverMadeKey: message.serverMadeKey,
    requestHash: message.requestHash,
    decodeBody: () => {
      requireKnownRules(message.rulesVersion);
      return decodeBody(message.body);
    },
  };
}

function requireKnownRules(rulesVersion: number): void {
  if (rulesVersion >= 1 && rulesVersion <= RULES_VERSION) return;
  throw new MalformedBytesError(
    `record of rules version ${rulesVersion}; this build knows 1 to ${RULES_VERSION}`,
  );
}

function encodeBody(body: TransactionRecord["body"]): RecordMessage["body"] {
  if (body.kind === "tenant_created") {
    const { tenantId, partition, directory } = body;
    const value = { tenantId, incarnation: BigInt(body.incarnation), partition, directory };
    return { case: "tenantCreated", value: value as never };
  }
  return {
    case: "transaction",
    value: {
      operations: body.operations.map(encodeOperation),
      ...(body.attachedSchema && {
        attachedSchema: { json: encodeSchemaText(body.attachedSchema) },
      }),
    } as never,
  };
}

function decodeBody(body: RecordMessage["body"]): TransactionRecord["body"] {
  switch (body.case) {
    case "transaction":
      return {
        kind: "transaction",
        operations: body.value.operations.map(decodeOperation),
        attachedSchema:
          body.value.attachedSchema && decodeSchemaText(body.value.attachedSchema.json),
      };
    case "tenantCreated":
      return {
        kind: "tenant_created",
        tenantId: body.value.tenantId,
        incarnation: Number(body.value.incarnation),
        partition: body.value.partition,
        directory: body.value.directory,
      };
    case undefined:
      throw new MalformedBytesError("record without a body");
  }
}

function encodeOperation(operation: Operation): OperationMessage {
  return create(OperationSchema, { operation: operationCase(operation) as never });
}

/** Plain objects in the shape of the generated messages: `create` makes messages of them, nested ones too. */
function operationCase(operation: Operation): { case: string; value: object } {
  switch (operation.op) {
    case "create_node": {
      const { typeId, id, returnExisting } = operation;
      const value = { typeId, id, returnExisting, fields: encodeFields(operation.fields) };
      return { case: "createNode", value };
    }
    case "update_node":
      return {
        case: "updateNode",
        value: {
          id: operation.id,
          fields: encodeFields(operation.fields),
          expectedVersion: BigInt(operation.expectedVersion),
          preconditions: encodeFields(operation.preconditions),
        },
      };
    case "delete_node":
      return { case: "deleteNode", value: nodeStep(operation) };
    case "restore_node":
      return { case: "restoreNode", value: nodeStep(operation) };
    case "purge_node":
      return { case: "purgeNode", value: nodeStep(operation) };
    case "create_edge": {
      const { edgeTypeId, id, fromId, toId, returnExisting } = operation;
      const fields = encodeFields(operation.fields);
      return {
        case: "createEdge",
        value: { edgeTypeId, id, fromId, toId, returnExisting, fields },
      };
    }
    case "update_edge": {
      const fields = encodeFields(operation.fields);
      return { case: "updateEdge", value: { target: encodeTarget(operation.target), fields } };
    }
    case "delete_edge":
      return { case: "deleteEdge", value: encodeTarget(operation.target) };
    case "register_schema":
      return { case: "registerSchema", value: { json: encodeSchemaText(operation.schema) } };
  }
}

function nodeStep(step: { readonly id: string; readonly expectedVersion: number }): object {
  return { id: step.id, expectedVersion: BigInt(step.expectedVersion) };
}

function encodeTarget(target: EdgeTarget): object {
  if (target.by === "id") return { id: target.id };
  return { edgeTypeId: target.edgeTypeId, fromId: target.fromId, toId: target.toId };
}

function decodeTarget(message: EdgeTargetMessage | undefined): EdgeTarget {
  assert(message !== undefined, "an edge operation has a target");
  if (message.id !== "") return { by: "id", id: message.id };
  const { edgeTypeId, fromId, toId } = message;
  return { by: "ends", edgeTypeId, fromId, toId };
}

function decodeOperation(message: OperationMessage): Operation {
  const operation = message.operation;
  switch (operation.case) {
    case "createNode": {
      const { typeId, id, fields, returnExisting } = operation.value;
      return { op: "create_node", typeId, id, fields: decodeFields(fields), returnExisting };
    }
    case "updateNode":
      return {
        op: "update_node",
        id: operation.value.id,
        fields: decodeFields(operation.value.fields),
        expectedVersion: Number(operation.value.expectedVersion),
        preconditions: decodeFields(operation.value.preconditions),
      };
    case "deleteNode":
      return { op: "delete_node", ...decodeStep(operation.value) };
    case "restoreNode":
      return { op: "restore_node", ...decodeStep(operation.value) };
    case "purgeNode":
      return { op: "purge_node", ...decodeStep(operation.value) };
    case "createEdge": {
      const { edgeTypeId, id, fromId, toId, returnExisting } = operation.value;
      const fields = decodeFields(operation.value.fields);
      return { op: "create_edge", edgeTypeId, id, fromId, toId, fields, returnExisting };
    }
    case "updateEdge":
      return {
        op: "update_edge",
        target: decodeTarget(operation.value.target),
        fields: decodeFields(operation.value.fields),
      };
    case "deleteEdge":
      return { op: "delete_edge", target: decodeTarget(operation.value) };
    case "registerSchema":
      return { op: "register_schema", schema: decodeSchemaText(operation.value.json) };
    case undefined:
      throw new MalformedBytesError("operation of a kind that this build does not know");
  }
}

function decodeStep(value: { readonly id: string; readonly expectedVersion: bigint }): {
  id: string;
  expectedVersion: number;
} {
  return { id: value.id, expectedVersion: Number(value.expectedVersion) };
}
