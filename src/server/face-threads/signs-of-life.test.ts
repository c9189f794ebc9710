import { describe, expect, test } from "bun:test";
import { limits } from "../../../src/base/limits.ts";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { LOOK_INTERVAL_MS, SignsOfLife } from "./signs-of-life.ts";

interface Watched extends Disposable {
  readonly signs: SignsOfLife;
  /** Lets so much time pass as the watch has it: a look at a time. */
  pass(ms: number): void;
  readonly clock: FakeClock;
  asked: number;
  silent: number;
}

/** A thread that answers when the test does. */
function watched(): Watched {
  const clock = new FakeClock();
  const seen = { asked: 0, silent: 0 };
  const signs = new SignsOfLife({
    clock,
    ask: () => void seen.asked++,
    silent: () => void seen.silent++,
  });
  return Object.assign(seen, {
    signs,
    clock,
    pass(ms: number) {
      for (let passed = 0; passed < ms; passed += LOOK_INTERVAL_MS) clock.advance(LOOK_INTERVAL_MS);
    },
    [Symbol.dispose]: () => signs.stop(),
  });
}

describe("a thread", () => {
  test("that answers is asked again and again, and left alone", () => {
    using it = watched();
    for (let round = 0; round < 100; round++) {
      it.signs.answered();
      it.pass(LOOK_INTERVAL_MS);
    }
    expect(it.asked).toBe(101);
    expect(it.silent).toBe(0);
  });

  test("that is silent for as long as it may be is told of, once", () => {
    using it = watched();
    it.pass(limits.faceThreadSilentMs - LOOK_INTERVAL_MS);
    expect(it.silent).toBe(0);
    it.pass(LOOK_INTERVAL_MS);
    expect(it.silent).toBe(1);
    it.pass(2 * limits.faceThreadSilentMs);
    expect(it).toMatchObject({ silent: 1, asked: 1 });
    expect(it.clock.pendingTimers).toBe(0);
  });

  test("that is busy for nearly so long, again and again, is left alone", () => {
    using it = watched();
    for (let round = 0; round < 10; round++) {
      it.pass(limits.faceThreadSilentMs - LOOK_INTERVAL_MS);
      it.signs.answered();
      it.pass(LOOK_INTERVAL_MS);
    }
    expect(it.silent).toBe(0);
  });

  test("is not blamed for time in which the watch itself stood still", () => {
    using it = watched();
    for (let pause = 0; pause < 3; pause++) it.clock.advance(100 * limits.faceThreadSilentMs);
    expect(it.silent).toBe(0);
    it.signs.answered();
    it.pass(limits.faceThreadSilentMs);
    expect(it.silent).toBe(0);
  });

  test("that has ended is asked nothing more", () => {
    using it = watched();
    it.signs.stop();
    it.pass(2 * limits.faceThreadSilentMs);
    expect(it).toMatchObject({ silent: 0, asked: 1 });
    expect(it.clock.pendingTimers).toBe(0);
  });
});
