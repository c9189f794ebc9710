/**
 * The event store: appends of 200-byte events, each behind a head that its caller knows, against
 * PostgreSQL and UmaDB; reads, catching up, and whether any of it changes as a tenant grows.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import type { Measurement } from "../../../src/cli/bench/figures.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { type Postgres, postgresMissing } from "../../services/postgres.ts";
import { startUmadb, umadbMissing } from "../../services/umadb.ts";
import { SETTLING_IN_FLIGHT } from "../compare.ts";
import { openBenchPartition } from "../databases/entdb-engine.ts";
import { startBenchServer } from "../databases/entdb-server.ts";
import { startBenchPostgres } from "../databases/postgres.ts";
import { engineEvents, entdbEvents } from "../events/entdb-events.ts";
import { AggregatePool, type EventSide } from "../events/event-side.ts";
import {
  APPEND_PAYLOAD,
  APPEND_SCRIPT,
  countEvents,
  newAggregates,
  postgresEvents,
} from "../events/postgres-events.ts";
import { pgbench } from "../generators/pgbench.ts";
import { type Budget, closedLoop, spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import type { Probe } from "../report.ts";

const GENERATOR = join(import.meta.dir, "..", "generators", "event-load.ts");
const BATCH = 100;
const AGGREGATE_EVENTS = 1_000;
const [SERVER_CPU, GENERATOR_CPU] = cpus().length > 1 ? ["0", "1"] : [undefined, undefined];

let runs = 0;
const newRun = () => `e${Date.now()}x${runs++}`;

export async function probeEvents(options: BenchOptions): Promise<readonly Probe[]> {
  return [
    ...(await serversAlone(options)),
    ...(await batchesAlone(options)),
    ...(await asUser(options)),
    ...(await reads(options)),
    ...(await growth(options)),
  ];
}

/** One side at one level: measured anew each time. */
interface Contestant {
  readonly name: string;
  measure(inFlight: number, budget: Budget): Promise<Measurement>;
}

/** Each round asks every side in turn. Of two, also the ratio of the first to the other, round by round. */
async function figures(
  what: string,
  contestants: readonly Contestant[],
  inFlight: number,
  eventsPerCall: number,
  { rounds, budget, warmUp }: BenchOptions,
  ratioGoal?: string,
): Promise<Probe[]> {
  const rates = contestants.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const measured = await contestant.measure(inFlight, round === 0 ? warmUp : budget);
      if (round > 0) rates[i]?.push(measured.callsPerSecond * eventsPerCall);
    }
  }
  const probe = (of: string, unit: string, values: readonly number[], goal?: string): Probe => ({
    probe: "events",
    what: `Events: ${what}, ${inFlight} in flight, ${of}`,
    unit,
    samples: rounds,
    value: spreadOf(values),
    goal,
  });
  const probes = contestants.map(({ name }, i) => probe(name, "events/s", rates[i] ?? []));
  const [ours = [], theirs] = rates;
  if (theirs === undefined) return probes;
  const ratios = ours.map((rate, round) => rate / (theirs[round] ?? 0));
  return [...probes, probe("the first to the other", "×", ratios, ratioGoal)];
}

/** Of ours to PostgreSQL's, servers alone, by the number in flight. */
const POSTGRES_GOALS: Readonly<Record<number, string>> = { 8: "≥ 1", 64: "≥ 2" };
const UMADB_GOAL = "≥ 2";

async function serversAlone(options: BenchOptions): Promise<Probe[]> {
  await using opened = new AsyncDisposableStack();
  const directory = opened.use(temporaryDirectory()).path;
  const server = opened.use(await startBenchServer(directory, SERVER_CPU));
  const entdb = generated("entdb", server.grpcUrl, 1);
  const contestants = [entdb];
  if (postgresMissing() === undefined) {
    const postgres = opened.use(await startBenchPostgres(SERVER_CPU));
    contestants.push(pgbenchContestant(postgres, directory));
  }
  for (const contestant of contestants) {
    await contestant.measure(SETTLING_IN_FLIGHT, options.settling);
  }
  const probes: Probe[] = [];
  for (const inFlight of levels(options)) {
    const what = "append of one, servers alone";
    const goal = POSTGRES_GOALS[inFlight];
    probes.push(...(await figures(what, contestants, inFlight, 1, options, goal)));
  }
  if (umadbMissing() === undefined) {
    const umadb = opened.use(await startUmadb(SERVER_CPU));
    const theirs = generated("umadb", umadb.url, 1);
    for (const inFlight of options.smoke ? [32] : [32, 128]) {
      const what = "append of one, beside UmaDB";
      probes.push(...(await figures(what, [entdb, theirs], inFlight, 1, options, UMADB_GOAL)));
    }
  }
  return probes;
}

