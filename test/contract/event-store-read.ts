/** Of the event store's contract: pages of one aggregate, both ways. */
import { expect, test } from "bun:test";
import {
  type EventStoreFace,
  type EventStoreSubject,
  type FacePage,
  faceAppend,
  faceEvent,
  refusal,
} from "./event-store-face.ts";

/** What the server gives at once. */
const PAGE = 1_000;

export function readTests(subject: EventStoreSubject): void {
  test("pages begin where asked, end where they must, and say where to go on", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 5));
    await store.append(faceAppend("A-2", 0, 1));
    const forward = (from: number, maxCount: number) => page(store, from, maxCount, true);
    const backward = (from: number, maxCount: number) => page(store, from, maxCount, false);
    expect(await forward(0, 2)).toEqual([[1, 2], false, 3]);
    expect(await forward(3, 2)).toEqual([[3, 4], false, 5]);
    expect(await forward(5, 2)).toEqual([[5], true, 6]);
    expect(await forward(4, 2)).toEqual([[4, 5], true, 6]);
    expect(await forward(0, 0)).toEqual([[1, 2, 3, 4, 5], true, 6]);
    expect(await forward(6, 1)).toEqual([[], true, 6]);
    expect(await forward(99, 1)).toEqual([[], true, 6]);
    expect(await backward(0, 2)).toEqual([[5, 4], false, 3]);
    expect(await backward(3, 2)).toEqual([[3, 2], false, 1]);
    expect(await backward(1, 2)).toEqual([[1], true, 0]);
    expect(await backward(2, 2)).toEqual([[2, 1], true, 0]);
    expect(await backward(99, 1)).toEqual([[5], false, 4]);
    expect(await backward(0, 0)).toEqual([[5, 4, 3, 2, 1], true, 0]);
  });

  test.skipIf(subject.onlySafeNonces === true)(
    "nonces of 64 bits are read from whole",
    async () => {
      const store = await subject.open();
      await store.append(faceAppend("A-1", 0, 2));
      for (const from of [2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
        const read = { aggregateId: "A-1", from, maxCount: 1 };
        expect(seen(await store.read({ ...read, forward: true }))).toEqual([[], true, 3]);
        expect(seen(await store.read({ ...read, forward: false }))).toEqual([[2], false, 1]);
      }
    },
  );

  test("any count is allowed, and cut to the server's page", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, PAGE + 2));
    for (const maxCount of [0, PAGE, PAGE + 1, 2 ** 32 - 1]) {
      const [nonces, isEnd, next] = await page(store, 0, maxCount, true);
      expect([nonces.length, isEnd, next]).toEqual([PAGE, false, PAGE + 1]);
    }
    expect((await page(store, PAGE + 1, 0, true))[1]).toBe(true);
  });

  test("a page of large events ends early, and the next one goes on", async () => {
    const store = await subject.open();
    for (const nonce of [1, 2, 3, 4, 5]) {
      const events = [faceEvent("A-1", nonce, { payload: new Uint8Array(900_000).fill(nonce) })];
      await store.append(faceAppend("A-1", nonce - 1, 0, { events }));
    }
    const nonces: number[] = [];
    for (let from = 0; ; ) {
      const [found, isEnd, next] = await page(store, from, 0, true);
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThan(5);
      nonces.push(...found);
      if (isEnd) break;
      from = next;
    }
    expect(nonces).toEqual([1, 2, 3, 4, 5]);
  });

  test("what does not exist reads as empty and at its end; no id is refused", async () => {
    const store = await subject.open();
    expect(await page(store, 0, 0, true)).toEqual([[], true, 1]);
    expect(await page(store, 0, 0, false)).toEqual([[], true, 0]);
    await store.append(faceAppend("A-2", 0, 1));
    expect(await page(store, 0, 0, true)).toEqual([[], true, 1]);
    expect(await page(store, 5, 0, false)).toEqual([[], true, 0]);
    const nameless = store.read({ aggregateId: "", from: 0n, maxCount: 0, forward: true });
    expect((await refusal(nameless)).code).toBe("invalid_argument");
  });
}

async function page(store: EventStoreFace, from: number, maxCount: number, forward: boolean) {
  return seen(await store.read({ aggregateId: "A-1", from: BigInt(from), maxCount, forward }));
}

function seen({ events, isEnd, next }: FacePage): [number[], boolean, number] {
  return [events.map(({ aggregateNonce }) => Number(aggregateNonce)), isEnd, Number(next)];
}
