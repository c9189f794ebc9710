import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { EventStore } from "../../../gen/eventstore/v1/eventstore_pb.ts";
import { must } from "../../../src/base/assert.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { EVERY_EVENT } from "../../../src/record/event.ts";
import { encodeEventMetadata, NO_METADATA } from "../../../src/record/event-metadata.ts";
import { TENANT } from "./append-frame.ts";
import { AGGREGATE_TYPE, EVENT_TYPE, type EventSide, PAYLOAD } from "./event-side.ts";

const CALLER = { tenantId: TENANT, actor: "user:bench", roles: [], credential: "" };
const METADATA = encodeEventMetadata(NO_METADATA);
const never = new AbortController().signal;
const NOW = { atLeast: undefined, strong: false };

/** Calls at once on one connection: the runtime's client does not wait for a place among the server's 250. */
const CALLS_PER_CONNECTION = 128;

/** The generated client over loopback TCP, with connections for so many calls at once. */
export function entdbEvents(
  url: string,
  inFlight = 1,
): EventSide & { readAll(aggregateId: string): Promise<number> } {
  const clients = Array.from({ length: Math.ceil(inFlight / CALLS_PER_CONNECTION) }, () =>
    createClient(EventStore, createGrpcTransport({ baseUrl: url })),
  );
  let turn = 0;
  const next = () => must(clients[turn++ % clients.length], "a client");
  return {
    name: "EntDB",
    async append(aggregate, count) {
      const { id: aggregateId, head } = aggregate;
      const events = Array.from({ length: count }, (_, i) => {
        const nonce = head + 1 + i;
        const eventId = `${aggregateId}/${nonce}`;
        const meta = { eventId, aggregateNonce: BigInt(nonce), eventType: EVENT_TYPE };
        return { meta, payload: PAYLOAD };
      });
      await next().append({
        ...{ tenantId: TENANT, aggregateId, aggregateType: AGGREGATE_TYPE, events },
        expectedAggregateNonce: BigInt(head),
      });
      aggregate.head += count;
    },
    async readAll(aggregateId) {
      const request = { tenantId: TENANT, aggregateId, forward: true };
      return (await next().readStream(request)).events.length;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The engine itself. */
export function engineEvents(engine: Engine): EventSide & {
  /** Follows from the start; resolves when so many events have come. */
  catchUp(events: number): Promise<void>;
  readAll(aggregateId: string): Promise<number>;
} {
  return {
    name: "the engine",
    async append(aggregate, count) {
      const { id: aggregateId, head } = aggregate;
      const events = Array.from({ length: count }, (_, i) => ({
        eventId: `${aggregateId}/${head + 1 + i}`,
        eventType: EVENT_TYPE,
        nonce: BigInt(head + 1 + i),
        metadata: METADATA,
        payload: PAYLOAD,
        tags: [],
      }));
      const where = { aggregateId, aggregateType: AGGREGATE_TYPE, idempotencyKey: "" };
      const request = { ...where, expectedNonce: BigInt(head), events };
      await engine.events.append(CALLER, request, never);
      aggregate.head += count;
    },
    async catchUp(wanted) {
      const request = {
        ...{ fromGlobalNonce: 0n, consumer: "", filter: EVERY_EVENT, keepAliveMs: 0 },
        expiresAt: Number.POSITIVE_INFINITY,
      };
      const stop = new AbortController();
      let seen = 0;
      for await (const { events } of engine.events.subscribe(CALLER, request, stop.signal)) {
        seen += events.length;
        if (seen >= wanted) stop.abort();
      }
    },
    async readAll(aggregateId) {
      const request = { aggregateId, from: 0n, maxCount: 0, backward: false };
      const page = await engine.events.readAggregate(CALLER, request, NOW, never);
      return page.events.length;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
