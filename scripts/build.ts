/** `bun run build`: the executable for this machine, `dist/entdb` unless another path is given. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { compile } from "./compile.ts";
import { ensureInstalled, ROOT } from "./ensure-installed.ts";

ensureInstalled();
const outfile = process.argv[2] ?? join(ROOT, "dist", "entdb");
if (!(await compile(outfile))) process.exit(1);
console.error(`${outfile}: ${(statSync(outfile).size / 1e6).toFixed(0)} MB`);
