import { stringifyJson } from "../../base/json-write.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Read } from "../../engine/reading.ts";
import type { Caller } from "../../record/caller.ts";
import type { Node } from "../../record/graph.ts";
import type { HttpCall } from "../call.ts";
import { keyOf } from "../decode/key.ts";
import { nodeTypeOf } from "../decode/types-by-name.ts";
import { nodeToJson } from "../encode/graph.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import { flagParam, integerParam, textParam } from "../params.ts";
import type { Answer } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import { getNodesAnswer, getNodesRequest, nodeShape } from "../shapes/graph.ts";
import type { TenantNames } from "../tenant-names.ts";

/** Nodes by id and by key. */
export function nodeRoutes(engine: Engine, names: TenantNames): Route[] {
  return [nodeByKeyRoute(engine, names), nodeByIdRoute(engine, names), nodesRoute(engine, names)];
}

const includeDeleted = flagParam("Also when it is deleted. Default: false.");

function nodeByIdRoute(engine: Engine, names: TenantNames): Route {
  const facts = {
    tag: "read",
    summary: "One node by its id",
    query: { ...identityParams, ...freshnessParams, include_deleted: includeDeleted },
    answers: { 200: nodeShape },
  } as const;
  return getRoute("/v1/nodes/:id", facts, async ({ call, query, path }): Promise<Answer> => {
    const caller = callerOf(call, query);
    const request = { id: path("id"), includeDeleted: query.include_deleted ?? false };
    const read = await engine.getNode(caller, request, freshnessOf(call, query), call.signal);
    return nodeAnswer(names, caller, call, read);
  });
}

function nodeByKeyRoute(engine: Engine, names: TenantNames): Route {
  const facts = {
    tag: "read",
    summary: "One node by a unique field or a composite unique key",
    query: {
      ...identityParams,
      ...freshnessParams,
      type_id: integerParam(1, 2 ** 31 - 1, "The node's type."),
      type: textParam("The type's name, instead of its number."),
      field: textParam("A unique field; its value goes into value."),
      value: textParam("With field: its value."),
      key: textParam("A composite unique key; its values go into value.<field>."),
    },
    fieldParams: { prefix: "value", description: "With key: the value of each of its fields." },
    answers: { 200: nodeShape },
  } as const;
  return getRoute("/v1/nodes/by-key", facts, async ({ call, query, fields }): Promise<Answer> => {
    const caller = callerOf(call, query);
    const freshness = freshnessOf(call, query);
    const request = await names.resolve(caller, call.signal, freshness, (registry) =>
      keyOf(nodeTypeOf(registry, query, ""), query, fields),
    );
    const read = await engine.getNodeByKey(caller, request, freshness, call.signal);
    return nodeAnswer(names, caller, call, read);
  });
}

function nodesRoute(engine: Engine, names: TenantNames): Route {
  const facts = {
    tag: "read",
    summary: "Up to 1,000 nodes by their ids; missing ones are listed",
    query: identityParams,
    body: getNodesRequest,
    example: { ids: ["nd_01hzx5v9c3qk8e2m7t4b6w0anr"] },
    answers: { 200: getNodesAnswer },
  } as const;
  return postRoute("/v1/nodes/get", facts, async ({ call, query, body }): Promise<Answer> => {
    const caller = callerOf(call, query, body);
    const request = { ids: body.ids, includeDeleted: body.include_deleted ?? false };
    const read = await engine.getNodes(caller, request, freshnessOf(call, {}, body), call.signal);
    const registry = await names.registry(caller, call.signal);
    return {
      text: stringifyJson({
        nodes: read.nodes.map((node) => nodeToJson(registry, caller.tenantId, node)),
        missing_ids: read.missingIds,
      }),
      positionToken: read.positionToken,
    };
  });
}

async function nodeAnswer(
  names: TenantNames,
  caller: Caller,
  call: HttpCall,
  read: Read<{ node: Node }>,
): Promise<Answer> {
  const registry = await names.registry(caller, call.signal);
  return {
    text: stringifyJson(nodeToJson(registry, caller.tenantId, read.node)),
    positionToken: read.positionToken,
  };
}
