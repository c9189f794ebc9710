import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { systemErrorCode } from "../../base/durable-file.ts";
import type { Config } from "../../config/options.ts";
import { type Finding, fail, ok, warn } from "./check.ts";

/** What the machine lends a server: ports and open files. */

/** Whether the port can be taken; beside a running server it is the server that has it. */
export async function checkPort(
  name: string,
  host: string,
  port: number,
  serverRuns: boolean,
): Promise<Finding> {
  if (port === 0) return ok(name, "any free port");
  const trouble = await tryToListen(host, port);
  if (trouble === undefined) return ok(name, `${host}:${port} is free`);
  if (trouble === "EADDRINUSE" && serverRuns)
    return ok(name, `${host}:${port} is taken, a server is running`);
  const flag = name === "gRPC port" ? "--grpc-port" : "--http-port";
  return fail(
    name,
    `${host}:${port} cannot be taken: ${trouble}`,
    `Free it, or choose another with ${flag}.`,
  );
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(systemErrorCode(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Each open tenant takes files (database, its log, shared memory), each connection one. */
export function checkOpenFiles(config: Config): Finding {
  const wanted = config.openTenants * FILES_PER_TENANT + 2 * config.connections + 64;
  const limit = openFileLimit();
  if (limit === undefined) return ok("open files", "this system does not tell its limit");
  const text = `at most ${limit}; ${config.openTenants} tenants and ${config.connections} connections may need ${wanted}`;
  if (limit >= wanted) return ok("open files", text);
  return warn(
    "open files",
    text,
    "Raise the limit (LimitNOFILE, ulimit -n), or lower --open-tenants and --connections.",
  );
}

/** The hard limit: Bun raises the soft one to it at start. */
function openFileLimit(): number | undefined {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
    if (hard === "unlimited") return Number.MAX_SAFE_INTEGER;
    return hard === undefined ? undefined : Number(hard);
  } catch {
    return undefined;
  }
}

const FILES_PER_TENANT = 6;
