import { create } from "@bufbuild/protobuf";
import {
  CountNodesResponseSchema,
  EntDBService,
  type GetNodeByKeyRequest,
  ListGrantsResponseSchema,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import type { Engine, NodeByKeyRequest } from "../engine/engine.ts";
import { decodeFilter, decodeOrder } from "./decode-filter.ts";
import { decodeDirection, decodeFreshness, emptyIsAbsent } from "./decode-read.ts";
import { decodeValues, misshapen } from "./decode-value.ts";
import { encodeGrant } from "./encode-access.ts";
import {
  encodeConnectedAnswer,
  encodeEdgesAnswer,
  encodeNodeAnswer,
  encodeNodeByKeyAnswer,
  encodeNodesAnswer,
  encodeQueryAnswer,
} from "./encode-graph-answers.ts";
import { callerOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary, unaryInBytes } from "./methods.ts";
import {
  packConnectedAnswer,
  packEdgesAnswer,
  packNodeAnswer,
  packNodesAnswer,
  packQueryAnswer,
} from "./pack-graph-answers.ts";

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
  return unaryInBytes(
    EntDBService.method.getNode,
    (request, call) => {
      const caller = callerOf(call, request.context);
      const wanted = { id: request.id, includeDeleted: request.includeDeleted };
      return engine.getNode(caller, wanted, decodeFreshness(request.read), call.signal);
    },
    { encode: encodeNodeAnswer, pack: packNodeAnswer },
  );
}

function getNodes(engine: Engine): RpcMethod {
  return unaryInBytes(
    EntDBService.method.getNodes,
    (request, call) => {
      const caller = callerOf(call, request.context);
      const wanted = { ids: request.ids, includeDeleted: request.includeDeleted };
      return engine.getNodes(caller, wanted, decodeFreshness(request.read), call.signal);
    },
    { encode: encodeNodesAnswer, pack: packNodesAnswer },
  );
}

function getNodeByKey(engine: Engine): RpcMethod {
  return unaryInBytes(
    EntDBService.method.getNodeByKey,
    (request, call) => {
      const caller = callerOf(call, request.context);
      const freshness = decodeFreshness(request.read);
      return engine.getNodeByKey(caller, keyRequest(request), freshness, call.signal);
    },
    { encode: encodeNodeByKeyAnswer, pack: packNodeAnswer },
  );
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
  return unaryInBytes(
    EntDBService.method.queryNodes,
    (request, call) => {
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
      return engine.queryNodes(caller, query, decodeFreshness(request.read), call.signal);
    },
    { encode: encodeQueryAnswer, pack: packQueryAnswer },
  );
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
  return unaryInBytes(
    EntDBService.method.listEdges,
    (request, call) => {
      const caller = callerOf(call, request.context);
      const wanted = {
        nodeId: request.nodeId,
        direction: decodeDirection(request.direction),
        edgeTypeId: request.edgeTypeId,
        withNodes: request.withNodes,
        pageSize: request.pageSize,
        cursor: emptyIsAbsent(request.cursor),
      };
      return engine.listEdges(caller, wanted, decodeFreshness(request.read), call.signal);
    },
    { encode: encodeEdgesAnswer, pack: packEdgesAnswer },
  );
}

function listConnected(engine: Engine): RpcMethod {
  return unaryInBytes(
    EntDBService.method.listConnected,
    (request, call) => {
      const caller = callerOf(call, request.context);
      const wanted = {
        nodeId: request.nodeId,
        edgeTypeId: request.edgeTypeId,
        direction: decodeDirection(request.direction),
        depth: request.depth,
        pageSize: request.pageSize,
        cursor: emptyIsAbsent(request.cursor),
      };
      return engine.listConnected(caller, wanted, decodeFreshness(request.read), call.signal);
    },
    { encode: encodeConnectedAnswer, pack: packConnectedAnswer },
  );
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
