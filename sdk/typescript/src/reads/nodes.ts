/** Reading nodes by what names them: their ids, and unique fields and keys. */
import { freshnessOf, type ReadOptions, readAnswer, type Session } from "../client/session.ts";
import { LimitExceededError, NodeNotFoundError, ValidationError } from "../errors/refusals.ts";
import type { Node as WireNode } from "../gen/entdb/v1/model_pb.ts";
import { compiled } from "../schema/compiled.ts";
import type { NodeType } from "../schema/define.ts";
import type { LookupKey } from "../schema/infer.ts";
import { type NodeId, nodeId } from "../values/ids.ts";
import { encodeValue } from "../values/value.ts";
import { decodeNode, type Node } from "./node.ts";

/** What a read of nodes by id can be told. */
export interface GetOptions extends ReadOptions {
  /** Also gives nodes that are deleted and not purged. Defaults to false. */
  readonly includeDeleted?: boolean;
}

/** Several nodes, and what was asked for and is not there. */
export interface ManyNodes<T extends NodeType> {
  /** In the order of the ids asked for, each once. */
  readonly nodes: readonly Node<T>[];
  readonly missing: readonly NodeId[];
}

const MAX_IDS = 1_000;

/** The node of this id; undefined when there is none, or none that the actor may read. */
export async function getNode<T extends NodeType>(
  session: Session,
  type: T,
  id: NodeId,
  options: GetOptions,
): Promise<Node<T> | undefined> {
  session.schema.require(type, "node");
  const request = {
    context: session.identity,
    id: nodeId(id),
    includeDeleted: options.includeDeleted ?? false,
    read: freshnessOf(session, options),
  };
  const call = session.caller.call((stub) => session.rpc.getNode(request, stub), "safe", options);
  const found = await orMissing(readAnswer(session, options, call));
  return found?.node === undefined ? undefined : decodeNode(type, ofType(type, found.node));
}

/** Up to 1,000 nodes by id. */
export async function getNodes<T extends NodeType>(
  session: Session,
  type: T,
  ids: readonly NodeId[],
  options: GetOptions,
): Promise<ManyNodes<T>> {
  session.schema.require(type, "node");
  if (ids.length > MAX_IDS) throw tooManyIds(ids.length);
  const request = {
    context: session.identity,
    ids: ids.map(nodeId),
    includeDeleted: options.includeDeleted ?? false,
    read: freshnessOf(session, options),
  };
  const call = session.caller.call((stub) => session.rpc.getNodes(request, stub), "safe", options);
  const { nodes, missingIds } = await readAnswer(session, options, call);
  return {
    nodes: nodes.map((node) => decodeNode(type, ofType(type, node))),
    missing: missingIds as NodeId[],
  };
}

/** The node that holds these values of a unique field or key; undefined when none does. */
export async function getNodeByKey<T extends NodeType>(
  session: Session,
  type: T,
  key: LookupKey<T>,
  options: ReadOptions,
): Promise<Node<T> | undefined> {
  session.schema.require(type, "node");
  const request = {
    context: session.identity,
    typeId: type.typeId,
    ...lookup(type, key as Readonly<Record<string, unknown>>),
    read: freshnessOf(session, options),
  };
  const call = session.caller.call(
    (stub) => session.rpc.getNodeByKey(request, stub),
    "safe",
    options,
  );
  const found = await orMissing(readAnswer(session, options, call));
  return found?.node === undefined ? undefined : decodeNode(type, found.node);
}

/** The unique field or key that has just these members, and their values in its order. */
function lookup(type: NodeType, key: Readonly<Record<string, unknown>>) {
  const fields = compiled(type);
  const names = Object.keys(key);
  const members = names.map((name) => fields.field(name));
  const memberValue = (name: string) => {
    const { field, place } = fields.field(name);
    return encodeValue(field, key[name], place);
  };
  const [only] = members;
  if (only !== undefined && members.length === 1 && only.field.unique) {
    const by = { case: "fieldId", value: only.field.fieldId } as const;
    return { key: by, values: [memberValue(only.name)] };
  }
  const found = Object.values(type.uniqueKeys).find(
    (unique) => unique.fields.length === names.length && unique.fields.every((n) => n in key),
  );
  if (found === undefined) {
    throw new ValidationError({
      reason: "KEY_UNKNOWN",
      message: `${type.name} has no unique field or key of ${names.join(", ") || "no fields"}.`,
      hint: "Name one unique field, or all fields of one unique key; for others, query.",
    });
  }
  const by = { case: "keyId", value: found.keyId } as const;
  return { key: by, values: found.fields.map(memberValue) };
}

/** Undefined instead of the error that there is no such node. */
async function orMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof NodeNotFoundError) return undefined;
    throw error;
  }
}

/** The node, if it is of the type asked for. Throws {@link ValidationError} (TYPE_UNKNOWN). */
function ofType(type: NodeType, node: WireNode): WireNode {
  if (node.typeId === type.typeId) return node;
  throw new ValidationError({
    reason: "TYPE_UNKNOWN",
    message: `The node ${node.id} is of type ${node.typeId}, not ${type.typeId} (${type.name}).`,
    hint: "Read it as what it is.",
    details: { type_id: String(node.typeId) },
  });
}

function tooManyIds(count: number): LimitExceededError {
  return new LimitExceededError({
    reason: "LIMIT_EXCEEDED",
    message: `${count} ids were given; one read takes ${MAX_IDS}.`,
    hint: "Read them in several calls, or query.",
    details: { limit: String(MAX_IDS) },
  });
}
