import { cpuUsage } from "node:process";
import type { CliContext } from "../context.ts";
import type { RestClient } from "../rest-client.ts";
import { closedLoop } from "./closed-loop.ts";
import type { Measurement } from "./figures.ts";
import { type MeasureName, Workload } from "./workload.ts";

/** What is measured, with how many in flight, and for how long each. */
export interface Plan {
  readonly measures: readonly MeasureName[];
  readonly callers: readonly number[];
  readonly seconds: number;
}

/** One measure with so many in flight. */
export interface Result extends Measurement {
  readonly measure: MeasureName;
  readonly inFlight: number;
  /** Processors that this process took meanwhile: near 1, it may be what bounds the figure. */
  readonly clientCpu: number;
}

/**
 * At most so long is a measure warmed up, with most callers, before its first measurement: few calls
 * would leave the server's code uncompiled, and the compiler would be measured.
 */
const FIRST_WARM_UP_SECONDS = 2;
/** And so long before each, with as many callers as are measured then. */
const WARM_UP_SECONDS = 0.5;

/** Each measure with each number in flight, in turn, each after a warm-up. Throws what the first call threw that failed. */
export async function runBench(
  { clock, random, output }: CliContext,
  client: RestClient,
  { measures, callers, seconds }: Plan,
  signal: AbortSignal,
): Promise<readonly Result[]> {
  const run = `entdb-bench-${Buffer.from(random.bytes(8)).toString("hex")}`;
  const workload = new Workload(client, run);
  if (measures.some((measure) => measure !== "append")) {
    await output.progress("preparing");
    await workload.prepare();
  }
  const results: Result[] = [];
  for (const measure of measures) {
    const call = (caller: number) => workload.call(measure, caller);
    const warmUp = async (inFlight: number, most: number) => {
      await closedLoop(call, { inFlight, seconds: Math.min(most, seconds) }, clock, signal);
    };
    await output.progress(`${measure}: warming up`);
    await warmUp(Math.max(...callers), FIRST_WARM_UP_SECONDS);
    for (const inFlight of callers) {
      if (signal.aborted) return results;
      await output.progress(`${measure}: ${inFlight} in flight`);
      await warmUp(inFlight, WARM_UP_SECONDS);
      const before = cpuUsage();
      const measured = await closedLoop(call, { inFlight, seconds }, clock, signal);
      const { user, system } = cpuUsage(before);
      const clientCpu = (user + system) / 1e6 / measured.seconds;
      results.push({ measure, inFlight, clientCpu, ...measured });
    }
  }
  return results;
}
