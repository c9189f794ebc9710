/**
 * `bun run package`: everything that a release consists of, in `dist/package`:
 *
 *     entdb-linux-x64, entdb-linux-arm64, entdb-macos-x64, entdb-macos-arm64, entdb-windows-x64.exe
 *     entdb-client-<version>.tgz                     the TypeScript SDK, as npm takes it
 *     entdb_sdk-<version>-py3-none-any.whl, .tar.gz  the Python SDK
 *     entdb.cdx.json                                 what is inside the executables (CycloneDX)
 *     SHA256SUMS                                     of all of these
 *
 * The executable for this machine is then held to the black-box tests of starting and of the
 * command line, alone in an empty directory. With `--only <system>` (repeatable) others are left out.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compile, TARGETS, type Target } from "./compile.ts";
import { ensureInstalled, ROOT } from "./ensure-installed.ts";
import { run, succeeds } from "./run.ts";
import { sbomText } from "./sbom.ts";

const FOLDER = join(ROOT, "dist", "package");
const HERE = process.arch === "arm64" ? "linux-arm64" : "linux-x64";

const { values } = parseArgs({ options: { only: { type: "string", multiple: true } } });

ensureInstalled();
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

for (const target of wantedTargets()) {
  if (!(await compile(join(FOLDER, fileOf(target)), target))) process.exit(1);
  console.error(`${fileOf(target)}: compiled`);
}
await run(process.execPath, "scripts/package-sdks.ts", FOLDER);
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
writeFileSync(join(FOLDER, "entdb.cdx.json"), sbomText(version));
writeFileSync(join(FOLDER, "SHA256SUMS"), checksums());
if (wantedTargets().includes(HERE) && !(await holds(fileOf(HERE)))) process.exit(1);
for (const name of readdirSync(FOLDER).sort()) {
  process.stdout.write(`${name} ${statSync(join(FOLDER, name)).size}\n`);
}

function wantedTargets(): Target[] {
  const all = Object.keys(TARGETS) as Target[];
  const { only } = values;
  if (only === undefined) return all;
  const unknown = only.filter((name) => !all.includes(name as Target));
  if (unknown.length === 0) return all.filter((target) => only.includes(target));
  console.error(`There is no system ${unknown.join(", ")}: take some of ${all.join(", ")}.`);
  process.exit(2);
}

function fileOf(target: Target): string {
  return `entdb-${target}${target.startsWith("windows") ? ".exe" : ""}`;
}

/** In the form that `sha256sum --check` reads. */
function checksums(): string {
  const lines = readdirSync(FOLDER)
    .sort()
    .map((name) => {
      const hash = new Bun.CryptoHasher("sha256").update(readFileSync(join(FOLDER, name)));
      return `${hash.digest("hex")}  ${name}\n`;
    });
  return lines.join("");
}

/** Whether the executable does its work where nothing else of this repository is. */
async function holds(name: string): Promise<boolean> {
  const alone = mkdtempSync(join(tmpdir(), "entdb-package-"));
  try {
    const binary = join(alone, "entdb");
    copyFileSync(join(FOLDER, name), binary);
    const tests = ["./test/e2e/start.test.ts", "./test/e2e/cli.test.ts"];
    const command = [process.execPath, "test", "--timeout=120000", "--only-failures", ...tests];
    return await succeeds(command, { E2E_BINARY: binary });
  } finally {
    rmSync(alone, { recursive: true, force: true });
  }
}
