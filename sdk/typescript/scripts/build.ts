/** `bun run build`: the package as it is published, JavaScript and its types, in `dist`. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const dist = join(root, "dist");

/** An import of a file beside it, as the compiler leaves it in declarations. */
const RELATIVE_IMPORT = /((?:from|import) ?\(?"\.{1,2}\/[^"]*)\.ts"/g;

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules", ".bin", "tsc");
const built = Bun.spawnSync([tsc, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdout: "inherit",
  stderr: "inherit",
});
if (!built.success) process.exit(built.exitCode);
// In JavaScript the compiler rewrites them itself; other tools read declarations too.
for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith(".d.ts")) continue;
  const path = join(dist, name);
  writeFileSync(path, readFileSync(path, "utf8").replace(RELATIVE_IMPORT, '$1.js"'));
}
