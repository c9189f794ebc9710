/**
 * A scratch PostgreSQL 15 of its own: fresh directory, free port on loopback, a Unix socket in
 * that directory, `fsync` on. Nothing of a PostgreSQL that the machine may run already is used
 * or touched. Stopped by its own pid and removed when its scope ends, also when the process
 * that started it exits early.
 *
 * The server refuses to run as root; then it runs as user `postgres`, which the package makes.
 */
import { chownSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, runToEnd } from "./machine.ts";
import { type ServiceDirectory, ServiceProcess, serviceDirectory } from "./service-process.ts";

const BINARIES = "/usr/lib/postgresql/15/bin";
const PACKAGE = "postgresql-15";
/** The role and the database that there are; no password. */
export const POSTGRES_USER = "app";
export const POSTGRES_DATABASE = "postgres";

export interface PostgresOptions {
  /** Further settings (`name` → value), over the defaults of PostgreSQL and of this file. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Processors that server and sessions are held to, as `taskset -c` takes them. */
  readonly cpus?: string;
}

export interface Postgres extends AsyncDisposable {
  readonly pid: number;
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Path of the Unix socket. */
  readonly socket: string;
  /** "15.20" */
  readonly version: string;
  /** Path of a program of the same PostgreSQL, such as `pgbench`. */
  program(name: string): string;
}

/** Why no PostgreSQL can be started here, and what to install; undefined when one can. */
export function postgresMissing(): string | undefined {
  if (existsSync(join(BINARIES, "postgres"))) return undefined;
  return `PostgreSQL 15 is not in ${BINARIES}: apt-get install -y --no-install-recommends ${PACKAGE}`;
}

/** Starts one and returns when it answers. Throws when it is not installed or does not start. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const missing = postgresMissing();
  if (missing !== undefined) throw new Error(missing);
  const directory = serviceDirectory("pg");
  try {
    if (isRoot()) chownSync(directory.path, await idOf("-u"), await idOf("-g"));
    const data = join(directory.path, "data");
    // The files of an empty database need not survive a power cut; the server's own syncs stay on.
    const flags = ["-D", data, "-U", POSTGRES_USER, "--auth=trust", "-E", "UTF8", "--no-sync"];
    await run([...asOwner(), join(BINARIES, "initdb"), ...flags, "--locale=C.UTF-8"]);
    return await serve(directory, data, options);
  } catch (error) {
    directory[Symbol.dispose]();
    throw error;
  }
}

async function serve(
  directory: ServiceDirectory,
  data: string,
  options: PostgresOptions,
): Promise<Postgres> {
  const port = await freePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: directory.path,
    fsync: "on",
    synchronous_commit: "on",
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const pinned = options.cpus === undefined ? [] : ["taskset", "-c", options.cpus];
  const pidFile = join(data, "postmaster.pid");
  const service = new ServiceProcess({
    name: "PostgreSQL",
    command: [...asOwner(), ...pinned, join(BINARIES, "postgres"), "-D", data, ...flags],
    environment: ENVIRONMENT,
    cwd: "/",
    log: join(directory.path, "log"),
    isReady: async () => readyPid(pidFile) !== undefined,
    readyMs: READY_MS,
  });
  await service.start();
  const pid = readyPid(pidFile) ?? 0;
  // Immediate shutdown: nobody is left to wait for more. What was started may only have become its parent.
  const abandon = () => signal(pid, "SIGQUIT");
  process.once("exit", abandon);
  const version = await run([join(BINARIES, "postgres"), "--version"]);
  return {
    pid,
    host: "127.0.0.1",
    port,
    socket: join(directory.path, `.s.PGSQL.${port}`),
    version: /\d+\.\d+/.exec(version)?.[0] ?? version,
    program: (name) => join(BINARIES, name),
    [Symbol.asyncDispose]: async () => {
      // Fast shutdown: ends the sessions that are left.
      signal(pid, "SIGINT");
      await service.ended();
      process.off("exit", abandon);
      directory[Symbol.dispose]();
    },
  };
}

const READY_MS = 60_000;

/** The server's pid, once its pid file says that it is ready. */
function readyPid(file: string): number | undefined {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines[7]?.trim() === "ready" ? Number(lines[0]) : undefined;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** What stands before a command that must not run as root. */
function asOwner(): string[] {
  return isRoot() ? ["runuser", "-u", "postgres", "--"] : [];
}

async function idOf(flag: "-u" | "-g"): Promise<number> {
  return Number(await run(["id", flag, "postgres"]));
}

/** Not where this process stands: the server's user may not go there. */
function run(command: readonly string[]): Promise<string> {
  return runToEnd(command, ENVIRONMENT, "/");
}

const ENVIRONMENT = { LC_ALL: "C.UTF-8" };
