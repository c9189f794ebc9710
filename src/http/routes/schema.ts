import type { JsonObject } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Engine } from "../../engine/engine.ts";
import { decodeSchema, encodeSchema } from "../../schema/schema-json.ts";
import { differenceToJson } from "../encode/outcome.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import { type Answer, encodeToken } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import { registerAnswer, registerRequest, schemaAnswer } from "../shapes/schema.ts";
import { idempotencyKeyOf } from "./atomic.ts";

/** A tenant's type definitions. */
export function schemaRoutes(engine: Engine): Route[] {
  return [getSchemaRoute(engine), registerSchemaRoute(engine)];
}

function getSchemaRoute(engine: Engine): Route {
  const facts = {
    tag: "schema",
    summary: "The tenant's types",
    query: { ...identityParams, ...freshnessParams },
    answers: { 200: schemaAnswer },
  } as const;
  return getRoute("/v1/schema", facts, async ({ call, query }): Promise<Answer> => {
    const caller = callerOf(call, query);
    const read = await engine.getSchema(caller, freshnessOf(call, query), call.signal);
    return {
      text: stringifyJson({ fingerprint: read.fingerprint, ...encodeSchema(read.schema) }),
      positionToken: read.positionToken,
    };
  });
}

function registerSchemaRoute(engine: Engine): Route {
  const facts = {
    tag: "schema",
    summary: "Merge types into the tenant's",
    query: identityParams,
    body: registerRequest,
    example: {
      tenant_id: "acme",
      actor: "user:alice",
      node_types: [
        {
          type_id: 1,
          name: "Person",
          fields: [{ field_id: 1, name: "name", kind: "str", required: true, indexed: true }],
        },
      ],
      edge_types: [{ edge_type_id: 100, name: "follows", from_type_id: 1, to_type_id: 1 }],
    },
    answers: { 200: registerAnswer },
  } as const;
  return postRoute("/v1/schema", facts, async ({ call, query, body }): Promise<Answer> => {
    const caller = callerOf(call, query, body);
    const { node_types = [], edge_types = [] } = body;
    const request = {
      idempotencyKey: idempotencyKeyOf(call, body.idempotency_key),
      schema: decodeSchema({ node_types, edge_types } satisfies JsonObject),
      mode: body.mode ?? ("merge" as const),
    };
    const receipt = await engine.registerSchema(caller, request, call.signal);
    return {
      text: stringifyJson({
        fingerprint: receipt.fingerprint,
        changed: receipt.changed,
        differences: receipt.differences.map(differenceToJson),
        wal_position: receipt.walPosition,
        position_token: encodeToken(receipt.positionToken),
      }),
      positionToken: receipt.positionToken,
    };
  });
}
