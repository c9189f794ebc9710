/** Nodes as programs read them. */

import type { ClientSchema } from "../client/client-schema.ts";
import type { Node as WireNode } from "../gen/entdb/v1/model_pb.ts";
import { compiled } from "../schema/compiled.ts";
import type { NodeType } from "../schema/define.ts";
import type { ReadFields } from "../schema/infer.ts";
import type { NodeId } from "../values/ids.ts";
import { safeNumber } from "../values/value.ts";

/** A node of a type, as it stood at the read's position. */
export interface Node<T extends NodeType = NodeType> {
  readonly id: NodeId;
  /**
   * The type's name in this schema: tells nodes of several types apart. "#" and its number for a
   * type that this schema does not know.
   */
  readonly type: T["name"];
  readonly typeId: number;
  /** Absent ones are left out. Fields that this schema does not know are not here. */
  readonly fields: ReadFields<T["fields"]>;
  readonly ownerActor: string;
  /** 1 when created; raised once by every transaction that updates, deletes or restores the node. */
  readonly version: number;
  /** Log time. */
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** True only where deleted nodes were asked for. */
  readonly deleted: boolean;
}

/** A node of one of several types, told apart by `type`. */
export type AnyNode<T extends NodeType = NodeType> = T extends NodeType ? Node<T> : never;

/** The node, by the definition of its type. */
export function decodeNode<T extends NodeType>(type: T, wire: WireNode): Node<T> {
  return {
    id: wire.id as NodeId,
    type: type.name,
    typeId: wire.typeId,
    fields: compiled(type).decode(wire.fields) as ReadFields<T["fields"]>,
    ownerActor: wire.ownerActor,
    version: safeNumber(wire.version, "version"),
    createdAt: new Date(Number(wire.createdAt)),
    updatedAt: new Date(Number(wire.updatedAt)),
    deleted: wire.deleted,
  };
}

/** The node by whatever definition the client has of its type; without fields when it has none. */
export function decodeNodeOfAnyType(schema: ClientSchema, wire: WireNode): Node {
  const type = schema.nodeType(wire.typeId);
  return decodeNode(type ?? unknownType(wire.typeId), wire);
}

/** Stands in for a type that the client does not have. */
function unknownType(typeId: number): NodeType {
  return {
    definition: "node",
    typeId,
    name: `#${typeId}`,
    fields: {},
    uniqueKeys: {},
    defaultGrants: [],
    description: "",
    deprecated: false,
    reservedFieldIds: [],
  };
}
