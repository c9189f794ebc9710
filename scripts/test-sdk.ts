/**
 * `bun run test:sdk`: the SDKs and the examples that use them, against the compiled server. Builds
 * it, unless `E2E_BINARY` names one. Arguments are the parts to test, all by default.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { chromiumPath } from "../sdk/typescript/test/browser/chromium.ts";
import { ensureInstalled, ROOT } from "./ensure-installed.ts";
import { pythonWith } from "./python-venv.ts";
import { run, succeeds } from "./run.ts";

const PYTHON = join(ROOT, "sdk", "python");
const EXAMPLES = join(ROOT, "examples");
const BINARY = process.env["E2E_BINARY"] ?? join(ROOT, "dist", "entdb");

/** What runs with the oldest packages too: values, the wire, and what grpcio does underneath. */
const OLDEST_TESTS = ["test_issue_program", "test_values", "test_retry", "test_connection"];

/** The lines of a pip requirements file that name something. */
function requirements(folder: string, name: string): string[] {
  const lines = readFileSync(join(folder, name), "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

/** Lint, types and the whole suite with the newest packages; generated code and a part with the oldest. */
async function testPython(): Promise<void> {
  const python = await pythonWith("python-sdk", requirements(PYTHON, "requirements-dev.txt"));
  const oldest = await pythonWith(
    "python-sdk-oldest",
    requirements(PYTHON, "requirements-oldest.txt"),
  );
  await run(oldest, join(PYTHON, "scripts", "generate.py"), "--check");
  await run(python, join(PYTHON, "scripts", "reference.py"), "--check");
  const inPackage = (...command: string[]) => run("env", "-C", PYTHON, ...command);
  await inPackage(python, "-m", "ruff", "check", ".");
  await inPackage(python, "-m", "ruff", "format", "--check", ".");
  await inPackage(python, "-m", "mypy");
  await inPackage(python, "-m", "pytest", "-q");
  const tests = OLDEST_TESTS.map((name) => `tests/${name}.py`);
  await inPackage(oldest, "-m", "pytest", "-q", ...tests);
}

/** What the package's own command tests. */
async function testTypeScript(): Promise<void> {
  await run(process.execPath, join(ROOT, "sdk", "typescript", "scripts", "test.ts"));
}

/** Each as its README starts it: types or lint, and its own tests. */
async function testExamples(): Promise<void> {
  const environment = { ENTDB: BINARY, CHROMIUM: chromiumPath() };
  const web = join(EXAMPLES, "tasks-web");
  const events = join(EXAMPLES, "event-store");
  const api = join(EXAMPLES, "tasks-api");
  const bank = join(EXAMPLES, "event-store-python");
  const python = await pythonWith("examples", requirements(api, "requirements-dev.txt"));
  const withSdk = await pythonWith("python-sdk", requirements(PYTHON, "requirements-dev.txt"));
  const commands = [
    [process.execPath, "run", `--cwd=${web}`, "test"],
    [process.execPath, "run", `--cwd=${web}`, "types"],
    [process.execPath, "run", `--cwd=${events}`, "test"],
    [process.execPath, "run", `--cwd=${events}`, "types"],
    ["env", "-C", api, python, "-m", "ruff", "check", "."],
    ["env", "-C", api, python, "-m", "ruff", "format", "--check", "."],
    ["env", "-C", api, python, "-m", "pytest", "-q"],
    ["env", "-C", bank, python, "-m", "ruff", "check", ".", "../prepare.py"],
    ["env", "-C", bank, python, "-m", "ruff", "format", "--check", ".", "../prepare.py"],
    ["env", "-C", bank, withSdk, "-m", "pytest", "-q"],
  ];
  for (const command of commands) {
    if (!(await succeeds(command, environment))) process.exit(1);
  }
}

const RUST = join(ROOT, "sdk", "rust");

/** Format, lint and the suite against the server. Passes, aloud, where there is no Cargo. */
async function testRust(): Promise<void> {
  const cargo = Bun.which("cargo", { PATH: `${process.env["PATH"]}:${homedir()}/.cargo/bin` });
  if (cargo === null) {
    console.error("sdk/rust: SKIPPED: there is no cargo here (https://rustup.rs)");
    return;
  }
  const manifest = `--manifest-path=${join(RUST, "Cargo.toml")}`;
  const commands = [
    [cargo, "fmt", manifest, "--check"],
    [cargo, "clippy", manifest, "--locked", "--quiet", "--all-targets", "--", "-D", "warnings"],
    [cargo, "test", manifest, "--locked", "--quiet"],
  ];
  for (const command of commands) {
    if (!(await succeeds(command, { E2E_BINARY: BINARY }))) process.exit(1);
  }
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  python: testPython,
  typescript: testTypeScript,
  rust: testRust,
  examples: testExamples,
};

ensureInstalled();
const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (PARTS[name] === undefined) {
    console.error(`There is no part ${name}: ${Object.keys(PARTS).join(", ")}.`);
    process.exit(2);
  }
}
if (process.env["E2E_BINARY"] === undefined) {
  await run(process.execPath, join(ROOT, "scripts", "build.ts"));
} else if (!existsSync(BINARY)) {
  console.error(`E2E_BINARY is ${BINARY}, which is not there.`);
  process.exit(2);
}
for (const [name, test] of Object.entries(PARTS)) {
  if (wanted.length === 0 || wanted.includes(name)) await test();
}
