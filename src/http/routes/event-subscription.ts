/**
 * `GET /v1/events/subscribe`: a tenant's events as server-sent events. The id of each is a global
 * nonce up to which everything has been sent, so that a client which comes back with
 * `Last-Event-ID`, as EventSource does by itself, goes on behind it.
 */

import { invalid } from "../../base/errors.ts";
import { stringifyJson } from "../../base/json-write.ts";
import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import type { Engine } from "../../engine/engine.ts";
import type { EventBatch } from "../../engine/events.ts";
import type { HttpCall } from "../call.ts";
import { eventToJson } from "../encode/events.ts";
import { callerOf, identityParams } from "../identity.ts";
import { integerParam, number64Param, textParam } from "../params.ts";
import { getRoute, type Route } from "../route.ts";
import { endEvent, LAST_EVENT_HEADER, RETRY } from "../server-sent.ts";
import { u64Of } from "../shapes/common.ts";
import { subscriptionEvent } from "../shapes/events.ts";
import { filterOf, filterParams } from "./events.ts";

const { eventKeepAliveMinMs, eventKeepAliveMaxMs } = limits;

export function eventSubscriptionRoutes({ events }: Engine): Route[] {
  const facts = {
    tag: "events",
    summary: "Events from a global nonce on and then as they are appended, as server-sent events",
    query: {
      ...identityParams,
      from: number64Param(
        "Inclusive; 0, the default: from the start. The header Last-Event-ID stands before it: behind that.",
      ),
      consumer: textParam("Instead of from: behind the checkpoint of this consumer."),
      ...filterParams,
      keep_alive_ms: integerParam(
        eventKeepAliveMinMs,
        eventKeepAliveMaxMs,
        "How often an event keep-alive comes while there is no other. Default: 200.",
      ),
    },
    answers: { 200: subscriptionEvent },
    streams: true,
  } as const;
  return [
    getRoute("/v1/events/subscribe", facts, async ({ call, query }) => {
      const caller = callerOf(call, query);
      const request = {
        ...startOf(call, query),
        filter: filterOf(query),
        keepAliveMs: query.keep_alive_ms ?? 0,
        expiresAt: call.identity.expiresAt,
      };
      const batches = events.subscribe(caller, request, call.signal)[Symbol.asyncIterator]();
      return await answerOf(call, batches);
    }),
  ];
}

/** Where to begin. Throws INVALID_REQUEST. */
function startOf(
  call: HttpCall,
  { from = 0n, consumer = "" }: { from?: bigint | undefined; consumer?: string | undefined },
) {
  const last = call.header(LAST_EVENT_HEADER);
  if (last !== null && last !== "") {
    const seen = u64Of(last);
    if (seen !== undefined) return { fromGlobalNonce: seen + 1n, consumer: "" };
    throw misplaced(LAST_EVENT_HEADER, "is no global nonce");
  }
  if (consumer !== "" && from !== 0n) throw misplaced("consumer", "goes without from");
  return { fromGlobalNonce: from, consumer };
}

/** What is refused at once is refused with a status; a quiet subscription begins without an event. */
async function answerOf(call: HttpCall, batches: AsyncIterator<EventBatch>) {
  let first: Promise<string> | undefined = nextEvents(call, batches);
  await Promise.race([first, turn()]);
  let begun = false;
  return {
    failure: endEvent,
    events: {
      next: async () => {
        if (!begun) {
          begun = true;
          return { done: false as const, value: `${RETRY}\n` };
        }
        const next = first ?? nextEvents(call, batches);
        first = undefined;
        return { done: false as const, value: await next };
      },
      return: async () => {
        await batches.return?.();
        return { done: true as const, value: undefined };
      },
    },
  };
}

/** The engine ends quietly when it is told to; the client is told why. */
async function nextEvents(call: HttpCall, batches: AsyncIterator<EventBatch>): Promise<string> {
  const next = await batches.next();
  if (next.done === true) throw call.signal.reason;
  const { events, upToGlobalNonce } = next.value;
  if (events.length === 0) {
    return eventOf("keep-alive", upToGlobalNonce, { up_to_global_nonce: upToGlobalNonce });
  }
  const last = events.length - 1;
  return events
    .map((event, i) => {
      const upTo = i === last ? upToGlobalNonce : event.globalNonce;
      return eventOf("event", upTo, { event: eventToJson(event), up_to_global_nonce: upTo });
    })
    .join("");
}

function eventOf(name: string, id: number, data: Parameters<typeof stringifyJson>[0]): string {
  return `event: ${name}\nid: ${id}\ndata: ${stringifyJson(data)}\n\n`;
}

function misplaced(name: string, what: string) {
  const hint = "Say once where to begin: from, consumer, or the header Last-Event-ID.";
  return invalid("INVALID_REQUEST", `${name} ${what}.`, hint, { field: name });
}
