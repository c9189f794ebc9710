/**
 * A scratch PostgreSQL 15 of its own: fresh directory, free port on loopback, a Unix socket in
 * that directory, `fsync` on. Nothing of a PostgreSQL that the machine may run already is used
 * or touched. Stopped by its own pid and removed when its scope ends, also when the process
 * that started it exits early.
 *
 * The server refuses to run as root; then it runs as user `postgres`, which the package makes.
 */
import {
  chownSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

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
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "entdb-pg-")));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    if (isRoot()) chownSync(directory, await idOf("-u"), await idOf("-g"));
    const data = join(directory, "data");
    // The files of an empty database need not survive a power cut; the server's own syncs stay on.
    const flags = ["-D", data, "-U", POSTGRES_USER, "--auth=trust", "-E", "UTF8", "--no-sync"];
    await run([...asOwner(), join(BINARIES, "initdb"), ...flags, "--locale=C.UTF-8"]);
    return await serve(directory, data, options, remove);
  } catch (error) {
    remove();
    throw error;
  }
}

async function serve(
  directory: string,
  data: string,
  options: PostgresOptions,
  remove: () => void,
): Promise<Postgres> {
  const port = await freePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: directory,
    fsync: "on",
    synchronous_commit: "on",
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const pinned = options.cpus === undefined ? [] : ["taskset", "-c", options.cpus];
  const log = join(directory, "log");
  const output = openSync(log, "a");
  const child = Bun.spawn(
    [...asOwner(), ...pinned, join(BINARIES, "postgres"), "-D", data, ...flags],
    { cwd: "/", env: environment(), stdio: ["ignore", output, output] },
  );
  const pid = await readyPid(join(data, "postmaster.pid"), child.exited, log);
  const abandon = () => {
    // Immediate shutdown: nobody is left to wait for more.
    signal(pid, "SIGQUIT");
    remove();
  };
  process.once("exit", abandon);
  const version = await run([join(BINARIES, "postgres"), "--version"]);
  return {
    pid,
    host: "127.0.0.1",
    port,
    socket: join(directory, `.s.PGSQL.${port}`),
    version: /\d+\.\d+/.exec(version)?.[0] ?? version,
    program: (name) => join(BINARIES, name),
    [Symbol.asyncDispose]: async () => {
      // Fast shutdown: ends the sessions that are left.
      signal(pid, "SIGINT");
      await child.exited;
      process.off("exit", abandon);
      remove();
    },
  };
}

const READY_LOOK_MS = 10;

/** The server's pid, once its pid file says that it is ready. Throws with the server's log when it ends before. */
async function readyPid(file: string, exited: Promise<number>, log: string): Promise<number> {
  let ended = false;
  const end = exited.then(() => {
    ended = true;
  });
  while (!ended) {
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    if (lines[7]?.trim() === "ready") return Number(lines[0]);
    await Promise.race([end, Bun.sleep(READY_LOOK_MS)]);
  }
  throw new Error(`PostgreSQL did not start:\n${readFileSync(log, "utf8")}`);
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

async function run(command: string[]): Promise<string> {
  const child = Bun.spawn(command, {
    cwd: "/",
    env: environment(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${out}${err}`);
  return out.trim();
}

function environment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", LC_ALL: "C.UTF-8" };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      server.close(() => resolve(port));
    });
  });
}
