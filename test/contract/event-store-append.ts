/** Of the event store's contract: what is appended, what is refused, and in which order that is looked at. */
import { expect, test } from "bun:test";
import {
  type EventStoreSubject,
  type FaceAppend,
  faceAppend,
  faceEvent,
  faceEvents,
  refusal,
  wholeAggregate,
} from "./event-store-face.ts";

const PROPOSERS = 16;
const LARGEST = 2n ** 64n - 1n;

/** What the native API leaves to the store. */
const LEFT_TO_THE_STORE: readonly (readonly [string, Partial<FaceAppend>])[] = [
  ["an event without an id", { events: [faceEvent("A-1", 1, { eventId: "" })] }],
  ["a nonce of 0", { events: [faceEvent("A-1", 0)] }],
];

export function appendTests(subject: EventStoreSubject): void {
  test("numbers events in the aggregate and in the tenant, without gaps", async () => {
    const store = await subject.open();
    expect(await store.append(faceAppend("A-1", 0, 2))).toEqual(heads(2, 2));
    expect(await store.append(faceAppend("A-2", 0, 1))).toEqual(heads(1, 3));
    expect(await store.append(faceAppend("A-1", 2, 3))).toEqual(heads(5, 6));
    const first = await wholeAggregate(store, "A-1");
    expect(first.map(({ globalNonce }) => globalNonce)).toEqual([1n, 2n, 4n, 5n, 6n]);
    expect(first.map(({ aggregateNonce }) => aggregateNonce)).toEqual([1n, 2n, 3n, 4n, 5n]);
  });

  test("keeps all that an event says", async () => {
    const store = await subject.open();
    const sent = [
      faceEvent("Ünïcode-%_\u0000'\"", 1, {
        eventId: "\ufeffany text 🐿 at all\n",
        eventType: "",
        eventVersion: 2 ** 32 - 1,
        contentType: "application/protobuf",
        contentSchema: "schema:1",
        correlationId: "c",
        causationId: "d",
        actorId: "nobody in particular",
        timestampUnixMs: subject.onlySafeNonces ? 2n ** 53n - 1n : LARGEST,
        payloadSha256: new Uint8Array(32).fill(7),
        headers: { b: "2", a: "", "": "é" },
        payload: new Uint8Array([0, 255, 128]),
      }),
      faceEvent("Ünïcode-%_\u0000'\"", 2, {
        eventVersion: 0,
        contentType: "",
        actorId: "",
        timestampUnixMs: 0n,
        payload: new Uint8Array(0),
      }),
    ];
    await store.append(faceAppend("Ünïcode-%_\u0000'\"", 0, 0, { events: sent }));
    const found = await wholeAggregate(store, "Ünïcode-%_\u0000'\"");
    const plain = found.map(({ globalNonce: _, recordedTimeUnixMs: __, ...event }) => event);
    expect(plain).toEqual(sent);
    expect(found.every(({ recordedTimeUnixMs }) => recordedTimeUnixMs > 0n)).toBe(true);
  });

  test("takes ten thousand events at once, and not one more", async () => {
    const store = await subject.open();
    const small = (count: number) =>
      faceEvents("A-1", 0, count).map((event) => ({ ...event, payload: new Uint8Array(1) }));
    const tooMany = faceAppend("A-1", 0, 0, { events: small(10_001) });
    expect((await refusal(store.append(tooMany))).code).toBe("invalid_argument");
    const most = faceAppend("A-1", 0, 0, { events: small(10_000) });
    expect(await store.append(most)).toEqual(heads(10_000, 10_000));
    expect(await wholeAggregate(store, "A-1")).toHaveLength(10_000);
  }, 60_000);

  const misshapen: readonly (readonly [string, Partial<FaceAppend>])[] = [
    ["an empty aggregate id", { aggregateId: "", events: [faceEvent("", 1)] }],
    ["an empty type", { aggregateType: "", events: [faceEvent("A-1", 1, { aggregateType: "" })] }],
    ["no events", { events: [] }],
    ...(subject.native === true ? [] : LEFT_TO_THE_STORE),
    ["a nonce of 0 behind others", { events: [faceEvent("A-1", 1), faceEvent("A-1", 0)] }],
  ];
  test.each(misshapen.map(([name, change]) => [name, change] as const))(
    "refuses %s, and leaves nothing",
    async (_name, change) => {
      const store = await subject.open();
      const refused = await refusal(store.append(faceAppend("A-1", 0, 1, change)));
      expect(refused.code).toBe("invalid_argument");
      expect(await wholeAggregate(store, "A-1")).toEqual([]);
      // Shape is looked at first, whatever else there is to say.
      await store.append(faceAppend("A-1", 0, 2));
      const late = await refusal(store.append(faceAppend("A-1", 7, 1, change)));
      expect(late.code).toBe("invalid_argument");
    },
  );

  test.skipIf(subject.onlySafeNonces === true)(
    "takes nonces of 64 bits whole, where they can only be wrong",
    async () => {
      const store = await subject.open();
      await store.append(faceAppend("A-1", 0, 1));
      for (const expected of [2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, LARGEST]) {
        const events = [faceEvent("A-1", 2)];
        const stale = await refusal(store.append(faceAppend("A-1", 0, 0, { expected, events })));
        expect([expected, stale.code, stale.actual]).toEqual([expected, "aborted", heads(1, 1)]);
      }
      for (const nonce of [2n ** 53n, 2n ** 63n - 1n]) {
        const events = [faceEvent("A-1", nonce)];
        const far = await refusal(store.append(faceAppend("A-1", 1, 0, { events })));
        expect([nonce, far.code]).toEqual([nonce, "invalid_argument"]);
        const both = await refusal(store.append(faceAppend("A-1", 9, 0, { events })));
        expect([nonce, both.code]).toEqual([nonce, "aborted"]);
      }
      for (const nonce of [2n ** 63n, LARGEST]) {
        const events = [faceEvent("A-1", nonce)];
        const shape = await refusal(store.append(faceAppend("A-1", 9, 0, { events })));
        expect([nonce, shape.code]).toEqual([nonce, "invalid_argument"]);
      }
    },
  );

  test("aborts with the actual heads where the expected one is wrong, also if the nonces fit", async () => {
    const store = await subject.open();
    expect((await refusal(store.append(faceAppend("A-1", 3, 1)))).actual).toEqual(heads(0, 0));
    await store.append(faceAppend("A-1", 0, 2));
    await store.append(faceAppend("A-2", 0, 1));
    for (const [head, expected] of [
      [2, 1n],
      [2, 3n],
      [0, 0n],
    ] as const) {
      const events = [faceEvent("A-1", head + 1, { eventId: `other ${expected}` })];
      const refused = await refusal(store.append(faceAppend("A-1", 0, 0, { expected, events })));
      expect([refused.code, refused.actual]).toEqual(["aborted", heads(2, 3)]);
    }
  });

  test("never renumbers: nonces that do not follow on the head are refused", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 2));
    for (const nonces of [[2], [4], [3, 5], [3, 3], [4, 3]]) {
      const events = nonces.map((nonce, i) =>
        faceEvent("A-1", nonce, { eventId: `${nonces} ${i}` }),
      );
      const refused = await refusal(store.append(faceAppend("A-1", 2, 0, { events })));
      expect([nonces, refused.code]).toEqual([nonces, "invalid_argument"]);
    }
    expect(await wholeAggregate(store, "A-1")).toHaveLength(2);
  });

  test("an aggregate keeps its type", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 1));
    const events = [faceEvent("A-1", 2, { aggregateType: "Order" })];
    const other = faceAppend("A-1", 1, 0, { aggregateType: "Order", events });
    expect((await refusal(store.append(other))).code).toBe("invalid_argument");
    expect(await store.append(faceAppend("A-1", 1, 1))).toEqual(heads(2, 2));
  });

  test(`of ${PROPOSERS} proposers of one nonce exactly one wins, and the others may go on`, async () => {
    const store = await subject.open();
    for (let round = 0; round < 8; round++) {
      const proposals = Array.from({ length: PROPOSERS }, (_, i) => {
        const events = [faceEvent("A-1", round + 1, { eventId: `${round} ${i}` })];
        return store.append(faceAppend("A-1", round, 0, { events, key: `${round} ${i}` }));
      });
      const settled = await Promise.allSettled(proposals);
      const won = settled.filter(({ status }) => status === "fulfilled");
      expect(won).toEqual([{ status: "fulfilled", value: heads(round + 1, round + 1) }]);
      const lost = await Promise.all(
        settled.flatMap(({ status }, i) =>
          status === "rejected" ? [refusal(proposals[i] as Promise<unknown>)] : [],
        ),
      );
      expect(lost.map(({ code }) => code)).toEqual(Array(PROPOSERS - 1).fill("aborted"));
    }
  });
}

function heads(aggregateNonce: number, globalNonce: number) {
  return { aggregateNonce: BigInt(aggregateNonce), globalNonce: BigInt(globalNonce) };
}
