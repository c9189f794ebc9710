import { createClient } from "@connectrpc/connect";
import { EventStore } from "../../../gen/eventstore/v1/eventstore_pb.ts";
import { grpcTransport } from "../../../sdk/typescript/src/transport/http2/transports.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import { EVERY_EVENT } from "../../../src/record/event.ts";
import { encodeEventMetadata, NO_METADATA } from "../../../src/record/event-metadata.ts";
import { TENANT } from "./append-frame.ts";
import { AGGREGATE_TYPE, EVENT_TYPE, type EventSide, PAYLOAD } from "./event-side.ts";

const CALLER = { tenantId: TENANT, actor: "user:bench", roles: [], credential: "" };
const METADATA = encodeEventMetadata(NO_METADATA);
const never = new AbortController().signal;
const NOW = { atLeast: undefined, strong: false };

/** The generated client over loopback TCP and the SDK's transport, which opens connections as calls need them. */
export function entdbEvents(
  url: string,
): EventSide & { readAll(aggregateId: string): Promise<number> } {
  const client = createClient(EventStore, grpcTransport()({ endpoint: url }).connect);
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
      await client.append({
        ...{ tenantId: TENANT, aggregateId, aggregateType: AGGREGATE_TYPE, events },
        expectedAggregateNonce: BigInt(head),
      });
      aggregate.head += count;
    },
    async readAll(aggregateId) {
      const request = { tenantId: TENANT, aggregateId, forward: true };
      return (await client.readStream(request)).events.length;
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
