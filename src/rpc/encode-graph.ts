import { create } from "@bufbuild/protobuf";
import {
  EdgeSchema,
  NodeSchema,
  type Edge as WireEdge,
  type Node as WireNode,
} from "../../gen/entdb/v1/model_pb.ts";
import type { Edge, Node } from "../record/graph.ts";
import { encodeFields } from "./encode-value.ts";

// The members are assigned one by one: a page is a thousand of these, and `create` with
// an initial object looks up every member's descriptor.

export function encodeNode(node: Node): WireNode {
  const message = create(NodeSchema);
  message.id = node.id;
  message.typeId = node.typeId;
  message.fields = encodeFields(node.fields);
  message.ownerActor = node.ownerActor;
  message.version = BigInt(node.version);
  message.createdAt = BigInt(node.createdAt);
  message.updatedAt = BigInt(node.updatedAt);
  message.deleted = node.deleted;
  return message;
}

export function encodeEdge(edge: Edge): WireEdge {
  const message = create(EdgeSchema);
  message.id = edge.id;
  message.edgeTypeId = edge.edgeTypeId;
  message.fromId = edge.fromId;
  message.toId = edge.toId;
  message.fields = encodeFields(edge.fields);
  message.createdAt = BigInt(edge.createdAt);
  message.updatedAt = BigInt(edge.updatedAt);
  return message;
}
