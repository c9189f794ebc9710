import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { isSettled } from "../../../test/harness/is-settled.ts";
import { MISSES_MAX, PAUSE_TIMES } from "../../base/worthwhile.ts";
import { FEW, MUCH_BYTES, ReturningCallers, returnMs, VERY_FEW } from "./returning-callers.ts";

/** A log whose callers come back when the test says. */
function setUp() {
  const clock = new FakeClock();
  const callers = new ReturningCallers(clock);
  const state = { length: 0, bytes: 0 };
  const gather = () => callers.gather(state);
  const commit = (batch: number, waiting = 0) => {
    callers.durable(batch, waiting);
    state.length = waiting;
  };
  /** A batch whose callers are answered and do not come back in time. Answers with whether the next waited. */
  const inVain = async (batch: number) => {
    commit(batch);
    callers.answered();
    state.length = 1;
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
    state.length = 3;
    expect(await isSettled(waits)).toBe(false);
    state.length = 4;
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
    state.length = 1;
    expect(gather()).toBeUndefined();
  });

  test("begins at once with a lone caller, with nobody missing, with many, and as the first", () => {
    const { callers, state, gather, commit } = setUp();
    state.length = 1;
    expect(gather()).toBeUndefined();
    commit(1);
    callers.answered();
    state.length = 1;
    expect(gather()).toBeUndefined();
    commit(2, 2);
    callers.answered();
    state.length = 4;
    expect(gather()).toBeUndefined();
    commit(FEW, 1);
    callers.answered();
    expect(gather()).toBeUndefined();
  });

  test("waits for nobody when what is there is work enough, or has become so", async () => {
    const { callers, state, gather, commit } = setUp();
    commit(8);
    callers.answered();
    state.length = 1;
    state.bytes = MUCH_BYTES;
    expect(gather()).toBeUndefined();
    state.bytes -= 1;
    const waits = gather();
    if (waits === undefined) throw new Error("it did not wait");
    expect(await isSettled(waits)).toBe(false);
    state.length = 2;
    state.bytes = MUCH_BYTES;
    await waits;
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
    state.length = 1;
    const waits = gather();
    expect(waits).toBeDefined();
    state.length = 3;
    await waits;
    for (let i = 0; i < MISSES_MAX; i++) expect(await inVain(3)).toBe(true);
    expect(await inVain(3)).toBe(false);
  });
});

describe("the callers of a batch", () => {
  test("are all there are when nobody of the last ones is missing", () => {
    const { callers, commit } = setUp();
    expect(callers.areAllOfFew(1)).toBe(true);
    commit(2, 1);
    expect(callers.areAllOfFew(2)).toBe(false);
    expect(callers.areAllOfFew(3)).toBe(true);
    expect(callers.areAllOfFew(VERY_FEW)).toBe(true);
  });

  test("are not few beyond a number", () => {
    const { callers, commit } = setUp();
    commit(VERY_FEW + 1);
    expect(callers.areAllOfFew(VERY_FEW + 1)).toBe(false);
    expect(callers.areAllOfFew(VERY_FEW)).toBe(false);
  });
});
