import { describe, expect, test } from "bun:test";
import { create, type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  ReadAggregateResponseSchema,
  SubscribeEventsResponseSchema,
} from "../../gen/entdb/v1/events_pb.ts";
import {
  ReadStreamResponseSchema,
  SubscribeResponseSchema,
} from "../../gen/eventstore/v1/eventstore_pb.ts";
import type { StoredEvent } from "../record/event.ts";
import { encodeEventMetadata } from "../record/event-metadata.ts";
import { encodeEvent, encodeEventData } from "./encode-events.ts";
import { eventDataOf, packBatch, packPage, writeEvent, writeUpTo } from "./pack-events.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ minLength: 120, maxLength: 300 }),
);
const place = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.maxSafeInteger().map(Math.abs));
const metadata = fc.record({
  eventVersion: fc.nat(2 ** 32 - 1),
  contentType: text,
  contentSchema: text,
  correlationId: text,
  causationId: text,
  actorId: text,
  timestampUnixMs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  payloadSha256: fc.uint8Array({ maxLength: 40 }),
  headers: fc.array(fc.tuple(text, text), { maxLength: 4 }).map((entries) => new Map(entries)),
});
const event: fc.Arbitrary<StoredEvent> = fc.record({
  eventId: text,
  eventType: text,
  metadata: fc.oneof(fc.constant(new Uint8Array(0)), metadata.map(encodeEventMetadata)),
  payload: fc.uint8Array({ maxLength: 300 }),
  tags: fc.array(text, { maxLength: 3 }),
  aggregateId: text,
  aggregateType: text,
  aggregateNonce: place,
  globalNonce: place,
  recordedAt: place,
});
const batch = fc.record({ events: fc.array(event, { maxLength: 4 }), upToGlobalNonce: place });
const page = fc.record({
  events: fc.array(event, { maxLength: 4 }),
  isEnd: fc.boolean(),
  nextFrom: fc.nat(),
});

/** The messages of a body of gRPC. */
function messagesIn<D extends DescMessage>(schema: D, body: Uint8Array): MessageShape<D>[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const messages: MessageShape<D>[] = [];
  for (let at = 0; at < body.length; ) {
    expect(body[at]).toBe(0);
    const from = at + 5;
    at = from + view.getUint32(at + 1);
    messages.push(fromBinary(schema, body.subarray(from, at)));
  }
  return messages;
}

/** Bytes are compared as bytes, whichever view of them a message holds. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, each: unknown) => {
      if (typeof each === "bigint") return `${each}n`;
      return each instanceof Uint8Array ? Buffer.from(each).toString("hex") : each;
    }),
  );
}

describe("events as bytes", () => {
  test("say to subscribers what messages say", () => {
    fc.assert(
      fc.property(batch, text, ({ events, upToGlobalNonce }, tenantId) => {
        const shared = packBatch({ events, upToGlobalNonce }, eventDataOf(tenantId));
        const wanted = events.map((each) =>
          create(SubscribeResponseSchema, { event: encodeEventData(each, tenantId) }),
        );
        const keepAlive = [create(SubscribeResponseSchema)];
        expect(plain(messagesIn(SubscribeResponseSchema, shared))).toEqual(
          plain(events.length === 0 ? keepAlive : wanted),
        );

        const native = packBatch({ events, upToGlobalNonce }, writeEvent, writeUpTo);
        const upTo = (i: number) =>
          i === events.length - 1 ? upToGlobalNonce : events[i]?.globalNonce;
        const own = events.map((each, i) =>
          create(SubscribeEventsResponseSchema, {
            event: encodeEvent(each),
            upToGlobalNonce: BigInt(upTo(i) ?? 0),
          }),
        );
        const alive = [
          create(SubscribeEventsResponseSchema, { upToGlobalNonce: BigInt(upToGlobalNonce) }),
        ];
        expect(plain(messagesIn(SubscribeEventsResponseSchema, native))).toEqual(
          plain(events.length === 0 ? alive : own),
        );
      }),
    );
  });

  test("say to readers what messages say", () => {
    fc.assert(
      fc.property(page, text, fc.uint8Array(), ({ events, isEnd, nextFrom }, tenantId, token) => {
        const shared = packPage({ events, isEnd, nextFrom }, eventDataOf(tenantId));
        expect(plain(fromBinary(ReadStreamResponseSchema, shared))).toEqual(
          plain(
            create(ReadStreamResponseSchema, {
              events: events.map((each) => encodeEventData(each, tenantId)),
              isEnd,
              nextFromAggregateNonce: BigInt(nextFrom),
            }),
          ),
        );
        const native = packPage({ events, isEnd, nextFrom }, writeEvent, token);
        expect(plain(fromBinary(ReadAggregateResponseSchema, native))).toEqual(
          plain(
            create(ReadAggregateResponseSchema, {
              events: events.map(encodeEvent),
              isEnd,
              nextFromAggregateNonce: BigInt(nextFrom),
              positionToken: token,
            }),
          ),
        );
      }),
    );
  });

  test("of long events stay what they are when others follow", () => {
    const payload = new Uint8Array(2 ** 21).fill(7);
    const fields = { aggregateNonce: 1, globalNonce: 1, recordedAt: 1, tags: [] };
    const names = { eventId: "e", eventType: "t", aggregateId: "a", aggregateType: "A" };
    const long = { ...fields, ...names, metadata: new Uint8Array(0), payload };
    const batchOfTwo = { events: [long, long], upToGlobalNonce: 2 };
    const messages = messagesIn(
      SubscribeResponseSchema,
      packBatch(batchOfTwo, eventDataOf("acme")),
    );
    packBatch({ events: [], upToGlobalNonce: 2 }, eventDataOf("acme"));
    const isWhole = messages.map((message) => message.event?.payload.every((byte) => byte === 7));
    expect(isWhole).toEqual([true, true]);
  });
});
