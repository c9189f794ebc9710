/**
 * `bun run ci`: everything that continuous integration runs, in an order that fails early.
 * Prints each stage with its time, stops at the first that fails, and ends with the line
 * "N passed, N failed": tests where a stage runs tests, otherwise one per stage.
 *
 * With `--after-tests` the unit, contract and integration tests are not run again; their
 * report from the run before is counted. `.ci/run` uses it, as it runs the README's own
 * command first.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstalled, ROOT } from "./ensure-installed.ts";
import { readTotals, SERVICES_REPORTS, type Totals, UNIT_REPORT } from "./junit.ts";
import { succeeds, tool } from "./run.ts";

interface Stage {
  readonly name: string;
  run(): Promise<boolean>;
  /** Where the stage leaves reports of its tests; without any it counts as one. */
  readonly reports?: readonly string[];
}

const BUN = process.execPath;
const E2E_REPORT = join(ROOT, ".cache", "junit", "e2e.xml");
const E2E_TIMEOUT_MS = 120_000;

/** The names and bytes of a folder, as one hash; stable across runs. */
function contentHash(folder: string): string {
  const hash = new Bun.CryptoHasher("sha256");
  const names = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
    : [];
  for (const name of names.sort()) {
    const path = join(folder, name);
    if (statSync(path).isFile()) hash.update(`${name}\0`).update(readFileSync(path));
  }
  return hash.digest("hex");
}

/** Runs a generator and says whether what is checked in was already what it makes. */
async function isUpToDate(folder: string, ...generate: string[]): Promise<boolean> {
  const before = contentHash(join(ROOT, folder));
  if (!(await succeeds(generate))) return false;
  if (contentHash(join(ROOT, folder)) === before) return true;
  console.error(`${folder} was not what its sources make; it has been made anew: commit it.`);
  await succeeds(["git", "--no-pager", "diff", "--stat", "--", folder]);
  return false;
}

/** The black-box suite on the executable alone: no sources, no packages anywhere above it. */
async function blackBox(): Promise<boolean> {
  const alone = mkdtempSync(join(tmpdir(), "entdb-alone-"));
  try {
    const binary = join(alone, "entdb");
    copyFileSync(join(ROOT, "dist", "entdb"), binary);
    mkdirSync(join(ROOT, ".cache", "junit"), { recursive: true });
    rmSync(E2E_REPORT, { force: true });
    return await succeeds(
      [
        ...[BUN, "test", `--timeout=${E2E_TIMEOUT_MS}`, "--only-failures"],
        ...["--reporter=junit", `--reporter-outfile=${E2E_REPORT}`, "./test/e2e"],
      ],
      { E2E_BINARY: binary },
    );
  } finally {
    rmSync(alone, { recursive: true, force: true });
  }
}

function command(name: string, ...args: string[]): Stage {
  return { name, run: () => succeeds(args) };
}

const afterTests = process.argv.includes("--after-tests");

const STAGES: readonly Stage[] = [
  command("format", tool("biome"), "format", "."),
  command("lint", tool("biome"), "check", "--formatter-enabled=false", "--error-on-warnings", "."),
  command("types", tool("tsc"), "--noEmit", "-p", "tsconfig.json"),
  command("tidy", BUN, "test", "--only-failures", "./test/tidy.test.ts"),
  command("buf", BUN, "scripts/buf.ts"),
  { name: "generated code is clean", run: () => isUpToDate("gen", tool("buf"), "generate") },
  {
    name: "generated code of the TypeScript SDK is clean",
    run: () =>
      isUpToDate("sdk/typescript/src/gen", tool("buf"), "generate", "--template=buf.gen.sdk.yaml"),
  },
  {
    name: "reference docs are clean",
    run: () => isUpToDate("docs/reference", BUN, "scripts/gen-docs.ts"),
  },
  {
    name: afterTests ? "test (ran before)" : "test",
    run: async () => afterTests || (await succeeds([BUN, "scripts/test.ts"])),
    reports: [UNIT_REPORT],
  },
  command("build", BUN, "scripts/build.ts"),
  { name: "black box", run: blackBox, reports: [E2E_REPORT] },
  {
    name: "sdks and examples",
    run: () => succeeds([BUN, "scripts/test-sdk.ts"], { E2E_BINARY: join(ROOT, "dist", "entdb") }),
  },
  command("conformance", BUN, "test/conformance/run.ts", "--ci"),
  command("h2spec", BUN, "test/conformance/h2spec.ts"),
  {
    name: "services",
    run: () =>
      succeeds([BUN, "scripts/test-services.ts"], { E2E_BINARY: join(ROOT, "dist", "entdb") }),
    reports: SERVICES_REPORTS,
  },
  command("fault", BUN, "test/fault/run.ts", "--ci"),
  command("benchmark smoke", BUN, "test/bench/run.ts", "--smoke"),
];

/** Runs the stages until one fails; answers what was counted. */
async function runStages(): Promise<Totals> {
  let passed = 0;
  for (const stage of STAGES) {
    console.error(`\n── ${stage.name}`);
    const started = performance.now();
    const ok = await stage.run();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.error(`── ${stage.name}: ${ok ? "ok" : "FAILED"} (${seconds} s)`);
    const counted =
      stage.reports === undefined
        ? { passed: ok ? 1 : 0, failed: 0 }
        : readTotals(...stage.reports);
    passed += counted.passed;
    if (!ok) return { passed, failed: Math.max(1, counted.failed) };
    if (counted.failed > 0) return { passed, failed: counted.failed };
  }
  return { passed, failed: 0 };
}

ensureInstalled();
const totals = await runStages();
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed === 0 ? 0 : 1);
