import { EntError, invalid } from "../../base/errors.ts";
import type { RequestedOperation } from "../../engine/engine.ts";
import type { EdgeTarget } from "../../record/transaction.ts";
import { evolveSchema } from "../../schema/evolve.ts";
import { parseSchema } from "../../schema/parse-schema.ts";
import {
  type CompiledEdgeType,
  type CompiledNodeType,
  SchemaRegistry,
} from "../../schema/registry.ts";
import { decodeSchema } from "../../schema/schema-json.ts";
import { EMPTY_FIELDS, type Fields } from "../../schema/value.ts";
import { fieldsFromJson } from "../../schema/value-json.ts";
import type {
  JsonCreateEdge,
  JsonCreateNode,
  JsonEdgeTarget,
  JsonOperation,
  JsonUpdateNode,
} from "../shapes/atomic.ts";
import { eventOperationOf } from "./events.ts";
import { mailboxOperationOf } from "./mailbox.ts";
import { grantOf, sharingOf } from "./sharing.ts";
import { edgeTypeOf, nodeTypeOf } from "./types-by-name.ts";

/**
 * Turns operations by name into operations by number, in their order, so that an operation
 * sees the aliases and the types that earlier ones bring. Names are all that is read here:
 * ids, aliases and limits are the engine's to judge.
 *
 * An update tells no type, and its names mean nothing without one. It is known from the
 * operation that creates the node, or from `nodeTypes`, which the caller has looked up.
 */
export class OperationReader {
  #registry: SchemaRegistry;
  readonly #nodeTypes: ReadonlyMap<string, number>;
  /** What "$alias.id" and ids that the client proposes stand for, by either. */
  readonly #createdNodes = new Map<string, number>();
  readonly #createdEdges = new Map<string, number>();

  constructor(registry: SchemaRegistry, nodeTypes: ReadonlyMap<string, number>) {
    this.#registry = registry;
    this.#nodeTypes = nodeTypes;
  }

  /**
   * One operation after the other; `path` is its place in the request, which every refusal names.
   * Throws TYPE_UNKNOWN, EDGE_TYPE_UNKNOWN, FIELD_UNKNOWN and what values throw;
   * SERVER_OWNED_FIELD, INVALID_REQUEST, NODE_NOT_FOUND, SCHEMA_INVALID, SCHEMA_INCOMPATIBLE.
   */
  read(operation: JsonOperation, path: string): RequestedOperation {
    try {
      return this.#read(operation, path);
    } catch (error) {
      throw placed(error, path);
    }
  }

  #read(operation: JsonOperation, path: string): RequestedOperation {
    switch (operation.op) {
      case "create_node":
        return this.#createNode(operation, path);
      case "update_node":
        return this.#updateNode(operation, path);
      case "delete_node":
      case "restore_node":
      case "purge_node":
        return {
          op: operation.op,
          id: nodeIdOf(operation, path),
          expectedVersion: operation.expected_version ?? 0,
        };
      case "create_edge":
        return this.#createEdge(operation, path);
      case "update_edge":
        return this.#updateEdge(operation, path);
      case "delete_edge":
        return { op: "delete_edge", target: this.#edgeTarget(operation, path) };
      case "set_visibility": {
        const { op, principals } = operation;
        return { op, nodeId: nodeIdOf(operation, path), principals };
      }
      case "grant":
        return { op: "grant", nodeId: nodeIdOf(operation, path), grant: grantOf(operation) };
      case "revoke": {
        const { op, principal, permission } = operation;
        return { op, nodeId: nodeIdOf(operation, path), principal, permission };
      }
      case "mark_read":
      case "delete_mailbox_items":
        return mailboxOperationOf(operation, path);
      case "append_events":
      case "store_checkpoint":
      case "set_aggregate_grants":
        return eventOperationOf(operation, path);
      case "register_schema": {
        const schema = decodeSchema(operation.schema);
        const { mode = "merge" } = operation;
        this.evolve(schema, mode);
        return mode === "merge"
          ? { op: "register_schema", schema }
          : { op: "register_schema", schema, mode };
      }
    }
  }

