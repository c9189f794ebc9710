import { create } from "@bufbuild/protobuf";
import {
  ConnectedNodeSchema,
  CountNodesResponseSchema,
  EntDBService,
  type GetNodeByKeyRequest,
  GetNodeByKeyResponseSchema,
  GetNodeResponseSchema,
  GetNodesResponseSchema,
  ListConnectedResponseSchema,
  ListEdgesResponseSchema,
  ListGrantsResponseSchema,
  QueryNodesResponseSchema,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import type { Engine, NodeByKeyRequest } from "../engine/engine.ts";
import { decodeFilter, decodeOrder } from "./decode-filter.ts";
import { absentIsEmpty, decodeDirection, decodeFreshness, emptyIsAbsent } from "./decode-read.ts";
import { decodeValues, misshapen } from "./decode-value.ts";
import { encodeGrant } from "./encode-access.ts";
import { encodeEdge, encodeNode } from "./encode-graph.ts";
import { callerOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary } from "./methods.ts";

/**
 * Reads of nodes and edges, one function an RPC: who asks, what they ask in the engine's
 * words, and the answer in the wire's. Nothing is decided here.
 */
export function graphReadMethods(engine: Engine): RpcMethod[] {
  return [
    getNode(engine),
    getNodes(engine),
    getNodeByKey(engine),
    queryNodes(engine),
    countNodes(engine),
    listEdges(engine),
    listConnected(engine),
    listGrants(engine),
  ];
}

function getNode(engine: Engine): RpcMethod {
  return unary(EntDBService.method.getNode, async (request, call) => {
    const caller = callerOf(call, request.context);
    const wanted = { id: request.id, includeDeleted: request.includeDeleted };
    const read = await engine.getNode(caller, wanted, decodeFreshness(request.read), call.signal);
    const response = create(GetNodeResponseSchema);
    response.node = encodeNode(read.node);
    response.positionToken = read.positionToken;
    return response;
  });
}

function getNodes(engine: Engine): RpcMethod {
  return unary(EntDBService.method.getNodes, async (request, call) => {
    const caller = callerOf(call, request.context);
    const wanted = { ids: request.ids, includeDeleted: request.includeDeleted };
    const read = await engine.getNodes(caller, wanted, decodeFreshness(request.read), call.signal);
    const response = create(GetNodesResponseSchema);
    response.nodes = read.nodes.map(encodeNode);
    response.missingIds = read.missingIds;
    response.positionToken = read.positionToken;
    return response;
  });
}

function getNodeByKey(engine: Engine): RpcMethod {
  return unary(EntDBService.method.getNodeByKey, async (request, call) => {
    const caller = callerOf(call, request.context);
    const freshness = decodeFreshness(request.read);
    const read = await engine.getNodeByKey(caller, keyRequest(request), freshness, call.signal);
    const response = create(GetNodeByKeyResponseSchema);
    response.node = encodeNode(read.node);
    response.positionToken = read.positionToken;
    return response;
  });
}

function keyRequest(request: GetNodeByKeyRequest): NodeByKeyRequest {
  const { typeId, key } = request;
  const values = decodeValues(request.values, "values");
  switch (key.case) {
    case "fieldId":
      return { typeId, key: { by: "field", fieldId: key.value }, values };
    case "keyId":
      return { typeId, key: { by: "key", keyId: key.value }, values };
    default:
      throw misshapen("key", "name a unique field (fieldId) or a composite key (keyId)");
  }
}

function queryNodes(engine: Engine): RpcMethod {
  return unary(EntDBService.method.queryNodes, async (request, call) => {
    const caller = callerOf(call, request.context);
    const query = {
      typeId: request.typeId,
      filter: decodeFilter(request.filter, "filter"),
      order: decodeOrder(request.order, "order"),
      includeDeleted: request.includeDeleted,
      withTotalCount: request.withTotalCount,
      offset: 0,
      pageSize: request.pageSize,
      cursor: emptyIsAbsent(request.cursor),
    };
    const read = await engine.queryNodes(caller, query, decodeFreshness(request.read), call.signal);
    const response = create(QueryNodesResponseSchema);
    response.nodes = read.nodes.map(encodeNode);
    response.nextCursor = absentIsEmpty(read.nextCursor);
    response.hasMore = read.hasMore;
    if (read.totalCount !== undefined) response.totalCount = BigInt(read.totalCount);
    response.totalCountAbsentReason = read.totalCountAbsentReason ?? "";
    response.positionToken = read.positionToken;
    return response;
  });
}

function countNodes(engine: Engine): RpcMethod {
  return unary(EntDBService.method.countNodes, async (request, call) => {
    const caller = callerOf(call, request.context);
    const counted = {
      typeId: request.typeId,
      filter: decodeFilter(request.filter, "filter"),
      includeDeleted: request.includeDeleted,
    };
    const freshness = decodeFreshness(request.read);
    const read = await engine.countNodes(caller, counted, freshness, call.signal);
    const response = create(CountNodesResponseSchema);
    response.count = BigInt(read.count);
    response.positionToken = read.positionToken;
    return response;
  });
}

function listEdges(engine: Engine): RpcMethod {
  return unary(EntDBService.method.listEdges, async (request, call) => {
    const caller = callerOf(call, request.context);
    const wanted = {
      nodeId: request.nodeId,
      direction: decodeDirection(request.direction),
      edgeTypeId: request.edgeTypeId,
      withNodes: request.withNodes,
      pageSize: request.pageSize,
      cursor: emptyIsAbsent(request.cursor),
    };
    const read = await engine.listEdges(caller, wanted, decodeFreshness(request.read), call.signal);
    const response = create(ListEdgesResponseSchema);
    response.edges = read.edges.map(encodeEdge);
    response.nodes = read.nodes.map(encodeNode);
    response.nextCursor = absentIsEmpty(read.nextCursor);
    response.hasMore = read.hasMore;
    response.positionToken = read.positionToken;
    return response;
  });
}

function listConnected(engine: Engine): RpcMethod {
  return unary(EntDBService.method.listConnected, async (request, call) => {
    const caller = callerOf(call, request.context);
    const wanted = {
      nodeId: request.nodeId,
      edgeTypeId: request.edgeTypeId,
      direction: decodeDirection(request.direction),
      depth: request.depth,
      pageSize: request.pageSize,
      cursor: emptyIsAbsent(request.cursor),
    };
    const freshness = decodeFreshness(request.read);
    const read = await engine.listConnected(caller, wanted, freshness, call.signal);
    const response = create(ListConnectedResponseSchema);
    response.nodes = read.nodes.map(({ node, distance }) => {
      const connected = create(ConnectedNodeSchema);
      connected.node = encodeNode(node);
      connected.distance = distance;
      return connected;
    });
    response.nextCursor = absentIsEmpty(read.nextCursor);
    response.hasMore = read.hasMore;
    response.positionToken = read.positionToken;
    return response;
  });
}

function listGrants(engine: Engine): RpcMethod {
  return unary(EntDBService.method.listGrants, async (request, call) => {
    const caller = callerOf(call, request.context);
    const freshness = decodeFreshness(request.read);
    const read = await engine.listGrants(caller, request.nodeId, freshness, call.signal);
    const response = create(ListGrantsResponseSchema);
    response.ownerActor = read.ownerActor;
    response.grants = read.grants.map(encodeGrant);
    response.positionToken = read.positionToken;
    return response;
  });
}
