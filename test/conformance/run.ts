/**
 * `bun run conformance`: the Connect conformance suite at both ends of the wire.
 *
 * Servers are the product's listener with both its paths, from source and compiled, in one
 * thread and in two that share a port, over HTTP/1.1, h2c and TLS; clients are the transports
 * of the TypeScript SDK, in Bun and in Node 22. The features say what of the suite. Ends with 0 only if every case passed but those
 * of `known-failing.txt`, which must fail, and of `known-flaky.txt`, which may.
 *
 *     --ci                    what every change is held to: the compiled server with the thin path
 *                             on, without it the calls that it would have taken, a part of the
 *                             suite in two threads, and all clients
 *     --only server|client    one end of it
 *
 * The checker is built when it is not in the cache. Each run's full report is left in
 * `.cache/conformance`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { NODE_22 } from "../../sdk/typescript/scripts/run.ts";
import { goProgram } from "../services/machine.ts";

const CHECKER = "connectrpc.com/conformance/cmd/connectconformance@v1.0.5";
const HERE = import.meta.dir;
const ROOT = join(HERE, "..", "..");
const CACHE = join(ROOT, ".cache", "conformance");
const COMPILED = join(CACHE, "server");
const CLIENT = join(CACHE, "client.js");
/** Cases of calls that the thin path knows: one message, uncompressed. */
const THIN_CASES = "**/Compression:COMPRESSION_IDENTITY/**/unary/**";
/** Every protocol, codec and kind of call, once. */
const BASIC_CASES = "Basic/**";

const { values } = parseArgs({
  options: { ci: { type: "boolean", default: false }, only: { type: "string", default: "" } },
});

interface Run {
  readonly name: string;
  readonly mode: "server" | "client";
  /** A file of what is spoken. */
  readonly features: string;
  readonly command: readonly string[];
  /** Of a server: whether the thin path is to take calls. */
  readonly thin?: "on" | "off";
  /** Of a server: threads that share its port. Defaults to none: it serves in its own. */
  readonly threads?: number;
  /** Cases by their names. Defaults to all of them. */
  readonly cases?: string;
  readonly inCi: boolean;
}

function serverRun(
  how: "source" | "compiled",
  thin: "on" | "off",
  inCi: boolean,
  cases?: string,
): Run {
  const source = [process.execPath, join(HERE, "server.ts")];
  return {
    name: `${how} server, thin path ${thin}${cases === undefined ? "" : ", its cases"}`,
    mode: "server",
    features: join(HERE, "features.yaml"),
    command: how === "source" ? source : [COMPILED],
    thin,
    inCi,
    ...(cases !== undefined && { cases }),
  };
}

function threadsRun(cases?: string): Run {
  const name = `two threads${cases === undefined ? "" : ", basic cases"}`;
  return { ...serverRun("source", "on", true, cases), name, threads: 2 };
}

function clientRun(transport: string, runtime: string, words: readonly string[]): Run {
  return {
    name: `${transport} client in ${runtime}`,
    mode: "client",
    features: join(HERE, "client", `${transport}.yaml`),
    command: [...words, CLIENT, transport],
    inCi: true,
  };
}

const RUNS: readonly Run[] = [
  serverRun("source", "on", false),
  serverRun("source", "off", false),
  serverRun("compiled", "on", true),
  values.ci ? serverRun("compiled", "off", true, THIN_CASES) : serverRun("compiled", "off", false),
  values.ci ? threadsRun(BASIC_CASES) : threadsRun(),
  ...["grpc", "connect", "fetch"].flatMap((transport) => [
    clientRun(transport, "Bun", [process.execPath]),
    clientRun(transport, "Node 22", NODE_22),
  ]),
];

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function build(): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const compile = Bun.spawnSync([
    ...[process.execPath, "build", "--compile", `--outfile=${COMPILED}`],
    ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig", join(HERE, "server.ts")],
  ]);
  if (!compile.success) throw new Error(`the build of the server failed:\n${compile.stderr}`);
  const bundle = await Bun.build({
    entrypoints: [join(HERE, "client", "main.ts")],
    target: "node",
  });
  const [client] = bundle.outputs;
  if (client === undefined) throw new Error("the bundle of the client is empty");
  // Node takes a file for a module by the package that it lies in: the repository's.
  writeFileSync(CLIENT, await client.text());
}

/** How many calls the servers of a run answered over the thin path, and in all. */
function countsIn(file: string): { thin: number; all: number } {
  const counts = { thin: 0, all: 0 };
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  for (const line of lines) {
    const [thin, all] = line.split(" ");
    counts.thin += Number(thin);
    counts.all += Number(all);
  }
  return counts;
}

async function passes(checker: string, run: Run): Promise<boolean> {
  const { name, mode, features, command, thin, threads, cases } = run;
  const slug = name.replaceAll(/\W+/g, "-");
  const countsFile = join(CACHE, `${slug}.counts`);
  rmSync(countsFile, { force: true });
  const known =
    mode === "client"
      ? []
      : [
          ...["--known-failing", `@${join(HERE, "known-failing.txt")}`],
          ...["--known-flaky", `@${join(HERE, "known-flaky.txt")}`],
        ];
  const started = performance.now();
  const child = Bun.spawn(
    [
      ...[checker, "--mode", mode, "--conf", features, ...known],
      ...(cases === undefined ? [] : ["--run", cases]),
      ...["--", ...command],
      ...(thin === undefined ? [] : ["--thin", thin, "--counts", countsFile]),
      ...(threads === undefined ? [] : ["--threads", String(threads)]),
    ],
    { stdout: "pipe", stderr: "pipe" },
  );
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const report = `${stdout}\n${stderr}`;
  writeFileSync(join(CACHE, `${slug}.log`), report);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const total = /^\d+ passed.*$/m.exec(report)?.[0] ?? "the checker counted nothing";
  say(`conformance (${name}): ${total} (${seconds} s)`);
  if (exitCode !== 0) say(report.slice(-8_000));
  return exitCode === 0 && (thin === undefined || tookItsPath(thin, countsFile));
}

/** Says how many calls took the thin path; whether that is what its switch says. */
function tookItsPath(thin: "on" | "off", countsFile: string): boolean {
  const counts = countsIn(countsFile);
  say(`conformance: ${counts.thin} of ${counts.all} calls took the thin path`);
  if (thin === "on" ? counts.thin > 0 : counts.thin === 0) return true;
  say("conformance: the switch of the thin path did not do what it says");
  return false;
}

const checker = await goProgram(CHECKER);
await build();
let failed = 0;
for (const run of RUNS) {
  if (values.only !== "" && run.mode !== values.only) continue;
  if (values.ci && !run.inCi) continue;
  if (!(await passes(checker, run))) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
