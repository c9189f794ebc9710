import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/options.ts";
import { type RunningServer, type ServerParts, startServer } from "../../src/server/server.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** How many face threads the servers of black-box tests have: any number must pass them all. */
const FACE_THREADS = Number(process.env["TEST_FACE_THREADS"] ?? 0);

/** A whole server in this process, as users start it, on free ports. */
export interface TestServer extends AsyncDisposable {
  readonly server: RunningServer;
  readonly httpUrl: string;
  readonly grpcUrl: string;
}

/** With its log in memory unless the settings say otherwise; quiet. */
export async function startTestServer(
  settings: Partial<Config> = {},
  parts: ServerParts = {},
): Promise<TestServer> {
  const directory = temporaryDirectory();
  const server = await startServer(serverConfig({ dataDir: directory.path, ...settings }), parts);
  return {
    server,
    httpUrl: server.httpUrl,
    grpcUrl: server.grpcUrl,
    async [Symbol.asyncDispose]() {
      await server.stop();
      directory[Symbol.dispose]();
    },
  };
}

/** What a server of a test runs with: quiet, on free ports, its log in memory unless the settings say otherwise. */
export function serverConfig(settings: Partial<Config>): Config {
  const { config } = loadConfig({ environment: {} });
  const quiet = { grpcPort: 0, httpPort: 0, logLevel: "ERROR", readWorkers: 1 } as const;
  return { ...config, wal: "memory", ...quiet, faceThreads: FACE_THREADS, ...settings };
}
