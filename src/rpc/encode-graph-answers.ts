/** What reads of nodes and edges answer, as messages. `pack-graph-answers.ts` has the same as bytes. */
import { create } from "@bufbuild/protobuf";
import {
  ConnectedNodeSchema,
  type GetNodeByKeyResponse,
  GetNodeByKeyResponseSchema,
  type GetNodeResponse,
  GetNodeResponseSchema,
  type GetNodesResponse,
  GetNodesResponseSchema,
  type ListConnectedResponse,
  ListConnectedResponseSchema,
  type ListEdgesResponse,
  ListEdgesResponseSchema,
  type QueryNodesResponse,
  QueryNodesResponseSchema,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import type { ConnectedPage, EdgePage, NodePage } from "../engine/engine.ts";
import type { Read } from "../engine/reading.ts";
import type { Node } from "../record/graph.ts";
import { absentIsEmpty } from "./decode-read.ts";
import { encodeEdge, encodeNode } from "./encode-graph.ts";

export function encodeNodeAnswer(read: Read<{ node: Node }>): GetNodeResponse {
  const response = create(GetNodeResponseSchema);
  response.node = encodeNode(read.node);
  response.positionToken = read.positionToken;
  return response;
}

export function encodeNodeByKeyAnswer(read: Read<{ node: Node }>): GetNodeByKeyResponse {
  const response = create(GetNodeByKeyResponseSchema);
  response.node = encodeNode(read.node);
  response.positionToken = read.positionToken;
  return response;
}

export function encodeNodesAnswer(
  read: Read<{ nodes: Node[]; missingIds: string[] }>,
): GetNodesResponse {
  const response = create(GetNodesResponseSchema);
  response.nodes = read.nodes.map(encodeNode);
  response.missingIds = read.missingIds;
  response.positionToken = read.positionToken;
  return response;
}

export function encodeQueryAnswer(page: Read<NodePage>): QueryNodesResponse {
  const response = create(QueryNodesResponseSchema);
  response.nodes = page.nodes.map(encodeNode);
  response.nextCursor = absentIsEmpty(page.nextCursor);
  response.hasMore = page.hasMore;
  if (page.totalCount !== undefined) response.totalCount = BigInt(page.totalCount);
  response.totalCountAbsentReason = page.totalCountAbsentReason ?? "";
  response.positionToken = page.positionToken;
  return response;
}

export function encodeEdgesAnswer(page: Read<EdgePage>): ListEdgesResponse {
  const response = create(ListEdgesResponseSchema);
  response.edges = page.edges.map(encodeEdge);
  response.nodes = page.nodes.map(encodeNode);
  response.nextCursor = absentIsEmpty(page.nextCursor);
  response.hasMore = page.hasMore;
  response.positionToken = page.positionToken;
  return response;
}

export function encodeConnectedAnswer(page: Read<ConnectedPage>): ListConnectedResponse {
  const response = create(ListConnectedResponseSchema);
  response.nodes = page.nodes.map(({ node, distance }) => {
    const connected = create(ConnectedNodeSchema);
    connected.node = encodeNode(node);
    connected.distance = distance;
    return connected;
  });
  response.nextCursor = absentIsEmpty(page.nextCursor);
  response.hasMore = page.hasMore;
  response.positionToken = page.positionToken;
  return response;
}
