import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { MISSES_MAX, PAUSE_TIMES } from "../base/worthwhile.ts";
import { IdlePoll } from "./idle-poll.ts";

const FOR_MS = 0.2;

/** An event loop whose turns the test takes; each lasts for as long as it says. */
function setUp(forMs = FOR_MS) {
  const clock = new FakeClock();
  const waiting: (() => void)[] = [];
  const poll = new IdlePoll({ forMs, clock, nextTurn: (callback) => waiting.push(callback) });
  /** Takes turns of so long until the loop would sleep, and answers with how many those were. */
  const turnsUntilSleep = (turnMs = 0.05) => {
    let turns = 0;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      expect(waiting).toEqual([]);
      clock.advance(turnMs);
      next();
      turns++;
    }
    return turns;
  };
  /** A call, and the turns behind its answer. */
  const call = () => {
    poll.began();
    poll.answered();
    return turnsUntilSleep();
  };
  return { clock, poll, waiting, call, turnsUntilSleep };
}

describe("behind an answer the event loop", () => {
  test("looks again until the time is over, and then sleeps", () => {
    const { call } = setUp();
    expect(call()).toBe(4);
  });

  test("sleeps at once when nothing is wanted", () => {
    const { call } = setUp(0);
    expect(call()).toBe(0);
  });

  test("waits anew from each answer, in one and the same row of turns", () => {
    const { poll, waiting, turnsUntilSleep } = setUp();
    for (let i = 0; i < 10; i++) {
      poll.began();
      poll.answered();
    }
    expect(waiting.length).toBe(1);
    expect(turnsUntilSleep()).toBe(4);
  });

  test("stops looking when a call has begun", () => {
    const { poll, turnsUntilSleep } = setUp();
    poll.answered();
    poll.began();
    expect(turnsUntilSleep()).toBe(1);
  });

  test("seldom looks where nobody asks in time", () => {
    const { call } = setUp();
    for (let i = 0; i < MISSES_MAX; i++) expect(call()).toBeGreaterThan(0);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < PAUSE_TIMES; i++) expect(call()).toBe(0);
      expect(call()).toBeGreaterThan(0);
    }
  });

  test("looks behind each again as soon as one of those looks has met a call", () => {
    const { poll, call, turnsUntilSleep } = setUp();
    for (let i = 0; i < MISSES_MAX + PAUSE_TIMES; i++) call();
    poll.answered();
    poll.began();
    turnsUntilSleep();
    for (let i = 0; i < MISSES_MAX; i++) expect(call()).toBeGreaterThan(0);
    expect(call()).toBe(0);
  });

  test("goes on looking for a caller who mostly asks in time", () => {
    const { poll, call, turnsUntilSleep } = setUp();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < MISSES_MAX - 1; i++) expect(call()).toBeGreaterThan(0);
      poll.answered();
      poll.began();
      turnsUntilSleep();
    }
  });
});
