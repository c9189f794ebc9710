/**
 * `bun run test:sdk`: the SDKs against the compiled server. Builds it, unless `E2E_BINARY` names
 * one. Arguments are the SDKs to test, all by default.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled, ROOT } from "./ensure-installed.ts";
import { pythonWith } from "./python-venv.ts";
import { run } from "./run.ts";

const PYTHON = join(ROOT, "sdk", "python");

/** What runs with the oldest packages too: values, the wire, and what grpcio does underneath. */
const OLDEST_TESTS = ["test_issue_program", "test_values", "test_retry", "test_connection"];

/** The lines of a pip requirements file that name something. */
function requirements(name: string): string[] {
  const lines = readFileSync(join(PYTHON, name), "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

/** Lint, types and the whole suite with the newest packages; generated code and a part with the oldest. */
async function testPython(): Promise<void> {
  const python = await pythonWith("python-sdk", requirements("requirements-dev.txt"));
  const oldest = await pythonWith("python-sdk-oldest", requirements("requirements-oldest.txt"));
  await run(oldest, join(PYTHON, "scripts", "generate.py"), "--check");
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

const SDKS: Readonly<Record<string, () => Promise<void>>> = {
  python: testPython,
  typescript: testTypeScript,
};

ensureInstalled();
const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (SDKS[name] === undefined) {
    console.error(`There is no SDK ${name}: ${Object.keys(SDKS).join(", ")}.`);
    process.exit(2);
  }
}
const binary = process.env["E2E_BINARY"];
if (binary === undefined) await run(process.execPath, join(ROOT, "scripts", "build.ts"));
else if (!existsSync(binary)) {
  console.error(`E2E_BINARY is ${binary}, which is not there.`);
  process.exit(2);
}
for (const [name, test] of Object.entries(SDKS)) {
  if (wanted.length === 0 || wanted.includes(name)) await test();
}
