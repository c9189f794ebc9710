import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { SeededRandom } from "../../test/harness/seeded-random.ts";
import { DeadlineWatch, type Timed } from "./deadline-watch.ts";

const SEED = 20261122;

function setup() {
  const clock = new FakeClock();
  const underWay = new Set<Timed>();
  const watch = new DeadlineWatch(clock, underWay);
  const add = (ms: number, expire: () => void = () => undefined): Timed => {
    const timed = { endsAtMs: clock.monotonic() + ms, expire };
    underWay.add(timed);
    watch.added(timed, clock.monotonic());
    return timed;
  };
  const remove = (timed: Timed) => {
    underWay.delete(timed);
    watch.removed();
  };
  return { clock, watch, add, remove };
}

describe("the deadlines of what is under way", () => {
  test(`are told to each at its own time, whoever else comes and goes (seed ${SEED})`, () => {
    const random = new SeededRandom(SEED);
    const { clock, add, remove } = setup();
    const told: string[] = [];
    const open = new Map<string, Timed>();
    for (let i = 0; i < 5_000; i++) {
      clock.advance(1);
      const over = [...open].filter(([, { endsAtMs }]) => endsAtMs <= clock.monotonic());
      expect(told.splice(0).sort()).toEqual(over.map(([name]) => name).sort());
      for (const [name, timed] of over) {
        open.delete(name);
        remove(timed);
      }
      const name = `call ${i}`;
      open.set(
        name,
        add([3, 50, 1_000][random.below(3)] ?? 3, () => told.push(name)),
      );
      const ended = [...open][random.below(open.size * 2)];
      if (ended === undefined) continue;
      open.delete(ended[0]);
      remove(ended[1]);
    }
    expect(open.size).toBeGreaterThan(5);
  });

  test("have one timer however many there are, and none once all have ended and nothing more comes", () => {
    const { clock, watch, add, remove } = setup();
    const all = Array.from({ length: 10 }, () => add(1_000));
    expect(clock.pendingTimers).toBe(1);
    watch.end();
    for (const timed of all.slice(1)) remove(timed);
    expect(clock.pendingTimers).toBe(1);
    remove(all[0] as Timed);
    expect(clock.pendingTimers).toBe(0);
  });

  test("need no timer where there are none", () => {
    const { clock, add } = setup();
    add(Number.POSITIVE_INFINITY);
    expect(clock.pendingTimers).toBe(0);
  });
});
