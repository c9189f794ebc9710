/** Running other programs, for scripts and tests. */
const NODE_VERSION = "22.23.3";

/** Node 22, which the npm registry carries: the words before a program's name. */
export const NODE_22: readonly string[] = ["npx", "-y", `node@${NODE_VERSION}`];

/** What a program writes to its standard output. Throws, with all it said, when it fails. */
export function run(
  command: readonly string[],
  cwd: string,
  good: readonly number[] = [0],
): string {
  const child = Bun.spawnSync([...command], { cwd, stdout: "pipe", stderr: "pipe" });
  const said = child.stdout.toString();
  if (good.includes(child.exitCode)) return said;
  throw new Error(`${command.join(" ")} ended with ${child.exitCode}:\n${said}\n${child.stderr}`);
}
