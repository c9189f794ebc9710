/**
 * Executables for tests only, put together from the product's sources with one module exchanged
 * for a part of `parts/`. What users get has no switch for any of this: the exchange is made by
 * the build, and the part stands outside of `src`.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BunPlugin } from "bun";
import { compile } from "../../../scripts/compile.ts";
import { ROOT } from "../../../scripts/ensure-installed.ts";

/** The part by its file in `parts/`, and what it takes the place of, in `src/`. */
const PARTS = {
  "acknowledge-early": "wal/file-wal/system-disk.ts",
  "short-writes": "wal/file-wal/system-disk.ts",
  "no-checksums": "base/crc32c.ts",
  "no-dedupe": "store/reader/applied-event-reader.ts",
  "archive-position-early": "backup/work-queue.ts",
  "heads-unchecked": "applier/apply-events.ts",
  "content-unchecked": "applier/apply-events.ts",
  "appends-forgotten": "store/reader/event-reader.ts",
} as const;
export type Part = keyof typeof PARTS;

let place: string | undefined;
const built = new Map<Part, Promise<string>>();

/** The path of the executable with this part in it; made once in a run. */
export function composedServer(part: Part): Promise<string> {
  const known = built.get(part) ?? compose(part);
  built.set(part, known);
  return known;
}

async function compose(part: Part): Promise<string> {
  if (place === undefined) {
    const made = mkdtempSync(join(tmpdir(), "entdb-composed-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    place = made;
  }
  const outfile = join(place, part);
  if (!(await compile(outfile, undefined, [exchange(part)]))) {
    throw new Error(`the executable with ${part} could not be built`);
  }
  return outfile;
}

/** Whoever imports the module gets the part, but for the part itself, which is made of the module. */
function exchange(part: Part): BunPlugin {
  const original = join(ROOT, "src", PARTS[part]);
  const replacement = join(import.meta.dir, "parts", `${part}.ts`);
  return {
    name: part,
    setup(build) {
      build.onResolve({ filter: /^\..*\.ts$/ }, ({ path, importer }) => {
        const isIt = join(dirname(importer), path) === original && importer !== replacement;
        return isIt ? { path: replacement } : undefined;
      });
    },
  };
}
