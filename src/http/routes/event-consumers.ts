/** Of the event store: where consumers stand, and who may read and append. */
import { stringifyJson } from "../../base/json-write.ts";
import type { Engine, RequestedOperation } from "../../engine/engine.ts";
import type { Caller } from "../../record/caller.ts";
import type { HttpCall } from "../call.ts";
import { aggregateGrantsOf, checkpointOf } from "../decode/events.ts";
import { grantToJson } from "../encode/graph.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { administratorOf, callerOf, identityParams } from "../identity.ts";
import { textParam } from "../params.ts";
import { type Answer, encodeToken } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import {
  aggregateGrantsAnswer,
  aggregateGrantsRequest,
  checkpointAnswer,
  checkpointRequest,
  storedAnswer,
} from "../shapes/events.ts";
import { idempotencyKeyOf } from "./atomic.ts";

export function eventConsumerRoutes(engine: Engine): Route[] {
  return [...checkpointRoutes(engine), ...grantRoutes(engine)];
}

function checkpointRoutes(engine: Engine): Route[] {
  const read = {
    tag: "events",
    summary: "Where a consumer's checkpoint stands",
    query: { ...identityParams, ...freshnessParams, consumer: textParam("Which consumer.") },
    answers: { 200: checkpointAnswer },
  } as const;
  const store = {
    tag: "events",
    summary: "Move a consumer's checkpoint; with changes of the graph: POST /v1/atomic",
    query: identityParams,
    body: checkpointRequest,
    example: { tenant_id: "acme", actor: "user:alice", consumer: "balances", global_nonce: 42 },
    answers: { 200: storedAnswer },
  } as const;
  return [
    getRoute("/v1/events/checkpoint", read, async ({ call, query }): Promise<Answer> => {
      const { consumer = "" } = query;
      const caller = callerOf(call, query);
      const freshness = freshnessOf(call, query);
      const found = await engine.events.getCheckpoint(caller, consumer, freshness, call.signal);
      const { globalNonce, updatedAt, positionToken } = found;
      const known = updatedAt === 0 ? {} : { updated_at: updatedAt };
      const text = stringifyJson({ consumer, global_nonce: globalNonce, ...known });
      return { text, positionToken };
    }),
    postRoute("/v1/events/checkpoint", store, async ({ call, query, body }) => {
      const caller = callerOf(call, query, body);
      const operation = checkpointOf(body, "");
      return await executeOne({ engine, call, caller }, operation, body.idempotency_key);
    }),
  ];
}

function grantRoutes(engine: Engine): Route[] {
  const list = {
    tag: "events",
    summary: "Who may read and append to aggregates of a type, for who may change that",
    query: {
      ...identityParams,
      ...freshnessParams,
      aggregate_type: textParam("Of the aggregates."),
    },
    answers: { 200: aggregateGrantsAnswer },
  } as const;
  const set = {
    tag: "events",
    summary: "Replace who may read and append to aggregates of a type",
    query: identityParams,
    body: aggregateGrantsRequest,
    example: {
      tenant_id: "acme",
      aggregate_type: "Account",
      grants: [{ principal: "role:teller", permission: "write" }],
    },
    answers: { 200: storedAnswer },
  } as const;
  return [
    getRoute("/v1/aggregates/grants", list, async ({ call, query }): Promise<Answer> => {
      const { grants, isDefault, positionToken } = await engine.events.listAggregateGrants(
        administratorOf(call, query),
        query.aggregate_type ?? "",
        freshnessOf(call, query),
        call.signal,
      );
      const text = stringifyJson({ grants: grants.map(grantToJson), is_default: isDefault });
      return { text, positionToken };
    }),
    postRoute("/v1/aggregates/grants", set, async ({ call, query, body }) => {
      const caller = administratorOf(call, query, body);
      const operation = aggregateGrantsOf(body, "");
      return await executeOne({ engine, call, caller }, operation, body.idempotency_key);
    }),
  ];
}

interface Asking {
  readonly engine: Engine;
  readonly call: HttpCall;
  readonly caller: Caller;
}

/** A transaction of one operation, whose members are the request's. */
async function executeOne(
  { engine, call, caller }: Asking,
  operation: RequestedOperation,
  keyInBody: string | undefined,
): Promise<Answer> {
  const transaction = {
    idempotencyKey: idempotencyKeyOf(call, keyInBody),
    operations: [operation],
    operationsField: "",
    wait: "applied",
    schemaFingerprint: "",
    schema: undefined,
  } as const;
  const { positionToken, walPosition } = await engine.execute(caller, transaction, call.signal);
  const token = encodeToken(positionToken);
  return {
    text: stringifyJson({ wal_position: walPosition, position_token: token }),
    positionToken,
  };
}
