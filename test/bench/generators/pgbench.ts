import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Measurement, measurementOf } from "../../../src/cli/bench/figures.ts";
import { POSTGRES_DATABASE, POSTGRES_USER, type Postgres } from "../../services/postgres.ts";
import type { Budget } from "../measure.ts";

/**
 * pgbench, PostgreSQL's own load generator: one script, prepared statements, a session for
 * each caller, over TCP. `:client_id`, the variables and the count `:n` make what must be new.
 */
export interface PgbenchRun {
  readonly inFlight: number;
  readonly budget: Budget;
  /** For its files. */
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly cpu: string | undefined;
}

export async function pgbench(
  server: Postgres,
  script: string,
  { inFlight, budget, directory, variables, cpu }: PgbenchRun,
): Promise<Measurement> {
  const place = mkdtempSync(join(directory, "pgbench-"));
  try {
    const file = join(place, "script.sql");
    writeFileSync(file, script);
    const amount =
      "calls" in budget
        ? ["-t", String(Math.ceil(budget.calls / inFlight))]
        : ["-T", String(Math.ceil(budget.seconds))];
    const command = [
      ...(cpu === undefined ? [] : ["taskset", "-c", cpu]),
      ...[server.program("pgbench"), "-h", server.host, "-p", String(server.port)],
      ...["-U", POSTGRES_USER, "-n", "-M", "prepared", "-c", String(inFlight), "-j", "1"],
      ...Object.entries(variables).flatMap(([name, value]) => ["-D", `${name}=${value}`]),
      ...["-D", "n=10000000", "-f", file, ...amount],
      ...["-l", `--log-prefix=${join(place, "log")}`, POSTGRES_DATABASE],
    ];
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ]);
    const perSecond = /tps = ([\d.]+)/.exec(out)?.[1];
    if (code !== 0 || perSecond === undefined || !/failed transactions: 0 /.test(out)) {
      throw new Error(`${command.join(" ")} ended with ${code}:\n${out}${err}`);
    }
    const latencies = readdirSync(place)
      .filter((name) => name.startsWith("log"))
      .flatMap((name) => latenciesOf(readFileSync(join(place, name), "utf8")));
    return measurementOf(latencies, latencies.length / Number(perSecond));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Lines of client, count, duration (µs) and more. In milliseconds. */
function latenciesOf(log: string): number[] {
  return log.split("\n").flatMap((line) => (line === "" ? [] : Number(line.split(" ")[2]) / 1000));
}
