/** Running other programs from scripts: inherit the terminal, stop at the first failure. */
import { join } from "node:path";
import { ROOT } from "./ensure-installed.ts";

/** The path of a tool that the lock file pins. */
export function tool(name: string): string {
  return join(ROOT, "node_modules", ".bin", name);
}

/** Runs a command in the repository's root and answers whether it exited with 0. */
export async function succeeds(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const child = Bun.spawn([...command], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["inherit", "inherit", "inherit"],
  });
  return (await child.exited) === 0;
}

/** As {@link succeeds}, but ends this process with 1 when the command fails. */
export async function run(...command: string[]): Promise<void> {
  if (!(await succeeds(command))) process.exit(1);
}

/** What a command writes to its standard output, trimmed; undefined when it fails. */
export function output(...command: string[]): string | undefined {
  const child = Bun.spawnSync(command, { cwd: ROOT, stdout: "pipe", stderr: "ignore" });
  return child.success ? child.stdout.toString().trim() : undefined;
}

/** Whether a process of this id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
