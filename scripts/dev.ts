/**
 * `bun run dev`: installs what is missing, then runs `entdb dev` and passes arguments,
 * signals and the exit code through.
 *
 * Started by npx, the server ends when npx ends: npx passes no signal on (it only stops the
 * shell between itself and Bun), and a server that nobody can see would keep the ports and
 * the data directory.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled, ROOT } from "./ensure-installed.ts";
import { isAlive } from "./run.ts";

const WATCH_INTERVAL_MS = 250;

/** How far up npx can be: npx, its shell, `bun run`. */
const LAUNCHER_DEPTH = 4;

/** A process's parent and command line, or undefined when this system does not tell. */
function inspect(pid: number): { parent: number; command: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name stands in brackets and may hold anything; behind it: state, parent, …
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return { parent, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") };
  } catch {
    return undefined;
  }
}

/** The processes from our parent up to npx, or none when npx is not among them. */
function launchers(): number[] {
  const chain: number[] = [];
  let pid = process.ppid;
  while (pid > 1 && chain.length < LAUNCHER_DEPTH) {
    chain.push(pid);
    const found = inspect(pid);
    if (found === undefined) return [];
    if (/\bnpm exec\b|\bnpx\b/.test(found.command)) return chain;
    pid = found.parent;
  }
  return [];
}

ensureInstalled();
const server = Bun.spawn(
  [process.execPath, join(ROOT, "src/main.ts"), "dev", ...process.argv.slice(2)],
  { cwd: ROOT, stdio: ["inherit", "inherit", "inherit"] },
);

process.on("SIGTERM", () => server.kill("SIGTERM"));
process.on("SIGHUP", () => server.kill("SIGTERM"));
// A terminal sends Ctrl-C to the server as well; a second SIGINT would mean "do not wait".
process.on("SIGINT", () => {
  if (!process.stdin.isTTY) server.kill("SIGINT");
});

const watched = launchers();
const watch = setInterval(() => {
  if (watched.every(isAlive)) return;
  clearInterval(watch);
  server.kill("SIGTERM");
}, WATCH_INTERVAL_MS);

process.exitCode = await server.exited;
clearInterval(watch);
