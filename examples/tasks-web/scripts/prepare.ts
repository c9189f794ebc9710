/**
 * Installs what the example needs. The SDK comes from the folder beside it, and is built first;
 * a program of your own says `bun add @entdb/client`, and needs nothing of this.
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

const HERE = join(import.meta.dir, "..");
const SDK = join(HERE, "..", "..", "sdk", "typescript");

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
rmSync(join(HERE, "node_modules", "@entdb"), { recursive: true, force: true });
must(HERE, ...install);
