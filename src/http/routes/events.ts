/** The event store: appends, and reads of events and aggregates. */
import { stringifyJson } from "../../base/json-write.ts";
import { limits } from "../../base/limits.ts";
import type { Engine } from "../../engine/engine.ts";
import type { EventFilter } from "../../record/event.ts";
import { appendOf } from "../decode/events.ts";
import { aggregateToJson, appendToJson, eventToJson } from "../encode/events.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import {
  flagParam,
  integerParam,
  number64Param,
  type ParamValues,
  textParam,
  textsParam,
} from "../params.ts";
import { type Answer, encodeToken } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import {
  aggregateEventsAnswer,
  aggregateShape,
  aggregatesAnswer,
  appendAnswer,
  appendRequest,
  eventsAnswer,
} from "../shapes/events.ts";
import { idempotencyKeyOf } from "./atomic.ts";
import { pageEnd, pageParams } from "./page.ts";

export function eventRoutes(engine: Engine): Route[] {
  return [
    appendRoute(engine),
    readRoute(engine),
    aggregateEventsRoute(engine),
    headRoute(engine),
    headsRoute(engine),
  ];
}

const MAX_COUNT = 2 ** 32 - 1;

const readParams = {
  ...identityParams,
  ...freshnessParams,
  from: number64Param("Inclusive. 0, the default: the first event, or backward the last."),
  limit: integerParam(
    0,
    MAX_COUNT,
    `At most so many; 0, the default: the server's page of ${limits.eventPageRows}, to which more is cut.`,
  ),
  backward: flagParam("Newest first. Default: false."),
};

/** Which events; all that is named must hold. */
export const filterParams = {
  event_types: textsParam("Any of these types."),
  aggregate_types: textsParam("Of aggregates of any of these types."),
  aggregate_id_prefix: textParam("Of aggregates whose ids begin so, literally."),
  tags: textsParam("With all of these tags."),
};

export function filterOf(query: ParamValues<typeof filterParams>): EventFilter {
  return {
    eventTypes: query.event_types ?? [],
    aggregateTypes: query.aggregate_types ?? [],
    aggregateIdPrefix: query.aggregate_id_prefix ?? "",
    tags: query.tags ?? [],
  };
}

function appendRoute(engine: Engine): Route {
  const facts = {
    tag: "events",
    summary: "Append events to one or several aggregates, all or nothing",
    query: identityParams,
    body: appendRequest,
    example: {
      tenant_id: "acme",
      actor: "user:alice",
      idempotency_key: "open-42",
      appends: [
        {
          aggregate_id: "Account-42",
          aggregate_type: "Account",
          expected_nonce: 0,
          events: [{ event_type: "account.opened", aggregate_nonce: 1, payload: { owner: "Ada" } }],
        },
      ],
    },
    answers: { 200: appendAnswer },
  } as const;
  return postRoute("/v1/events/append", facts, async ({ call, query, body }): Promise<Answer> => {
    const caller = callerOf(call, query, body);
    const transaction = {
      idempotencyKey: idempotencyKeyOf(call, body.idempotency_key),
      operations: body.appends.map((append, i) => appendOf(append, `appends[${i}]`)),
      operationsField: "appends[]",
      wait: body.wait ?? "applied",
      schemaFingerprint: "",
      schema: undefined,
    };
    const receipt = await engine.execute(caller, transaction, call.signal);
    const { positionToken } = receipt;
    const text = stringifyJson({
      results: receipt.results.flatMap(({ append }) => append ?? []).map(appendToJson),
      wal_position: receipt.walPosition,
      position_token: encodeToken(positionToken),
      applied: receipt.applied,
      idempotency_key: receipt.idempotencyKey,
    });
    return { text, positionToken };
  });
}

function readRoute({ events }: Engine): Route {
  const facts = {
    tag: "events",
    summary: "Events of the whole tenant, by global nonce",
    query: { ...readParams, ...filterParams },
    answers: { 200: eventsAnswer },
  } as const;
  return getRoute("/v1/events", facts, async ({ call, query }): Promise<Answer> => {
    const { from = 0n, limit: maxCount = 0, backward = false } = query;
    const page = await events.readEvents(
      callerOf(call, query),
      { from, maxCount, backward, filter: filterOf(query) },
      freshnessOf(call, query),
      call.signal,
    );
    const text = stringifyJson({
      events: page.events.map(eventToJson),
      is_end: page.isEnd,
      next_from_global_nonce: page.nextFrom,
    });
    return { text, positionToken: page.positionToken };
  });
}

/** Ids of aggregates are any text, which no path can hold: they stand in the query. */
const aggregateParam = { aggregate_id: textParam("Which aggregate.") };

function aggregateEventsRoute({ events }: Engine): Route {
  const facts = {
    tag: "events",
    summary: "Events of one aggregate; one that does not exist reads as empty",
    query: { ...readParams, ...aggregateParam },
    answers: { 200: aggregateEventsAnswer },
  } as const;
  return getRoute("/v1/aggregates/events", facts, async ({ call, query }): Promise<Answer> => {
    const { aggregate_id: aggregateId = "", from = 0n } = query;
    const { limit: maxCount = 0, backward = false } = query;
    const page = await events.readAggregate(
      callerOf(call, query),
      { aggregateId, from, maxCount, backward },
      freshnessOf(call, query),
      call.signal,
    );
    const text = stringifyJson({
      events: page.events.map(eventToJson),
      is_end: page.isEnd,
      next_from_aggregate_nonce: page.nextFrom,
    });
    return { text, positionToken: page.positionToken };
  });
}

function headRoute({ events }: Engine): Route {
  const facts = {
    tag: "events",
    summary: "An aggregate's head",
    query: { ...identityParams, ...freshnessParams, ...aggregateParam },
    answers: { 200: aggregateShape },
  } as const;
  return getRoute("/v1/aggregates/head", facts, async ({ call, query }): Promise<Answer> => {
    const { aggregate, positionToken } = await events.getAggregate(
      callerOf(call, query),
      query.aggregate_id ?? "",
      freshnessOf(call, query),
      call.signal,
    );
    return { text: stringifyJson(aggregateToJson(aggregate)), positionToken };
  });
}

function headsRoute({ events }: Engine): Route {
  const facts = {
    tag: "events",
    summary: "Heads of aggregates, by id",
    query: {
      ...identityParams,
      ...freshnessParams,
      aggregate_type: textParam("Only of this type."),
      aggregate_id_prefix: textParam("Only those whose ids begin so, literally."),
      ...pageParams,
    },
    answers: { 200: aggregatesAnswer },
  } as const;
  return getRoute("/v1/aggregates", facts, async ({ call, query }): Promise<Answer> => {
    const request = {
      aggregateType: query.aggregate_type ?? "",
      aggregateIdPrefix: query.aggregate_id_prefix ?? "",
      pageSize: query.limit ?? 0,
      cursor: query.cursor,
    };
    const freshness = freshnessOf(call, query);
    const page = await events.listAggregates(
      callerOf(call, query),
      request,
      freshness,
      call.signal,
    );
    const text = stringifyJson({
      aggregates: page.aggregates.map(aggregateToJson),
      ...pageEnd(page),
      last_global_nonce: page.lastGlobalNonce,
    });
    return { text, positionToken: page.positionToken };
  });
}
