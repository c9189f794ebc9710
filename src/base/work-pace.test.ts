/**
 * The pace of work in the background. Goal: no faster than its rate, and half of whatever it finds
 * for others, by a clock that the test owns. Method: parts that take as long as the test says.
 */
import { expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { until } from "../../test/harness/partition.ts";
import { paced, WorkPace } from "./work-pace.ts";

const PER_SECOND = 100_000;
const PART_BYTES = 1_000;

/** Works through parts that take so long each; the time that all of it took, rests included. */
function worked(clock: FakeClock, tookMs: readonly number[]): number {
  const begun = clock.monotonic();
  const pace = new WorkPace(PER_SECOND, clock);
  for (const ms of tookMs) {
    clock.advance(ms);
    clock.advance(pace.restAfter(PART_BYTES));
  }
  return clock.monotonic() - begun;
}

const times = (count: number, ms: number) => Array.from({ length: count }, () => ms);

test("where parts take nearly no time the rate decides", () => {
  expect(worked(new FakeClock(0), times(100, 1))).toBeCloseTo(1_000, 6);
});

test("a part that is slow is followed by a rest as long as it took", () => {
  expect(worked(new FakeClock(0), times(20, 40))).toBe(1_600);
});

test("a rest has an end, however slow the part before it was", () => {
  expect(worked(new FakeClock(0), [5_000])).toBe(5_100);
});

test("a rest that was too long by a little is made up for, not one of long ago", () => {
  const clock = new FakeClock(0);
  const pace = new WorkPace(PER_SECOND, clock);
  const part = (overMs: number) => {
    const restMs = pace.restAfter(PART_BYTES);
    clock.advance(restMs + overMs);
    return restMs;
  };
  part(3);
  // The three milliseconds count as those of the part that they delayed.
  expect(part(0)).toBe(7);
  part(10_000);
  expect(part(0)).toBe(100);
  // Five parts' worth, and then the rate again.
  expect([1, 2, 3, 4, 5, 6, 7].map(() => part(0))).toEqual([0, 0, 0, 0, 0, 10, 10]);
});

test("parts are handed on at the pace, the first at once, and no more when they are not wanted", async () => {
  const clock = new FakeClock(0);
  const wanted = new AbortController();
  const source = (async function* () {
    for (let i = 0; i < 9; i++) yield new Uint8Array(PART_BYTES);
  })();
  const parts = paced(source, new WorkPace(PER_SECOND, clock), clock, wanted.signal);
  const came: number[] = [];
  const reading = (async () => {
    for await (const part of parts) came.push(part.length);
  })();
  await until(() => clock.pendingTimers > 0);
  expect(came).toHaveLength(1);
  clock.advance(10);
  await until(() => came.length === 2 && clock.pendingTimers > 0);
  wanted.abort(new Error("enough"));
  await expect(reading).rejects.toThrow("enough");
  expect(came).toHaveLength(2);
});