/** A server of its own, used beforehand with what is then measured: nothing that another database still writes runs beside it. */
async function batchesAlone(options: BenchOptions): Promise<Probe[]> {
  using directory = temporaryDirectory();
  await using server = await startBenchServer(directory.path, SERVER_CPU);
  const entdb = generated("entdb", server.grpcUrl, BATCH);
  await entdb.measure(SETTLING_IN_FLIGHT, options.settling);
  const probes = await figures("append of 100", [entdb], 8, BATCH, options);
  return probes.map((probe) => ({ ...probe, goal: "> 100000" }));
}

/** More only make it slower, and take longer to connect than is measured. */
const SESSIONS_MAX = 64;

function pgbenchContestant(server: Postgres, directory: string): Contestant {
  return {
    name: `PostgreSQL, pgbench, up to ${SESSIONS_MAX} sessions, fsync and synchronous_commit on`,
    measure: async (inFlight, budget) => {
      const run = newRun();
      await newAggregates(server, run, inFlight);
      const variables = { run, payload: APPEND_PAYLOAD };
      const cpu = GENERATOR_CPU;
      const sessions = Math.min(inFlight, SESSIONS_MAX);
      const how = { inFlight: sessions, budget, directory, variables, cpu };
      const measured = await pgbench(server, APPEND_SCRIPT, how);
      const events = await countEvents(server, run);
      if (events !== measured.calls) {
        throw new Error(`${measured.calls} appends left ${events} events`);
      }
      return measured;
    },
  };
}

/** A store under the load generator, which is a process of its own and the same for both. */
function generated(store: "entdb" | "umadb", url: string, events: number): Contestant {
  return {
    name: `${store === "entdb" ? "EntDB" : "UmaDB"}, fdatasync before the answer`,
    measure: async (inFlight, budget) => {
      const amount = "calls" in budget ? ["calls", budget.calls] : ["seconds", budget.seconds];
      const args = ["append", store, url, newRun(), inFlight, events, ...amount].map(String);
      return (await generate(args)) as Measurement;
    },
  };
}

async function generate(args: readonly string[]): Promise<unknown> {
  const pinned = GENERATOR_CPU === undefined ? [] : ["taskset", "-c", GENERATOR_CPU];
  const command = [...pinned, process.execPath, GENERATOR, ...args];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const [out, code] = await Promise.all([child.stdout.text(), child.exited]);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  return JSON.parse(out);
}

/** Both as a program in TypeScript uses them. */
async function asUser(options: BenchOptions): Promise<Probe[]> {
  await using opened = new AsyncDisposableStack();
  const directory = opened.use(temporaryDirectory()).path;
  const server = opened.use(await startBenchServer(directory));
  const postgres =
    postgresMissing() === undefined ? opened.use(await startBenchPostgres()) : undefined;
  const probes: Probe[] = [];
  for (const inFlight of levels(options)) {
    const sides: EventSide[] = [opened.use(entdbEvents(server.grpcUrl))];
    if (postgres !== undefined) sides.push(opened.use(await postgresEvents(postgres, inFlight)));
    const contestants = sides.map((side) => loop(side, 1));
    probes.push(...(await figures("append of one, as a user", contestants, inFlight, 1, options)));
  }
  return probes;
}

function loop(side: EventSide, events: number): Contestant {
  return {
    name: side.name,
    measure: (inFlight, budget) => {
      const pool = new AggregatePool(newRun(), inFlight);
      const call = () => pool.use((aggregate) => side.append(aggregate, events));
      return closedLoop(call, inFlight, budget);
    },
  };
}

