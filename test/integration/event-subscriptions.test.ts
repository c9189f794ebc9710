/**
 * Subscriptions to events beyond what every face shares (`sdk/conformance/cases/event-store.json`):
 * each border of a read, restarts and crashes in between, what ends one, memory, keep-alives to
 * the millisecond. Through the engine, on a clock that the test moves.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { TRUSTED } from "../../src/access/identity.ts";
import type { EntError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { turn } from "../../src/base/turn.ts";
import { EventFollower, type Followed } from "../harness/event-follower.ts";
import { EventClient, event } from "../harness/event-operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { SeededRandom } from "../harness/seeded-random.ts";

let partition: TestPartition;
const followers: EventFollower[] = [];
const never = new AbortController().signal;

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file", segmentBytes: 16 * 1024 * 1024 });
});
afterEach(async () => {
  for (const follower of followers.splice(0)) await follower.stop();
  await partition[Symbol.asyncDispose]();
});

const events = () => new EventClient(partition.tenant("acme"));
const sized = (bytes: number) => event({ payload: new Uint8Array(bytes) });
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** So many events, of several aggregates in turn. */
async function appended(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 100) {
    const made = Array.from({ length: Math.min(left, 100) }, () => event());
    await events().append(`A-${left % 3}`, { events: made });
  }
}

