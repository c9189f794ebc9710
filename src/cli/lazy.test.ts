/**
 * Help must not load what only a server needs, and a server not what only its first call
 * needs, or a kind of log or archive that it has not: the modules that stand in `import`
 * statements are evaluated at every start, those behind `import()` are not.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const SRC = resolve(import.meta.dir, "..");
const transpiler = new Bun.Transpiler({ loader: "ts" });

/** Files of ours and packages that are evaluated when `entry` is imported. */
function staticImports(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    if (!file.endsWith(".ts")) return;
    for (const { path, kind } of transpiler.scanImports(readFileSync(file, "utf8"))) {
      if (kind !== "import-statement") continue;
      if (path.startsWith(".")) visit(join(file, "..", path));
      else packages.add(path);
    }
  };
  visit(entry);
  return { files, packages };
}

test("help loads neither server nor database nor protocol", () => {
  const { files, packages } = staticImports(join(SRC, "main.ts"));
  const folders = [...files].map((file) => relative(SRC, file).split("/")[0] ?? "");
  expect([...new Set(folders)].sort()).toEqual(["..", "base", "cli", "config", "main.ts"]);
  expect([...packages].sort()).toEqual([
    "bun:ffi",
    "commander",
    "node:fs",
    "node:fs/promises",
    "node:os",
    "node:path",
  ]);
});

test("a server loads nothing of its faces before somebody calls, and no client that it has no use for", () => {
  const { files, packages } = staticImports(join(SRC, "cli/serve.ts"));
  const paths = [...files].map((file) => relative(SRC, file));
  expect(paths.filter((path) => /^\.\.\/gen\/|^http\/(routes|shapes)\//.test(path))).toEqual([]);
  expect([...packages].filter((name) => !/^(node|bun):/.test(name)).sort()).toEqual([
    "@logtape/logtape",
    "lru-cache",
  ]);
});
