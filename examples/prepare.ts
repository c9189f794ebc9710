/**
 * Installs what the example in this directory needs. The SDK comes from the folder beside the
 * examples, and is built first unless what was built is of its sources as they are; a program of
 * your own says `bun add @entdb/client`, and needs nothing of this.
 */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const EXAMPLE = process.cwd();
const SDK = join(import.meta.dir, "..", "sdk", "typescript");

function must(cwd: string, ...command: string[]): void {
  const child = Bun.spawnSync([process.execPath, ...command], {
    cwd,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (!child.success) process.exit(1);
}

/** Whether the SDK was built after everything that it is made of, folders included: a file may have gone. */
function isBuilt(): boolean {
  const built = statSync(join(SDK, "dist", "index.js"), { throwIfNoEntry: false });
  if (built === undefined) return false;
  const sources = readdirSync(join(SDK, "src"), { recursive: true, encoding: "utf8" });
  const around = ["package.json", "tsconfig.json", "tsconfig.build.json", "scripts/build.ts"];
  return ["src", ...sources.map((name) => join("src", name)), ...around].every(
    (name) => statSync(join(SDK, name)).mtimeMs <= built.mtimeMs,
  );
}

const install = ["install", "--frozen-lockfile", "--silent"];
if (!isBuilt()) {
  must(SDK, ...install);
  must(SDK, "scripts/build.ts");
}
// A folder is copied when it is installed: what changed in it since comes only with a new copy.
rmSync(join(EXAMPLE, "node_modules", "@entdb"), { recursive: true, force: true });
must(EXAMPLE, ...install);
