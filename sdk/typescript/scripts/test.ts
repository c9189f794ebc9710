/**
 * `bun run test`: everything that holds the package to the real server. Installs what it needs,
 * builds the package, checks types (those that must not compile among them), and runs the suite in
 * Bun and in Node 22, in Chromium, and out of the tarball.
 *
 * The server is the executable that `E2E_BINARY` names, or the repository's `dist/entdb`. Arguments
 * are the parts to run, of those below; all by default.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { NODE_22 } from "./run.ts";

const ROOT = join(import.meta.dir, "..");
const TSC = join(ROOT, "node_modules", ".bin", "tsc");
const BUN = process.execPath;
const TIMEOUT_MS = 60_000;
/** Node holds whole files to its limit, too. */
const FILE_TIMEOUT_MS = 300_000;

const suite = readdirSync(join(ROOT, "test"))
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `./test/${name}`);

const PARTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  types: [
    [TSC, "-p", "tsconfig.json"],
    [TSC, "-p", "test/tsconfig.json"],
  ],
  bun: [[BUN, "test", "--only-failures", `--timeout=${TIMEOUT_MS}`, ...suite]],
  node: [
    [
      ...NODE_22,
      ...["--test", "--test-reporter=dot", "--disable-warning=ExperimentalWarning"],
      ...[`--test-timeout=${FILE_TIMEOUT_MS}`, "--test-concurrency=2", ...suite],
    ],
  ],
  browser: [[BUN, "test", "--only-failures", `--timeout=${TIMEOUT_MS}`, "./test/browser"]],
  package: [[BUN, "test", "--only-failures", `--timeout=${TIMEOUT_MS}`, "./test/package"]],
};

/** Ends this process when the command fails. */
function must(command: readonly string[]): void {
  const child = Bun.spawnSync([...command], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (!child.success) process.exit(1);
}

if (!existsSync(join(ROOT, "node_modules", "playwright-core"))) {
  must([BUN, "install", "--frozen-lockfile", "--silent"]);
}
must([BUN, "scripts/build.ts"]);
const wanted = process.argv.slice(2);
for (const [name, commands] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  for (const command of commands) must(command);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.error(`sdk/typescript: ${name}: ok (${seconds} s)`);
}
