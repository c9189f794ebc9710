import type { Clock } from "../../base/clock.ts";
import { type Measurement, measurementOf } from "./figures.ts";

/** How many callers ask at once, and for how long. */
export interface Load {
  readonly inFlight: number;
  readonly seconds: number;
}

/**
 * So many callers, each of whom asks again as soon as it was answered, at least once. When the
 * time is over, or the signal aborts, every call that has begun is waited for. The first call that
 * fails ends the loop, which then throws what that one threw: a wrong answer has no speed.
 */
export async function closedLoop(
  call: (caller: number) => Promise<void>,
  { inFlight, seconds }: Load,
  clock: Clock,
  signal: AbortSignal,
): Promise<Measurement> {
  const latencies: number[] = [];
  const errors: unknown[] = [];
  const began = clock.monotonic();
  const end = began + seconds * 1000;
  const run = async (caller: number) => {
    let from = began;
    do {
      try {
        await call(caller);
      } catch (error) {
        errors.push(error);
        return;
      }
      const answered = clock.monotonic();
      latencies.push(answered - from);
      from = answered;
    } while (from < end && errors.length === 0 && !signal.aborted);
  };
  await Promise.all(Array.from({ length: inFlight }, (_, caller) => run(caller)));
  if (errors.length > 0) throw errors[0];
  return measurementOf(latencies, (clock.monotonic() - began) / 1000);
}
