/**
 * Installs the dependencies when, and only when, they are not what the lock file says, so
 * that the commands of the README work in an empty clone. Imports nothing that would have
 * to be installed first.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dir, "..");

const STAMP = join(ROOT, "node_modules", ".installed-from");

/** What the installed packages follow from: the exact bytes of the lock file, and the runtime. */
function wanted(): string {
  const hash = new Bun.CryptoHasher("sha256");
  hash.update(readFileSync(join(ROOT, "bun.lock")));
  hash.update(Bun.version);
  return hash.digest("hex");
}

/** Makes `node_modules` equal to the lock file; a no-op of under a millisecond when it already is. Exits 1 when it cannot. */
export function ensureInstalled(): void {
  const lock = wanted();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock) return;
  console.error("Installing what EntDB needs (once)…");
  const install = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile", "--silent"], {
    cwd: ROOT,
    stdout: "inherit",
    stderr: "inherit",
  });
  if (!install.success) {
    console.error("The dependencies could not be installed: is the package registry in reach?");
    process.exit(1);
  }
  writeFileSync(STAMP, lock);
}
