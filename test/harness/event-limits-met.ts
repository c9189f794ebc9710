/** The limits of the event store that a client meets, as `limits-met.ts` has all others. */
import type { LimitName } from "../../src/base/limits.ts";
import type { AppendEvents, AppendedEvent } from "../../src/record/event.ts";
import { EVERY_EVENT } from "../../src/record/event.ts";
import { appending, checkpoint, event } from "./event-operations.ts";
import { type LimitBed, several, type TakenLimit } from "./limit-bed.ts";

const appended = (change: (size: number) => Partial<AppendEvents>): TakenLimit => ({
  take: ({ tenant }, size) => tenant.one(appending("A-1", change(size))),
});
const appendedEvent = (change: (size: number) => Partial<AppendedEvent>): TakenLimit =>
  appended((size) => ({ events: [event(change(size))] }));
const items = (count: number, eventTypes: readonly string[]) => ({
  condition: {
    items: several(count, () => ({ eventTypes, tags: [] })),
    afterGlobalNonce: 0,
  },
});

/** Subscribes, and leaves before anything comes. */
async function keptAlive({ tenant }: LimitBed, keepAliveMs: number): Promise<void> {
  const request = {
    fromGlobalNonce: 0n,
    consumer: "",
    filter: EVERY_EVENT,
    keepAliveMs,
    expiresAt: Number.POSITIVE_INFINITY,
  };
  const abort = new AbortController();
  const asked = tenant.engine.events.subscribe(tenant.caller, request, abort.signal);
  const first = asked[Symbol.asyncIterator]().next();
  abort.abort();
  await first;
}

export const EVENT_LIMITS_MET = {
  eventsPerTransaction: {
    take: ({ tenant }, size) =>
      tenant.execute([
        appending("A-1", {
          events: several(size - 1, () => event({ payload: new Uint8Array(0) })),
        }),
        appending("A-2"),
      ]),
  },
  aggregateTextBytes: {
    take: ({ tenant }, size) => tenant.one(appending("é".repeat(size / 2) + "a".repeat(size % 2))),
  },
  eventTextBytes: appendedEvent((size) => ({ eventType: "a".repeat(size) })),
  tagsPerEvent: appendedEvent((size) => ({ tags: several(size, (i) => `tag ${i}`) })),
  eventTagBytes: appendedEvent((size) => ({ tags: ["a".repeat(size)] })),
  eventTypesPerFilter: appended((size) =>
    items(
      1,
      several(size, (i) => `type ${i}`),
    ),
  ),
  conditionItems: appended((size) => items(size, ["none of these"])),
  consumerBytes: { take: ({ tenant }, size) => tenant.one(checkpoint("c".repeat(size), 0)) },
  eventKeepAliveMinMs: { isLeast: true, reason: "INVALID_REQUEST", take: keptAlive },
  eventKeepAliveMaxMs: { reason: "INVALID_REQUEST", take: keptAlive },
} as const satisfies Readonly<Partial<Record<LimitName, TakenLimit>>>;
