import { expect, test } from "bun:test";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { closedLoop } from "./closed-loop.ts";

const NEVER = new AbortController().signal;

test("every caller asks until the time is over, and its last answer is waited for", async () => {
  const clock = new FakeClock();
  const callers: number[] = [];
  const call = async (caller: number) => {
    callers.push(caller);
    if (caller === 1) clock.advance(30);
    await Promise.resolve();
  };
  const found = await closedLoop(call, { inFlight: 2, seconds: 0.1 }, clock, NEVER);
  expect(callers).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
  expect(found).toMatchObject({ calls: 8, seconds: 0.12, p50Ms: 30 });
});

test("each caller asks at least once, however short the time", async () => {
  const found = await closedLoop(
    () => Promise.resolve(),
    { inFlight: 3, seconds: 0 },
    new FakeClock(),
    NEVER,
  );
  expect(found.calls).toBe(3);
});

test("a call that fails ends them all with its error", async () => {
  let calls = 0;
  const call = async () => {
    calls += 1;
    await Promise.resolve();
    if (calls > 4) throw new Error(`call ${calls}`);
  };
  const loop = closedLoop(call, { inFlight: 2, seconds: 1 }, new FakeClock(), NEVER);
  await expect(loop).rejects.toThrow("call 6");
  expect(calls).toBe(6);
});

test("an aborted loop begins nothing more", async () => {
  const abort = new AbortController();
  let calls = 0;
  const call = () => {
    calls += 1;
    abort.abort();
    return Promise.resolve();
  };
  await closedLoop(call, { inFlight: 2, seconds: 1 }, new FakeClock(), abort.signal);
  expect(calls).toBe(2);
});