  /** Later names are read against the schema as it becomes. */
  evolve(schema: ReturnType<typeof decodeSchema>, mode: "merge" | "replace"): void {
    const evolved = evolveSchema(this.#registry.schema, parseSchema(schema), mode);
    if (evolved.changed) this.#registry = new SchemaRegistry(evolved.schema);
  }

  #createNode(operation: JsonCreateNode, path: string): RequestedOperation {
    const type = nodeTypeOf(this.#registry, operation, path);
    const { alias = "", id = "" } = operation;
    if (alias !== "") this.#createdNodes.set(`$${alias}.id`, type.typeId);
    if (id !== "") this.#createdNodes.set(id, type.typeId);
    return {
      op: "create_node",
      typeId: type.typeId,
      id,
      fields: fieldsOf(type, operation.payload, `${path}.payload`),
      returnExisting: operation.on_conflict === "return_existing",
      ...sharingOf(operation),
      alias,
    };
  }

  #updateNode(operation: JsonUpdateNode, path: string): RequestedOperation {
    const id = nodeIdOf(operation, path);
    const update = {
      op: "update_node",
      id,
      expectedVersion: operation.expected_version ?? 0,
    } as const;
    if (!namesFields(operation)) {
      return { ...update, fields: EMPTY_FIELDS, preconditions: EMPTY_FIELDS };
    }
    const type = this.#typeOfUpdated(operation, id, path);
    return {
      ...update,
      fields: fieldsOf(type, operation.payload, `${path}.payload`),
      preconditions: fieldsOf(type, operation.preconditions, `${path}.preconditions`),
    };
  }

  #typeOfUpdated(operation: JsonUpdateNode, id: string, path: string): CompiledNodeType {
    const typeId = this.#createdNodes.get(id) ?? this.#nodeTypes.get(id);
    const named =
      operation.type_id === undefined && operation.type === undefined
        ? undefined
        : nodeTypeOf(this.#registry, operation, path);
    if (named !== undefined && (typeId === undefined || typeId === named.typeId)) return named;
    if (named !== undefined) throw wrongType(path, id, named.typeId, typeId as number);
    if (typeId !== undefined) return this.#registry.nodeType(typeId);
    throw id.startsWith("$") ? unknownAlias(id, path) : nodeMissing(id, path);
  }

  #createEdge(operation: JsonCreateEdge, path: string): RequestedOperation {
    const { edge_id: older, ...named } = operation;
    if (older !== undefined && operation.edge_type_id !== undefined) {
      throw invalid(
        "INVALID_REQUEST",
        `${path}.edge_id is the older name of edge_type_id.`,
        "Send edge_type_id alone.",
        { field: `${path}.edge_id` },
      );
    }
    const asked = older === undefined ? named : { ...named, edge_type_id: older };
    const type = edgeTypeOf(this.#registry, asked, path);
    const { alias = "", id = "" } = operation;
    if (alias !== "") this.#createdEdges.set(`$${alias}.id`, type.edgeTypeId);
    if (id !== "") this.#createdEdges.set(id, type.edgeTypeId);
    return {
      op: "create_edge",
      edgeTypeId: type.edgeTypeId,
      id,
      fromId: operation.from,
      toId: operation.to,
      fields: fieldsOf(type, operation.payload, `${path}.payload`),
      returnExisting: operation.on_conflict === "return_existing",
      alias,
    };
  }

