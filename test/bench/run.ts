/**
 * `bun run bench`: EntDB and PostgreSQL in turn on this machine, then EntDB's own figures.
 * Writes a JSON report and prints the tables made from it. Ends with 1 when an answer was
 * wrong or anything failed; how fast anything was never fails a run.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { type Postgres, postgresMissing } from "../services/postgres.ts";
import { compare, settle, type View } from "./compare.ts";
import { startBenchPostgres } from "./databases/postgres.ts";
import { h2loadMissing } from "./generators/h2load.ts";
import { BareSync, loadNow, machine } from "./machine.ts";
import { spreadOf } from "./measure.ts";
import {
  type BenchOptions,
  HELP,
  parseOptions,
  wantsProbe,
  wantsScenario,
  wantsView,
} from "./options.ts";
import { PROBES } from "./probes/probes.ts";
import type { Comparison, Probe, Report } from "./report.ts";
import { batch } from "./scenarios/batch.ts";
import { durableWrite } from "./scenarios/durable-write.ts";
import { listEdges } from "./scenarios/list-edges.ts";
import { query } from "./scenarios/query.ts";
import { readById } from "./scenarios/read-by-id.ts";
import type { Loaded } from "./scenarios/scenario.ts";
import { transaction } from "./scenarios/transaction.ts";
import { comparisonLine, probeLine, tables } from "./table.ts";
import { openInProcess } from "./views/in-process.ts";
import type { Peer } from "./views/peer.ts";
import { openServerAlone } from "./views/server-alone.ts";
import { openUser } from "./views/user.ts";

const SCENARIOS = [durableWrite, transaction, batch, readById, query, listEdges];

type OpenView = (loaded: Loaded, peer: Peer, opened: AsyncDisposableStack) => Promise<View>;

const VIEWS: readonly {
  readonly name: string;
  readonly open: OpenView;
  needs(): string | undefined;
}[] = [
  { name: "in-process", open: openInProcess, needs: () => undefined },
  { name: "user", open: openUser, needs: () => undefined },
  { name: "server", open: openServerAlone, needs: h2loadMissing },
];

class Run {
  readonly #options: BenchOptions;
  readonly #sync: BareSync;
  readonly #skipped = new Set<string>();
  #postgres: string | undefined;

  constructor(options: BenchOptions, sync: BareSync) {
    this.#options = options;
    this.#sync = sync;
  }

  async report(startedAt: Date): Promise<Report> {
    const { smoke, rounds } = this.#options;
    const load = loadNow();
    const comparisons = await this.#compareAll(startedAt);
    const probes = await this.#probeAll();
    const bare = { ...machine(spreadOf([this.#sync.measure()]), this.#postgres), load };
    return {
      format: 1,
      startedAt: startedAt.toISOString(),
      smoke,
      rounds,
      machine: { ...bare, fdatasyncMs: this.#sync.spread },
      comparisons,
      probes,
      skipped: [...this.#skipped],
    };
  }

  async #compareAll(startedAt: Date): Promise<Comparison[]> {
    const options = this.#options;
    const scenarios = SCENARIOS.filter(({ name }) => wantsScenario(options, name));
    const comparisons: Comparison[] = [];
    if (scenarios.length === 0) return comparisons;
    const loaded = { people: options.people, run: `r${startedAt.getTime()}` };
    for (const { name, open, needs } of VIEWS) {
      if (!wantsView(options, name)) continue;
      const missing = needs();
      if (missing !== undefined) {
        this.#skip(`the view "${name}": ${missing}`);
        continue;
      }
      await using opened = new AsyncDisposableStack();
      const view = await open(loaded, this.#peer, opened);
      console.log(`\n${view.title}`);
      for (const scenario of scenarios) {
        await settle(view, scenario, options.settling);
        for (const inFlight of options.levels) {
          const comparison = await compare(view, scenario, inFlight, options, this.#sync);
          console.log(comparisonLine(comparison));
          comparisons.push(comparison);
        }
      }
    }
    return comparisons;
  }

  readonly #peer: Peer = async (opened, cpus): Promise<Postgres | undefined> => {
    const missing = postgresMissing();
    if (missing !== undefined) {
      this.#skip(`PostgreSQL as the peer: ${missing}`);
      return undefined;
    }
    const server = opened.use(await startBenchPostgres(cpus));
    this.#postgres = server.version;
    return server;
  };

  async #probeAll(): Promise<Probe[]> {
    const probes: Probe[] = [];
    for (const [name, probe] of Object.entries(PROBES)) {
      if (!wantsProbe(this.#options, name)) continue;
      for (const figure of await probe(this.#options)) {
        console.log(probeLine(figure));
        probes.push(figure);
      }
    }
    return probes;
  }

  #skip(sentence: string): void {
    if (this.#skipped.has(sentence)) return;
    this.#skipped.add(sentence);
    console.log(`SKIPPED ${sentence}`);
  }
}

async function main(): Promise<void> {
  const startedAt = new Date();
  const options = parseOptions(process.argv.slice(2), startedAt);
  if (options === undefined) return console.log(HELP);
  using directory = temporaryDirectory();
  using sync = new BareSync(directory.path);
  const report = await new Run(options, sync).report(startedAt);
  const file = resolve(options.json);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(`\n${tables(report)}\nThe report is in ${file}.`);
}

await main();
