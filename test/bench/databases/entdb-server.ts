import { type ServerProcess, startServerProcess } from "../../harness/binary.ts";

/** The compiled executable as its users start it, with its defaults, on free ports. */
export function startBenchServer(
  cwd: string,
  cpus?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const under = cpus === undefined ? [] : ["taskset", "-c", cpus];
  return startServerProcess({ cwd, under, env });
}
