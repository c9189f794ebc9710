import { stringifyJson } from "../../base/json-write.ts";
import type { Engine } from "../../engine/engine.ts";
import { grantToJson } from "../encode/graph.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import type { Answer } from "../reply.ts";
import { getRoute, type Route } from "../route.ts";
import { nodeGrantsAnswer } from "../shapes/sharing.ts";

/** Who may use a node. Grants are changed by operations of `POST /v1/atomic`. */
export function grantRoutes(engine: Engine): Route[] {
  const facts = {
    tag: "read",
    summary: "The owner and the grants of a node, for who has the permission admin on it",
    query: { ...identityParams, ...freshnessParams },
    answers: { 200: nodeGrantsAnswer },
  } as const;
  return [
    getRoute("/v1/nodes/:id/grants", facts, async ({ call, query, path }): Promise<Answer> => {
      const caller = callerOf(call, query);
      const freshness = freshnessOf(call, query);
      const read = await engine.listGrants(caller, path("id"), freshness, call.signal);
      return {
        text: stringifyJson({
          owner_actor: read.ownerActor,
          grants: read.grants.map(grantToJson),
        }),
        positionToken: read.positionToken,
      };
    }),
  ];
}
