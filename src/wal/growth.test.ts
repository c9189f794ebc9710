import { describe, expect, test } from "bun:test";
import { Growth } from "./growth.ts";

describe("growth", () => {
  test("wakes all that wait, and remembers a wake for those who do not", async () => {
    const growth = new Growth();
    using waiting = growth.follow(undefined);
    using busy = growth.follow(undefined);
    const woken = waiting.wait();
    growth.wakeAll();
    await woken;
    await busy.wait();
    let again = false;
    const next = busy.wait().then(() => {
      again = true;
    });
    await Promise.resolve();
    expect(again).toBe(false);
    growth.wakeAll();
    await next;
  });

  test("wakes who followed first before the others, and when that ends whoever follows next", async () => {
    const growth = new Growth();
    const woken: string[] = [];
    const waitAs = (name: string, follower: { wait(): Promise<void> }) =>
      follower.wait().then(() => woken.push(name));
    const first = growth.follow(undefined);
    using second = growth.follow(undefined);
    const waits = [waitAs("first", first), waitAs("second", second)];
    growth.wakeFirst();
    await waits[0];
    expect(woken).toEqual(["first"]);
    growth.wakeOthers();
    await waits[1];
    expect(woken).toEqual(["first", "second"]);
    first[Symbol.dispose]();
    const next = waitAs("second", second);
    growth.wakeFirst();
    await next;
    expect(woken).toEqual(["first", "second", "second"]);
  });

  test("an abort wakes its own follower alone, at any time", async () => {
    const growth = new Growth();
    const stop = new AbortController();
    using follower = growth.follow(stop.signal);
    const woken = follower.wait();
    expect(follower.aborted).toBe(false);
    stop.abort();
    await woken;
    expect(follower.aborted).toBe(true);
    await follower.wait();
    using late = growth.follow(AbortSignal.abort());
    await late.wait();
  });

  test("forgets a follower that is done, and its signal", () => {
    const growth = new Growth();
    const stop = new AbortController();
    {
      using _follower = growth.follow(stop.signal);
      expect(growth.followerCount).toBe(1);
    }
    expect(growth.followerCount).toBe(0);
    stop.abort();
  });
});
