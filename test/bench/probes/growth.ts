import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { EngineDatabase, loadEngine, openBenchPartition } from "../databases/entdb-engine.ts";
import { closedLoop, spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { newPersonOf } from "../people.ts";
import type { Probe } from "../report.ts";
import { durableWrite } from "../scenarios/durable-write.ts";
import { listEdges } from "../scenarios/list-edges.ts";
import { query } from "../scenarios/query.ts";
import { readById } from "../scenarios/read-by-id.ts";
import type { Scenario } from "../scenarios/scenario.ts";

const IN_FLIGHT = 32;
/** Operations of one transaction while filling. */
const FILL = 1_000;

/**
 * Whether a call costs the same in a small tenant and in a large one: two partitions, asked in
 * turn. The small one has ten thousand nodes.
 */
export async function probeGrowth({
  smoke,
  rounds,
  long,
}: BenchOptions): Promise<readonly Probe[]> {
  const people = smoke ? 200 : 10_000;
  const calls = smoke ? 16 : 3_000;
  await using small = await Grown.open(people, 0);
  const probes: Probe[] = [];
  const sizes = smoke ? [1_000] : [1_000_000, ...(long ? [10_000_000] : [])];
  for (const size of sizes) {
    await using large = await Grown.open(people, size);
    for (const scenario of [durableWrite, readById, query, listEdges]) {
      const ratios: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const before = await small.microseconds(scenario, calls);
        const after = await large.microseconds(scenario, calls);
        // The first round warms up.
        if (round > 0) ratios.push(after / before);
      }
      probes.push({
        probe: "growth",
        what: `Growth: ${scenario.title.toLowerCase()}, time with ${size.toLocaleString("en-US")} nodes over time with ${people.toLocaleString("en-US")}`,
        unit: "×",
        samples: ratios.length,
        value: spreadOf(ratios),
        goal: "0.8–1.2",
      });
    }
  }
  return probes;
}

/** A partition with one tenant of some size, of which `people` are ever asked for. */
class Grown implements AsyncDisposable {
  readonly #database: EngineDatabase;
  readonly #people: number;
  readonly #opened: AsyncDisposableStack;
  #next = 0;

  /** Use {@link Grown.open}. */
  constructor(database: EngineDatabase, people: number, opened: AsyncDisposableStack) {
    this.#database = database;
    this.#people = people;
    this.#opened = opened;
  }

  /** Holds `people`, and so many others that all are `size`. */
  static async open(people: number, size: number): Promise<Grown> {
    await using opening = new AsyncDisposableStack();
    const directory = opening.use(temporaryDirectory());
    await fill(directory.path, people, size);
    // Opened anew, so that what filling left to be done later is done.
    const partition = await openBenchPartition(directory.path);
    opening.defer(() => partition.stop());
    return new Grown(new EngineDatabase(partition.engine), people, opening.move());
  }

  /** Of one call, averaged over so many. */
  async microseconds(scenario: Scenario, calls: number): Promise<number> {
    const loaded = { people: this.#people, run: "grown" };
    const call = (n: number) => scenario.call(this.#database, n, loaded);
    const { seconds } = await closedLoop(call, IN_FLIGHT, { calls }, this.#next);
    this.#next += calls;
    return (seconds * 1e6) / calls;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

async function fill(path: string, people: number, size: number): Promise<void> {
  const partition = await openBenchPartition(path);
  try {
    await loadEngine(partition.engine, people);
    const database = new EngineDatabase(partition.engine);
    const write = async (n: number) => {
      const others = Array.from({ length: FILL }, (_, i) => newPersonOf(n * FILL + i));
      await database.createPeople(`fill-${n}`, others);
    };
    await closedLoop(write, 2, { calls: Math.max(0, Math.ceil((size - people) / FILL)) });
  } finally {
    await partition.stop();
  }
}
