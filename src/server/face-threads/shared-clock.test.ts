import { expect, test } from "bun:test";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { sharedClock } from "./shared-clock.ts";

test("a thread tells the other's time, by the quickest answer that it got", async () => {
  const own = new FakeClock();
  const tripsMs = [40, 2, 30, 10, 10, 10, 10, 10];
  let trip = 0;
  const ask = () => {
    const tripMs = tripsMs[trip++] ?? 0;
    own.advance(tripMs / 2);
    const there = own.monotonic() + 90_000;
    own.advance(tripMs / 2);
    return Promise.resolve(there);
  };
  const clock = await sharedClock(own, ask);
  expect(clock.monotonic()).toBe(own.monotonic() + 90_000);
  own.advance(5);
  expect(clock.monotonic()).toBe(own.monotonic() + 90_000);
});

test("is wrong by half of the quickest trip at most, however it was spent", async () => {
  const own = new FakeClock();
  const clock = await sharedClock(own, () => {
    const there = own.monotonic() + 90_000;
    own.advance(4);
    return Promise.resolve(there);
  });
  expect(Math.abs(clock.monotonic() - own.monotonic() - 90_000)).toBeLessThanOrEqual(2);
});
