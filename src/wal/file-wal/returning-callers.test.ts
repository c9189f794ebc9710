import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { isSettled } from "../../../test/harness/is-settled.ts";
import { MISSES_MAX, PAUSE_TIMES } from "../../base/worthwhile.ts";
import { FEW, ReturningCallers, returnMs } from "./returning-callers.ts";

/** A log whose callers come back when the test says. */
function setUp() {
  const clock = new FakeClock();
  const callers = new ReturningCallers(clock);
  const state = { waiting: 0 };
  const gather = () => callers.gather(() => state.waiting);
  const commit = (batch: number, waiting = 0) => {
    callers.durable(batch, waiting);
    state.waiting = waiting;
  };
  /** A batch whose callers are answered and do not come back in time. Answers with whether the next waited. */
  const inVain = async (batch: number) => {
    commit(batch);
    callers.answered();
    state.waiting = 1;
    const waits = gather();
    clock.advance(returnMs(batch));
    await waits;
    return waits !== undefined;
  };
  return { clock, callers, state, gather, commit, inVain };
}

describe("a batch", () => {
  test("waits until the callers of the last one are back", async () => {
    const { callers, state, gather, commit } = setUp();
    commit(3, 1);
    const waits = gather();
    if (waits === undefined) throw new Error("it did not wait");
    expect(await isSettled(waits)).toBe(false);
    callers.answered();
    state.waiting = 3;
    expect(await isSettled(waits)).toBe(false);
    state.waiting = 4;
    await waits;
  });

  test("waits no longer than behind the answers they take to come back", async () => {
    const { clock, callers, gather, commit } = setUp();
    commit(2, 1);
    clock.advance(100 * returnMs(FEW));
    const waits = gather();
    if (waits === undefined) throw new Error("it did not wait");
    expect(await isSettled(waits)).toBe(false);
    callers.answered();
    clock.advance(0.9 * returnMs(3));
    expect(await isSettled(waits)).toBe(false);
    clock.advance(0.1 * returnMs(3));
    await waits;
  });

  test("begins at once when that time is over", () => {
    const { clock, callers, state, gather, commit } = setUp();
    commit(4);
    callers.answered();
    clock.advance(returnMs(4));
    state.waiting = 1;
    expect(gather()).toBeUndefined();
  });

  test("begins at once with a lone caller, with nobody missing, with many, and as the first", () => {
    const { callers, state, gather, commit } = setUp();
    state.waiting = 1;
    expect(gather()).toBeUndefined();
    commit(1);
    callers.answered();
    state.waiting = 1;
    expect(gather()).toBeUndefined();
    commit(2, 2);
    callers.answered();
    state.waiting = 4;
    expect(gather()).toBeUndefined();
    commit(FEW, 1);
    callers.answered();
    expect(gather()).toBeUndefined();
  });

  test("seldom waits for callers that do not come back in time", async () => {
    const { inVain } = setUp();
    for (let i = 0; i < MISSES_MAX; i++) expect(await inVain(3)).toBe(true);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < PAUSE_TIMES; i++) expect(await inVain(3)).toBe(false);
      expect(await inVain(3)).toBe(true);
    }
  });

  test("waits again for callers that once came back in time", async () => {
    const { callers, state, gather, commit, inVain } = setUp();
    for (let i = 0; i < MISSES_MAX + PAUSE_TIMES; i++) await inVain(3);
    commit(3);
    callers.answered();
    state.waiting = 1;
    const waits = gather();
    expect(waits).toBeDefined();
    state.waiting = 3;
    await waits;
    for (let i = 0; i < MISSES_MAX; i++) expect(await inVain(3)).toBe(true);
    expect(await inVain(3)).toBe(false);
  });
});
