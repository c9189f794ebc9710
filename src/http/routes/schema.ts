import type { JsonObject, JsonValue } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Engine, SchemaBuild } from "../../engine/engine.ts";
import { decodeSchema, encodeSchema } from "../../schema/schema-json.ts";
import { differenceToJson } from "../encode/outcome.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import { type Answer, encodeToken } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import {
  checkAnswer,
  checkRequest,
  registerAnswer,
  registerRequest,
  schemaAnswer,
} from "../shapes/schema.ts";
import { idempotencyKeyOf } from "./atomic.ts";

/** A tenant's type definitions. */
export function schemaRoutes(engine: Engine): Route[] {
  return [getSchemaRoute(engine), registerSchemaRoute(engine), checkSchemaRoute(engine)];
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
      text: stringifyJson({
        fingerprint: read.fingerprint,
        ...encodeSchema(read.schema),
        locked: read.locked ? true : undefined,
        build: read.build && buildToJson(read.build),
      }),
      positionToken: read.positionToken,
    };
  });
}

function registerSchemaRoute(engine: Engine): Route {
  const facts = {
    tag: "schema",
    summary: "Change the tenant's types",
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
    const request = {
      idempotencyKey: idempotencyKeyOf(call, body.idempotency_key),
      schema: decodeSchema(schemaFormOf(body)),
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

function checkSchemaRoute(engine: Engine): Route {
  const facts = {
    tag: "schema",
    summary: "What a schema would change, and what of it is breaking; changes nothing",
    query: { ...identityParams, ...freshnessParams },
    body: checkRequest,
    example: {
      tenant_id: "acme",
      actor: "user:alice",
      mode: "replace",
      node_types: [
        {
          type_id: 1,
          name: "Person",
          fields: [{ field_id: 1, name: "full_name", kind: "str", required: true }],
        },
      ],
    },
    answers: { 200: checkAnswer },
  } as const;
  return postRoute("/v1/schema/check", facts, async ({ call, query, body }): Promise<Answer> => {
    const caller = callerOf(call, query, body);
    const schema = decodeSchema(schemaFormOf(body));
    const mode = body.mode ?? ("merge" as const);
    const freshness = freshnessOf(call, query);
    const read = await engine.checkSchema(caller, { schema, mode }, freshness, call.signal);
    return {
      text: stringifyJson({
        compatible: read.changes.every((change) => change.compatibility !== "breaking"),
        changes: read.changes.map(({ hint, ...change }) => ({
          ...change,
          hint: hint === "" ? undefined : hint,
        })),
        differences: read.differences.map(differenceToJson),
        fingerprint_now: read.fingerprintNow,
        fingerprint_then: read.fingerprintThen,
      }),
      positionToken: read.positionToken,
    };
  });
}

/** The schema among the other members of a request. */
function schemaFormOf(
  body: {
    readonly [Member in (typeof FORM_MEMBERS)[number]]?: readonly JsonValue[] | undefined;
  },
): JsonObject {
  const form: Record<string, JsonValue> = {};
  for (const member of FORM_MEMBERS) {
    const list = body[member];
    if (list !== undefined) form[member] = list;
  }
  return form;
}

const FORM_MEMBERS = [
  "node_types",
  "edge_types",
  "reserved_type_ids",
  "reserved_edge_type_ids",
] as const;

function buildToJson(build: SchemaBuild): JsonObject {
  return {
    wal_position: build.walPosition,
    step: build.step,
    rows_done: build.rowsDone,
    rows_total: build.rowsTotal,
  };
}
