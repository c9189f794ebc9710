import {
  OnConflict,
  type CreateEdge as WireCreateEdge,
  type CreateNode as WireCreateNode,
  type DeleteEdge as WireDeleteEdge,
  type Operation as WireOperation,
  type UpdateEdge as WireUpdateEdge,
  type UpdateNode as WireUpdateNode,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import { unreachable } from "../base/assert.ts";
import type { RequestedOperation } from "../engine/engine.ts";
import type { EdgeTarget, NodeStep } from "../record/transaction.ts";
import { EMPTY_FIELDS, type Fields, type Value } from "../schema/value.ts";
import { accessOperation, mailboxOperation, sharingOf } from "./decode-access.ts";
import { eventOperation } from "./decode-events.ts";
import { decodeSchema, decodeSchemaMode } from "./decode-schema.ts";
import { decodeFields, decodeValue, misshapen } from "./decode-value.ts";

/** The operations of a transaction, in their order. Throws INVALID_REQUEST with the place of what is missing. */
export function decodeOperations(operations: readonly WireOperation[]): RequestedOperation[] {
  return operations.map((operation, index) => decodeOperation(operation, `operations[${index}]`));
}

/** What the proto calls operations that are decoded elsewhere. */
const FIELDS = {
  setVisibility: "set_visibility",
  grant: "grant",
  revoke: "revoke",
  markRead: "mark_read",
  deleteMailboxItems: "delete_mailbox_items",
  appendEvents: "append_events",
  storeCheckpoint: "store_checkpoint",
  setAggregateGrants: "set_aggregate_grants",
} as const;

function decodeOperation(wire: WireOperation, path: string): RequestedOperation {
  const { operation } = wire;
  switch (operation.case) {
    case "createNode":
      return createNode(operation.value, path);
    case "updateNode":
      return updateNode(operation.value, path);
    case "deleteNode":
      return nodeStep("delete_node", operation.value, path);
    case "restoreNode":
      return nodeStep("restore_node", operation.value, path);
    case "purgeNode":
      return nodeStep("purge_node", operation.value, path);
    case "createEdge":
      return createEdge(operation.value, path);
    case "updateEdge":
      return {
        op: "update_edge",
        target: edgeTarget(operation.value, `${path}.update_edge`),
        fields: decodeFields(operation.value.fields, `${path}.update_edge.fields`),
      };
    case "deleteEdge":
      return {
        op: "delete_edge",
        target: edgeTarget(operation.value, `${path}.delete_edge`),
      };
    case "registerSchema":
      return {
        op: "register_schema",
        schema: decodeSchema(operation.value.schema, `${path}.register_schema.schema`),
        mode: decodeSchemaMode(operation.value.mode, `${path}.register_schema`),
      };
    case "setVisibility":
    case "grant":
    case "revoke":
      return accessOperation(operation, `${path}.${FIELDS[operation.case]}`);
    case "markRead":
    case "deleteMailboxItems":
      return mailboxOperation(operation, `${path}.${FIELDS[operation.case]}`);
    case "appendEvents":
    case "storeCheckpoint":
    case "setAggregateGrants":
      return eventOperation(operation, `${path}.${FIELDS[operation.case]}`);
    case undefined:
      throw misshapen(path, "an operation is needed, such as createNode");
    default:
      return unreachable(operation, "an operation that this build does not know");
  }
}

function createNode(wire: WireCreateNode, path: string): RequestedOperation {
  return {
    op: "create_node",
    typeId: wire.typeId,
    id: wire.id,
    fields: decodeFields(wire.fields, `${path}.create_node.fields`),
    returnExisting: returnExisting(wire.onConflict, `${path}.create_node`),
    ...sharingOf(wire, `${path}.create_node`),
    alias: wire.alias,
  };
}

function updateNode(wire: WireUpdateNode, path: string): RequestedOperation {
  return {
    op: "update_node",
    id: wire.id,
    fields: decodeFields(wire.fields, `${path}.update_node.fields`),
    expectedVersion: decodeVersion(wire.expectedVersion, `${path}.update_node`),
    preconditions: preconditions(wire, `${path}.update_node.preconditions`),
  };
}

/** A field named twice would leave one condition unchecked, so it is refused and not merged. */
function preconditions(wire: WireUpdateNode, path: string): Fields {
  if (wire.preconditions.length === 0) return EMPTY_FIELDS;
  const decoded = new Map<number, Value>();
  for (const [index, precondition] of wire.preconditions.entries()) {
    const place = `${path}[${index}]`;
    if (decoded.has(precondition.fieldId)) {
      throw misshapen(place, `field ${precondition.fieldId} is named twice`);
    }
    decoded.set(precondition.fieldId, decodeValue(precondition.value, `${place}.value`));
  }
  return decoded;
}

function nodeStep(
  op: NodeStep["op"],
  wire: { readonly id: string; readonly expectedVersion: bigint },
  path: string,
): RequestedOperation {
  return {
    op,
    id: wire.id,
    expectedVersion: decodeVersion(wire.expectedVersion, `${path}.${op}`),
  };
}

function createEdge(wire: WireCreateEdge, path: string): RequestedOperation {
  return {
    op: "create_edge",
    edgeTypeId: wire.edgeTypeId,
    id: wire.id,
    fromId: wire.fromId,
    toId: wire.toId,
    fields: decodeFields(wire.fields, `${path}.create_edge.fields`),
    returnExisting: returnExisting(wire.onConflict, `${path}.create_edge`),
    alias: wire.alias,
  };
}

function edgeTarget(wire: WireUpdateEdge | WireDeleteEdge, path: string): EdgeTarget {
  const { target } = wire;
  switch (target.case) {
    case "id":
      return { by: "id", id: target.value };
    case "key":
      return {
        by: "ends",
        edgeTypeId: target.value.edgeTypeId,
        fromId: target.value.fromId,
        toId: target.value.toId,
      };
    case undefined:
      throw misshapen(path, "the edge is named by id or by key");
    default:
      return unreachable(target, "an edge's name of an unknown kind");
  }
}

function returnExisting(onConflict: OnConflict, path: string): boolean {
  switch (onConflict) {
    case OnConflict.UNSPECIFIED:
    case OnConflict.FAIL:
      return false;
    case OnConflict.RETURN_EXISTING:
      return true;
    default:
      throw misshapen(`${path}.on_conflict`, `${String(onConflict)} is no way to treat a conflict`);
  }
}

/** Versions count transactions; one past 2^53 never occurred, and rounding it would compare with another. */
function decodeVersion(version: bigint, path: string): number {
  const number = Number(version);
  if (Number.isSafeInteger(number)) return number;
  throw misshapen(`${path}.expected_version`, `${version} is no version that can occur`);
}
