import type { Clock } from "../../base/clock.ts";

/** Times that the other thread's clock is asked: the quickest answer says it best. */
const ROUNDS = 8;

/**
 * This thread's clock, with monotonic time as the thread has it that `ask` asks: every thread
 * counts from its own beginning. Right to half of the quickest round trip, whatever the wall
 * clock does. Rejects with what asking rejects with.
 */
export async function sharedClock(own: Clock, ask: () => Promise<number>): Promise<Clock> {
  let quickestMs = Number.POSITIVE_INFINITY;
  let ahead = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const asked = own.monotonic();
    const there = await ask();
    const answered = own.monotonic();
    if (answered - asked >= quickestMs) continue;
    quickestMs = answered - asked;
    ahead = there - (asked + answered) / 2;
  }
  return { ...own, monotonic: () => own.monotonic() + ahead };
}
