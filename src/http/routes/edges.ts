import type { CancelSignal } from "../../base/cancel-signal.ts";
import { invalid } from "../../base/errors.ts";
import { stringifyJson } from "../../base/json-write.ts";
import { limits } from "../../base/limits.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Freshness } from "../../engine/reading.ts";
import type { Caller } from "../../record/caller.ts";
import type { Direction } from "../../record/graph.ts";
import { edgeTypeOfText } from "../decode/types-by-name.ts";
import { edgeToJson, nodeToJson } from "../encode/graph.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import { choiceParam, flagParam, integerParam, textParam } from "../params.ts";
import type { Answer } from "../reply.ts";
import { getRoute, type Route } from "../route.ts";
import { connectedPageAnswer, edgePageAnswer } from "../shapes/graph.ts";
import type { TenantNames } from "../tenant-names.ts";
import { pageEnd, pageParams } from "./page.ts";

/** The edges of a node, and what is reachable over them. */
export function edgeRoutes(engine: Engine, names: TenantNames): Route[] {
  return [
    edgesRoute(engine, names, "out", "The edges that leave a node"),
    edgesRoute(engine, names, "in", "The edges that enter a node"),
    connectedRoute(engine, names),
  ];
}

function edgesRoute(
  engine: Engine,
  names: TenantNames,
  direction: Direction,
  summary: string,
): Route {
  const facts = {
    tag: "read",
    summary,
    query: {
      ...identityParams,
      ...freshnessParams,
      ...pageParams,
      edge_type: textParam("Number or name of an edge type; absent: all."),
      with_nodes: flagParam("Also the nodes at the other ends. Default: false."),
    },
    answers: { 200: edgePageAnswer },
  } as const;
  return getRoute(
    `/v1/nodes/:id/edges/${direction}`,
    facts,
    async ({ call, query, path }): Promise<Answer> => {
      const caller = callerOf(call, query);
      const freshness = freshnessOf(call, query);
      const withNodes = query.with_nodes ?? false;
      const request = {
        nodeId: path("id"),
        direction,
        edgeTypeId: await edgeTypeIdOf(names, caller, call.signal, freshness, query.edge_type),
        withNodes,
        pageSize: query.limit ?? 0,
        cursor: query.cursor,
      };
      const page = await engine.listEdges(caller, request, freshness, call.signal);
      const registry = await names.registry(caller, call.signal);
      const text = stringifyJson({
        edges: page.edges.map((edge) => edgeToJson(registry, edge)),
        nodes: withNodes
          ? page.nodes.map((node) => nodeToJson(registry, caller.tenantId, node))
          : undefined,
        ...pageEnd(page),
      });
      return { text, positionToken: page.positionToken };
    },
  );
}

function connectedRoute(engine: Engine, names: TenantNames): Route {
  const facts = {
    tag: "read",
    summary: "The nodes reachable over an edge type, each once, nearest first",
    query: {
      ...identityParams,
      ...freshnessParams,
      ...pageParams,
      edge_type: textParam("Number or name of the edge type."),
      direction: choiceParam(["out", "in"], "Which way to walk. Default: out."),
      depth: integerParam(1, limits.walkDepth, "How many edges away. Default: 1."),
    },
    answers: { 200: connectedPageAnswer },
  } as const;
  return getRoute(
    "/v1/nodes/:id/connected",
    facts,
    async ({ call, query, path }): Promise<Answer> => {
      const caller = callerOf(call, query);
      const freshness = freshnessOf(call, query);
      if (query.edge_type === undefined) throw edgeTypeRequired();
      const request = {
        nodeId: path("id"),
        edgeTypeId: await edgeTypeIdOf(names, caller, call.signal, freshness, query.edge_type),
        direction: query.direction ?? "out",
        depth: query.depth ?? 1,
        pageSize: query.limit ?? 0,
        cursor: query.cursor,
      };
      const page = await engine.listConnected(caller, request, freshness, call.signal);
      const registry = await names.registry(caller, call.signal);
      const nodes = page.nodes.map(({ node, distance }) => ({
        distance,
        node: nodeToJson(registry, caller.tenantId, node),
      }));
      return {
        text: stringifyJson({ nodes, ...pageEnd(page) }),
        positionToken: page.positionToken,
      };
    },
  );
}

/** 0: all types. */
async function edgeTypeIdOf(
  names: TenantNames,
  caller: Caller,
  signal: CancelSignal,
  freshness: Freshness,
  asked: string | undefined,
): Promise<number> {
  if (asked === undefined) return 0;
  return names.resolve(
    caller,
    signal,
    freshness,
    (registry) => edgeTypeOfText(registry, asked).edgeTypeId,
  );
}

function edgeTypeRequired() {
  return invalid(
    "INVALID_REQUEST",
    "edge_type is required.",
    "Send the number or the name of the edge type to walk over.",
    { field: "edge_type" },
  );
}
