/**
 * `bun run conformance`: the Connect conformance suite against the product's listener and
 * both its paths, from source and compiled, over HTTP/1.1 and h2c; `features.yaml` says what
 * of the suite. Ends with 0 only if every case passed but those of `known-failing.txt`,
 * which must fail.
 *
 *     --ci   compiled only, and passes, aloud, where the checker cannot be had
 *
 * The checker is built with Go when it is not there. Each run's full report is left in
 * `.cache/conformance`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const CHECKER = "connectrpc.com/conformance/cmd/connectconformance@v1.0.5";
const HERE = import.meta.dir;
const ROOT = join(HERE, "..", "..");
const CACHE = join(ROOT, ".cache", "conformance");
const COMPILED = join(CACHE, "server");

const { values } = parseArgs({ options: { ci: { type: "boolean", default: false } } });

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The path of the checker, which is built first if need be; undefined where there is no Go. */
async function checker(): Promise<string | undefined> {
  const go = Bun.which("go");
  const home = go === null ? undefined : Bun.spawnSync([go, "env", "GOPATH"]).stdout.toString();
  const installed = join((home ?? "").trim(), "bin", "connectconformance");
  const found = Bun.which("connectconformance") ?? (existsSync(installed) ? installed : undefined);
  if (found !== undefined || go === null) return found;
  say(`conformance: building the checker: go install ${CHECKER}`);
  const built = await Bun.spawn([go, "install", CHECKER], { stdout: "ignore" }).exited;
  return built === 0 && existsSync(installed) ? installed : undefined;
}

function compile(): void {
  const entry = join(HERE, "server.ts");
  const build = Bun.spawnSync([
    ...[process.execPath, "build", "--compile", `--outfile=${COMPILED}`],
    ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig", entry],
  ]);
  if (!build.success) throw new Error(`the build failed:\n${build.stderr}`);
}

interface Mode {
  readonly name: string;
  readonly command: readonly string[];
  readonly thin: "on" | "off";
}

const SOURCE = [process.execPath, join(HERE, "server.ts")];
const MODES: readonly Mode[] = [
  { name: "source, thin path on", command: SOURCE, thin: "on" },
  { name: "source, thin path off", command: SOURCE, thin: "off" },
  { name: "compiled, thin path on", command: [COMPILED], thin: "on" },
  { name: "compiled, thin path off", command: [COMPILED], thin: "off" },
];

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

async function passes(tool: string, { name, command, thin }: Mode): Promise<boolean> {
  const slug = name.replaceAll(/\W+/g, "-");
  const countsFile = join(CACHE, `${slug}.counts`);
  rmSync(countsFile, { force: true });
  const started = performance.now();
  const child = Bun.spawn(
    [
      ...[tool, "--mode", "server", "--conf", join(HERE, "features.yaml")],
      ...["--known-failing", `@${join(HERE, "known-failing.txt")}`],
      ...["--", ...command, "--thin", thin, "--counts", countsFile],
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
  const counts = countsIn(countsFile);
  const used = thin === "on" ? counts.thin > 0 : counts.thin === 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const total = /^\d+ passed.*$/m.exec(report)?.[0] ?? "the checker counted nothing";
  say(
    `conformance (${name}): ${total}; ${counts.thin} of ${counts.all} calls took the thin path (${seconds} s)`,
  );
  if (exitCode !== 0) say(report.slice(-8_000));
  if (!used) say("conformance: the switch of the thin path did not do what it says");
  return exitCode === 0 && used;
}

const tool = await checker();
if (tool === undefined) {
  say(`conformance: SKIPPED: no checker here, and it could not be built (go install ${CHECKER}).`);
  process.exit(values.ci ? 0 : 2);
}
mkdirSync(CACHE, { recursive: true });
compile();
let failed = 0;
for (const mode of MODES) {
  if (values.ci && mode.command === SOURCE) continue;
  if (!(await passes(tool, mode))) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