  #updateEdge(
    operation: Extract<JsonOperation, { op: "update_edge" }>,
    path: string,
  ): RequestedOperation {
    const target = this.#edgeTarget(operation, path);
    const payload = operation.payload;
    if (payload === undefined || Object.keys(payload).length === 0) {
      return { op: "update_edge", target, fields: EMPTY_FIELDS };
    }
    const type = this.#typeOfEdge(operation, target, path);
    return { op: "update_edge", target, fields: fieldsOf(type, payload, `${path}.payload`) };
  }

  #typeOfEdge(operation: JsonEdgeTarget, target: EdgeTarget, path: string): CompiledEdgeType {
    if (target.by === "ends") return this.#registry.edgeType(target.edgeTypeId);
    const created = this.#createdEdges.get(target.id);
    if (created !== undefined) return this.#registry.edgeType(created);
    if (target.id.startsWith("$")) throw unknownAlias(target.id, path);
    return edgeTypeOf(this.#registry, operation, path);
  }

  #edgeTarget(operation: JsonEdgeTarget, path: string): EdgeTarget {
    const { from, to } = operation;
    const id = sameOf(operation.id, operation.edge_id, `${path}.edge_id`, "id");
    if (id !== undefined) {
      if (from === undefined && to === undefined) return { by: "id", id };
      throw twoTargets(path);
    }
    if (from !== undefined && to !== undefined) {
      const { edgeTypeId } = edgeTypeOf(this.#registry, operation, path);
      return { by: "ends", edgeTypeId, fromId: from, toId: to };
    }
    throw invalid(
      "INVALID_REQUEST",
      `${path} names no edge.`,
      "Send its id, or its edge_type_id, from and to.",
      { field: path },
    );
  }
}

/** What the schema has to say of a name does not say in which operation it stands. */
function placed(error: unknown, path: string): unknown {
  if (!(error instanceof EntError) || error.details["field"] !== undefined) return error;
  const { code, reason, message, hint, details } = error;
  return new EntError({ code, reason, message, hint, details: { field: path, ...details } });
}

/** Whether an update has names in it, which only the node's type explains. */
export function namesFields(operation: JsonUpdateNode): boolean {
  const { payload, preconditions } = operation;
  return (
    (payload !== undefined && Object.keys(payload).length > 0) ||
    (preconditions !== undefined && Object.keys(preconditions).length > 0)
  );
}

/** The node that an operation is about, as sent. Throws INVALID_REQUEST. */
export function nodeIdOf(
  operation: { readonly id?: string | undefined; readonly node_id?: string | undefined },
  path: string,
): string {
  const id = sameOf(operation.id, operation.node_id, `${path}.node_id`, "id");
  if (id !== undefined) return id;
  throw invalid("INVALID_REQUEST", `${path}.id is required.`, "Send the node's id.", {
    field: `${path}.id`,
  });
}

function sameOf(
  first: string | undefined,
  second: string | undefined,
  place: string,
  other: string,
): string | undefined {
  if (first === undefined || second === undefined || first === second) return first ?? second;
  throw invalid(
    "INVALID_REQUEST",
    `${place} and ${other} name different things.`,
    `Send ${other} alone.`,
    { field: place },
  );
}

function fieldsOf(
  type: CompiledNodeType | CompiledEdgeType,
  payload: Parameters<typeof fieldsFromJson>[1] | undefined,
  path: string,
): Fields {
  return payload === undefined ? EMPTY_FIELDS : fieldsFromJson(type.table, payload, path);
}

function wrongType(path: string, id: string, named: number, real: number): EntError {
  return invalid(
    "INVALID_REQUEST",
    `${path} says that ${id} is of type ${named}; it is of type ${real}.`,
    "Leave the type out: the node has one.",
    { field: path },
  );
}

function unknownAlias(alias: string, path: string): EntError {
  return invalid(
    "ALIAS_UNKNOWN",
    `${path} names ${JSON.stringify(alias.slice(0, 80))}, which no earlier operation defines.`,
    'Write "$name.id", and give the earlier create operation the alias "name".',
    { field: path },
  );
}

function nodeMissing(id: string, path: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "NODE_NOT_FOUND",
    message: `${path}: there is no node ${id.slice(0, 64)}.`,
    hint: "If this repeats a transaction that may have been done, ask GET /v1/receipts by its idempotency key.",
    details: { node_id: id.slice(0, 64) },
  });
}

function twoTargets(path: string): EntError {
  return invalid(
    "INVALID_REQUEST",
    `${path} names an edge by its id and by its ends.`,
    "Send either its id, or its edge_type_id, from and to.",
    { field: path },
  );
}
