/**
 * Installs what the example in this directory needs. The SDK comes from the folder beside the
 * examples, and is built first; a program of your own says `bun add @entdb/client`, and needs
 * nothing of this.
 */
import { existsSync, rmSync } from "node:fs";
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

const install = ["install", "--frozen-lockfile", "--silent"];
if (!existsSync(join(SDK, "dist", "index.js"))) {
  must(SDK, ...install);
  must(SDK, "scripts/build.ts");
}
// A folder is copied when it is installed: what changed in it since comes only with a new copy.
rmSync(join(EXAMPLE, "node_modules", "@entdb"), { recursive: true, force: true });
must(EXAMPLE, ...install);
