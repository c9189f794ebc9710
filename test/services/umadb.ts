/**
 * UmaDB's server, out of its wheel from PyPI (MIT or Apache-2.0), which is kept in a cache outside
 * the tree. With its defaults: an append is answered after fdatasync.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { freePort, pythonProgram, pythonProgramPath } from "./machine.ts";
import { serviceDirectory, startInDirectory } from "./service-process.ts";

const PACKAGE = "umadb==0.7.8";
const READY_MS = 20_000;

export interface UmaDB extends AsyncDisposable {
  readonly url: string;
  readonly version: string;
}

/** Why UmaDB cannot be started here, and what to do; undefined when it can. */
export function umadbMissing(): string | undefined {
  if (existsSync(pythonProgramPath(PACKAGE, "umadb"))) return undefined;
  return "UmaDB is not installed: bun scripts/install-test-tools.ts";
}

/** Fetches it, unless it is there. Throws with what pip printed when it cannot be had. */
export async function installUmadb(): Promise<void> {
  await pythonProgram(PACKAGE, "umadb");
}

/** Starts one with an empty database and returns when it takes connections. `cpus` as `taskset -c` takes them. */
export async function startUmadb(cpus?: string): Promise<UmaDB> {
  const directory = serviceDirectory("umadb");
  const port = await freePort();
  const pinned = cpus === undefined ? [] : ["taskset", "-c", cpus];
  const where = ["--listen", `127.0.0.1:${port}`, "--db-path", join(directory.path, "database")];
  const service = await startInDirectory(directory, {
    name: "UmaDB",
    command: [...pinned, pythonProgramPath(PACKAGE, "umadb"), ...where],
    isReady: () => takesConnections(port),
    readyMs: READY_MS,
  });
  return {
    ...service,
    url: `http://127.0.0.1:${port}`,
    version: PACKAGE.replace(/.*==/, ""),
  };
}

async function takesConnections(port: number): Promise<boolean> {
  try {
    const socket = { data: () => undefined };
    const line = await Bun.connect({ hostname: "127.0.0.1", port, socket });
    line.end();
    return true;
  } catch {
    return false;
  }
}
