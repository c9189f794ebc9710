/** Of the event store's contract: what is known again, by its key and by its content. */
import { expect, test } from "bun:test";
import {
  type EventStoreSubject,
  faceAppend,
  faceEvent,
  refusal,
  wholeAggregate,
} from "./event-store-face.ts";

export function idempotencyTests(subject: EventStoreSubject): void {
  test("a batch that is there already gives the first answer, with its key, another or none", async () => {
    const store = await subject.open();
    const batch = faceAppend("A-1", 0, 2, { key: "k" });
    const first = await store.append(batch);
    await store.append(faceAppend("A-1", 2, 1));
    for (const key of ["k", "", "another", "k"]) {
      expect(await store.append({ ...batch, key })).toEqual(first);
      // What is appended is recognised before the head is looked at.
      expect(await store.append({ ...batch, key, expected: 17n })).toEqual(first);
    }
    expect(await wholeAggregate(store, "A-1")).toHaveLength(3);
  });

  test("a key with other content is refused as taken, whatever the head", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 2, { key: "k" }));
    const changed = [
      faceAppend("A-1", 2, 1, { key: "k" }),
      faceAppend("A-1", 0, 1, { key: "k" }),
      faceAppend("A-1", 0, 3, { key: "k" }),
      faceAppend("A-1", 9, 1, { key: "k" }),
      faceAppend("A-1", 0, 0, {
        key: "k",
        events: [faceEvent("A-1", 1), faceEvent("A-1", 2, { actorId: "user:bob" })],
      }),
    ];
    for (const append of changed) {
      expect((await refusal(store.append(append))).code).toBe("already_exists");
    }
    expect(await wholeAggregate(store, "A-1")).toHaveLength(2);
  });

  test("a key is the aggregate's own", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 1, { key: "k" }));
    const other = await store.append(faceAppend("A-2", 0, 1, { key: "k" }));
    expect(other.globalNonce).toBe(2n);
  });

  test("a refused append binds nothing: its key and its events may be proposed again", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 1));
    const event = faceEvent("A-1", 1, { eventId: "mine" });
    const lost = faceAppend("A-1", 0, 0, { key: "k", events: [event] });
    expect((await refusal(store.append(lost))).code).toBe("aborted");
    const again = faceAppend("A-1", 1, 0, {
      key: "k",
      events: [{ ...event, aggregateNonce: 2n }],
    });
    expect((await store.append(again)).aggregateNonce).toBe(2n);
    expect((await store.append(again)).aggregateNonce).toBe(2n);
  });

  test("content that is changed, or overlaps in part, is a conflict with the heads", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 3));
    const two = [faceEvent("A-1", 2), faceEvent("A-1", 3)];
    const overlapping = [
      faceAppend("A-1", 0, 2),
      faceAppend("A-1", 0, 4),
      faceAppend("A-1", 1, 0, { events: two }),
      faceAppend("A-1", 1, 0, { events: [...two, faceEvent("A-1", 4)] }),
      faceAppend("A-1", 0, 0, {
        events: [1, 2, 3].map((nonce) =>
          faceEvent("A-1", nonce, { payload: new Uint8Array([nonce]) }),
        ),
      }),
      faceAppend("A-1", 0, 0, {
        events: [1, 2, 3].map((nonce) => faceEvent("A-1", nonce, { headers: { a: "1" } })),
      }),
    ];
    for (const append of overlapping) {
      const refused = await refusal(store.append(append));
      expect(refused.code).toBe("aborted");
      expect(refused.actual).toEqual({ aggregateNonce: 3n, globalNonce: 3n });
    }
  });

  test("an event id is the tenant's own: elsewhere it is taken", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 2));
    const taken = { eventId: "A-1/1" };
    const elsewhere = [
      faceAppend("A-2", 0, 0, { events: [faceEvent("A-2", 1, taken)] }),
      faceAppend("A-2", 0, 0, { events: [faceEvent("A-2", 1), faceEvent("A-2", 2, taken)] }),
      faceAppend("A-1", 2, 0, { events: [faceEvent("A-1", 3, taken)] }),
      faceAppend("A-1", 2, 0, { events: [faceEvent("A-1", 3), faceEvent("A-1", 4, taken)] }),
      // Also where the head is wrong: it will never be right for this event.
      faceAppend("A-2", 7, 0, { events: [faceEvent("A-2", 8, taken)] }),
      faceAppend("A-1", 0, 0, {
        events: [faceEvent("A-1", 1, { eventId: "new" }), faceEvent("A-1", 2, taken)],
      }),
      faceAppend("A-3", 0, 0, {
        events: [faceEvent("A-3", 1), faceEvent("A-3", 2, { eventId: "A-3/1" })],
      }),
    ];
    for (const append of elsewhere) {
      expect((await refusal(store.append(append))).code).toBe("already_exists");
    }
    expect(await wholeAggregate(store, "A-1")).toHaveLength(2);
    expect(await wholeAggregate(store, "A-2")).toEqual([]);
    // Nothing was left behind: neither numbers nor ids.
    const next = await store.append(faceAppend("A-2", 0, 2));
    expect(next).toEqual({ aggregateNonce: 2n, globalNonce: 4n });
  });

  test("concurrent duplicates come to one append and one answer", async () => {
    const store = await subject.open();
    const batch = faceAppend("A-1", 0, 3, { key: "k" });
    const answers = await Promise.all(Array.from({ length: 8 }, () => store.append(batch)));
    expect(answers).toEqual(Array(8).fill({ aggregateNonce: 3n, globalNonce: 3n }));
    expect(await wholeAggregate(store, "A-1")).toHaveLength(3);
  });
}