function follow(asked: Followed = {}): EventFollower {
  const follower = new EventFollower(partition, asked);
  followers.push(follower);
  return follower;
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

describe("the border between history and live", () => {
  const rows = limits.watchReadRows;
  const tail = limits.watchTailRows;

  test.each([rows - 1, rows, rows + 1, 2 * rows, tail - 1, tail, tail + 1])(
    "with %d events behind it has no gap and no duplicate, from wherever one begins",
    async (history) => {
      await appended(history);
      const from = [0, 1, 2, history, history + 1, history + 2, history + 40];
      const all = from.map((first) => follow({ from: first }));
      const filtered = follow({ filter: { aggregateIdPrefix: "B" } });
      for (let i = 0; i < 50; i++) {
        await events().append("B-1");
        if (i % 7 === 0) await turn();
      }
      const end = history + 50;
      for (const [i, follower] of all.entries()) {
        const wanted = numbered(Math.max(1, from[i] ?? 0), end);
        await follower.seen(wanted.length);
        expect(follower.nonces).toEqual(wanted);
      }
      await filtered.seen(50);
      expect(filtered.nonces).toEqual(numbered(history + 1, end));
    },
  );

  test("holds through restarts and crashes: who goes on behind the last nonce misses nothing", async () => {
    const random = new SeededRandom(4);
    const found: number[] = [];
    let next = 1;
    let written = 0;
    for (let round = 0; round < 8; round++) {
      const follower = follow({ from: next });
      const count = 1 + Math.floor(random.float() * 300);
      await appended(count);
      written += count;
      await follower.seen(Math.floor(random.float() * count));
      const { nonces } = follower;
      found.push(...nonces);
      next = (nonces.at(-1) ?? next - 1) + 1;
      await follower.stop();
      if (round % 2 === 0) await partition.crash();
      else await partition.restart();
    }
    const last = follow({ from: next });
    await last.seen(written - found.length);
    expect([...found, ...last.nonces]).toEqual(numbered(1, written));
  });

  test("runs through a file that is made again", async () => {
    await appended(200);
    const slow = follow();
    slow.pause();
    const quick = follow();
    await quick.seen(200);
    await partition.engine.rebuildTenant("acme", never);
    await appended(50);
    slow.resume();
    await slow.seen(250);
    await quick.seen(250);
    expect([slow.nonces, quick.nonces]).toEqual([numbered(1, 250), numbered(1, 250)]);
  });
});

describe("memory", () => {
  test("of large events so many bytes are read at once, and one event at least", async () => {
    const size = limits.subscriberReadBytes / 2;
    for (let i = 0; i < 4; i++) await events().append("A-1", { events: [sized(size)] });
    await events().append("A-1", { events: [sized(2 * size + 1)] });
    // By a filter, history is always read from the file.
    const follower = follow({ filter: { aggregateIdPrefix: "A" } });
    await follower.seen(5);
    expect(follower.batches.map((batch) => batch.events.length)).toEqual([2, 2, 1]);
  });

  test("of the newest so many bytes are in memory; who is further behind reads the file", async () => {
    const size = limits.subscriberTailBytes / 4;
    const keeper = follow();
    const behind = follow();
    behind.pause();
    for (let i = 1; i <= 8; i++) {
      await events().append("A-1", { events: [sized(size)] });
      await keeper.seen(i);
    }
    behind.resume();
    await behind.seen(8);
    expect(behind.nonces).toEqual(numbered(1, 8));
  });
});

describe("keep-alives", () => {
  const clock = () => partition.fakeClock;

  test("come when nothing was sent for so long, and not at the moment of catching up", async () => {
    await appended(3);
    const follower = follow();
    await follower.seen(3);
    await turns(5);
    expect(follower.keepAlives).toBe(0);
    clock().advance(limits.eventKeepAliveMs - 1);
    await turns(5);
    expect(follower.keepAlives).toBe(0);
    clock().advance(1);
    await until(() => follower.keepAlives === 1);
    expect(follower.batches.at(-1)).toEqual({ events: [], upToGlobalNonce: 3 });

    // One who is slow comes to the end late: there is no keep-alive at once.
    follower.pause();
    await events().append("A-1");
    await follower.seen(4);
    clock().advance(10 * limits.eventKeepAliveMs);
    follower.resume();
    await turns(10);
    expect(follower.keepAlives).toBe(1);
    clock().advance(limits.eventKeepAliveMs);
    await until(() => follower.keepAlives === 2);
  });

  test("of a tenant that does not exist yet say from where on is asked", async () => {
    const follower = follow({ from: 3 });
    await turns(3);
    clock().advance(limits.eventKeepAliveMs);
    await until(() => follower.keepAlives === 1);
    // Who goes on behind what it was told is given nothing that it did not ask for.
    expect(follower.batches.at(-1)).toEqual({ events: [], upToGlobalNonce: 2 });
    await appended(4);
    await follower.seen(2);
    expect(follower.nonces).toEqual([3, 4]);
  });

  test("come also while only others grow, and say how far was looked", async () => {
    const follower = follow({ filter: { aggregateIdPrefix: "B" } });
    for (let i = 1; i <= 5; i++) {
      await events().append("A-1");
      await turns(5);
      clock().advance(limits.eventKeepAliveMs);
      await until(() => follower.keepAlives >= i);
    }
    await until(
      () => follower.batches.at(-1)?.upToGlobalNonce === 5,
      () => clock().advance(100),
    );
    expect(follower.nonces).toEqual([]);
  });
});

describe("a subscription ends", () => {
  test("when its tenant does; the next life of the id is another's", async () => {
    await appended(2);
    const follower = follow();
    await follower.seen(2);
    await partition.engine.administration.deleteTenant(TRUSTED, "acme", never);
    await until(() => follower.isOver);
    expect((follower.error as EntError).reason).toBe("TENANT_NOT_FOUND");
    expect(await events().aggregate("A-1")).toEqual([]);
    expect((await events().append("A-1")).lastGlobalNonce).toBe(1);
  });

  test("when its credential does, also of a tenant that does not exist yet", async () => {
    const expiresAt = partition.clock.now() + 1_000;
    const early = follow({ expiresAt });
    await turns(3);
    await appended(1);
    await early.seen(1);
    partition.fakeClock.advance(999);
    await turns(3);
    expect(early.isOver).toBe(false);
    partition.fakeClock.advance(1);
    await until(() => early.isOver);
    expect((early.error as EntError).reason).toBe("UNAUTHENTICATED");
  });

  test("with the server", async () => {
    await appended(1);
    const follower = follow();
    await follower.seen(1);
    await partition.stop();
    await until(() => follower.isOver);
    expect((follower.error as EntError).reason).toBe("SERVER_STOPPING");
    await partition.start();
  });

  test("in peace when its caller leaves, and frees its place", async () => {
    const waiting = follow();
    await turns(3);
    expect(partition.engine.events.count).toBe(1);
    await waiting.stop();
    await appended(1);
    const follower = follow();
    await follower.seen(1);
    expect(partition.engine.events.count).toBe(1);
    await follower.stop();
    expect([partition.engine.events.count, follower.error]).toEqual([0, undefined]);
  });
});
