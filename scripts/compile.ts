/**
 * One executable with the runtime, the server and its threads inside. It reads neither
 * `.env` nor `bunfig.toml` of the directory it is started in.
 */
import { mkdirSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BunPlugin } from "bun";
import { ROOT } from "./ensure-installed.ts";
import { output } from "./run.ts";

/** `src/main.ts` first: it is what the executable runs. The others are started as threads. */
const READ_WORKER = "store/reader/read-worker";
const BACKUP_WORKER = "backup/backup-worker";
const FACE_THREAD = "server/face-threads/face-thread";
const AWAKE_THREAD = "base/awake-thread";
const THREADS = [READ_WORKER, BACKUP_WORKER, FACE_THREAD, AWAKE_THREAD];
const ENTRY_POINTS = ["src/main.ts", ...THREADS.map((thread) => `src/${thread}.ts`)];

/** Systems that executables are made for, by the names of their files. */
export const TARGETS = {
  "linux-x64": "bun-linux-x64",
  "linux-arm64": "bun-linux-arm64",
  "macos-x64": "bun-darwin-x64",
  "macos-arm64": "bun-darwin-arm64",
  "windows-x64": "bun-windows-x64",
} as const;
export type Target = keyof typeof TARGETS;

/**
 * Compiles for another system, whose runtime comes from the package registry, or for this one.
 * With plugins it is another program: for tests. Answers whether it worked; what went wrong is
 * on standard error.
 */
export async function compile(
  outfile: string,
  target?: Target,
  plugins: BunPlugin[] = [],
): Promise<boolean> {
  mkdirSync(dirname(outfile), { recursive: true });
  const commit = output("git", "rev-parse", "--short=12", "HEAD");
  const dirty = output("git", "status", "--porcelain", "--untracked-files=no") !== "";
  const result = await Bun.build({
    entrypoints: ENTRY_POINTS.map((path) => join(ROOT, path)),
    root: join(ROOT, "src"),
    plugins,
    target: "bun",
    minify: true,
    // What is imported when it is needed lies in files of its own: a start reads and checks
    // the bytes of no client for S3 or Kafka that it does not use.
    splitting: true,
    // Compiled ahead: the command line answers in a third of the time that parsing would take.
    bytecode: true,
    format: "esm",
    // Inside the executable, so that a stack in the log names our files and lines.
    sourcemap: "inline",
    define: {
      // Relative to the executable's own module, which lies at the root of what is embedded.
      ENTDB_READ_WORKER: JSON.stringify(`./${READ_WORKER}.js`),
      ENTDB_BACKUP_WORKER: JSON.stringify(`./${BACKUP_WORKER}.js`),
      ENTDB_FACE_THREAD: JSON.stringify(`./${FACE_THREAD}.js`),
      ENTDB_AWAKE_THREAD: JSON.stringify(`./${AWAKE_THREAD}.js`),
      ENTDB_BUILD_COMMIT: JSON.stringify(
        commit === undefined ? "unknown" : commit + (dirty ? "+" : ""),
      ),
    },
    compile: {
      ...(target === undefined ? {} : { target: TARGETS[target] }),
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
  for (const log of result.logs) console.error(log);
  // The bundler leaves the maps beside the executable as well, which does not need them there.
  for (const map of new Bun.Glob("*.map").scanSync(dirname(outfile))) {
    unlinkSync(join(dirname(outfile), map));
  }
  return result.success;
}
