import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Budget } from "./measure.ts";

/** How much of everything a run does. */
export interface BenchOptions {
  readonly smoke: boolean;
  /** Names of views, scenarios and probes; empty: all. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly levels: readonly number[];
  /** Of each measurement, and of the warm-up before the first. */
  readonly budget: Budget;
  readonly warmUp: Budget;
  /** Before the first level of a scenario, with many callers: how long every side is used until it is at its pace. */
  readonly settling: Budget;
  /** Loaded on each side before anything is measured. */
  readonly people: number;
  /** Also what takes very long: ten million nodes, ten thousand tenants. */
  readonly long: boolean;
  /** Where the report goes. */
  readonly json: string;
}

const RESULTS = join(import.meta.dir, "..", "..", "bench-results");

export const HELP = `bun run bench [options]

  --smoke          everything once with tiny counts, to prove that it works; times nothing
  --only <name>    a view (in-process, user, server), a scenario (write, transaction, batch,
                   read, query, edges) or a probe (start, recovery, growth, tenants, access,
                   mailbox, search, schema-build, watch, noisy-tenant, floods, face-threads, kafka,
                   archive, snapshot, restore);
                   repeatable
  --rounds <n>     rounds, each of which asks every side in turn (default 5)
  --seconds <n>    length of each measurement (default 2)
  --settle <n>     seconds for which each side is used before it is measured at all (default 10)
  --long           also ten million nodes and ten thousand tenants
  --json <file>    where the report goes (default bench-results/<time>.json)
`;

/** Throws on flags that it does not know; undefined: help was asked for. */
export function parseOptions(args: readonly string[], now: Date): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      smoke: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      rounds: { type: "string" },
      seconds: { type: "string" },
      settle: { type: "string" },
      long: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { smoke, only, long } = values;
  requireKnown(only);
  const stamp = now.toISOString().replace(/[:.]/g, "-");
  const seconds = positive("--seconds", values.seconds, 2);
  return {
    smoke,
    only,
    long,
    rounds: positive("--rounds", values.rounds, smoke ? 1 : 5),
    levels: smoke ? [1, 64] : [1, 8, 32, 128],
    budget: smoke ? { calls: 64 } : { seconds },
    warmUp: smoke ? { calls: 4 } : { seconds: Math.min(0.5, seconds) },
    settling: smoke ? { calls: 64 } : { seconds: positive("--settle", values.settle, 10) },
    people: smoke ? 200 : 10_000,
    json: values.json ?? join(RESULTS, `${smoke ? "smoke" : stamp}.json`),
  };
}

const VIEWS = ["in-process", "user", "server"];
const SCENARIOS = ["write", "transaction", "batch", "read", "query", "edges"];
const PROBES = [
  "start",
  "recovery",
  "growth",
  "tenants",
  "access",
  "mailbox",
  "search",
  "schema-build",
  "watch",
  "events",
  "noisy-tenant",
  "floods",
  "face-threads",
  "kafka",
  "archive",
  "snapshot",
  "restore",
] as const;
export type ProbeName = (typeof PROBES)[number];

/** A view or a scenario that is named narrows the comparisons; a probe that is named alone leaves them out. */
export function wantsView({ only }: BenchOptions, view: string): boolean {
  return namesNone(only, VIEWS) || only.includes(view);
}

export function wantsScenario({ only }: BenchOptions, scenario: string): boolean {
  if (namesNone(only, SCENARIOS)) return only.length === 0 || !namesNone(only, VIEWS);
  return only.includes(scenario);
}

export function wantsProbe({ only }: BenchOptions, probe: string): boolean {
  return only.length === 0 || only.includes(probe);
}

function namesNone(only: readonly string[], names: readonly string[]): boolean {
  return !names.some((name) => only.includes(name));
}

function requireKnown(only: readonly string[]): void {
  const known = [...VIEWS, ...SCENARIOS, ...PROBES];
  for (const name of only) {
    if (!known.includes(name)) throw new Error(`--only ${name}: there are ${known.join(", ")}`);
  }
}

function positive(flag: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`${flag} takes a positive number, not ${text}`);
}
