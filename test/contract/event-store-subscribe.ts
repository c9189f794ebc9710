/** Of the event store's contract: history, then live, on one stream. */
import { expect, test } from "bun:test";
import {
  type EventStoreFace,
  type EventStoreSubject,
  faceAppend,
  type StoredFaceEvent,
} from "./event-store-face.ts";

const KEEP_ALIVE_MS = 200;

export function subscribeTests(subject: EventStoreSubject): void {
  test.each([0, 1, 2, 3, 4, 5, 9])(
    "from %d on: what is there, then what comes, each once and in order",
    async (from) => {
      const store = await subject.open();
      await store.append(faceAppend("A-1", 0, 2));
      await store.append(faceAppend("B-1", 0, 2));
      await using events = follow(store, "", from);
      const wanted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter((nonce) => nonce >= from);
      await events.seen(wanted.filter((nonce) => nonce <= 4).length);
      await store.append(faceAppend("A-1", 2, 3));
      await store.append(faceAppend("B-1", 2, 3));
      await events.seen(wanted.length);
      expect(events.nonces).toEqual(wanted);
    },
  );

  test("a prefix is literal", async () => {
    const store = await subject.open();
    const ids = ["a%b", "a%bc", "axb", "a_b", "a_", "ä", "a", "b"];
    for (const id of ids) await store.append(faceAppend(id, 0, 1));
    for (const [prefix, wanted] of [
      ["a%", ["a%b", "a%bc"]],
      ["a_", ["a_b", "a_"]],
      ["a", ["a%b", "a%bc", "axb", "a_b", "a_", "a"]],
      ["ä", ["ä"]],
      ["%", []],
      ["", ids],
    ] as const) {
      await using events = follow(store, prefix, 0);
      await events.seen(wanted.length);
      expect([prefix, events.ids]).toEqual([prefix, [...wanted]]);
    }
  });

  test("what comes while history is read is neither lost nor doubled", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 300));
    await using events = follow(store, "A", 0);
    for (let head = 300; head < 320; head++) {
      await store.append(faceAppend("A-1", head, 1));
      await store.append(faceAppend("B-1", head - 300, 1));
    }
    await events.seen(320);
    expect(events.aggregateNonces).toEqual(Array.from({ length: 320 }, (_, i) => i + 1));
  });

  test("begins before the tenant does", async () => {
    const store = await subject.open();
    await using events = follow(store, "", 0);
    await events.quiet(subject, 2);
    await store.append(faceAppend("A-1", 0, 2));
    await events.seen(2);
    expect(events.nonces).toEqual([1, 2]);
  });

  test("says that it lives while nothing comes for it, also while others grow", async () => {
    const store = await subject.open();
    await store.append(faceAppend("A-1", 0, 3));
    await using events = follow(store, "A", 0);
    await events.seen(3);
    expect(events.keepAlives).toBe(0);
    await events.quiet(subject, 2);
    for (let head = 0; head < 3; head++) {
      const before = events.keepAlives;
      await store.append(faceAppend("B-1", head, 1));
      await events.quiet(subject, before + 1);
    }
    await store.append(faceAppend("A-1", 3, 1));
    await events.seen(4);
    expect(events.nonces).toEqual([1, 2, 3, 7]);
  });

  test("one who does not read holds nobody up, and finds everything later", async () => {
    const store = await subject.open();
    await using slow = follow(store, "", 0, true);
    await using quick = follow(store, "", 0);
    for (let head = 0; head < 400; head += 10) await store.append(faceAppend("A-1", head, 10));
    await quick.seen(400);
    slow.go();
    await slow.seen(400);
    expect(slow.nonces).toEqual(quick.nonces);
    expect(slow.nonces).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  });
}

/** One who follows in the background and keeps what came. */
class Follower implements AsyncDisposable {
  readonly #events: StoredFaceEvent[] = [];
  readonly #abort = new AbortController();
  readonly #run: Promise<void>;
  readonly #gate = Promise.withResolvers<void>();
  #error: unknown;
  keepAlives = 0;

  constructor(store: EventStoreFace, prefix: string, from: number, waits: boolean) {
    if (!waits) this.go();
    const stream = store.subscribe({ prefix, from: BigInt(from) }, this.#abort.signal);
    this.#run = this.#follow(stream).catch((error: unknown) => {
      this.#error = error;
    });
  }

  get nonces(): number[] {
    return this.#events.map(({ globalNonce }) => Number(globalNonce));
  }

  get aggregateNonces(): number[] {
    return this.#events.map(({ aggregateNonce }) => Number(aggregateNonce));
  }

  get ids(): string[] {
    return this.#events.map(({ aggregateId }) => aggregateId);
  }

  /** From now on it reads. */
  go(): void {
    this.#gate.resolve();
  }

  /** Waits for so many events. */
  async seen(count: number): Promise<void> {
    await this.#until(() => this.#events.length >= count);
  }

  /** Lets time pass until there were so many keep-alives. */
  async quiet(subject: EventStoreSubject, count: number): Promise<void> {
    while (this.keepAlives < count) {
      this.#throwIfFailed();
      await subject.pass(KEEP_ALIVE_MS);
      await turn();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.go();
    this.#abort.abort();
    await this.#run;
    this.#throwIfFailed();
  }

  async #follow(stream: AsyncIterable<StoredFaceEvent | undefined>): Promise<void> {
    for await (const event of stream) {
      if (event === undefined) this.keepAlives += 1;
      else this.#events.push(event);
      await this.#gate.promise;
    }
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      this.#throwIfFailed();
      await turn();
    }
  }

  #throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}

function follow(store: EventStoreFace, prefix: string, from: number, waits = false): Follower {
  return new Follower(store, prefix, from, waits);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
