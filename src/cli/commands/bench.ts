/**
 * `entdb bench`: how quick durable writes, reads and appends are, on a server that it starts for
 * itself or on one that is named. Against another's server it writes only into a tenant that the
 * command line itself names: no variable and no default chooses where a load goes.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Plan } from "../bench/run-bench.ts";
import type { MeasureName } from "../bench/workload.ts";
import type { CliContext } from "../context.ts";
import { type CommandFailure, endedBy, usageFailure } from "../failure.ts";
import {
  actorOption,
  addConnectionFlags,
  addOutputFlag,
  type OutputFlags,
  parseSeconds,
  parseUrl,
  type TenantFlags,
} from "../flags.ts";

const DEFAULT_SECONDS = 2;
const DEFAULT_CALLERS = "1,8,32,128";
/** The runtime has no more requests under way at once; beyond, the queue would be measured. */
const MAX_CALLERS = 256;
const MEASURE_NAMES: readonly MeasureName[] = ["write", "read", "append"];

type BenchFlags = Omit<TenantFlags, "url"> &
  OutputFlags & {
    readonly directory?: string;
    readonly endpoint?: string;
    readonly callers: readonly number[];
    readonly seconds: number;
    readonly only: readonly MeasureName[];
  };

export function declareBench(command: Command, context: CliContext): void {
  command
    .option("--directory <path>", "where its own server's data goes, and goes away (default: .)")
    .addOption(
      new Option("--endpoint <url>", "instead: HTTP address of a server that runs").argParser(
        parseUrl,
      ),
    )
    .option("--tenant-id <id>", "with --endpoint: the tenant that it writes into")
    .addOption(actorOption())
    .addOption(
      new Option("--callers <numbers>", "how many are in flight, one after the other")
        .default(callersOf(DEFAULT_CALLERS), DEFAULT_CALLERS)
        .argParser(callersOf),
    )
    .addOption(
      new Option("--seconds <seconds>", "how long each is measured")
        .default(DEFAULT_SECONDS)
        .argParser(parseSeconds),
    )
    .addOption(
      new Option("--only <measures>", "not all of them, separated by commas")
        .default(MEASURE_NAMES, MEASURE_NAMES.join())
        .argParser(measuresOf),
    );
  addOutputFlag(addConnectionFlags(command)).action((flags: BenchFlags) => bench(context, flags));
}

async function bench(context: CliContext, flags: BenchFlags): Promise<void> {
  const { callers, seconds, only: measures } = flags;
  const plan: Plan = { measures, callers, seconds };
  const abort = new AbortController();
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  // It is met by what races against it, if anything still does.
  interrupted.catch(() => undefined);
  const forget = context.onStopSignal((signal) => {
    abort.abort();
    reject(interruption(signal));
  });
  const stop = { interrupted, signal: abort.signal };
  try {
    const { endpoint } = flags;
    const there = endpoint === undefined ? ownFlags(flags) : namedServer(endpoint, flags);
    const { benchOwnServer, benchServer } = await import("../bench/targets.ts");
    const { writeReport } = await import("../bench/report.ts");
    const { setting, results } =
      "url" in there
        ? await benchServer(context, there, plan, stop)
        : await benchOwnServer(context, there, plan, stop);
    await writeReport(context, flags.output, setting, results);
  } finally {
    forget();
  }
}

function ownFlags({ tenantId, directory, timeout }: BenchFlags) {
  if (tenantId === undefined) return { directory: directory ?? ".", timeoutMs: timeout * 1000 };
  throw usageFailure(
    "--tenant-id is for a server that runs, and none is named.",
    "Name it with --endpoint, or leave --tenant-id out to measure a server of the run's own.",
  );
}

function namedServer(url: string, flags: BenchFlags) {
  const { tenantId, directory } = flags;
  if (directory !== undefined) {
    throw usageFailure(
      "--directory is for a server of the run's own; that of --endpoint has its disk.",
      "Leave one of them out.",
    );
  }
  if (!tenantId) {
    throw usageFailure(
      "No tenant is named: the run would write nodes and events into it.",
      "Give --tenant-id <id> of a tenant made for this, and delete it afterwards (entdb tenants delete <id>).",
    );
  }
  return { ...flags, url, tenantId, namedBy: "--endpoint" };
}

function callersOf(text: string): readonly number[] {
  const callers = text.split(",").map(Number);
  if (callers.every((n) => Number.isInteger(n) && n >= 1 && n <= MAX_CALLERS)) return callers;
  throw new InvalidArgumentError(
    `It must be whole numbers of 1 to ${MAX_CALLERS}, separated by commas.`,
  );
}

function measuresOf(text: string): readonly MeasureName[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => MEASURE_NAMES.some((known) => known === name))) {
    return MEASURE_NAMES.filter((known) => names.includes(known));
  }
  throw new InvalidArgumentError(`There are ${MEASURE_NAMES.join(", ")}.`);
}

function interruption(signal: "SIGINT" | "SIGTERM"): CommandFailure {
  return endedBy(
    signal,
    `The run was ended by ${signal}; nothing is reported of it.`,
    "For a shorter run give --seconds, --callers or --only.",
  );
}
