/**
 * The SDKs as their registries take them: `bun scripts/package-sdks.ts <folder>` puts npm's
 * tarball, and the wheel and the source distribution of Python, into the folder.
 */
import { join, resolve } from "node:path";
import { ensureInstalled, ROOT } from "./ensure-installed.ts";
import { pythonWith } from "./python-venv.ts";
import { run } from "./run.ts";

const folder = resolve(process.argv[2] ?? join(ROOT, "dist", "package"));
const typescript = join(ROOT, "sdk", "typescript");

ensureInstalled();
await run(process.execPath, "install", "--frozen-lockfile", "--silent", `--cwd=${typescript}`);
// Also runs the package's own build, which stands under `prepack`.
await run(
  process.execPath,
  "pm",
  "pack",
  "--quiet",
  `--cwd=${typescript}`,
  `--destination=${folder}`,
);
const python = await pythonWith("python-build", ["build==1.3.0"]);
await run(python, "-m", "build", "--outdir", folder, join(ROOT, "sdk", "python"));
