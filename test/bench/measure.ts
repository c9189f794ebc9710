/**
 * The closed loop: so many callers, each of which asks again as soon as it is answered. A call
 * that throws ends the loop and fails the run: a wrong answer has no speed.
 */
import { type Measurement, measurementOf } from "../../src/cli/bench/figures.ts";

/** How much is measured: so long, or so many calls. */
export type Budget = { readonly seconds: number } | { readonly calls: number };

/** Runs `call` with consecutive numbers from `first` on. Rejects with what the first failed call threw. */
export async function closedLoop(
  call: (n: number) => Promise<void>,
  inFlight: number,
  budget: Budget,
  first = 0,
): Promise<Measurement> {
  const latencies: number[] = [];
  const most = "calls" in budget ? budget.calls : Number.POSITIVE_INFINITY;
  const start = performance.now();
  const end = "seconds" in budget ? start + budget.seconds * 1000 : Number.POSITIVE_INFINITY;
  let begun = 0;
  const caller = async () => {
    while (begun < most) {
      const from = performance.now();
      if (from >= end) return;
      await call(first + begun++);
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return measurementOf(latencies, (performance.now() - start) / 1000);
}

/** The middle of the values and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 === 0 ? ((sorted[middle - 1] ?? 0) + upper) / 2 : upper;
  return { median, low: sorted[0] ?? 0, high: sorted.at(-1) ?? 0 };
}
