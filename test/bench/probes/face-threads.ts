import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { grpcClient, loadServer } from "../databases/entdb-client.ts";
import { startBenchServer } from "../databases/entdb-server.ts";
import { answerBytes, h2load, h2loadMissing } from "../generators/h2load.ts";
import { spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import type { Probe } from "../report.ts";
import { durableWrite } from "../scenarios/durable-write.ts";
import { readById } from "../scenarios/read-by-id.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { callOf } from "../views/wire.ts";

const THREADS = [0, 1, 2];
const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  ["reads of a node by id", readById],
  ["durable writes of a node", durableWrite],
];

interface Series {
  readonly what: string;
  readonly perSecond: number[];
  readonly p50Ms: number[];
}

/**
 * What face threads give on this machine: a server with none, one and two of them in turn,
 * under h2load over at most eight connections. Server and generator share all processors, as
 * threads have no use for one alone.
 */
export async function probeFaceThreads(options: BenchOptions): Promise<readonly Probe[]> {
  const missing = h2loadMissing();
  if (missing !== undefined) throw new Error(missing);
  const levels = options.smoke ? [8] : options.levels;
  const series = new Map<string, Series>();
  for (let round = 0; round < options.rounds; round++) {
    for (const threads of THREADS) {
      for (const measured of await measureAll(threads, levels, options)) {
        const { what, perSecond, p50Ms } = measured;
        const known = series.get(what) ?? { what, perSecond: [], p50Ms: [] };
        series.set(what, known);
        known.perSecond.push(perSecond);
        known.p50Ms.push(p50Ms);
      }
    }
  }
  const common = { probe: "face-threads", samples: options.rounds, goal: undefined };
  return [...series.values()].flatMap(({ what, perSecond, p50Ms }) => [
    { ...common, what, unit: "/s", value: spreadOf(perSecond) },
    { ...common, what: `${what}, p50`, unit: "ms", value: spreadOf(p50Ms) },
  ]);
}

async function measureAll(threads: number, levels: readonly number[], options: BenchOptions) {
  using directory = temporaryDirectory();
  await using server = await startBenchServer(directory.path, undefined, {
    ENTDB_FACE_THREADS: String(threads),
  });
  await loadServer(grpcClient(server.grpcUrl), Math.min(options.people, 1_000));
  const measured: { what: string; perSecond: number; p50Ms: number }[] = [];
  for (const [title, scenario] of SCENARIOS) {
    const call = { url: server.grpcUrl, ...callOf(scenario) };
    const known = { ...call, answerBytes: await answerBytes(call) };
    for (const inFlight of levels) {
      const run = (budget: BenchOptions["budget"]) =>
        h2load(known, inFlight, budget, directory.path, undefined);
      await run(options.warmUp);
      const { callsPerSecond: perSecond, p50Ms } = await run(options.budget);
      const word = threads === 1 ? "thread" : "threads";
      measured.push({
        what: `${threads} face ${word}: ${title}, ${inFlight} in flight`,
        perSecond,
        p50Ms,
      });
    }
  }
  return measured;
}