async function reads({ smoke, rounds }: BenchOptions): Promise<Probe[]> {
  await using opened = new AsyncDisposableStack();
  const directory = opened.use(temporaryDirectory()).path;
  const events = smoke ? 2_000 : 400_000;
  const aggregates = await filled(directory, events);
  const read: number[] = [];
  const readAlone: number[] = [];
  const inProcess: number[] = [];
  {
    const partition = await openBenchPartition(join(directory, "data"));
    const side = engineEvents(partition.engine);
    for (let round = 0; round < rounds; round++) {
      inProcess.push(await rate(() => side.catchUp(events), events));
    }
    await partition.stop();
  }
  const server = opened.use(await startBenchServer(directory));
  const side = entdbEvents(server.grpcUrl);
  const wire: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const figure = await generate(["subscribe", server.grpcUrl, String(events)]);
    const { seconds, events: seen } = figure as { seconds: number; events: number };
    wire.push(seen / seconds);
    const reads = smoke ? 2 : 200;
    const alone = await generate(["read", server.grpcUrl, aggregates[0] ?? "", String(reads)]);
    readAlone.push((alone as Measurement).p50Ms);
    const measured = await closedLoop(
      async (n) => {
        const found = await side.readAll(aggregates[n % aggregates.length] ?? "");
        if (found !== AGGREGATE_EVENTS) throw new Error(`${found} events were read`);
      },
      1,
      { calls: reads },
    );
    read.push(measured.p50Ms);
  }
  const probe = (what: string, unit: string, values: readonly number[], goal: string): Probe => {
    const value = spreadOf(values);
    return { probe: "events", what: `Events: ${what}`, unit, samples: rounds, value, goal };
  };
  return [
    probe("read of an aggregate of 1,000, server alone", "ms", readAlone, "< 5"),
    probe("read of an aggregate of 1,000, gRPC client", "ms", read, "< 5"),
    probe("catching up, in process", "events/s", inProcess, "> 200000"),
    probe("catching up, over gRPC", "events/s", wire, "> 50000"),
  ];
}

async function rate(work: () => Promise<void>, count: number): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - start);
}

/** A data directory with so many events in aggregates of a thousand; their ids. */
async function filled(directory: string, events: number): Promise<string[]> {
  const partition = await openBenchPartition(join(directory, "data"));
  try {
    const side = engineEvents(partition.engine);
    const ids: string[] = [];
    for (let left = events; left > 0; left -= AGGREGATE_EVENTS) {
      const aggregate = { id: `Account-fill-${left}`, head: 0 };
      await side.append(aggregate, AGGREGATE_EVENTS);
      ids.push(aggregate.id);
    }
    return ids;
  } finally {
    await partition.stop();
  }
}

/** Whether an append and a read cost the same in a small tenant and in a large one. */
async function growth({ smoke, rounds, long }: BenchOptions): Promise<Probe[]> {
  const base = smoke ? 1_000 : 10_000;
  await using small = await Grown.open(base);
  const probes: Probe[] = [];
  const calls = smoke ? 16 : 3_000;
  for (const size of smoke ? [2_000] : [1_000_000, ...(long ? [10_000_000] : [])]) {
    await using large = await Grown.open(size);
    for (const kind of ["append", "read"] as const) {
      const ratios: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const before = await small.microseconds(kind, calls);
        const after = await large.microseconds(kind, calls);
        // The first round warms up.
        if (round > 0) ratios.push(after / before);
      }
      probes.push({
        probe: "events",
        what: `Events: ${kind}, time with ${size.toLocaleString("en-US")} events over time with ${base.toLocaleString("en-US")}`,
        unit: "×",
        samples: ratios.length,
        value: spreadOf(ratios),
        goal: "0.8–1.2",
      });
    }
  }
  return probes;
}

class Grown implements AsyncDisposable {
  readonly #opened: AsyncDisposableStack;
  readonly #side: ReturnType<typeof engineEvents>;
  readonly #aggregates: readonly string[];

  /** Use {@link Grown.open}. */
  constructor(
    side: ReturnType<typeof engineEvents>,
    aggregates: readonly string[],
    opened: AsyncDisposableStack,
  ) {
    this.#side = side;
    this.#aggregates = aggregates;
    this.#opened = opened;
  }

  static async open(events: number): Promise<Grown> {
    await using opening = new AsyncDisposableStack();
    const directory = opening.use(temporaryDirectory()).path;
    const aggregates = await filled(directory, events);
    const partition = await openBenchPartition(join(directory, "data"));
    opening.defer(() => partition.stop());
    return new Grown(engineEvents(partition.engine), aggregates, opening.move());
  }

  /** Of one call, averaged over so many. */
  async microseconds(kind: "append" | "read", calls: number): Promise<number> {
    const side = this.#side;
    const budget = { calls: kind === "append" ? calls : Math.ceil(calls / 100) };
    const read = async (n: number) => {
      await side.readAll(this.#aggregates[(n * 7919) % this.#aggregates.length] ?? "");
    };
    const measured =
      kind === "append"
        ? await loop(side, 1).measure(32, budget)
        : await closedLoop(read, 1, budget);
    return (measured.seconds * 1e6) / measured.calls;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

function levels({ smoke }: BenchOptions): readonly number[] {
  return smoke ? [1, 8] : [1, 8, 64, 256];
}
